//! Why an expression could not be evaluated, in cel-go's words.

use cel::{ExecutionError, Value};

/// The words that say that a function does not take what it was given.
pub const NO_OVERLOAD: &str = "no such overload";

/// The sentence of a failure.
pub fn words(failure: &ExecutionError) -> String {
    match failure {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::NoSuchOverload(_)
        | ExecutionError::UnexpectedType { .. }
        | ExecutionError::ValuesNotComparable(..)
        | ExecutionError::UnsupportedBinaryOperator(..)
        | ExecutionError::UnsupportedIndex(..)
        | ExecutionError::UnsupportedTargetType { .. }
        | ExecutionError::NotSupportedAsMethod { .. }
        | ExecutionError::InvalidArgumentCount { .. }
        | ExecutionError::MissingArgumentOrTarget => NO_OVERLOAD.to_owned(),
        ExecutionError::UndeclaredReference(name) => format!("no such attribute(s): {name}"),
        ExecutionError::IndexOutOfBounds(index) => format!("index out of bounds: {}", plain(index)),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::FunctionError { function, message } => match converted(function) {
            Some(kind) => format!("type conversion error from 'string' to '{kind}'"),
            None => message.clone(),
        },
        other => other.to_string(),
    }
}

/// The type that a function converts text to, if that is what it does.
fn converted(function: &str) -> Option<&'static str> {
    Some(match function {
        "duration" => "google.protobuf.Duration",
        "timestamp" => "google.protobuf.Timestamp",
        "int" => "int",
        "uint" => "uint",
        "double" => "double",
        "bool" => "bool",
        _ => return None,
    })
}

fn plain(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::String(text) => text.to_string(),
        other => format!("{other:?}"),
    }
}
