//! Fills in what a schema gives a default for.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`. A default is used
//! where the field is missing, or null without being nullable; then the defaults inside of it are.

use serde_json::Value;

use super::node::Node;

/// Fills in the defaults below a value. The value itself is not replaced: its own default is its parent's work.
pub fn fill(value: &mut Value, schema: &Node) {
    if !schema.below.defaults {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, child) in &schema.properties {
                match (fields.get_mut(name), &child.default) {
                    (Some(value), default) => {
                        if let Some(default) = default
                            && is_forbidden_null(value, child)
                        {
                            value.clone_from(default);
                        }
                        fill(value, child);
                    }
                    (None, Some(default)) => {
                        let mut made = default.clone();
                        fill(&mut made, child);
                        fields.insert(name.clone(), made);
                    }
                    (None, None) => {}
                }
            }
            if let Some(child) = schema.additional.schema() {
                for (name, value) in fields.iter_mut() {
                    if !schema.properties.contains_key(name) {
                        fill_element(value, child);
                    }
                }
            }
        }
        Value::Array(items) => {
            if let Some(child) = &schema.items {
                items.iter_mut().for_each(|item| fill_element(item, child));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// An item of a list or a value of a map: it is there, so only a null can be replaced.
fn fill_element(value: &mut Value, schema: &Node) {
    if let Some(default) = &schema.default
        && is_forbidden_null(value, schema)
    {
        value.clone_from(default);
    }
    fill(value, schema);
}

fn is_forbidden_null(value: &Value, schema: &Node) -> bool {
    value.is_null() && !schema.nullable
}
