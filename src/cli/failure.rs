//! How a command ends when it did not do what it was asked: an exit code and four sentences.

use std::fmt::{self, Write};

use color_eyre::Report;

use crate::settings::error::SettingsError;
use crate::settings::words::printable;

/// The exit codes of the program. Scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// What was asked is done.
    Done = 0,
    /// It was tried and failed.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// A guardrail refused it.
    Refused = 3,
    /// What it is about does not exist.
    NotFound = 4,
    /// It did not happen in time.
    TimedOut = 5,
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    /// What the process ends with.
    pub exit: Exit,
    what: String,
    on: Option<String>,
    why: Option<Report>,
    remedy: Option<String>,
}

impl Failure {
    /// `what` failed, in a sentence without a period.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), on: None, why: None, remedy: None }
    }

    /// What it failed on: a file, an address, an object.
    pub fn on(self, subject: impl fmt::Display) -> Self {
        Self { on: Some(subject.to_string()), ..self }
    }

    /// What it failed on, unless that was said where it failed.
    pub fn or_on(self, subject: impl fmt::Display) -> Self {
        Self { on: self.on.or_else(|| Some(subject.to_string())), ..self }
    }

    /// Where in something larger it failed, told before what it failed on.
    pub fn at(self, place: impl fmt::Display) -> Self {
        let on = self.on.map_or_else(|| place.to_string(), |on| format!("{place}: {on}"));
        Self { on: Some(on), ..self }
    }

    /// Why: the error whose chain of sources is told.
    pub fn because(self, why: impl Into<Report>) -> Self {
        Self { why: Some(why.into()), ..self }
    }

    /// What the reader can do about it.
    pub fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

impl fmt::Display for Failure {
    /// Up to four parts, each led by its word; foreign text cannot reach the terminal unescaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        part(&mut text, "error", &self.what);
        if let Some(on) = &self.on {
            part(&mut text, "on", on);
        }
        if let Some(why) = &self.why {
            let chain: Vec<String> = why.chain().map(ToString::to_string).collect();
            part(&mut text, "why", &chain.join(": "));
        }
        if let Some(remedy) = &self.remedy {
            part(&mut text, "do", remedy);
        }
        f.write_str(text.trim_end())
    }
}

/// Adds `label: body`, the further lines of `body` below its first.
fn part(text: &mut String, label: &str, body: &str) {
    for (number, line) in body.lines().enumerate() {
        // Writing to a String cannot fail.
        let _ = match number {
            0 => writeln!(text, "{label:>5}: {}", printable(line)),
            _ => writeln!(text, "       {}", printable(line)),
        };
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let (exit, what, remedy) = match &error {
            SettingsError::NoHome => {
                (Exit::Failed, "cannot find the settings", "set HOME, or KAASBOARD_CONFIG")
            }
            SettingsError::Read { .. } => (
                Exit::Failed,
                "cannot read the settings",
                "make the file readable, or point KAASBOARD_CONFIG at one",
            ),
            SettingsError::TooLarge { .. } | SettingsError::NotText { .. } => {
                (Exit::Failed, "cannot read the settings", "point KAASBOARD_CONFIG at a TOML file")
            }
            SettingsError::Invalid { .. } => (
                Exit::Failed,
                "the settings are not valid",
                "correct the file, then run `kaasboard config check` again",
            ),
            SettingsError::UnknownContext { .. } => {
                (Exit::NotFound, "no such context", "run `kaasboard config show` to see them all")
            }
        };
        let failure = Self::new(exit, what).remedy(remedy);
        let failure = match error.file() {
            Some(file) => failure.on(file.display()),
            None => failure,
        };
        failure.because(error)
    }
}
