//! Whether a schema is structural: it says of every place what it is, outside of `allOf`, `anyOf`, `oneOf`, `not`.

use serde_json::Value;

use super::nested;
use super::raw::{Raw, RawAdditional, child, property};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// Where in the tree a schema is: the words differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The schema of the object itself.
    Root,
    /// The schema of a list's items.
    Item,
    /// The schema of a field or of a map's values.
    Field,
}

/// What keeps a schema from being structural, sorted as Kubernetes sorts it.
pub fn check(schema: Raw, path: &str) -> Vec<Cause> {
    let mut causes = Vec::new();
    invariants(schema, Level::Root, path, &mut causes);
    nested::completeness(schema, path, &mut causes);
    causes.sort_by_cached_key(ToString::to_string);
    causes
}

/// Whether Kubernetes can make its structural form of a schema at all. Where it cannot, it tells of the keywords that
/// keep it from that ([`super::keywords`]), and of nothing else.
pub fn is_readable(schema: Raw) -> bool {
    let is_used = |keyword: &&str| match schema.get(keyword) {
        None => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Object(fields)) => !fields.is_empty() || *keyword == "additionalItems",
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Null) => true,
    };
    let unsupported =
        ["id", "$schema", "$ref", "patternProperties", "dependencies", "additionalItems", "definitions"];
    let is_array = schema.get("items").is_some_and(Value::is_array);
    let preserves_nothing = schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false));
    let below = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|list| schema.schemas(list));
    let below = below.chain(schema.properties().into_iter().map(|(_, inner)| inner));
    let below = below.chain(["items", "not"].into_iter().filter_map(|keyword| schema.schema(keyword)));
    let mut below = below.chain(schema.additional().and_then(RawAdditional::schema));
    !unsupported.iter().any(is_used) && !is_array && !preserves_nothing && below.all(is_readable)
}

fn invariants(schema: Raw, level: Level, path: &str, causes: &mut Vec<Cause>) {
    let type_name = schema.type_name();
    let items = schema.schema("items");
    if type_name == "array" && items.is_none() {
        causes.push(words::required(child(path, "items"), "must be specified"));
    }
    if let Some(items) = items {
        invariants(items, Level::Item, &child(path, "items"), causes);
    }
    for (name, schema) in schema.properties() {
        invariants(schema, Level::Field, &property(path, name), causes);
    }
    if let Some(additional) = schema.additional() {
        let here = child(path, "additionalProperties");
        if level == Level::Root {
            causes.push(words::forbidden(&here, "must not be used at the root"));
        }
        if let RawAdditional::Schema(schema) = additional {
            invariants(schema, Level::Field, &here, causes);
        }
    }
    extensions(schema, path, causes);
    nested::check_values(schema, path, nested::int_or_string(schema), causes);
    check_type(schema, level, path, causes);
    check_meta(schema, level, path, causes);
}

fn extensions(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    if !schema.flag("x-kubernetes-int-or-string") {
        return;
    }
    for keyword in ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"] {
        if schema.flag(keyword) {
            let detail = "must be false if x-kubernetes-int-or-string is true";
            causes.push(words::invalid(child(path, keyword), &Value::Bool(true), detail));
        }
    }
}

fn check_type(schema: Raw, level: Level, path: &str, causes: &mut Vec<Cause>) {
    let here = child(path, "type");
    let type_name = schema.type_name();
    let embedded = schema.flag("x-kubernetes-embedded-resource");
    let preserves = schema.flag("x-kubernetes-preserve-unknown-fields");
    if embedded && type_name != "object" {
        let detail = "must be object if x-kubernetes-embedded-resource is true";
        causes.push(match type_name {
            "" => words::required(&here, detail),
            other => words::invalid(&here, &Value::from(other), detail),
        });
    } else if type_name.is_empty() && !schema.flag("x-kubernetes-int-or-string") && !preserves {
        let detail = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        causes.push(words::required(&here, detail));
    }
    if embedded && schema.additional().is_some() {
        let detail = "must not be used if x-kubernetes-embedded-resource is set";
        causes.push(words::forbidden(child(path, "additionalProperties"), detail));
    }
    if level == Level::Root && !type_name.is_empty() && type_name != "object" {
        causes.push(words::invalid(&here, &Value::from(type_name), "must be object at the root"));
    }
    if embedded && !preserves && schema.properties().is_empty() {
        let detail = "must not be empty if x-kubernetes-embedded-resource is true without \
                      x-kubernetes-preserve-unknown-fields";
        causes.push(words::required(child(path, "properties"), detail));
    }
}

/// `apiVersion`, `kind` and `metadata` are the same for all objects: a schema may say little of them.
fn check_meta(schema: Raw, level: Level, path: &str, causes: &mut Vec<Cause>) {
    let is_object = level == Level::Root || schema.flag("x-kubernetes-embedded-resource");
    for name in ["kind", "apiVersion"] {
        if let Some(field) = schema.property(name)
            && is_object
            && field.type_name() != "string"
        {
            let here = child(&property(path, name), "type");
            causes.push(words::invalid(here, &Value::from(field.type_name()), "must be string"));
        }
    }
    let Some(metadata) = schema.property("metadata") else { return };
    let here = property(path, "metadata");
    if is_object && metadata.type_name() != "object" {
        causes.push(words::invalid(
            child(&here, "type"),
            &Value::from(metadata.type_name()),
            "must be object",
        ));
    }
    if level == Level::Root {
        let says_more = metadata.0.iter().any(|(keyword, value)| match keyword.as_str() {
            "type" | "default" => false,
            "properties" => value
                .as_object()
                .is_none_or(|fields| fields.keys().any(|name| name != "name" && name != "generateName")),
            _ => !is_nothing(value),
        });
        if says_more {
            let detail = "must not specify anything other than name and generateName, but metadata is \
                          implicitly specified";
            causes.push(words::forbidden(here, detail));
        }
    }
}

/// Whether a keyword's value is the same as the keyword's absence.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => false,
    }
}
