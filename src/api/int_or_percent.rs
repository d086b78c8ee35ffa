//! A count, or a share of a count: `1`, `40%`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The largest count; more machines than any pool has.
const COUNT_MAX: u32 = 10_000;

/// A text that is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntOrPercentError {
    /// It is not a whole number of percent from 0 to 100.
    #[error("{text:?} is neither a count nor a share from 0% to 100%")]
    NoShare {
        /// The text.
        text: String,
    },
    /// It is larger than any pool.
    #[error("{count} is more than {COUNT_MAX}, the largest count")]
    TooMany {
        /// The count.
        count: u32,
    },
}

/// A count of machines, or a share of them in whole percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub enum IntOrPercent {
    /// So many.
    Count(u32),
    /// This share of all, from 0 to 100 percent.
    Percent(u8),
}

impl IntOrPercent {
    /// How many of `total` it is at most; a fraction of a machine does not count.
    pub fn of_rounded_down(self, total: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => share(total, percent, 0),
        }
    }

    /// How many of `total` it is; a fraction of a machine counts as one.
    pub fn of_rounded_up(self, total: u32) -> u32 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => share(total, percent, 99),
        }
    }
}

/// `percent` of `total`. As percent is at most 100, the result is at most `total`.
fn share(total: u32, percent: u8, rounding: u64) -> u32 {
    let hundredths = u64::from(total) * u64::from(percent) + rounding;
    u32::try_from(hundredths / 100).unwrap_or(total)
}

/// How it is written: a number, or a text that ends with a percent sign.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Raw {
    Count(u32),
    Text(String),
}

impl TryFrom<Raw> for IntOrPercent {
    type Error = IntOrPercentError;

    fn try_from(raw: Raw) -> Result<Self, IntOrPercentError> {
        let text = match raw {
            Raw::Count(count) if count > COUNT_MAX => return Err(IntOrPercentError::TooMany { count }),
            Raw::Count(count) => return Ok(Self::Count(count)),
            Raw::Text(text) => text,
        };
        let plain = |digits: &&str| digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let no_leading_zero = |digits: &&str| digits.len() == 1 || !digits.starts_with('0');
        let digits = text.strip_suffix('%').filter(plain).filter(no_leading_zero);
        match digits.and_then(|digits| digits.parse().ok()) {
            Some(percent @ 0..=100) => Ok(Self::Percent(percent)),
            _ => Err(IntOrPercentError::NoShare { text }),
        }
    }
}

impl From<IntOrPercent> for Raw {
    fn from(value: IntOrPercent) -> Self {
        match value {
            IntOrPercent::Count(count) => Self::Count(count),
            IntOrPercent::Percent(_) => Self::Text(value.to_string()),
        }
    }
}

impl fmt::Display for IntOrPercent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(out, "{count}"),
            Self::Percent(percent) => write!(out, "{percent}%"),
        }
    }
}

impl JsonSchema for IntOrPercent {
    fn schema_name() -> Cow<'static, str> {
        "IntOrPercent".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "minimum": 0, "maximum": COUNT_MAX, "maxLength": 4, "pattern": "^(100|[1-9]?[0-9])%$",
        })
    }
}
