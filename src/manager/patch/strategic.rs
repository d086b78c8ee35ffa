//! Strategic merge patch: Kubernetes' merge patch that knows by which key a list is merged.
//!
//! Source: `k8s.io/apimachinery/pkg/util/strategicpatch` and its API conventions. The directives are `$patch`,
//! `$retainKeys`, `$setElementOrder/LIST` and `$deleteFromPrimitiveList/LIST`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::error::PatchError;
use super::lists;
use crate::manager::apply::go;
use crate::manager::apply::shape::{ListMerge, Shape, Spot};

pub(super) const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const SET_ORDER: &str = "$setElementOrder";
const DELETE_FROM: &str = "$deleteFromPrimitiveList";

/// The object with a strategic merge patch applied.
///
/// # Errors
/// If the kind is a custom resource, the patch is no object, or a directive or a list in it is not as it should be.
pub fn apply(object: &Value, patch: &[u8], shape: &Shape) -> Result<Value, PatchError> {
    if !shape.is_builtin() {
        return Err(PatchError::NotSupported);
    }
    let patch: Value = serde_json::from_slice(patch).map_err(PatchError::NotJson)?;
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            merge_map(shape.root(), object.clone(), patch).map(Value::Object)
        }
        _ => Err(PatchError::NotAnObject),
    }
}

/// One map with a patch for it applied.
pub(super) fn merge_map(
    spot: Spot<'_>,
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<Map<String, Value>, PatchError> {
    match patch.remove(PATCH) {
        None => {}
        Some(directive) if directive == "replace" => return Ok(cleaned_map(patch)),
        Some(directive) if directive == "delete" => return Ok(Map::new()),
        Some(directive) => return Err(unknown_directive(&directive, &Value::Object(patch))),
    }
    retain_keys(&mut original, &mut patch)?;
    set_orders(spot, &mut original, &mut patch)?;
    for (key, patched) in patch {
        match parallel_list(&key, DELETE_FROM) {
            Some(Err(error)) => return Err(error),
            Some(Ok(list)) => delete_values(&mut original, list, &patched)?,
            None => merge_field(spot, &mut original, key, patched)?,
        }
    }
    Ok(original)
}

fn merge_field(
    spot: Spot<'_>,
    original: &mut Map<String, Value>,
    key: String,
    patched: Value,
) -> Result<(), PatchError> {
    if patched.is_null() {
        original.remove(&key);
        return Ok(());
    }
    let (below, how) = spot.patched(&key);
    let merged = match (original.remove(&key), patched) {
        (Some(Value::Object(old)), Value::Object(new)) => Some(Value::Object(merge_map(below, old, new)?)),
        (Some(Value::Array(old)), Value::Array(new)) => match how {
            ListMerge::Replace => cleaned(Value::Array(new)),
            ListMerge::Values | ListMerge::Key(_) => {
                Some(Value::Array(lists::merge(below.item(), how, old, new)?))
            }
        },
        (_, new) => cleaned(new),
    };
    original.extend(merged.map(|merged| (key, merged)));
    Ok(())
}

/// Drops all keys that `$retainKeys` does not name: the one-of fields of volumes and strategies.
fn retain_keys(original: &mut Map<String, Value>, patch: &mut Map<String, Value>) -> Result<(), PatchError> {
    let Some(retained) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    let bad = || PatchError::Directive("retainKeys");
    let retained = retained.as_array().ok_or_else(bad)?;
    let retained: HashSet<&str> = retained.iter().filter_map(Value::as_str).collect();
    let names = |key: &str| retained.contains(key);
    let is_parallel = |key: &str| key.starts_with(DELETE_FROM) || key.starts_with(SET_ORDER);
    if patch.iter().any(|(key, value)| !value.is_null() && !is_parallel(key) && !names(key)) {
        return Err(bad());
    }
    original.retain(|key, _| names(key));
    Ok(())
}

/// Merges and orders the lists for which the patch says an order, and takes them out of the patch.
fn set_orders(
    spot: Spot<'_>,
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
) -> Result<(), PatchError> {
    let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(SET_ORDER)).cloned().collect();
    for directive in directives {
        let order = patch.remove(&directive).unwrap_or(Value::Null);
        let list = parallel_list(&directive, SET_ORDER)
            .unwrap_or(Err(PatchError::Directive("setElementOrder list")))?;
        let Value::Array(order) = order else { return Err(wrong_kind("[]interface {}", &order)) };
        let (below, how) = spot.patched(list);
        let old = taken_list(original, list)?;
        let new = taken_list(patch, list)?;
        lists::check_order(how, new.as_deref().unwrap_or_default(), &order)?;
        let live_order = old.clone().unwrap_or_default();
        let merged = match (old, new) {
            (None, None) => continue,
            (Some(old), None) => old,
            (None, Some(new)) => new.into_iter().filter_map(cleaned).collect(),
            (Some(_), Some(new)) if matches!(how, ListMerge::Replace) => {
                new.into_iter().filter_map(cleaned).collect()
            }
            (Some(old), Some(new)) => lists::merge(below.item(), how, old, new)?,
        };
        let ordered = lists::ordered(how, merged, &order, &live_order)?;
        original.insert(list.to_owned(), Value::Array(ordered));
    }
    Ok(())
}

fn taken_list(map: &mut Map<String, Value>, key: &str) -> Result<Option<Vec<Value>>, PatchError> {
    match map.remove(key) {
        None => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(other) => Err(wrong_kind("[]interface {}", &other)),
    }
}

fn delete_values(original: &mut Map<String, Value>, key: &str, deleted: &Value) -> Result<(), PatchError> {
    let Value::Array(deleted) = deleted else { return Err(PatchError::Directive("primitive list")) };
    if let Some(Value::Array(list)) = original.get_mut(key) {
        let deleted: HashSet<String> = deleted.iter().map(Value::to_string).collect();
        list.retain(|value| !deleted.contains(&value.to_string()));
    }
    Ok(())
}

/// The list that a directive `PREFIX/LIST` is about; nothing if the key is no such directive.
fn parallel_list<'k>(key: &'k str, prefix: &str) -> Option<Result<&'k str, PatchError>> {
    let rest = key.strip_prefix(prefix)?;
    let format = if prefix == DELETE_FROM { "primitive list" } else { "setElementOrder list" };
    Some(rest.strip_prefix('/').ok_or(PatchError::Directive(format)))
}

/// A patch's value as it is stored where there is nothing to merge it with: without nulls and directives. Nothing
/// if the value itself is a directive.
pub(super) fn cleaned(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) if map.contains_key(PATCH) => None,
        Value::Object(map) => Some(Value::Object(cleaned_map(map))),
        Value::Array(list) => Some(Value::Array(list.into_iter().filter_map(cleaned).collect())),
        other => Some(other),
    }
}

fn cleaned_map(map: Map<String, Value>) -> Map<String, Value> {
    let kept = map.into_iter().filter(|(key, value)| !value.is_null() && !is_directive(key));
    kept.filter_map(|(key, value)| Some((key, cleaned(value)?))).collect()
}

fn is_directive(key: &str) -> bool {
    key == RETAIN_KEYS || key.starts_with(SET_ORDER) || key.starts_with(DELETE_FROM)
}

pub(super) fn unknown_directive(directive: &Value, map: &Value) -> PatchError {
    PatchError::Strategic(format!("unknown patch type: {} in map: {}", go::plain(directive), go::plain(map)))
}

pub(super) fn wrong_kind(wanted: &str, value: &Value) -> PatchError {
    PatchError::Strategic(format!("expected a {wanted}, but received a {}", go::type_name(value)))
}
