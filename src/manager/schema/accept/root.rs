//! What the root of a schema may say.

use serde_json::Value;

use super::raw::{Raw, child};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The keywords that may be at the root where the status is a subresource: those that do not get lost when the
/// status is checked on its own. Kubernetes lists them by the names of its own fields.
const WITH_STATUS: &[(&str, &str)] = &[
    ("description", "Description"),
    ("type", "Type"),
    ("format", "Format"),
    ("title", "Title"),
    ("maximum", "Maximum"),
    ("exclusiveMaximum", "ExclusiveMaximum"),
    ("minimum", "Minimum"),
    ("exclusiveMinimum", "ExclusiveMinimum"),
    ("maxLength", "MaxLength"),
    ("minLength", "MinLength"),
    ("pattern", "Pattern"),
    ("maxItems", "MaxItems"),
    ("minItems", "MinItems"),
    ("uniqueItems", "UniqueItems"),
    ("multipleOf", "MultipleOf"),
    ("required", "Required"),
    ("items", "Items"),
    ("properties", "Properties"),
    ("externalDocs", "ExternalDocs"),
    ("example", "Example"),
    ("x-kubernetes-preserve-unknown-fields", "XPreserveUnknownFields"),
    ("x-kubernetes-validations", "XValidations"),
];

/// The other keywords that Kubernetes knows; what it does not know, it drops.
const WITHOUT_STATUS: &[&str] = &[
    "id",
    "$schema",
    "$ref",
    "nullable",
    "default",
    "enum",
    "maxProperties",
    "minProperties",
    "allOf",
    "oneOf",
    "anyOf",
    "not",
    "additionalProperties",
    "patternProperties",
    "dependencies",
    "additionalItems",
    "definitions",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
];

/// What is wrong at the root.
pub fn check(schema: Raw, path: &str, has_status: bool, causes: &mut Vec<Cause>) {
    if has_status {
        with_status(schema, path, causes);
    }
    if schema.flag("nullable") {
        causes.push(words::forbidden(child(path, "nullable"), "nullable cannot be true at the root"));
    }
}

fn with_status(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    let type_name = schema.type_name();
    if !type_name.is_empty() && type_name != "object" {
        let detail = "only \"object\" is allowed as the type at the root of the schema if the status subresource \
                      is enabled";
        causes.push(words::invalid(child(path, "type"), &Value::from(type_name), detail));
        return;
    }
    let says_something = |keyword: &str| match schema.get(keyword) {
        None | Some(Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    };
    if WITHOUT_STATUS.iter().any(|keyword| says_something(keyword)) {
        let allowed: Vec<&str> = WITH_STATUS.iter().map(|(_, name)| *name).collect();
        let detail = format!(
            "only [{}] fields are allowed at the root of the schema if the status subresource is enabled",
            allowed.join(" ")
        );
        causes.push(words::invalid_unshown(path, &detail));
    }
}
