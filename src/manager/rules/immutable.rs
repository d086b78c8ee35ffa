//! Checks the metadata of a changed object: what may not change, and no new finalizers at the end.
//!
//! Source of the rules and words: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use serde_json::Value;

use super::metadata::changeable_faults;
use crate::manager::object;
use crate::manager::status::{Cause, CauseReason};

/// The fields of the metadata that never change, in the order in which Kubernetes checks them.
const IMMUTABLE: [&str; 6] =
    ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

/// Takes over from the stored object what a client may leave out, or cannot change at all.
pub fn take_over(before: &Value, after: &mut Value) {
    let Some(old) = before.get("metadata") else { return };
    let Some(meta) = object::meta_mut(after) else { return };
    for field in ["namespace", "uid", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        if let (None, Some(value)) = (meta.get(field), old.get(field)) {
            meta.insert(field.to_owned(), value.clone());
        }
    }
    // Whatever the client says: this is when it was made.
    for field in ["creationTimestamp", "generation"] {
        match old.get(field) {
            Some(value) => meta.insert(field.to_owned(), value.clone()),
            None => meta.remove(field),
        };
    }
}

/// What is wrong with the metadata of a changed object.
pub fn faults(before: &Value, after: &Value, builtin: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    let field = |object: &Value, name: &str| object.get("metadata").and_then(|meta| meta.get(name)).cloned();
    for name in IMMUTABLE {
        let (old, new) = (field(before, name), field(after, name));
        if old != new {
            let message = format!("Invalid value: {}: field is immutable", new.unwrap_or(Value::from("")));
            causes.push(Cause::new(CauseReason::FieldValueInvalid, format!("metadata.{name}"), message));
        }
    }
    if object::is_deleting(before) {
        let old = object::finalizers(before);
        let added: Vec<String> = object::finalizers(after)
            .into_iter()
            .filter(|finalizer| !old.contains(finalizer))
            .map(|finalizer| format!("{finalizer:?}"))
            .collect();
        if !added.is_empty() {
            let why = "no new finalizers can be added if the object is being deleted, found new finalizers";
            let message = format!("Forbidden: {why} []string{{{}}}", added.join(", "));
            causes.push(Cause::new(CauseReason::FieldValueForbidden, "metadata.finalizers", message));
        }
    }
    changeable_faults(after, builtin, &mut causes);
    causes
}
