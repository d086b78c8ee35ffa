//! From client-side to server-side apply: what `kubectl apply` wrote into its annotation is no conflict for
//! `kubectl apply --server-side`, and the annotation is kept up to date for the way back.
//!
//! Source: apimachinery's `lastAppliedManager` and `lastAppliedUpdater`. Other managers are left alone.

use serde_json::Value;

use super::compare::{compare, fields_of};
use super::conflict::Conflict;
use super::fields;
use super::shape::Shape;
use crate::manager::object;

/// The manager of `kubectl apply --server-side`, for which alone this is done.
pub(super) const KUBECTL: &str = "kubectl";

/// Where client-side apply keeps what it applied last.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Kubernetes' limit for all annotations of an object, in bytes.
const MOST_ANNOTATIONS: usize = 256 * 1024;

/// Strikes the conflicts about fields that client-side apply wrote and nobody changed since.
pub(super) fn allow(conflicts: &mut Vec<Conflict>, live: Option<&Value>, shape: &Shape, api_version: &str) {
    let annotation =
        live.and_then(|live| live.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str());
    let last = annotation.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let (Some(live), Some(last)) = (live, last) else { return };
    if last.get("apiVersion").and_then(Value::as_str) != Some(api_version) {
        return;
    }
    let mut allowed = fields_of(shape, &last);
    let since = compare(shape, Some(&last), live);
    fields::subtract(&mut allowed.0, &since.changed.0);
    fields::subtract(&mut allowed.0, &since.removed.0);
    conflicts.retain(|conflict| !allowed.has(&conflict.elements));
}

/// Writes what was applied into the annotation, if there is one.
pub(super) fn sync(object: &mut Value, mut applied: Value) {
    let annotations = object::meta_mut(object).and_then(|metadata| metadata.get_mut("annotations"));
    let Some(annotations) = annotations.and_then(Value::as_object_mut) else { return };
    if annotations.get(LAST_APPLIED).and_then(Value::as_str).is_none_or(str::is_empty) {
        return;
    }
    let own = object::meta_mut(&mut applied).and_then(|metadata| metadata.get_mut("annotations"));
    if let Some(own) = own.and_then(Value::as_object_mut) {
        own.remove(LAST_APPLIED);
    }
    annotations.insert(LAST_APPLIED.to_owned(), Value::from(format!("{applied}\n")));
    let size: usize =
        annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len)).sum();
    if size > MOST_ANNOTATIONS {
        annotations.remove(LAST_APPLIED);
    }
}
