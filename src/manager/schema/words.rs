//! Causes in Kubernetes' words: the constructors of `k8s.io/apimachinery/pkg/util/validation/field`.

use std::fmt::Write;

use serde_json::{Number, Value};

use crate::manager::status::{Cause, CauseReason};

/// `Invalid value: VALUE: detail`.
pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Cause {
    let message = format!("Invalid value: {}: {detail}", shown(value));
    Cause::new(CauseReason::FieldValueInvalid, field, message)
}

/// `Invalid value: VALUE: detail`, with the reason that the type is the wrong one.
pub fn type_invalid(field: impl Into<String>, value: &Value, detail: &str) -> Cause {
    Cause { reason: CauseReason::FieldValueTypeInvalid, ..invalid(field, value, detail) }
}

/// `Invalid value: detail`, where the value is too large to be shown.
pub fn invalid_unshown(field: impl Into<String>, detail: &str) -> Cause {
    Cause::new(CauseReason::FieldValueInvalid, field, format!("Invalid value: {detail}"))
}

/// `Required value: detail`, or plain `Required value`.
pub fn required(field: impl Into<String>, detail: &str) -> Cause {
    Cause::new(CauseReason::FieldValueRequired, field, with_detail("Required value", detail))
}

/// `Forbidden: detail`.
pub fn forbidden(field: impl Into<String>, detail: &str) -> Cause {
    Cause::new(CauseReason::FieldValueForbidden, field, with_detail("Forbidden", detail))
}

/// `Duplicate value: VALUE`.
pub fn duplicate(field: impl Into<String>, value: &Value) -> Cause {
    Cause::new(CauseReason::FieldValueDuplicate, field, format!("Duplicate value: {}", shown(value)))
}

/// `Unsupported value: VALUE: supported values: "a", "b"`.
pub fn unsupported<'a>(
    field: impl Into<String>,
    value: &Value,
    supported: impl IntoIterator<Item = &'a str>,
) -> Cause {
    let listed: Vec<String> = supported.into_iter().map(quoted).collect();
    let message = format!("Unsupported value: {}: supported values: {}", shown(value), listed.join(", "));
    Cause::new(CauseReason::FieldValueNotSupported, field, message)
}

/// `Too long: may not be more than N bytes`. Kubernetes says bytes, and counts characters.
pub fn too_long(field: impl Into<String>, most: u64) -> Cause {
    let message = format!("Too long: may not be more than {most} bytes");
    Cause::new(CauseReason::FieldValueTooLong, field, message)
}

/// `Too many: N: must have at most M items`.
pub fn too_many(field: impl Into<String>, actual: usize, most: u64) -> Cause {
    let items = if most == 1 { "item" } else { "items" };
    let message = format!("Too many: {actual}: must have at most {most} {items}");
    Cause::new(CauseReason::FieldValueTooMany, field, message)
}

fn with_detail(words: &str, detail: &str) -> String {
    if detail.is_empty() { words.to_owned() } else { format!("{words}: {detail}") }
}

/// A value as an error shows it: text quoted as Go quotes it, numbers as Go prints them, the rest as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Number(number) => printed(number),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// A number as Go's `%v` prints it: integers in full, floats in their shortest form.
pub fn printed(number: &Number) -> String {
    match (number.as_i64(), number.as_f64()) {
        (Some(whole), _) => whole.to_string(),
        (None, Some(float)) => printed_float(float),
        (None, None) => number.to_string(),
    }
}

/// A float as Go's `%v` prints it: `0.5`, `10`, `1e+30`.
pub fn printed_float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..21).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", power.unsigned_abs())
        }
        _ => float.to_string(),
    }
}

/// Text as Go's `%q` quotes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{07}' => out.push_str("\\a"),
            '\u{08}' => out.push_str("\\b"),
            '\u{0b}' => out.push_str("\\v"),
            '\u{0c}' => out.push_str("\\f"),
            other if (other as u32) < 0x20 || other as u32 == 0x7f => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\x{:02x}", other as u32);
            }
            other if other.is_control() || is_invisible(other) => {
                let _ = match other as u32 {
                    code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Letters that Go does not count as printable although they are no control characters: other spaces, marks
/// of direction, private use.
fn is_invisible(letter: char) -> bool {
    let spaces = letter.is_whitespace() && letter != ' ';
    spaces
        || matches!(letter as u32, 0xad | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x2064 | 0xfeff | 0xe000..=0xf8ff)
}
