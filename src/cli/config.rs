//! `kaasboard config`: is the settings file right, what does it mean, where is it.

use clap::Subcommand;

use super::failure::Failure;
use super::output;
use crate::settings::places::Places;
use crate::settings::show;
use crate::startup;

/// What can be asked about the settings.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Config {
    /// Check the settings file; everything that is wrong is told at once
    Check,
    /// Print the settings with all defaults written out and all paths resolved
    Show,
    /// Print where the settings file is looked for
    Path,
}

/// Answers the question.
pub fn run(config: Config) -> Result<(), Failure> {
    let places = Places::find()?;
    let file = places.config_file.display();
    match config {
        Config::Path => output::result(&format!("{file}\n")),
        Config::Show => output::result(&show::to_toml(&startup::settings(&places)?)),
        Config::Check => {
            let settings = startup::settings(&places)?;
            let names: Vec<String> = settings.contexts.keys().map(|name| format!("{name:?}")).collect();
            let text = match places.config_file.exists() {
                true => format!("{file}: fine\n"),
                false => format!("{file}: does not exist, and does not have to\n"),
            };
            let current = format!("contexts: {}; current: {:?}\n", names.join(", "), settings.current);
            output::result(&(text + &current))
        }
    }
}
