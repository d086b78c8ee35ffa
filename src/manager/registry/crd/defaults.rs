//! What Kubernetes fills into a CustomResourceDefinition that leaves it out.

use serde_json::{Map, Value, json};

/// Fills in the singular, the kind of lists and the strategy of conversion.
pub fn fill(object: &mut Value) {
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
    if spec.get("conversion").is_none_or(Value::is_null) {
        spec.insert("conversion".to_owned(), json!({ "strategy": "None" }));
    }
    let names = spec.entry("names").or_insert_with(|| Value::Object(Map::new()));
    let Some(names) = names.as_object_mut() else { return };
    let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut fill = |name: &str, value: String| {
        let is_missing = names.get(name).is_none_or(|value| value.is_null() || value == "");
        if is_missing && !value.is_empty() {
            names.insert(name.to_owned(), Value::String(value));
        }
    };
    fill("singular", kind.to_lowercase());
    fill("listKind", if kind.is_empty() { String::new() } else { format!("{kind}List") });
}
