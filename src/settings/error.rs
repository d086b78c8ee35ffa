//! What can go wrong before there are settings.

use std::io;
use std::path::PathBuf;

use super::problem::Problem;
use super::words::printable;

/// What can go wrong before there are settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The platform does not say where configuration belongs.
    #[error("this user has no home directory, so there is no place to look for settings")]
    NoHome,
    /// The file could not be read.
    #[error("cannot read {}", printable(&file.to_string_lossy()))]
    Read {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is larger than any real one.
    #[error("{} is larger than {limit} bytes", printable(&file.to_string_lossy()))]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is not UTF-8.
    #[error("{}: line {line} is not UTF-8 text", printable(&file.to_string_lossy()))]
    NotText {
        /// The file.
        file: PathBuf,
        /// The first line that is not, from 1.
        line: usize,
    },
    /// The file was read, and what it says cannot be meant.
    #[error("{}", list(problems))]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Everything that is wrong with it, in the file's order.
        problems: Vec<Problem>,
    },
    /// No context has this name.
    #[error("there is no context {name:?}{}; there {}", guess(nearest), known_contexts(known))]
    UnknownContext {
        /// The name that was asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
}

impl SettingsError {
    /// The file that the error is about.
    pub fn file(&self) -> Option<&PathBuf> {
        match self {
            Self::Read { file, .. }
            | Self::TooLarge { file, .. }
            | Self::NotText { file, .. }
            | Self::Invalid { file, .. } => Some(file),
            Self::NoHome | Self::UnknownContext { .. } => None,
        }
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn guess(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|word| format!(" (did you mean {word:?}?)")).unwrap_or_default()
}

fn known_contexts(known: &[String]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("{name:?}")).collect();
    match names.as_slice() {
        [one] => format!("is only {one}"),
        _ => format!("are {}", names.join(", ")),
    }
}
