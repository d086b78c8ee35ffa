//! Whether the metadata of an object has the types it must have; and what it has too much is taken out.

use serde_json::{Map, Value};

use crate::manager::status::ApiError;

/// The type of a field of the metadata, as Go calls it.
#[derive(Clone, Copy)]
enum Type {
    Text,
    Integer,
    Time,
    Texts,
    Labels,
    Owners,
    Managers,
}

const FIELDS: [(&str, Type); 15] = [
    ("annotations", Type::Labels),
    ("creationTimestamp", Type::Time),
    ("deletionGracePeriodSeconds", Type::Integer),
    ("deletionTimestamp", Type::Time),
    ("finalizers", Type::Texts),
    ("generateName", Type::Text),
    ("generation", Type::Integer),
    ("labels", Type::Labels),
    ("managedFields", Type::Managers),
    ("name", Type::Text),
    ("namespace", Type::Text),
    ("ownerReferences", Type::Owners),
    ("resourceVersion", Type::Text),
    ("selfLink", Type::Text),
    ("uid", Type::Text),
];

const OWNER_FIELDS: [(&str, Type); 6] = [
    ("apiVersion", Type::Text),
    ("blockOwnerDeletion", Type::Integer),
    ("controller", Type::Integer),
    ("kind", Type::Text),
    ("name", Type::Text),
    ("uid", Type::Text),
];

/// Makes the metadata of a new object regular: what is null or empty is taken out, and so are unknown fields,
/// whose paths are returned.
///
/// # Errors
/// 400 in Kubernetes' words if a field has another type. `kind` and `version` are those of the object.
pub fn regular_metadata(object: &mut Value, kind: &str, version: &str) -> Result<Vec<String>, ApiError> {
    let refuse = |why: String| {
        ApiError::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {kind}: json: {why}"
        ))
    };
    let Some(map) = object.as_object_mut() else {
        return Err(refuse(format!("cannot unmarshal {} into Go value of type v1.{kind}", go_name(object))));
    };
    let metadata = match map.entry("metadata").or_insert(Value::Null) {
        slot @ Value::Null => {
            *slot = Value::Object(Map::new());
            slot.as_object_mut()
        }
        slot => slot.as_object_mut(),
    };
    let Some(metadata) = metadata else {
        let given = map.get("metadata").map_or("null", go_name);
        return Err(refuse(format!("cannot unmarshal {given} into Go value of type v1.ObjectMeta")));
    };
    let unknown: Vec<String> =
        metadata.keys().filter(|key| FIELDS.iter().all(|(name, _)| name != key)).cloned().collect();
    for key in &unknown {
        metadata.remove(key);
    }
    for (field, expected) in FIELDS {
        let Some(value) = metadata.get_mut(field) else { continue };
        regular(value, expected, field).map_err(refuse)?;
        if is_nothing(value) {
            metadata.remove(field);
        }
    }
    metadata.remove("selfLink");
    Ok(unknown.into_iter().map(|key| format!("metadata.{key}")).collect())
}

/// Whether Go leaves the value out when it writes JSON.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn regular(value: &mut Value, expected: Type, field: &str) -> Result<(), String> {
    let wrong = |value: &Value, go_type: &str| {
        let given = go_name(value);
        Err(format!("cannot unmarshal {given} into Go struct field ObjectMeta.{field} of type {go_type}"))
    };
    match (expected, value) {
        (_, Value::Null) | (Type::Text, Value::String(_)) => Ok(()),
        (Type::Time, Value::String(text)) => match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\": cannot parse")),
        },
        (Type::Integer, Value::Number(number)) if number.is_i64() => Ok(()),
        (Type::Texts, Value::Array(list)) => match list.iter().find(|item| !item.is_string()) {
            Some(item) => wrong(item, "string"),
            None => Ok(()),
        },
        (Type::Labels, Value::Object(map)) => {
            // Go reads null into an empty text.
            for value in map.values_mut().filter(|value| value.is_null()) {
                *value = Value::from("");
            }
            match map.values().find(|value| !value.is_string()) {
                Some(value) => wrong(value, "string"),
                None => Ok(()),
            }
        }
        (Type::Owners, Value::Array(list)) => list.iter_mut().try_for_each(owner),
        (Type::Managers, Value::Array(list)) => match list.iter().find(|item| !item.is_object()) {
            Some(item) => wrong(item, "v1.ManagedFieldsEntry"),
            None => Ok(()),
        },
        (Type::Text, value) => wrong(value, "string"),
        (Type::Integer, value) => wrong(value, "int64"),
        (Type::Time, value) => wrong(value, "v1.Time"),
        (Type::Texts, value) => wrong(value, "[]string"),
        (Type::Labels, value) => wrong(value, "map[string]string"),
        (Type::Owners, value) => wrong(value, "[]v1.OwnerReference"),
        (Type::Managers, value) => wrong(value, "[]v1.ManagedFieldsEntry"),
    }
}

fn owner(value: &mut Value) -> Result<(), String> {
    let given = go_name(value);
    let Value::Object(map) = value else {
        let field = "ObjectMeta.ownerReferences";
        return Err(format!(
            "cannot unmarshal {given} into Go struct field {field} of type v1.OwnerReference"
        ));
    };
    map.retain(|key, value| !value.is_null() && OWNER_FIELDS.iter().any(|(name, _)| name == key));
    for (field, expected) in OWNER_FIELDS {
        let (fits, go_type) = match (expected, map.get(field)) {
            (Type::Text, value) => (value.is_none_or(Value::is_string), "string"),
            (_, value) => (value.is_none_or(Value::is_boolean), "bool"),
        };
        if !fits {
            let given = map.get(field).map_or("null", go_name);
            let path = format!("OwnerReference.ownerReferences.{field}");
            return Err(format!("cannot unmarshal {given} into Go struct field {path} of type {go_type}"));
        }
    }
    Ok(())
}

/// What Go's decoder calls a value.
fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
