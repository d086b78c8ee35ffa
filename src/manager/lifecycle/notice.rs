//! What may follow from a write, told to the queue.

use serde_json::Value;

use super::queue::Task;
use super::{definitions, namespaces};
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::registry::resource::Resource;
use crate::manager::resource::ResourceId;
use crate::manager::store::entry::Entry;
use crate::manager::verbs::delete::{FOREGROUND, ORPHAN};

/// What of an object matters to the keeper.
#[derive(Clone, Debug)]
pub struct Notice {
    uid: String,
    has_owners: bool,
    waits_for_dependents: bool,
    is_deleting: bool,
}

impl Notice {
    /// Looks at an object that is about to be written.
    pub fn of(object: &Value) -> Self {
        let finalizers = object::finalizers(object);
        let collects = finalizers.contains(&FOREGROUND) || finalizers.contains(&ORPHAN);
        let is_deleting = object::is_deleting(object);
        Self {
            uid: object::uid(object).to_owned(),
            has_owners: object.pointer("/metadata/ownerReferences").is_some(),
            waits_for_dependents: is_deleting && collects,
            is_deleting,
        }
    }
}

/// An object was written, over what was before it.
pub fn written(kernel: &Kernel, resource: &Resource, before: Option<&Entry>, entry: &Entry, notice: &Notice) {
    let key = entry.key();
    if notice.has_owners && (notice.is_deleting || !keeps_owners(kernel, before, entry)) {
        kernel.queue.add(Task::Owned(key.clone()));
    }
    if notice.waits_for_dependents {
        kernel.note_waiting_owner(key, true);
        kernel.queue.add(Task::Owner(key.clone()));
    }
    if definitions::is_definition(resource) {
        definitions::refresh(kernel, &key.name);
        kernel.queue.add(Task::Definition(key.name.to_string()));
    } else if namespaces::is_namespace(resource) && notice.is_deleting {
        kernel.queue.add(Task::Namespace(key.name.to_string()));
    } else if is_event(&key.resource) {
        kernel.queue.add(Task::Event(key.clone()));
    }
    concern_budgets(kernel, entry);
}

/// Whether an object has the owners that it had when it was looked at last. Whatever becomes of them is told by their own
/// writes, so that the many writes of statuses call for nothing.
fn keeps_owners(kernel: &Kernel, before: Option<&Entry>, entry: &Entry) -> bool {
    before.is_some_and(|before| before.owners().eq(entry.owners())) && kernel.waiting_owners().is_empty()
}

/// An object was removed.
pub fn removed(kernel: &Kernel, resource: &Resource, entry: &Entry, notice: &Notice) {
    let key = entry.key();
    kernel.note_waiting_owner(key, false);
    if !kernel.store.dependents(&notice.uid).is_empty() {
        kernel.queue.add(Task::Bereaved(notice.uid.clone()));
    }
    if notice.has_owners {
        kernel.queue.add(Task::Owned(key.clone()));
    }
    if definitions::is_definition(resource) {
        definitions::refresh(kernel, &key.name);
        kernel.queue.add(Task::Definition(key.name.to_string()));
    }
    namespaces::left(kernel, &key.namespace);
    definitions::left(kernel, &key.resource);
    concern_budgets(kernel, entry);
}

fn is_event(id: &ResourceId) -> bool {
    id.as_str() == "events"
}

/// Budgets depend on themselves and on pods.
fn concern_budgets(kernel: &Kernel, entry: &Entry) {
    if matches!(entry.key().resource.as_str(), "pods" | super::budgets::RESOURCE) {
        kernel.queue.add(Task::Budgets(entry.key().namespace.to_string()));
    }
}
