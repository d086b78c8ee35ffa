//! How Go prints values, which Kubernetes' sentences contain.

use serde_json::Value;

/// As `%v` prints it: `map[a:1 b:[x]]`.
pub(in crate::manager) fn plain(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) => format!("[{}]", joined(list.iter().map(plain), " ")),
        Value::Object(map) => {
            format!("map[{}]", joined(map.iter().map(|(key, value)| format!("{key}:{}", plain(value))), " "))
        }
        other => other.to_string(),
    }
}

/// As `%#v` prints it: `map[string]interface {}{"a":1}`.
pub(in crate::manager) fn syntax(value: &Value) -> String {
    let name = type_name(value);
    match value {
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(list) => format!("{name}{{{}}}", joined(list.iter().map(syntax), ", ")),
        Value::Object(map) => {
            let entries = map.iter().map(|(key, value)| format!("{key:?}:{}", syntax(value)));
            format!("{name}{{{}}}", joined(entries, ", "))
        }
        Value::String(text) => format!("{text:?}"),
        other => other.to_string(),
    }
}

/// The type of a decoded value, as `%T` prints it.
pub(in crate::manager) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

fn joined(parts: impl Iterator<Item = String>, separator: &str) -> String {
    parts.collect::<Vec<_>>().join(separator)
}
