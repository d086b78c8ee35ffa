//! Reading objects of built-in types as strictly as an API server's typed decoder.
//!
//! The types are k8s-openapi's, generated from Kubernetes' own description: reading an object into its type and
//! writing it back refuses wrong types and leaves out unknown fields, with no schema of our own to keep true. The
//! same types tell their schemas for OpenAPI documents.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What a type of k8s-openapi does for a built-in type.
#[derive(Clone, Copy, Debug)]
pub struct Typed {
    /// Reads an object strictly and gives it back: unknown fields are gone, wrong types are an error.
    pub decode: fn(Value) -> Result<Value, String>,
    /// Adds the type's schema to those of a document, and what it refers to; gives back its name.
    pub describe: fn(&mut SchemaGenerator) -> String,
}

/// Reads and describes objects by a type.
pub const fn typed<T: DeserializeOwned + Serialize + JsonSchema>() -> Typed {
    Typed { decode: through::<T>, describe: describe::<T> }
}

/// Reads and describes objects by a type that has times with microseconds.
pub const fn timed<T: DeserializeOwned + Serialize + JsonSchema>() -> Typed {
    Typed { decode: through_micro_times::<T>, describe: describe::<T> }
}

/// Describes objects by a type, and leaves their reading to something else.
pub const fn described<T: JsonSchema>() -> Typed {
    Typed { decode: as_is, describe: describe::<T> }
}

/// Adds a type's schema to those of a document, and what it refers to; gives back its name.
pub fn describe<T: JsonSchema>(schemas: &mut SchemaGenerator) -> String {
    schemas.subschema_for::<T>();
    T::schema_name().into_owned()
}

/// Reads an object into its type and writes it back.
///
/// # Errors
/// What is wrong with it, in words: a field of a wrong type, text that is no base64, a time that is none.
pub fn through<T: DeserializeOwned + Serialize>(object: Value) -> Result<Value, String> {
    let typed: T = serde_json::from_value(object).map_err(|error| error.to_string())?;
    serde_json::to_value(&typed).map_err(|error| error.to_string())
}

/// The `MicroTime`s of Leases and Events.
const MICRO_TIMES: [&str; 4] =
    ["/spec/acquireTime", "/spec/renewTime", "/eventTime", "/series/lastObservedTime"];

/// The layout of a `MicroTime`, in Go's words.
const MICRO_LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";

/// The same as [`through`]; times without exactly six digits after the second are refused, as Go's decoder does.
fn through_micro_times<T: DeserializeOwned + Serialize>(object: Value) -> Result<Value, String> {
    let mut times = MICRO_TIMES.iter().filter_map(|path| object.pointer(path)?.as_str());
    if let Some(wrong) = times.find(|time| !has_microseconds(time)) {
        return Err(format!(
            "parsing time {wrong:?} as {MICRO_LAYOUT:?}: it needs six digits after the second"
        ));
    }
    through::<T>(object)
}

fn has_microseconds(time: &str) -> bool {
    let digits = time.split_once('.').map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).count());
    digits == Some(6)
}

fn as_is(object: Value) -> Result<Value, String> {
    Ok(object)
}

/// The paths of `before` that are not in `after`, as Kubernetes writes them (`spec.containers[0].imagee`): the
/// fields that a decoder left out because it does not know them. Nulls and empty values count as absent.
pub fn left_out(before: &Value, after: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    walk(before, Some(after), &mut String::new(), &mut paths);
    paths
}

fn walk(before: &Value, after: Option<&Value>, path: &mut String, paths: &mut Vec<String>) {
    let Some(after) = after else {
        if !is_empty(before) {
            paths.push(path.clone());
        }
        return;
    };
    let length = path.len();
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (field, value) in before {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(field);
                walk(value, after.get(field), path, paths);
                path.truncate(length);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for (index, value) in before.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                walk(value, after.get(index), path, paths);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_are_left_out_and_named() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" },
            "spec": { "containers": [{ "name": "c", "imagee": "i", "env": [] }], "nodename": "n" },
        });
        let read = through::<Pod>(pod.clone()).unwrap();
        assert_eq!(left_out(&pod, &read), ["spec.containers[0].imagee", "spec.nodename"]);
    }

    #[test]
    fn wrong_types_are_refused() {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "x" },
            "spec": { "containers": "none" },
        });
        assert!(through::<Pod>(pod).unwrap_err().contains("invalid type: string \"none\""));
    }
}
