//! Whether a schema can be read at all: every keyword is of its JSON type, and nothing is nested too deep.
//!
//! A real API server fails to decode such a definition; here each place becomes a cause.

use serde_json::{Map, Value};

use super::raw::{child, entry, key};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// How deep schemas may be nested. Every walk over an object is as deep as its schema at most, so this bounds the
/// stack of all of them. JSON that is nested deeper than 128 is not read in the first place.
pub const MAX_DEPTH: usize = 64;

/// The type that a keyword must be of.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Flag,
    Number,
    Count,
    Texts,
    Values,
    Schema,
    Schemas,
    SchemaOrSchemas,
    SchemaOrFlag,
    Fields,
    Rules,
    Any,
}

/// Causes for everything that cannot be read.
pub fn check(schema: &Value, path: &str, causes: &mut Vec<Cause>) {
    walk(schema, path, 0, causes);
}

fn walk(schema: &Value, path: &str, depth: usize, causes: &mut Vec<Cause>) {
    let Some(keywords) = schema.as_object() else {
        causes.push(words::type_invalid(path, schema, "must be an object"));
        return;
    };
    if depth >= MAX_DEPTH {
        causes.push(words::forbidden(path, &format!("schemas may not be nested deeper than {MAX_DEPTH}")));
        return;
    }
    for (keyword, value) in keywords {
        let Some(shape) = shape_of(keyword) else { continue };
        if value.is_null() {
            continue;
        }
        let here = child(path, keyword);
        if let Some(expected) = mismatch(value, shape) {
            causes.push(words::type_invalid(here, value, expected));
            continue;
        }
        match (value, shape) {
            (Value::Object(fields), Shape::Fields) => {
                fields.iter().for_each(|(name, schema)| walk(schema, &key(&here, name), depth + 1, causes));
            }
            (Value::Array(list), Shape::Schemas | Shape::SchemaOrSchemas) => {
                list.iter()
                    .enumerate()
                    .for_each(|(at, schema)| walk(schema, &entry(path, keyword, at), depth + 1, causes));
            }
            (Value::Array(list), Shape::Rules) => {
                list.iter()
                    .enumerate()
                    .for_each(|(at, rule)| rule_shape(rule, &entry(path, keyword, at), causes));
            }
            (Value::Object(_), Shape::Schema | Shape::SchemaOrSchemas | Shape::SchemaOrFlag) => {
                walk(value, &here, depth + 1, causes);
            }
            _ => {}
        }
    }
}

fn shape_of(keyword: &str) -> Option<Shape> {
    Some(match keyword {
        "id"
        | "$schema"
        | "$ref"
        | "description"
        | "type"
        | "format"
        | "title"
        | "pattern"
        | "x-kubernetes-list-type"
        | "x-kubernetes-map-type" => Shape::Text,
        "nullable"
        | "uniqueItems"
        | "exclusiveMaximum"
        | "exclusiveMinimum"
        | "x-kubernetes-preserve-unknown-fields"
        | "x-kubernetes-embedded-resource"
        | "x-kubernetes-int-or-string" => Shape::Flag,
        "maximum" | "minimum" | "multipleOf" => Shape::Number,
        "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" => {
            Shape::Count
        }
        "required" | "x-kubernetes-list-map-keys" => Shape::Texts,
        "enum" => Shape::Values,
        "not" => Shape::Schema,
        "allOf" | "anyOf" | "oneOf" => Shape::Schemas,
        "items" => Shape::SchemaOrSchemas,
        "additionalProperties" | "additionalItems" => Shape::SchemaOrFlag,
        "properties" | "patternProperties" | "definitions" => Shape::Fields,
        "x-kubernetes-validations" => Shape::Rules,
        "default" | "example" | "dependencies" | "externalDocs" => Shape::Any,
        _ => return None,
    })
}

/// What the value should have been, if it is not.
fn mismatch(value: &Value, shape: Shape) -> Option<&'static str> {
    let list_of = |fits: fn(&Value) -> bool| value.as_array().is_some_and(|list| list.iter().all(fits));
    let (fits, expected) = match shape {
        Shape::Any => (true, ""),
        Shape::Text => (value.is_string(), "must be a string"),
        Shape::Flag => (value.is_boolean(), "must be a boolean"),
        Shape::Number => (value.is_number(), "must be a number"),
        Shape::Count => (value.is_i64(), "must be an integer"),
        Shape::Texts => (list_of(Value::is_string), "must be a list of strings"),
        Shape::Values | Shape::Schemas => (value.is_array(), "must be a list"),
        Shape::Rules => (list_of(Value::is_object), "must be a list of rules"),
        Shape::Schema | Shape::Fields => (value.is_object(), "must be an object"),
        Shape::SchemaOrSchemas => (value.is_object() || value.is_array(), "must be an object"),
        Shape::SchemaOrFlag => (value.is_object() || value.is_boolean(), "must be an object or a boolean"),
    };
    (!fits).then_some(expected)
}

fn rule_shape(rule: &Value, path: &str, causes: &mut Vec<Cause>) {
    let empty = Map::new();
    for (keyword, value) in rule.as_object().unwrap_or(&empty) {
        let shape = match keyword.as_str() {
            "rule" | "message" | "messageExpression" | "reason" | "fieldPath" => Shape::Text,
            "optionalOldSelf" => Shape::Flag,
            _ => continue,
        };
        if !value.is_null()
            && let Some(expected) = mismatch(value, shape)
        {
            causes.push(words::type_invalid(child(path, keyword), value, expected));
        }
    }
}
