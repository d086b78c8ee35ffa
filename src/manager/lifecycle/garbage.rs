//! Garbage collection by owner references.
//!
//! Source of the rules: the garbage collector of Kubernetes (`pkg/controller/garbagecollector`). An object goes when
//! all its owners are gone. An owner that is deleted in the foreground stays until nothing that blocks it is left;
//! one that is deleted as orphaning stays until its dependents have forgotten it.

use std::sync::Arc;

use serde_json::Value;

use super::queue::Task;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::registry::resource::Resource;
use crate::manager::request::delete_options::{DeleteOptions, Propagation};
use crate::manager::resource::Key;
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;
use crate::manager::verbs::delete::{self, FOREGROUND, ORPHAN, write_finalizers};
use crate::manager::verbs::present::store_failed;
use crate::manager::verbs::stored;

/// What an owner is to its dependent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    /// It is there, and stays.
    Solid,
    /// It is there, and waits for its dependents to go.
    Waiting,
    /// It is not there.
    Gone,
}

/// Everything that had this owner is to be looked at.
pub(super) fn bereaved(kernel: &Kernel, uid: &str) {
    for dependent in kernel.store.dependents(uid) {
        kernel.queue.add(Task::Owned(dependent.key().clone()));
    }
}

/// Looks at an object with owners: if none of them is left, it goes. If it is gone itself, owners that waited for it
/// are looked at.
///
/// # Errors
/// Those of a deletion.
pub(super) async fn look_at_owned(kernel: &Kernel, key: &Key) -> Result<(), ApiError> {
    let picture = kernel.registry.now();
    let Some(resource) = picture.stored(&key.resource) else { return Ok(()) };
    let Some(entry) = kernel.store.get(key) else {
        wake_waiting_owners(kernel);
        return Ok(());
    };
    let object = entry.value().map_err(|error| store_failed(&error))?;
    if object::is_deleting(&object) && !object::finalizers(&object).contains(&FOREGROUND) {
        return Ok(());
    }
    let owners: Vec<(Value, Owner)> =
        references(&object).iter().map(|owner| (owner.clone(), state(kernel, key, owner))).collect();
    let any = |wanted: Owner| owners.iter().any(|(_, state)| *state == wanted);
    if owners.is_empty() {
        return Ok(());
    }
    if any(Owner::Solid) {
        if any(Owner::Gone) || any(Owner::Waiting) {
            let keep = |uid: &str| {
                owners.iter().any(|(owner, state)| {
                    *state == Owner::Solid && owner.get("uid").and_then(Value::as_str) == Some(uid)
                })
            };
            forget_owners(kernel, resource, &entry, object, keep).await?;
            wake_waiting_owners(kernel);
        }
        return Ok(());
    }
    if object::is_deleting(&object) {
        return Ok(());
    }
    // A dependent with dependents of its own goes in the foreground too, if its owner does.
    let has_dependents = !kernel.store.dependents(object::uid(&object)).is_empty();
    let own = object::finalizers(&object);
    let propagation = match own {
        _ if any(Owner::Waiting) && has_dependents => Propagation::Foreground,
        own if own.contains(&ORPHAN) => Propagation::Orphan,
        own if own.contains(&FOREGROUND) => Propagation::Foreground,
        _ => Propagation::Background,
    };
    let options = DeleteOptions {
        uid: Some(object::uid(&object).to_owned()),
        propagation: Some(propagation),
        ..DeleteOptions::default()
    };
    match delete::remove(kernel, resource, key, &options).await {
        Err(error) if !matches!(error.reason, Reason::NotFound | Reason::Conflict) => Err(error),
        _ => Ok(()),
    }
}

/// Looks at an object whose deletion waits for what it owns.
///
/// # Errors
/// Those of the store.
pub(super) async fn look_at_owner(kernel: &Kernel, key: &Key) -> Result<(), ApiError> {
    let picture = kernel.registry.now();
    let Some(resource) = picture.stored(&key.resource) else { return Ok(()) };
    let Some(entry) = kernel.store.get(key) else { return Ok(()) };
    let object = entry.value().map_err(|error| store_failed(&error))?;
    let finalizers = object::finalizers(&object);
    if !object::is_deleting(&object) {
        return Ok(());
    }
    let dependents = kernel.store.dependents(object::uid(&object));
    if finalizers.contains(&ORPHAN) {
        let uid = object::uid(&object).to_owned();
        for dependent in &dependents {
            let Some(resource) = picture.stored(&dependent.key().resource) else { continue };
            let value = dependent.value().map_err(|error| store_failed(&error))?;
            forget_owners(kernel, resource, dependent, value, |other| other != uid).await?;
        }
        if kernel.store.dependents(&uid).is_empty() {
            return take_off(kernel, resource, &entry, object, ORPHAN).await;
        }
        kernel.queue.add(Task::Owner(key.clone()));
    } else if finalizers.contains(&FOREGROUND) {
        let mut blocked = false;
        for dependent in &dependents {
            let value = dependent.value().map_err(|error| store_failed(&error))?;
            let uid = object::uid(&object);
            blocked |= references(&value).iter().any(|owner| {
                owner.get("uid").and_then(Value::as_str) == Some(uid)
                    && owner.get("blockOwnerDeletion").and_then(Value::as_bool) == Some(true)
            });
            kernel.queue.add(Task::Owned(dependent.key().clone()));
        }
        if !blocked {
            return take_off(kernel, resource, &entry, object, FOREGROUND).await;
        }
    }
    Ok(())
}

/// Owners that wait for dependents. They are few, and found among what is being deleted.
fn wake_waiting_owners(kernel: &Kernel) {
    kernel.waiting_owners().into_iter().for_each(|key| kernel.queue.add(Task::Owner(key)));
}

fn references(object: &Value) -> &[Value] {
    let list = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

/// What an owner is to an object.
fn state(kernel: &Kernel, dependent: &Key, owner: &Value) -> Owner {
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    let api_version = text("apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let picture = kernel.registry.now();
    let found = picture.find_kind(group, version, text("kind")).or_else(|| {
        // The version may no longer be served; the kind is what counts.
        picture.all().find(|known| known.group == group && known.kind == text("kind"))
    });
    // Of a kind that is not known nobody can say that it is gone. Kubernetes waits too.
    let Some(resource) = found else { return Owner::Solid };
    let namespace = if resource.namespaced { &*dependent.namespace } else { "" };
    let key = Key::new(resource.id.clone(), namespace, text("name"));
    let Some(value) = kernel.store.get(&key).and_then(|entry| entry.value().ok()) else { return Owner::Gone };
    if object::uid(&value) != text("uid") {
        return Owner::Gone;
    }
    let waits = object::is_deleting(&value) && object::finalizers(&value).contains(&FOREGROUND);
    if waits { Owner::Waiting } else { Owner::Solid }
}

/// Takes owner references out of an object, except those of which `keep` says so.
async fn forget_owners(
    kernel: &Kernel,
    resource: &Resource,
    entry: &Arc<Entry>,
    mut value: Value,
    keep: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    let Some(meta) = object::meta_mut(&mut value) else { return Ok(()) };
    if let Some(list) = meta.get_mut("ownerReferences").and_then(Value::as_array_mut) {
        list.retain(|owner| owner.get("uid").and_then(Value::as_str).is_some_and(&keep));
        if list.is_empty() {
            meta.remove("ownerReferences");
        }
    }
    let written = stored::put(kernel, resource, entry.key(), Expect::Revision(entry.revision()), value).await;
    again(kernel, written.map(drop), Task::Owned(entry.key().clone()))
}

/// Takes a finalizer of ours off, and removes the object if it was the last.
async fn take_off(
    kernel: &Kernel,
    resource: &Resource,
    entry: &Arc<Entry>,
    mut value: Value,
    finalizer: &str,
) -> Result<(), ApiError> {
    let left: Vec<String> = object::finalizers(&value)
        .into_iter()
        .filter(|known| *known != finalizer)
        .map(str::to_owned)
        .collect();
    write_finalizers(&mut value, &left);
    let expect = Expect::Revision(entry.revision());
    let written = if left.is_empty() {
        stored::remove(kernel, resource, entry.key(), expect, value).await
    } else {
        stored::put(kernel, resource, entry.key(), expect, value).await
    };
    again(kernel, written.map(drop), Task::Owner(entry.key().clone()))
}

/// A write that another one overtook is tried again later.
fn again(kernel: &Kernel, written: Result<(), StoreError>, task: Task) -> Result<(), ApiError> {
    match written {
        Err(StoreError::Conflict { .. }) => {
            kernel.queue.add(task);
            Ok(())
        }
        Ok(()) | Err(StoreError::NotFound) => Ok(()),
        Err(error) => Err(store_failed(&error)),
    }
}
