//! Drops what a schema does not name: unknown fields, and nulls where none may be.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{pruning,defaulting}`.

use serde_json::{Number, Value};

use super::node::{Additional, Node};
use super::path::Path;
use super::validate::types::LARGEST_EXACT;

/// Drops the unknown fields of an object and says where they were, sorted. `apiVersion`, `kind` and `metadata`
/// of the object itself (`is_root`) and of embedded objects are kept whatever the schema says.
pub fn unknown_fields(object: &mut Value, schema: &Node, is_root: bool) -> Vec<String> {
    let mut dropped = Vec::new();
    walk(object, schema, is_root, &Path::Root, &mut dropped);
    dropped.sort();
    dropped
}

fn walk(value: &mut Value, schema: &Node, is_root: bool, path: &Path, dropped: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let is_object = is_root || schema.embedded;
            fields.retain(|name, value| {
                if is_object && is_meta(name) {
                    return true;
                }
                let here = path.field(name);
                match (schema.properties.get(name), &schema.additional) {
                    (Some(child), _) => walk(value, child, false, &here, dropped),
                    (None, Additional::Schema(child)) => walk(value, child, false, &here, dropped),
                    _ if schema.preserve_unknown => {}
                    (None, Additional::Allowed(_)) => drop_all(value, &here, dropped),
                    (None, Additional::Unset) => {
                        dropped.push(here.dotted());
                        return false;
                    }
                }
                true
            });
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let here = path.index(at);
                match &schema.items {
                    Some(child) => walk(item, child, false, &here, dropped),
                    None if schema.preserve_unknown => {}
                    None => drop_all(item, &here, dropped),
                }
            }
        }
        Value::Number(number) => {
            if let Some(whole) = written_as_float(number) {
                *value = Value::from(whole);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The whole number that was written as a float, if it was. Go writes `4.0` as `4`, and its clients could not
/// read `4.0` into an integer.
fn written_as_float(number: &Number) -> Option<i64> {
    if !number.is_f64() {
        return None;
    }
    let float = number.as_f64()?;
    #[allow(clippy::cast_possible_truncation, reason = "the float is whole and exact")]
    (float.fract() == 0.0 && float.abs() <= LARGEST_EXACT).then_some(float as i64)
}

/// A value without a schema keeps no field at all.
fn drop_all(value: &mut Value, path: &Path, dropped: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            dropped.extend(fields.keys().map(|name| path.field(name).dotted()));
            fields.clear();
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                drop_all(item, &path.index(at), dropped);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether a field belongs to every Kubernetes object.
pub fn is_meta(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

/// Drops the fields that are null although their schema is neither nullable nor has a default. Those with a
/// default keep their null for [`super::defaults::fill`], which replaces it.
pub fn nulls(value: &mut Value, schema: &Node) {
    match value {
        Value::Object(fields) => fields.retain(|name, value| {
            let Some(child) = schema.child(name) else { return true };
            if value.is_null() && !child.nullable && child.default.is_none() {
                return false;
            }
            nulls(value, child);
            true
        }),
        Value::Array(items) => {
            if let Some(child) = &schema.items {
                items.iter_mut().for_each(|item| nulls(item, child));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
