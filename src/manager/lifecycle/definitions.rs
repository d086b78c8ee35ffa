//! CustomResourceDefinitions: each is served from the moment it is stored, and goes after its objects.

use std::sync::Arc;

use serde_json::{Value, json};

use super::queue::Task;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::registry::crd::definition::Definition;
use crate::manager::registry::crd::status::{self, Taken};
use crate::manager::registry::resource::Resource;
use crate::manager::request::delete_options::{DeleteOptions, Propagation};
use crate::manager::resource::{Key, ResourceId};
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;
use crate::manager::store::query::ListQuery;
use crate::manager::verbs::create;
use crate::manager::verbs::delete::{self, write_finalizers};
use crate::manager::verbs::present::store_failed;
use crate::manager::verbs::stored;

/// The finalizer that keeps a definition until its objects are gone.
pub const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";

const PLURAL: &str = "customresourcedefinitions";
const GROUP: &str = "apiextensions.k8s.io";

/// Whether a type is that of definitions.
pub fn is_definition(resource: &Resource) -> bool {
    resource.group == GROUP && resource.plural == PLURAL
}

fn id() -> ResourceId {
    ResourceId::new(PLURAL, GROUP)
}

fn key(name: &str) -> Key {
    Key::new(id(), "", name)
}

/// Serves what the store defines.
pub(super) fn load(kernel: &Kernel) {
    for entry in all(kernel, &id()) {
        refresh(kernel, &entry.key().name);
    }
}

fn all(kernel: &Kernel, resource: &ResourceId) -> Vec<Arc<Entry>> {
    let query = ListQuery { resource, namespace: None, after: None, limit: None, at: None, filter: None };
    kernel.store.list(&query).map(|page| page.entries).unwrap_or_default()
}

/// Serves a definition as it is stored now, or no longer if it is gone. Whoever writes definitions at the same time
/// calls this after its own write, so that the last call sees the last state.
pub fn refresh(kernel: &Kernel, name: &str) {
    let _one_at_a_time = kernel.defining();
    let entry = kernel.store.get(&key(name));
    let revision = entry.as_ref().map_or(0, |entry| entry.revision());
    let stored = entry.and_then(|entry| entry.value().ok());
    let established = stored.filter(status::is_established);
    match established.and_then(|object| Definition::read(&object, None).ok()) {
        Some(definition) => {
            let mut resource = Arc::new(definition).resource();
            resource.defined_at = revision;
            kernel.registry.put(resource);
        }
        None => {
            if let Some((plural, group)) = name.split_once('.') {
                let picture = kernel.registry.now();
                let ours = picture
                    .all()
                    .any(|known| known.group == group && known.plural == plural && known.built_in.is_none());
                if ours {
                    kernel.registry.remove(group, plural);
                }
            }
        }
    }
}

/// Accepts the names of a definition as far as no other has them, and says so in its status.
pub fn establish(kernel: &Kernel, object: &mut Value) {
    let group = object.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut taken = Taken::default();
    for entry in all(kernel, &id()) {
        if &*entry.key().name == object::name(object) {
            continue;
        }
        let other = entry.value().unwrap_or_default();
        if other.pointer("/spec/group").and_then(Value::as_str) == Some(&group) {
            taken.add(&other);
        }
    }
    status::establish(object, &taken, &create::now());
}

/// What the deletion of a definition begins with.
pub fn begin_deletion(resource: &Resource, object: &mut Value) {
    if !is_definition(resource) {
        return;
    }
    let condition = json!({
        "type": "Terminating", "status": "True", "reason": "InstanceDeletionInProgress",
        "message": "CustomResource deletion is in progress", "lastTransitionTime": create::now(),
    });
    let Some(map) = object.as_object_mut() else { return };
    let status = map.entry("status").or_insert_with(|| json!({}));
    let Some(status) = status.as_object_mut() else { return };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    if let Some(conditions) = conditions.as_array_mut() {
        conditions.retain(|known| known.get("type").and_then(Value::as_str) != Some("Terminating"));
        conditions.push(condition);
    }
}

/// An object left its type: it may have been the last one of a definition that is going.
pub(super) fn left(kernel: &Kernel, resource: &ResourceId) {
    let name = resource.as_str();
    let going = kernel
        .store
        .get(&key(name))
        .and_then(|entry| entry.value().ok())
        .is_some_and(|object| object::is_deleting(&object));
    if going {
        kernel.queue.add(Task::Definition(name.to_owned()));
    }
}

/// Looks at a definition: one that is being deleted goes when its objects are gone.
///
/// # Errors
/// Those of the store.
pub(super) async fn look(kernel: &Kernel, name: &str) -> Result<(), ApiError> {
    let Some(entry) = kernel.store.get(&key(name)) else { return Ok(()) };
    let object = entry.value().map_err(|error| store_failed(&error))?;
    if !object::is_deleting(&object) || !object::finalizers(&object).contains(&FINALIZER) {
        return Ok(());
    }
    let picture = kernel.registry.now();
    if let Some(resource) = picture.stored(&ResourceId::from(name)) {
        let options =
            DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
        let mut remaining = false;
        for object in all(kernel, &resource.id) {
            match delete::remove(kernel, resource, object.key(), &options).await {
                Ok(delete::Deleted::Waiting(_)) => remaining = true,
                Ok(delete::Deleted::Gone { .. }) => {}
                Err(error) if error.reason == Reason::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        if remaining {
            return Ok(());
        }
    }
    release(kernel, &entry, object).await
}

async fn release(kernel: &Kernel, entry: &Entry, mut object: Value) -> Result<(), ApiError> {
    let picture = kernel.registry.now();
    let Some(resource) = picture.find(GROUP, "v1", PLURAL) else { return Ok(()) };
    let left: Vec<String> = object::finalizers(&object)
        .into_iter()
        .filter(|finalizer| *finalizer != FINALIZER)
        .map(str::to_owned)
        .collect();
    write_finalizers(&mut object, &left);
    let expect = Expect::Revision(entry.revision());
    let written = if left.is_empty() {
        stored::remove(kernel, resource, entry.key(), expect, object).await
    } else {
        stored::put(kernel, resource, entry.key(), expect, object).await
    };
    match written {
        // Whoever changed it meanwhile has put it into the queue again.
        Ok(_) | Err(StoreError::Conflict { .. } | StoreError::NotFound) => Ok(()),
        Err(error) => Err(store_failed(&error)),
    }
}
