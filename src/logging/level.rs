//! How much is logged: the words of `KAASBOARD_LOG`.

use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Says how much is logged: a level, or the directives of `tracing-subscriber`.
pub const VARIABLE: &str = "KAASBOARD_LOG";

/// What is logged when nothing is said.
pub const DEFAULT: &str = "info";

/// A level for our own modules; those of others then only warn.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// These print requests and headers, and with them bearer tokens, when they say more than a warning.
const TALKATIVE: [&str; 6] = ["h2", "hyper", "hyper_util", "reqwest", "rustls", "tower"];

/// `KAASBOARD_LOG` says nothing that could be meant.
#[derive(Debug, thiserror::Error)]
pub enum LevelError {
    /// It is neither a level nor a list of directives.
    #[error("{VARIABLE}={text:?} is no level (valid: {})", LEVELS.join(", "))]
    Unknown {
        /// What it says.
        text: String,
    },
    /// It is a list of directives, and one of them is wrong.
    #[error("{VARIABLE}={text:?} is no list of directives like `warn,kaasboard::manager=debug`")]
    Directives {
        /// What it says.
        text: String,
        /// Which one, and why.
        source: tracing_subscriber::filter::ParseError,
    },
}

/// The filter that `text`, the value of `KAASBOARD_LOG`, means.
pub fn filter(text: &str) -> Result<EnvFilter, LevelError> {
    let text = text.trim();
    let directives = match LEVELS.iter().find(|level| level.eq_ignore_ascii_case(text)) {
        Some(&"off") => "off".to_owned(),
        Some(level) => format!("warn,kaasboard={level}"),
        None if text.contains(['=', ',']) => text.to_owned(),
        None => return Err(LevelError::Unknown { text: text.to_owned() }),
    };
    let wrong = |source| LevelError::Directives { text: text.to_owned(), source };
    EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).parse(&directives).map_err(wrong)
}

/// Whether a line may be written at all, whatever `KAASBOARD_LOG` says.
pub fn is_discreet(line: &Metadata<'_>) -> bool {
    let crate_name = line.target().split("::").next().unwrap_or_default();
    *line.level() <= Level::WARN || !TALKATIVE.contains(&crate_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ours_and_directives_are_taken_as_they_are() {
        let cases = [
            ("info", "kaasboard=info,warn"),
            (" Debug ", "kaasboard=debug,warn"),
            ("off", "off"),
            ("warn,kaasboard::manager=trace", "kaasboard::manager=trace,warn"),
            (
                "verbose",
                "KAASBOARD_LOG=\"verbose\" is no level (valid: off, error, warn, info, debug, trace)",
            ),
            ("", "KAASBOARD_LOG=\"\" is no level (valid: off, error, warn, info, debug, trace)"),
            (
                "kaasboard=loud",
                "KAASBOARD_LOG=\"kaasboard=loud\" is no list of directives like `warn,kaasboard::manager=debug`",
            ),
        ];
        for (text, expected) in cases {
            let said = filter(text).map_or_else(|error| error.to_string(), |filter| filter.to_string());
            assert_eq!(said, expected, "for {text:?}");
        }
    }
}
