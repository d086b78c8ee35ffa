//! `kaasboard completions`: what a shell needs to complete our commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::arguments::Arguments;
use super::failure::Failure;
use super::output;

/// The arguments of `kaasboard completions`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  source <(kaasboard completions bash)
  kaasboard completions zsh > ~/.zfunc/_kaasboard
  kaasboard completions fish > ~/.config/fish/completions/kaasboard.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Prints the completions.
pub fn run(arguments: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "kaasboard", &mut script);
    output::result(&String::from_utf8_lossy(&script))
}
