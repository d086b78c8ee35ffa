//! The composition root: the only place that chooses between the real and the embedded.

use crate::cli::failure::Failure;
use crate::settings::context::Settings;
use crate::settings::load::{self, Words};
use crate::settings::places::Places;

/// The names of the themes that the console knows.
const THEMES: [&str; 4] = ["default", "light", "high-contrast", "production"];

/// The checked settings of this user.
pub fn settings(places: &Places) -> Result<Settings, Failure> {
    Ok(load::load(places, Words { themes: &THEMES })?)
}
