//! Amounts of cpu and memory as Kubernetes writes them: `500m`, `8Gi`, `1.5`.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The syntax: not negative, at most 18 digits before and nine after the point, then one suffix. It is
/// narrower than Kubernetes' own, which also takes signs and exponents of any size.
const PATTERN: &str =
    r"^([0-9]{1,18}(\.[0-9]{0,9})?|\.[0-9]{1,9})(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9])?$";

/// The unit that amounts are counted in: a billionth, the finest that the suffix `n` can say.
const NANOS: i128 = 1_000_000_000;

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no amount: write a number with a suffix such as 500m, 8Gi or 1.5")]
pub struct QuantityError {
    /// The text.
    pub text: String,
}

/// An amount that is not negative. It keeps its spelling, and is compared by what it amounts to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "String")]
pub struct Quantity {
    text: String,
    nanos: i128,
}

impl Quantity {
    /// So many GiB.
    pub fn gibibytes(count: u32) -> Self {
        Self { text: format!("{count}Gi"), nanos: (i128::from(count) << 30) * NANOS }
    }

    /// The amount, rounded up to a whole number of its base unit (bytes, cores), as Kubernetes' `Value()` does.
    pub fn ceil(&self) -> i128 {
        (self.nanos + NANOS - 1) / NANOS
    }

    /// The amount in thousandths, rounded up, as Kubernetes' `MilliValue()` does.
    pub fn milli(&self) -> i128 {
        let nanos_in_milli = NANOS / 1000;
        (self.nanos + nanos_in_milli - 1) / nanos_in_milli
    }

    fn parse(text: &str) -> Option<Self> {
        let end = text.find(|found: char| !found.is_ascii_digit() && found != '.').unwrap_or(text.len());
        let (number, suffix) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let no_digits = whole.is_empty() && fraction.is_empty();
        if no_digits || whole.len() > 18 || fraction.len() > 9 || fraction.contains('.') {
            return None;
        }
        let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i128>().ok() };
        let unscaled = digits(whole)? * NANOS + digits(&format!("{fraction:0<9}"))?;
        let nanos = match scale(suffix)? {
            // What is more than all the memory in the world is as much as can be counted.
            Scale::Times(factor) => unscaled.saturating_mul(factor),
            // What is finer than a billionth counts as one, as in Kubernetes.
            Scale::Over(divisor) => (unscaled + divisor - 1) / divisor,
        };
        Some(Self { text: text.to_owned(), nanos })
    }
}

/// What a suffix does with the number before it.
enum Scale {
    Times(i128),
    Over(i128),
}

fn scale(suffix: &str) -> Option<Scale> {
    Some(match suffix {
        "" => Scale::Times(1),
        "n" => Scale::Over(1_000_000_000),
        "u" => Scale::Over(1_000_000),
        "m" => Scale::Over(1_000),
        "k" => Scale::Times(1_000),
        "M" => Scale::Times(1_000_000),
        "G" => Scale::Times(1_000_000_000),
        "T" => Scale::Times(1_000_000_000_000),
        "P" => Scale::Times(1_000_000_000_000_000),
        "E" => Scale::Times(1_000_000_000_000_000_000),
        "Ki" => Scale::Times(1 << 10),
        "Mi" => Scale::Times(1 << 20),
        "Gi" => Scale::Times(1 << 30),
        "Ti" => Scale::Times(1 << 40),
        "Pi" => Scale::Times(1 << 50),
        "Ei" => Scale::Times(1 << 60),
        exponent => match exponent.as_bytes() {
            [b'e' | b'E', digit @ b'0'..=b'9'] => Scale::Times(10_i128.pow(u32::from(digit - b'0'))),
            _ => return None,
        },
    })
}

/// What an API may hand us: `cpu: "2"`, or the bare `cpu: 2` of somebody who left the quotes out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Raw {
    Number(u32),
    Text(String),
}

impl TryFrom<Raw> for Quantity {
    type Error = QuantityError;

    fn try_from(raw: Raw) -> Result<Self, QuantityError> {
        match raw {
            Raw::Number(number) => number.to_string().parse(),
            Raw::Text(text) => text.parse(),
        }
    }
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        Self::parse(text).ok_or_else(|| QuantityError { text: text.to_owned() })
    }
}

impl From<Quantity> for String {
    fn from(quantity: Quantity) -> Self {
        quantity.text
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true, "maxLength": 30, "pattern": PATTERN,
            "minimum": 0, "maximum": u32::MAX,
        })
    }
}
