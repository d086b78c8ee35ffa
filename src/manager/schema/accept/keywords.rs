//! Keywords that are not supported, or not there: the checks that Kubernetes makes at every place of a schema.

use serde_json::Value;

use super::lists;
use super::raw::{Raw, RawAdditional, child, entry, key, property};
use crate::manager::schema::node::Type;
use crate::manager::schema::prune::is_meta;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// What the places above say about the one below.
#[derive(Clone, Copy, Default)]
struct Context {
    /// Why no default may be given, if none may.
    no_defaults: Option<&'static str>,
    /// Whether the place is inside of an object's `metadata`, `kind` or `apiVersion`.
    in_meta: bool,
}

/// What is wrong with the keywords of a schema and of all below it.
pub fn check(root: Raw, path: &str, causes: &mut Vec<Cause>) {
    walk(root, path, true, Context::default(), causes);
}

fn walk(schema: Raw, path: &str, is_root: bool, context: Context, causes: &mut Vec<Cause>) {
    standard(schema, path, context, causes);
    if schema.flag("uniqueItems") {
        let detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        causes.push(words::forbidden(child(path, "uniqueItems"), detail));
    }
    additional(schema, path, context, causes);
    properties(schema, path, is_root, context, causes);
    if let Some(not) = schema.schema("not") {
        walk(not, &child(path, "not"), false, context, causes);
    }
    for list in ["allOf", "oneOf", "anyOf", "items"] {
        for (at, inner) in schema.schemas(list).into_iter().enumerate() {
            walk(inner, &entry(path, list, at), false, context, causes);
        }
    }
    if let Some(definitions) = schema.get("definitions").and_then(Value::as_object) {
        for (name, inner) in definitions {
            if let Some(inner) = Raw::of(inner) {
                walk(inner, &key(&child(path, "definitions"), name), false, context, causes);
            }
        }
    }
    if let Some(items) = schema.schema("items") {
        walk(items, &child(path, "items"), false, context, causes);
    }
    if schema.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(false)) {
        let here = child(path, "x-kubernetes-preserve-unknown-fields");
        causes.push(words::invalid(here, &Value::Bool(false), "must be true or undefined"));
    }
    lists::check(schema, path, causes);
}

fn additional(schema: Raw, path: &str, context: Context, causes: &mut Vec<Cause>) {
    let Some(additional) = schema.additional() else { return };
    let here = child(path, "additionalProperties");
    if !schema.properties().is_empty() && !matches!(additional, RawAdditional::Allowed(true)) {
        causes.push(words::forbidden(&here, "additionalProperties and properties are mutual exclusive"));
    }
    if let RawAdditional::Schema(inner) = additional {
        let no_defaults = match context.in_meta {
            true => Some(" inside additionalProperties applying to object metadata"),
            false => context.no_defaults,
        };
        walk(inner, &here, false, Context { no_defaults, ..context }, causes);
    }
}

fn properties(schema: Raw, path: &str, is_root: bool, context: Context, causes: &mut Vec<Cause>) {
    let is_object = is_root || schema.flag("x-kubernetes-embedded-resource");
    for (name, inner) in schema.properties() {
        let mut context = context;
        if is_object && is_meta(name) {
            context.in_meta = true;
            if is_root {
                context.no_defaults = Some(match name {
                    "metadata" => " in top-level metadata",
                    "kind" => " in top-level kind",
                    _ => " in top-level apiVersion",
                });
            }
        }
        walk(inner, &property(path, name), false, context, causes);
    }
}

fn standard(schema: Raw, path: &str, context: Context, causes: &mut Vec<Cause>) {
    let type_name = schema.type_name();
    if !type_name.is_empty() && Type::named(type_name).is_none() {
        let names = ["array", "boolean", "integer", "number", "object", "string"];
        causes.push(words::unsupported(child(path, "type"), &Value::from(type_name), names));
    }
    if let Some(why) = context.no_defaults
        && schema.get("default").is_some()
    {
        causes.push(words::forbidden(child(path, "default"), &format!("must not be set{why}")));
    }
    for keyword in ["id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref"] {
        let is_used = match schema.get(keyword) {
            None => false,
            Some(Value::String(text)) => !text.is_empty() || keyword == "$ref",
            Some(Value::Object(fields)) => {
                !fields.is_empty() || matches!(keyword, "additionalItems" | "dependencies")
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Null) => true,
        };
        if is_used {
            causes.push(words::forbidden(child(path, keyword), &format!("{keyword} is not supported")));
        }
    }
    if !schema.text("$schema").is_empty() {
        causes.push(words::invalid(path, &Value::from(""), "OpenAPIV3Schema 'schema' is not supported"));
    }
    if type_name == "null" {
        let detail = "type cannot be set to null, use nullable as an alternative";
        causes.push(words::forbidden(child(path, "type"), detail));
    }
    if schema.get("items").is_some_and(Value::is_array) {
        causes.push(words::forbidden(child(path, "items"), "items must be a schema object and not an array"));
    }
    if context.in_meta && schema.flag("x-kubernetes-embedded-resource") {
        let here = child(path, "x-kubernetes-embedded-resource");
        causes.push(words::forbidden(here, "must not be used inside of resource meta"));
    }
}
