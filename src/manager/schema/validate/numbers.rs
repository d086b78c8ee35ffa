//! Checks of numbers: their range, `multipleOf`, `minimum` and `maximum`.

use serde_json::{Number, Value};

use super::types::{field, is_json_integer};
use super::values::Found;
use crate::manager::schema::formats::Kind;
use crate::manager::schema::node::{Bound, Checks, Node, Type, Types};
use crate::manager::schema::path::Path;
use crate::manager::schema::words;

/// Two to the 63rd: the first float beyond the whole numbers of 64 bits.
const BEYOND_I64: f64 = 9_223_372_036_854_775_808.0;

/// Checks a number. Its type was checked before.
pub fn check(number: &Number, node: &Node, path: &Path, found: &mut Found) {
    let format = node.checks.as_ref().and_then(|checks| checks.format.as_ref());
    let range = NumberRange::of(node, format.map(|format| format.kind));
    in_range(number, range, "Checked", path, found);
    if let Some(checks) = &node.checks {
        if let Some(factor) = &checks.multiple_of {
            let exact = in_range(factor, range, "MultipleOf", path, found);
            multiple_of(number, factor, exact, path, found);
        }
        bounds(number, checks, range, path, found);
    }
    found.matches += 1;
}

/// What a number's type and format allow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NumberRange {
    All,
    Int32,
    Int64,
    /// Whole numbers of 64 bits, where the schema names no format.
    Whole,
    Float,
}

impl NumberRange {
    fn of(node: &Node, format: Option<Kind>) -> Self {
        match (node.types, format) {
            (Types::One(Type::Integer), Some(Kind::Int32)) => Self::Int32,
            (Types::One(Type::Integer), Some(Kind::Int64)) => Self::Int64,
            (Types::One(Type::Integer), _) => Self::Whole,
            (Types::One(Type::Number), Some(Kind::Float)) => Self::Float,
            _ => Self::All,
        }
    }

    fn holds(self, number: &Number) -> bool {
        let float = number.as_f64().unwrap_or(f64::NAN);
        match self {
            Self::All => true,
            Self::Float => float.abs() <= f64::from(f32::MAX),
            Self::Int32 => whole(number).is_some_and(|whole| i32::try_from(whole).is_ok()),
            Self::Int64 | Self::Whole => whole(number).is_some(),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::All => "number (default format)",
            Self::Float => "number with format float",
            Self::Int32 => "integer with format int32",
            Self::Int64 => "integer with format int64",
            Self::Whole => "integer (default format)",
        }
    }
}

/// The number as a whole one of 64 bits, if it is one.
fn whole(number: &Number) -> Option<i64> {
    #[allow(clippy::cast_possible_truncation, reason = "the float is whole and in range")]
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && (-BEYOND_I64..BEYOND_I64).contains(&float)).then_some(float as i64)
    })
}

fn in_range(number: &Number, range: NumberRange, what: &str, path: &Path, found: &mut Found) -> bool {
    if range.holds(number) {
        return true;
    }
    let detail = format!("{what} value must be of type {} in {}", range.words(), path.dotted());
    found.push(words::invalid("<nil>", &Value::from(""), &detail));
    false
}

/// A bound or factor as Go converts it to a whole number: the fraction is cut off.
fn truncated(number: &Number) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "cutting off is what Go does")]
    number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or_default() as i64)
}

fn multiple_of(number: &Number, factor: &Number, exact: bool, path: &Path, found: &mut Found) {
    let place = path.dotted();
    let shown = Value::Number(number.clone());
    let (factor_text, factor_shown, is_positive, is_multiple) = match number.as_i64() {
        Some(whole) if exact => {
            let factor = truncated(factor);
            let is_multiple = factor > 0 && whole.wrapping_rem(factor) == 0;
            (factor.to_string(), Value::from(factor), factor > 0, is_multiple)
        }
        _ => {
            let (value, factor) = (number.as_f64().unwrap_or_default(), factor.as_f64().unwrap_or_default());
            let quotient = if factor < 1.0 { 1.0 / factor * value } else { value / factor };
            (words::printed_float(factor), Value::from(factor), factor > 0.0, is_json_integer(quotient))
        }
    };
    if !is_positive {
        let detail = format!("factor MultipleOf declared for {place} must be positive: {factor_text}");
        found.push(words::invalid(field(path), &factor_shown, &detail));
    } else if !is_multiple {
        let detail = format!("{place} in body should be a multiple of {factor_text}");
        found.push(words::invalid(field(path), &shown, &detail));
    }
}

fn bounds(number: &Number, checks: &Checks, range: NumberRange, path: &Path, found: &mut Found) {
    let mut check = |bound: &Bound, what: &str, is_minimum: bool| {
        let exact = in_range(&bound.at, range, what, path, found);
        let (order, text) = match number.as_i64() {
            Some(whole) if exact => {
                let at = truncated(&bound.at);
                (whole.partial_cmp(&at), at.to_string())
            }
            _ => {
                let at = bound.at.as_f64().unwrap_or_default();
                (number.as_f64().unwrap_or_default().partial_cmp(&at), words::printed_float(at))
            }
        };
        let outside = match order {
            Some(std::cmp::Ordering::Less) => is_minimum,
            Some(std::cmp::Ordering::Greater) => !is_minimum,
            Some(std::cmp::Ordering::Equal) => bound.exclusive,
            None => false,
        };
        if outside {
            let words = match (is_minimum, bound.exclusive) {
                (true, true) => "greater than",
                (true, false) => "greater than or equal to",
                (false, true) => "less than",
                (false, false) => "less than or equal to",
            };
            let detail = format!("{} in body should be {words} {text}", path.dotted());
            found.push(words::invalid(field(path), &Value::Number(number.clone()), &detail));
        }
    };
    if let Some(bound) = &checks.minimum {
        check(bound, "Minimum boundary", true);
    }
    if let Some(bound) = &checks.maximum {
        check(bound, "Maximum boundary", false);
    }
}
