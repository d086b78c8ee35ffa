//! Namespaces: what is in them comes after them and goes before them.
//!
//! Source of the rules and words: the NamespaceLifecycle admission and the namespace controller of Kubernetes.

use serde_json::{Value, json};

use super::keeper::new_namespace;
use super::queue::Task;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::registry::resource::{Resource, Verbs};
use crate::manager::request::delete_options::{DeleteOptions, Propagation};
use crate::manager::resource::{Key, ResourceId};
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::handle::Expect;
use crate::manager::store::query::ListQuery;
use crate::manager::verbs::delete::{self, forbidden};
use crate::manager::verbs::present::store_failed;
use crate::manager::verbs::stored;
use crate::manager::verbs::target::Target;

/// The namespaces that are there from the start.
const ALWAYS: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Those of them that cannot be deleted.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

const TERMINATING: &str = "Terminating";

/// Whether a type is that of namespaces.
pub fn is_namespace(resource: &Resource) -> bool {
    resource.id.as_str() == "namespaces"
}

fn key(name: &str) -> Key {
    Key::new(ResourceId::from("namespaces"), "", name)
}

/// Makes the namespaces that are always there.
pub(super) async fn begin(kernel: &Kernel) {
    let picture = kernel.registry.now();
    let Some(resource) = picture.find("", "v1", "namespaces") else { return };
    for name in ALWAYS {
        let object = new_namespace(kernel, name);
        // One that is there already stays as it is.
        let _ = stored::put(kernel, resource, &key(name), Expect::Absent, object).await;
    }
}

/// Whether an object may be created where it is to be.
///
/// # Errors
/// 404 if the namespace is not there, 403 if it is being deleted.
pub fn admit(kernel: &Kernel, target: &Target, name: &str) -> Result<(), ApiError> {
    if !target.resource.namespaced {
        return Ok(());
    }
    let namespace = target.namespace();
    let Some(entry) = kernel.store.get(&key(namespace)) else {
        return Err(ApiError::not_found("namespaces", "", namespace));
    };
    if !is_terminating(&entry) {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let message = format!("namespace {namespace} is being terminated");
    let cause = Cause::new(CauseReason::NamespaceTerminating, "metadata.namespace", message);
    Err(forbidden(&target.resource, name, &why).because(vec![cause]))
}

fn is_terminating(namespace: &Entry) -> bool {
    namespace.field("status.phase") == Some(TERMINATING)
}

/// After a create: if the deletion of the namespace began meanwhile, it is emptied once more.
pub fn look_again(kernel: &Kernel, target: &Target) {
    if target.resource.namespaced
        && kernel.store.get(&key(target.namespace())).is_none_or(|entry| is_terminating(&entry))
    {
        kernel.queue.add(Task::Namespace(target.namespace().to_owned()));
    }
}

/// An object left a namespace: it may have been the last one.
pub(super) fn left(kernel: &Kernel, namespace: &str) {
    if !namespace.is_empty() && kernel.store.get(&key(namespace)).is_some_and(|entry| is_terminating(&entry))
    {
        kernel.queue.add(Task::Namespace(namespace.to_owned()));
    }
}

/// Whether a namespace may be deleted.
///
/// # Errors
/// 403 for the ones that must stay.
pub fn may_delete(resource: &Resource, key: &Key) -> Result<(), ApiError> {
    if is_namespace(resource) && IMMORTAL.contains(&&*key.name) {
        return Err(forbidden(resource, &key.name, "this namespace may not be deleted"));
    }
    Ok(())
}

/// Whether it is a namespace that still has to be emptied.
pub fn is_held(resource: &Resource, object: &Value) -> bool {
    is_namespace(resource)
        && object
            .pointer("/spec/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty())
}

/// What the deletion of a namespace begins with.
pub fn begin_deletion(resource: &Resource, object: &mut Value) {
    if !is_namespace(resource) {
        return;
    }
    if let Some(map) = object.as_object_mut() {
        let status = map.entry("status").or_insert_with(|| json!({}));
        status["phase"] = Value::from(TERMINATING);
    }
}

/// Empties a namespace whose deletion has begun, and lets it go when it is empty.
///
/// # Errors
/// Those of the store.
pub(super) async fn empty(kernel: &Kernel, name: &str) -> Result<(), ApiError> {
    let entry = kernel.store.get(&key(name));
    if entry.as_ref().is_some_and(|entry| !is_terminating(entry)) {
        return Ok(());
    }
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let mut remaining = false;
    let picture = kernel.registry.now();
    for resource in picture.all().filter(|resource| resource.namespaced && resource.verbs == Verbs::All) {
        let query = ListQuery {
            resource: &resource.id,
            namespace: Some(name),
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        let page = kernel.store.list(&query).map_err(|error| store_failed(&error))?;
        for object in &page.entries {
            match delete::remove(kernel, resource, object.key(), &options).await {
                Ok(delete::Deleted::Waiting(_)) => remaining = true,
                Ok(delete::Deleted::Gone { .. }) => {}
                Err(error) if error.reason == Reason::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    match entry {
        Some(entry) if !remaining => release(kernel, &entry).await,
        _ => Ok(()),
    }
}

/// Takes the finalizer off, and removes the namespace unless something else holds it.
async fn release(kernel: &Kernel, entry: &Entry) -> Result<(), ApiError> {
    let picture = kernel.registry.now();
    let Some(resource) = picture.find("", "v1", "namespaces") else { return Ok(()) };
    let mut object = entry.value().map_err(|error| store_failed(&error))?;
    if let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) {
        spec.remove("finalizers");
    }
    let expect = Expect::Revision(entry.revision());
    let written = if object::finalizers(&object).is_empty() {
        stored::remove(kernel, resource, entry.key(), expect, object).await
    } else {
        stored::put(kernel, resource, entry.key(), expect, object).await
    };
    // Whoever changed it meanwhile has put it into the queue again.
    written.map(drop).or_else(|error| match error {
        crate::manager::store::errors::StoreError::Conflict { .. }
        | crate::manager::store::errors::StoreError::NotFound => Ok(()),
        other => Err(store_failed(&other)),
    })
}
