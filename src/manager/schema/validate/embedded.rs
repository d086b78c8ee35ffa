//! Objects inside of objects (`x-kubernetes-embedded-resource`): they name their type, and their metadata is some.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta`.

use serde_json::{Map, Value};

use crate::manager::schema::names;
use crate::manager::schema::node::Node;
use crate::manager::schema::path::Path;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// What is wrong with the embedded objects below a value.
pub fn check(value: &Value, node: &Node, path: &Path, causes: &mut Vec<Cause>) {
    if !node.below.embedded {
        return;
    }
    match value {
        Value::Object(fields) => {
            if node.embedded {
                check_object(fields, path, causes);
            }
            for (name, value) in fields {
                if let Some(child) = node.properties.get(name) {
                    check(value, child, &path.field(name), causes);
                } else if let Some(child) = node.additional.schema() {
                    check(value, child, &path.key(name), causes);
                }
            }
        }
        Value::Array(items) => {
            if let Some(child) = &node.items {
                for (at, item) in items.iter().enumerate() {
                    check(item, child, &path.index(at), causes);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_object(fields: &Map<String, Value>, path: &Path, causes: &mut Vec<Cause>) {
    for name in ["apiVersion", "kind"] {
        let place = path.field(name);
        match fields.get(name) {
            None => causes.push(words::required(place.bracketed(), "")),
            Some(value) => causes.extend(wrong_type_meta(name, value, &place)),
        }
    }
    match fields.get("metadata") {
        None | Some(Value::Null) => {}
        Some(Value::Object(metadata)) => check_name(metadata, &path.field("metadata"), causes),
        Some(other) => {
            let place = path.field("metadata").bracketed();
            causes.push(words::invalid(place, other, "must be an object"));
        }
    }
}

fn wrong_type_meta(name: &str, value: &Value, place: &Path) -> Option<Cause> {
    let invalid = |detail: &str| Some(words::invalid(place.bracketed(), value, detail));
    let Some(text) = value.as_str() else { return invalid("must be a string") };
    if text.is_empty() {
        return invalid("must not be empty");
    }
    if name == "apiVersion" {
        return match text.matches('/').count() {
            0 | 1 => None,
            _ => invalid(&format!("unexpected GroupVersion string: {text}")),
        };
    }
    names::wrong_label_1035(&text.to_lowercase())
        .and_then(|why| invalid(&format!("may have mixed case, but should otherwise match: {why}")))
}

/// A name must be fit to be a part of a URL.
fn check_name(metadata: &Map<String, Value>, path: &Path, causes: &mut Vec<Cause>) {
    let place = path.field("name");
    let detail = match metadata.get("name") {
        None => return,
        Some(Value::String(name)) => match name.as_str() {
            "." => "may not be '.'",
            ".." => "may not be '..'",
            name if name.contains('/') => "may not contain '/'",
            name if name.contains('%') => "may not contain '%'",
            _ => return,
        },
        Some(_) => "must be a string",
    };
    let name = metadata.get("name").unwrap_or(&Value::Null);
    causes.push(words::invalid(place.bracketed(), name, detail));
}
