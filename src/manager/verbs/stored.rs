//! The way to the store, on which the keeper hears of every change.

use std::sync::Arc;

use serde_json::Value;

use crate::manager::kernel::Kernel;
use crate::manager::lifecycle;
use crate::manager::registry::resource::Resource;
use crate::manager::resource::Key;
use crate::manager::store::entry::{Entry, Indexed};
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;

/// Stores an object, in its storage version.
///
/// # Errors
/// Those of the store.
pub async fn put(
    kernel: &Kernel,
    resource: &Resource,
    key: &Key,
    expect: Expect,
    object: Value,
) -> Result<Arc<Entry>, StoreError> {
    let index = index(resource, &object);
    let notice = lifecycle::notice::Notice::of(&object);
    let before = kernel.store.get(key);
    let entry = kernel.store.put(key, expect, object, index).await?;
    lifecycle::notice::written(kernel, resource, before.as_deref(), &entry, &notice);
    Ok(entry)
}

/// Removes an object; `last` is its last state.
///
/// # Errors
/// Those of the store.
pub async fn remove(
    kernel: &Kernel,
    resource: &Resource,
    key: &Key,
    expect: Expect,
    last: Value,
) -> Result<Arc<Entry>, StoreError> {
    let index = index(resource, &last);
    let notice = lifecycle::notice::Notice::of(&last);
    let entry = kernel.store.remove(key, expect, last, index).await?;
    lifecycle::notice::removed(kernel, resource, &entry, &notice);
    Ok(entry)
}

/// What of an object can be searched.
fn index(resource: &Resource, object: &Value) -> Indexed {
    let labels = object.pointer("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flatten();
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owners = owners.into_iter().flatten().filter_map(|owner| owner.get("uid")?.as_str());
    let fields = resource.selectable.iter().filter_map(|path| Some((path.clone(), field(object, path)?)));
    Indexed {
        labels: labels
            .map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect(),
        fields: fields.collect(),
        owners: owners.map(str::to_owned).collect(),
    }
}

/// The value of a field that a selector may ask for; what is empty is not stored.
fn field(object: &Value, path: &str) -> Option<String> {
    let value = match path {
        // The only one that is not where its name says.
        "source" => object.pointer("/source/component"),
        path => path.trim_start_matches('.').split('.').try_fold(object, |value, part| value.get(part)),
    };
    match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(truth)) => Some(truth.to_string()),
        // Go's zero values of fields that are no text.
        None => match path {
            "spec.unschedulable" | "spec.hostNetwork" => Some("false".to_owned()),
            "status.replicas" | "status.successful" => Some("0".to_owned()),
            _ => None,
        },
        Some(_) => None,
    }
}
