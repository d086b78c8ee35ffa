//! `x-kubernetes-list-type`, `x-kubernetes-list-map-keys` and `x-kubernetes-map-type`: what they ask of a schema.

use serde_json::Value;

use super::raw::{Raw, child, property};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// What is wrong with the list and map types at one place.
pub fn check(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    map_type(schema, path, causes);
    let list_type = schema.get("x-kubernetes-list-type").and_then(Value::as_str);
    let here = child(path, "x-kubernetes-list-type");
    if let Some(kind) = list_type {
        if schema.type_name() == "array" {
            if kind == "set" {
                set_items(schema, path, causes);
            }
        } else {
            let detail = "must be array if x-kubernetes-list-type is specified";
            wrong_type(schema, path, detail, causes);
        }
        if !matches!(kind, "atomic" | "set" | "map") {
            causes.push(words::unsupported(&here, &Value::from(kind), ["atomic", "set", "map"]));
        }
    }
    if !schema.texts("x-kubernetes-list-map-keys").is_empty() {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        match list_type {
            None => causes.push(words::required(&here, detail)),
            Some("map") => {}
            Some(other) => causes.push(words::invalid(&here, &Value::from(other), detail)),
        }
    }
    if list_type == Some("map") {
        map_keys(schema, path, causes);
    }
    if let (Some(kind @ ("set" | "map")), Some(items)) = (list_type, schema.schema("items")) {
        told_apart(schema, items, kind, &child(path, "items"), causes);
    }
}

fn wrong_type(schema: Raw, path: &str, detail: &str, causes: &mut Vec<Cause>) {
    let here = child(path, "type");
    causes.push(match schema.type_name() {
        "" => words::required(here, detail),
        other => words::invalid(here, &Value::from(other), detail),
    });
}

fn map_type(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    let Some(kind) = schema.get("x-kubernetes-map-type").and_then(Value::as_str) else { return };
    if schema.type_name() != "object" {
        wrong_type(schema, path, "must be object if x-kubernetes-map-type is specified", causes);
    }
    if !matches!(kind, "atomic" | "granular") {
        let here = child(path, "x-kubernetes-map-type");
        causes.push(words::unsupported(here, &Value::from(kind), ["atomic", "granular"]));
    }
}

/// The items of a set are compared as a whole, so they must be atomic.
fn set_items(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    let Some(items) = schema.schema("items") else { return };
    let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
    let keyword = match items.type_name() {
        "array" => "x-kubernetes-list-type",
        "object" => "x-kubernetes-map-type",
        _ => return,
    };
    let kind = items.get(keyword).and_then(Value::as_str);
    let is_fine = match items.type_name() {
        "array" => matches!(kind, None | Some("atomic")),
        _ => kind == Some("atomic"),
    };
    if !is_fine {
        // Kubernetes shows the list type in both cases.
        let shown = items.get("x-kubernetes-list-type").unwrap_or(&Value::Null);
        causes.push(words::invalid(child(&child(path, "items"), keyword), shown, detail));
    }
}

fn map_keys(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    let keys = schema.texts("x-kubernetes-list-map-keys");
    let here = child(path, "x-kubernetes-list-map-keys");
    if keys.is_empty() {
        causes.push(words::required(&here, "must not be empty if x-kubernetes-list-type is map"));
    }
    let Some(items) = schema.schema("items") else {
        let detail = "must have a schema if x-kubernetes-list-type is map";
        causes.push(words::required(child(path, "items"), detail));
        return;
    };
    let items_path = child(path, "items");
    if items.type_name() != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        causes.push(words::invalid(child(&items_path, "type"), &Value::from(items.type_name()), detail));
        return;
    }
    let shown = Value::from(keys.clone());
    for (at, name) in keys.iter().enumerate() {
        match items.property(name).map(Raw::type_name) {
            Some("array" | "object") => {
                let detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
                let place = child(&property(&items_path, name), "type");
                causes.push(words::invalid(place, &Value::from(items.type_name()), detail));
            }
            Some(_) => {}
            None => {
                causes.push(words::invalid(&here, &shown, "entries must all be names of item properties"))
            }
        }
        if keys[..at].contains(name) {
            causes.push(words::invalid(&here, &shown, "must not contain duplicate entries"));
        }
    }
}

/// Items can be told apart only if they and their keys are always there.
fn told_apart(schema: Raw, items: Raw, kind: &str, path: &str, causes: &mut Vec<Cause>) {
    if items.flag("nullable") {
        let detail = format!("cannot be nullable when x-kubernetes-list-type is {kind}");
        causes.push(words::forbidden(child(path, "nullable"), &detail));
    }
    if kind != "map" {
        return;
    }
    let required = items.texts("required");
    for name in schema.texts("x-kubernetes-list-map-keys") {
        let Some(field) = items.property(name) else { continue };
        let place = property(path, name);
        if !required.contains(&name) && field.get("default").is_none() {
            let detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a \
                          required property";
            causes.push(words::required(child(&place, "default"), detail));
        }
        if field.flag("nullable") {
            let detail = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable";
            causes.push(words::forbidden(child(&place, "nullable"), detail));
        }
    }
}
