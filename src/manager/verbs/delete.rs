//! Delete: an object is removed, or its deletion begins.
//!
//! Source of the rules: `k8s.io/apiserver/pkg/registry/rest/delete.go` and `generic/registry/store.go`.

use std::sync::Arc;

use chrono::{SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::answer::Answer;
use super::present::{self, store_failed};
use super::target::Target;
use super::update::{ATTEMPTS, MODIFIED};
use super::{stored, strategy};
use crate::clock;
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::{definitions, namespaces};
use crate::manager::object;
use crate::manager::registry::resource::Resource;
use crate::manager::request::accept::Form;
use crate::manager::request::delete_options::{DeleteOptions, Propagation};
use crate::manager::resource::Key;
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;

/// The finalizer that keeps an object until what it owns is gone.
pub const FOREGROUND: &str = "foregroundDeletion";

/// The finalizer that keeps an object until what it owns has forgotten it.
pub const ORPHAN: &str = "orphan";

/// How long a pod has that does not say, in seconds.
const DEFAULT_GRACE: u64 = 30;

/// What came of a deletion.
#[derive(Debug)]
pub enum Deleted {
    /// The object is gone.
    Gone {
        /// Its uid.
        uid: String,
    },
    /// The object is waiting for finalizers or for its grace to end; this is its stored state.
    Waiting(Value),
}

/// Answers a delete.
///
/// # Errors
/// 404 if there is no such object, 409 if it is not the one that the options mean, 403 for namespaces that must stay.
pub async fn delete(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &DeleteOptions,
) -> Result<Answer, ApiError> {
    let deleted = remove(kernel, &target.resource, &target.key(), options).await?;
    let shown = match deleted {
        Deleted::Gone { uid } => success(&target.resource, target.name(), &uid),
        Deleted::Waiting(stored) => present::shown(target, stored),
    };
    let body = present::object(target, form, &shown)?;
    Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) })
}

/// `metav1.Status` of a deletion that is done.
fn success(resource: &Resource, name: &str, uid: &str) -> Value {
    let mut details = json!({ "name": name, "kind": resource.plural, "uid": uid });
    if !resource.group.is_empty() {
        details["group"] = Value::from(resource.group.as_str());
    }
    json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details })
}

/// Removes an object, or begins its deletion.
///
/// # Errors
/// As [`delete`].
pub async fn remove(
    kernel: &Kernel,
    resource: &Resource,
    key: &Key,
    options: &DeleteOptions,
) -> Result<Deleted, ApiError> {
    let not_found = || ApiError::not_found(&resource.plural, &resource.group, &key.name);
    namespaces::may_delete(resource, key)?;
    for _ in 0..ATTEMPTS {
        let entry = kernel.store.get(key).ok_or_else(not_found)?;
        match attempt(kernel, resource, &entry, options).await? {
            Some(deleted) => return Ok(deleted),
            None => tokio::task::yield_now().await,
        }
    }
    Err(ApiError::conflict(&resource.plural, &resource.group, &key.name, MODIFIED))
}

/// One attempt; nothing if another write was faster.
async fn attempt(
    kernel: &Kernel,
    resource: &Resource,
    entry: &Arc<Entry>,
    options: &DeleteOptions,
) -> Result<Option<Deleted>, ApiError> {
    let before = entry.value().map_err(|error| store_failed(&error))?;
    check_preconditions(resource, entry, &before, options)?;
    let mut after = before.clone();
    set_finalizers(&mut after, options.propagation);
    hold(resource, &before, &mut after);
    let grace = grace(resource, &before, options);
    let waits = !object::finalizers(&after).is_empty() || grace > 0 || namespaces::is_held(resource, &after);
    let expect = Expect::Revision(entry.revision());
    if !waits {
        let uid = object::uid(&before).to_owned();
        if options.dry_run {
            return Ok(Some(Deleted::Gone { uid }));
        }
        let removed = stored::remove(kernel, resource, entry.key(), expect, after).await;
        return settle(removed, |_| Deleted::Gone { uid });
    }
    begin(resource, &before, &mut after, grace);
    if after == before || options.dry_run {
        return Ok(Some(Deleted::Waiting(after)));
    }
    let written = stored::put(kernel, resource, entry.key(), expect, after).await;
    let value = written.and_then(|entry| entry.value());
    settle(value, Deleted::Waiting)
}

fn settle<T>(
    written: Result<T, StoreError>,
    deleted: impl FnOnce(T) -> Deleted,
) -> Result<Option<Deleted>, ApiError> {
    match written {
        Ok(written) => Ok(Some(deleted(written))),
        Err(StoreError::Conflict { .. } | StoreError::NotFound) => Ok(None),
        Err(error) => Err(store_failed(&error)),
    }
}

fn check_preconditions(
    resource: &Resource,
    entry: &Entry,
    object: &Value,
    options: &DeleteOptions,
) -> Result<(), ApiError> {
    let refuse = |why: String| {
        // Kubernetes names the kind here, not the resource.
        Err(ApiError::conflict(&resource.kind, &resource.group, &entry.key().name, &why))
    };
    let uid = object::uid(object);
    if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
        return refuse(format!(
            "the UID in the precondition ({wanted}) does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        ));
    }
    let version = entry.revision().to_string();
    if let Some(wanted) = options.version.as_deref().filter(|wanted| *wanted != version) {
        return refuse(format!(
            "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({version}). The object might have been modified"
        ));
    }
    Ok(())
}

/// Puts in the finalizer of the wanted propagation, and takes out the other one.
fn set_finalizers(object: &mut Value, propagation: Option<Propagation>) {
    let Some(propagation) = propagation else { return };
    let wanted = match propagation {
        Propagation::Foreground => Some(FOREGROUND),
        Propagation::Orphan => Some(ORPHAN),
        Propagation::Background => None,
    };
    let mut list: Vec<String> = object::finalizers(object)
        .into_iter()
        .filter(|finalizer| ![FOREGROUND, ORPHAN].contains(finalizer) || Some(*finalizer) == wanted)
        .map(str::to_owned)
        .collect();
    if let Some(wanted) = wanted.filter(|wanted| !list.iter().any(|known| known == wanted)) {
        list.push(wanted.to_owned());
    }
    write_finalizers(object, &list);
}

/// Writes the finalizers of an object; an empty list is none at all.
pub fn write_finalizers(object: &mut Value, list: &[String]) {
    let Some(meta) = object::meta_mut(object) else { return };
    if list.is_empty() {
        meta.remove("finalizers");
    } else {
        meta.insert("finalizers".to_owned(), Value::from(list));
    }
}

/// What holds the deletion of a type whose objects have an inside.
fn hold(resource: &Resource, before: &Value, object: &mut Value) {
    if definitions::is_definition(resource) && !object::is_deleting(before) {
        let mut list: Vec<String> = object::finalizers(object).into_iter().map(str::to_owned).collect();
        if !list.iter().any(|known| known == definitions::FINALIZER) {
            list.push(definitions::FINALIZER.to_owned());
        }
        write_finalizers(object, &list);
    }
}

/// How many seconds the object has. Only a pod that runs somewhere has any.
fn grace(resource: &Resource, object: &Value, options: &DeleteOptions) -> u64 {
    if resource.built_in.is_none() || resource.kind != "Pod" {
        return 0;
    }
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let ended = matches!(text("/status/phase"), "Failed" | "Succeeded");
    if text("/spec/nodeName").is_empty() || ended {
        return 0;
    }
    let own = object.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
    let wanted = options.grace.or(own).unwrap_or(DEFAULT_GRACE);
    // A second deletion can only shorten what the first one gave.
    let given = object.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_u64);
    given.map_or(wanted, |given| given.min(wanted))
}

fn begin(resource: &Resource, before: &Value, after: &mut Value, grace: u64) {
    let given = before.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_u64);
    if object::is_deleting(before) && given == Some(grace) {
        return;
    }
    let seconds = i64::try_from(grace).unwrap_or(i64::MAX);
    let end = TimeDelta::try_seconds(seconds)
        .and_then(|grace| clock::now_in_seconds().checked_add_signed(grace))
        .unwrap_or_else(clock::now_in_seconds);
    if let Some(meta) = object::meta_mut(after) {
        let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
        meta.insert("deletionTimestamp".to_owned(), Value::from(end));
        if !namespaces::is_namespace(resource) {
            meta.insert("deletionGracePeriodSeconds".to_owned(), Value::from(grace));
        }
    }
    if after.pointer("/metadata/generation").is_some() && !object::is_deleting(before) {
        strategy::next_generation(after);
    }
    namespaces::begin_deletion(resource, after);
    definitions::begin_deletion(resource, after);
}

/// 403 for a deletion that is never allowed.
pub fn forbidden(resource: &Resource, name: &str, why: &str) -> ApiError {
    let what = resource.qualified();
    let message = format!("{what} \"{name}\" is forbidden: {why}");
    ApiError::new(Reason::Forbidden, message).about(&resource.group, &resource.plural, name)
}
