//! Whether a value is of the type that the schema asks for.

use serde_json::Value;

use crate::manager::schema::node::{Node, Type, Types};
use crate::manager::schema::path::Path;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The largest number up to which every whole float is exact.
pub const LARGEST_EXACT: f64 = 9_007_199_254_740_991.0;

/// The cause if the value is of the wrong type.
pub fn check(value: &Value, node: &Node, path: &Path) -> Option<Cause> {
    let format = node.checks.as_ref().and_then(|checks| checks.format.as_ref());
    let is_any = node.types == Types::Any;
    let mismatch = |expected: &str, found: &str| {
        let detail =
            format!("{} in body must be of type {expected}: {}", path.dotted(), words::quoted(found));
        Some(words::type_invalid(field(path), &Value::from(found), &detail))
    };
    let Some(actual) = type_of(value) else {
        return if is_any || node.nullable { None } else { mismatch(node.types.listed(), "null") };
    };
    if is_any && format.is_none() {
        return None;
    }
    let is_numeric = node.types.names(Type::Number) || node.types.names(Type::Integer);
    let whole_float = actual == Type::Number && is_whole(value) && node.types.names(Type::Integer);
    let fits =
        node.types.names(actual) || whole_float || actual == Type::Integer && node.types.names(Type::Number);
    match (format, actual) {
        // Kubernetes leaves text and lists to the check of the format.
        (Some(_), Type::String | Type::Array) if !is_numeric => None,
        (Some(format), Type::Object | Type::Integer | Type::Number | Type::Boolean) if !fits => {
            let found = match actual {
                Type::Integer => "int64",
                Type::Number => "float64",
                _ => "",
            };
            if found == format.name { None } else { mismatch(&format.name, found) }
        }
        _ if fits => None,
        _ => mismatch(node.types.listed(), actual.name()),
    }
}

/// The field of a cause: empty paths name no field.
pub fn field(path: &Path) -> String {
    match path.dotted() {
        text if text.is_empty() => "<nil>".to_owned(),
        text => text,
    }
}

/// The JSON type of a value; nothing for null. Whole numbers beyond 64 bits are floats, as in Go.
pub fn type_of(value: &Value) -> Option<Type> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(_) => Type::Boolean,
        Value::String(_) => Type::String,
        Value::Array(_) => Type::Array,
        Value::Object(_) => Type::Object,
        Value::Number(number) if number.is_i64() => Type::Integer,
        Value::Number(_) => Type::Number,
    })
}

/// Whether a float is a whole number that JSON can carry exactly.
fn is_whole(value: &Value) -> bool {
    value.as_f64().is_some_and(is_json_integer)
}

/// Whether a float counts as a whole number: it is one, or is so close that only the arithmetic is to blame.
pub fn is_json_integer(float: f64) -> bool {
    if !float.is_finite() || float.abs() > LARGEST_EXACT {
        return false;
    }
    let whole = float.trunc();
    #[allow(clippy::float_cmp, reason = "an exact comparison is what is asked for")]
    if float == whole {
        return true;
    }
    // Kubernetes compares with the absolute whole part, so that near misses of negative numbers fail.
    whole > 0.0 && (float - whole).abs() / (float.abs() + whole.abs()) < 1e-9
}
