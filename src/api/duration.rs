//! Lengths of time in whole seconds, written as `1h30m`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The syntax: hours, minutes and seconds in this order. The first of them may have five digits, and those
/// after it at most 59, so that what is printed has this syntax as well.
const PATTERN: &str = "^([0-9]{1,5}h([0-5]?[0-9]m)?([0-5]?[0-9]s)?|[0-9]{1,5}m([0-5]?[0-9]s)?|[0-9]{1,5}s)$";

/// The longest that can be written: 99999h59m59s.
const SECONDS_MAX: u32 = 99_999 * 3600 + 59 * 60 + 59;

/// A text that is no length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no length of time: write hours, minutes and seconds as 1h30m or 20s")]
pub struct DurationError {
    /// The text.
    pub text: String,
}

/// A length of time in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Duration {
    seconds: u32,
}

impl Duration {
    /// So many seconds, or the longest length if there are more of them than it has.
    pub const fn seconds(seconds: u32) -> Self {
        Self { seconds: if seconds < SECONDS_MAX { seconds } else { SECONDS_MAX } }
    }

    /// So many minutes.
    pub const fn minutes(minutes: u16) -> Self {
        Self { seconds: minutes as u32 * 60 }
    }

    /// So many hours.
    pub const fn hours(hours: u16) -> Self {
        Self { seconds: hours as u32 * 3600 }
    }

    /// Its length in seconds.
    pub const fn as_seconds(self) -> u32 {
        self.seconds
    }

    /// The same for timers.
    pub const fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.seconds as u64)
    }

    /// The same for calendars.
    pub fn to_chrono(self) -> chrono::TimeDelta {
        chrono::TimeDelta::seconds(i64::from(self.seconds))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut seconds = 0;
        for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
            let Some((digits, after)) = rest.split_once(unit) else { continue };
            seconds += count(digits, rest.len() == text.len())? * length;
            rest = after;
        }
        let complete = rest.is_empty() && !text.is_empty();
        complete.then_some(Self { seconds })
    }
}

/// The number before a unit: up to five digits before the first unit, at most 59 before those after it.
fn count(digits: &str, first: bool) -> Option<u32> {
    let longest = if first { 5 } else { 2 };
    let plain = (1..=longest).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if plain { digits.parse().ok()? } else { return None };
    (first || number < 60).then_some(number)
}

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        Self::parse(text).ok_or_else(|| DurationError { text: text.to_owned() })
    }
}

impl TryFrom<String> for Duration {
    type Error = DurationError;

    fn try_from(text: String) -> Result<Self, DurationError> {
        text.parse()
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        if hours > 0 {
            write!(out, "{hours}h")?;
        }
        if minutes > 0 {
            write!(out, "{minutes}m")?;
        }
        if seconds > 0 || self.seconds == 0 {
            write!(out, "{seconds}s")?;
        }
        Ok(())
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 2, "maxLength": 18, "pattern": PATTERN })
    }
}
