//! Create: a new object.

use chrono::SecondsFormat;
use serde_json::Value;

use super::answer::Answer;
use super::kind::Kind;
use super::present::{self, store_failed};
use super::target::{Part, Target};
use super::{stored, strategy};
use crate::clock;
use crate::manager::apply::manager::{FieldManager, Part as Written};
use crate::manager::apply::update;
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::namespaces;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::content::Decoded;
use crate::manager::request::write_options::WriteOptions;
use crate::manager::rules::metadata;
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;

/// How often a generated name is tried that was taken, as in Kubernetes.
const NAME_ATTEMPTS: usize = 8;

/// The longest part of a generated name before its random end, so that it stays a DNS label.
const LONGEST_PREFIX: usize = 58;

/// Answers a create.
///
/// # Errors
/// What is wrong with the object, 409 if it exists, 404 or 403 for its namespace.
pub async fn create(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &WriteOptions,
    body: Decoded,
) -> Result<Answer, ApiError> {
    let kind = Kind::new(target);
    let (object, mut warnings) = kind.read(body, options.validation)?;
    if target.resource.built_in.is_none() {
        warnings.extend(short_finalizers(&object));
    }
    let made = insert(kernel, target, &kind, options, object, Ownership::Record).await?;
    let body = present::object(target, form, &made)?;
    Ok(Answer { content_type: form.content_type(), warnings, ..Answer::json(201, body) })
}

/// What Kubernetes warns of: finalizers that somebody else may use too.
fn short_finalizers(object: &Value) -> Vec<String> {
    let short = object::finalizers(object).into_iter().filter(|finalizer| !finalizer.contains('/'));
    let why =
        "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers";
    short.map(|finalizer| format!("metadata.finalizers: {finalizer:?}: {why}")).collect()
}

/// Who says who owns the fields of a new object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ownership {
    /// Nobody yet: the writer owns what it says.
    Record,
    /// The object itself: it comes from an apply.
    Known,
}

/// Stores a new object that was read, and returns it as the client's version has it.
///
/// # Errors
/// As [`create`].
pub async fn insert(
    kernel: &Kernel,
    target: &Target,
    kind: &Kind<'_>,
    options: &WriteOptions,
    mut object: Value,
    ownership: Ownership,
) -> Result<Value, ApiError> {
    place(target, &mut object)?;
    if object::meta_str(&object, "resourceVersion").is_some() {
        let message = "resourceVersion should not be set on objects to be created";
        return Err(ApiError::new(Reason::Unknown, message));
    }
    let generated = object::name(&object).is_empty() && object::meta_str(&object, "generateName").is_some();
    namespaces::admit(kernel, target, object::name(&object))?;
    begin_metadata(kernel, target, &mut object);
    strategy::before_create(&target.resource, &mut object);
    let mut attempts = if generated { NAME_ATTEMPTS } else { 1 };
    loop {
        let mut one = object.clone();
        if generated {
            name(kernel, &mut one);
            strategy::name_namespace(&target.resource, &mut one);
        }
        attempts -= 1;
        match store(kernel, target, kind, options, one, ownership).await {
            Err(error) if error.reason == Reason::AlreadyExists && attempts > 0 => {}
            other => return other,
        }
    }
}

/// Puts an object into the namespace of its request.
fn place(target: &Target, object: &mut Value) -> Result<(), ApiError> {
    let given = object::namespace(object);
    if target.resource.namespaced {
        if !given.is_empty() && given != target.namespace() {
            let why = "the namespace of the provided object does not match the namespace sent on the request";
            return Err(ApiError::bad_request(why));
        }
        set_meta(object, "namespace", Value::from(target.namespace()));
    } else if !given.is_empty()
        && let Some(meta) = object::meta_mut(object)
    {
        // Kubernetes forgets the namespace of what has none.
        meta.remove("namespace");
    }
    Ok(())
}

fn begin_metadata(kernel: &Kernel, target: &Target, object: &mut Value) {
    let uid = kernel.new_uid();
    let counts = strategy::counts_generations(&target.resource);
    let Some(meta) = object::meta_mut(object) else { return };
    for field in ["deletionTimestamp", "deletionGracePeriodSeconds"] {
        meta.remove(field);
    }
    // A generation that is wrong is refused; any other begins at 1.
    if meta.get("generation").and_then(Value::as_i64).is_none_or(|given| given >= 0) {
        meta.remove("generation");
        if counts {
            meta.insert("generation".to_owned(), Value::from(1));
        }
    }
    meta.insert("uid".to_owned(), Value::from(uid));
    meta.insert("creationTimestamp".to_owned(), Value::from(now()));
}

/// The current time as Kubernetes writes it.
pub fn now() -> String {
    clock::now_in_seconds().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn name(kernel: &Kernel, object: &mut Value) {
    let prefix = object::meta_str(object, "generateName").unwrap_or_default();
    let prefix: String = prefix.chars().take(LONGEST_PREFIX).collect();
    set_meta(object, "name", Value::from(format!("{prefix}{}", kernel.new_suffix())));
}

/// Sets a field of the metadata.
pub fn set_meta(object: &mut Value, field: &str, value: Value) {
    if let Some(meta) = object::meta_mut(object) {
        meta.insert(field.to_owned(), value);
    }
}

async fn store(
    kernel: &Kernel,
    target: &Target,
    kind: &Kind<'_>,
    options: &WriteOptions,
    mut object: Value,
    ownership: Ownership,
) -> Result<Value, ApiError> {
    let resource = &target.resource;
    let builtin = resource.built_in.is_some();
    let mut causes = metadata::faults(&object, resource.namespaced, strategy::name_rule(resource), builtin);
    causes.extend(kind.faults(&object, None));
    let name = object::name(&object).to_owned();
    if !causes.is_empty() {
        return Err(kind.invalid(&name, causes));
    }
    if ownership == Ownership::Record {
        let api_version = target.api_version();
        let who = field_manager(target, options, &api_version);
        update::record(None, &mut object, &kind.shape(), &who, clock::now());
    }
    strategy::begin(kernel, resource, &mut object);
    let key = target.key_of(&name);
    let taken = || ApiError::already_exists(&resource.plural, &resource.group, &name);
    if options.dry_run {
        return if kernel.store.get(&key).is_some() { Err(taken()) } else { Ok(object) };
    }
    let stored = present::stored(target, object.clone());
    match stored::put(kernel, resource, &key, Expect::Absent, stored).await {
        Ok(entry) => {
            namespaces::look_again(kernel, target);
            present::written(target, &entry, object)
        }
        Err(StoreError::AlreadyExists) => {
            let held = kernel.store.get(&key).and_then(|entry| entry.value().ok());
            let mut error = taken();
            if held.is_some_and(|held| object::is_deleting(&held)) {
                error.message = format!("object is being deleted: {}", error.message);
            }
            Err(error)
        }
        Err(error) => Err(store_failed(&error)),
    }
}

/// Who writes, and through which door.
pub fn field_manager<'a>(
    target: &'a Target,
    options: &'a WriteOptions,
    api_version: &'a str,
) -> FieldManager<'a> {
    let part = match target.part {
        Part::Status => Written::StatusOnly,
        _ if target.resource.has_status => Written::AllButStatus,
        _ => Written::Whole,
    };
    FieldManager { name: &options.manager, api_version, subresource: target.subresource(), part }
}
