//! Update: an object, or a part of it, is replaced.

use std::sync::Arc;

use serde_json::Value;

use super::answer::Answer;
use super::create::{self, Ownership, field_manager};
use super::kind::Kind;
use super::present::{self, store_failed};
use super::target::{Part, Target};
use super::{stored, strategy};
use crate::clock;
use crate::manager::apply::update;
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::definitions;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::content::Decoded;
use crate::manager::request::write_options::WriteOptions;
use crate::manager::rules::immutable;
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;

/// Why a write is refused that is based on an older version.
pub const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// How often a write that is based on no version is tried again when another one was faster. Each time at least one
/// writer gets through, so more than the writers at one object at a time are never needed.
pub const ATTEMPTS: usize = 1000;

/// Answers an update.
///
/// # Errors
/// What is wrong with the object, 404 if there is none, 409 if it was changed meanwhile.
pub async fn update(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &WriteOptions,
    body: Decoded,
) -> Result<Answer, ApiError> {
    let kind = Kind::new(target);
    let (given, warnings) = kind.read(body, options.validation)?;
    same_object(target, &given)?;
    for _ in 0..ATTEMPTS {
        let Some(entry) = kernel.store.get(&target.key()) else {
            return create_instead(kernel, target, form, options, given, warnings).await;
        };
        let blind = check_version(target, &given, &entry)?;
        let basis = Basis::read(target, &entry)?;
        match replace(kernel, target, &kind, options, basis, given.clone(), Ownership::Record).await {
            Ok(after) => {
                let body = present::object(target, form, &after)?;
                return Ok(Answer { content_type: form.content_type(), warnings, ..Answer::json(200, body) });
            }
            Err(Failure::Overtaken) if blind => {}
            Err(Failure::Overtaken) => return Err(target.conflict(MODIFIED)),
            Err(Failure::Refused(error)) => return Err(error),
        }
    }
    Err(target.conflict(MODIFIED))
}

/// Kubernetes lets an update create what is not there, for a few types.
async fn create_instead(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &WriteOptions,
    mut given: Value,
    warnings: Vec<String>,
) -> Result<Answer, ApiError> {
    let creates = target.resource.built_in.is_some_and(|built_in| built_in.update_creates);
    if !creates || target.part != Part::Whole {
        return Err(target.not_found());
    }
    if let Some(meta) = object::meta_mut(&mut given) {
        meta.remove("resourceVersion");
    }
    let kind = Kind::new(target);
    let made = create::insert(kernel, target, &kind, options, given, Ownership::Record).await?;
    let body = present::object(target, form, &made)?;
    Ok(Answer { content_type: form.content_type(), warnings, ..Answer::json(201, body) })
}

/// Whether the body is about the object of the path.
///
/// # Errors
/// 400 in Kubernetes' words if not.
pub fn same_object(target: &Target, given: &Value) -> Result<(), ApiError> {
    let (name, namespace) = (object::name(given), object::namespace(given));
    if name.is_empty() && object::meta_str(given, "generateName").is_none() {
        // A body without a name is told so by its validation in Kubernetes; the words are the same.
        let message = "Required value: name or generateName is required";
        let cause = Cause::new(CauseReason::FieldValueRequired, "metadata.name", message);
        return Err(ApiError::invalid(&target.resource.kind, &target.resource.group, "", vec![cause]));
    }
    if name != target.name() {
        let message =
            format!("the name of the object ({name}) does not match the name on the URL ({})", target.name());
        return Err(ApiError::bad_request(message));
    }
    if !namespace.is_empty() && namespace != target.namespace() {
        let why = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(ApiError::bad_request(why));
    }
    Ok(())
}

/// Whether the write is based on the version that is stored; says whether it is based on none.
fn check_version(target: &Target, given: &Value, entry: &Entry) -> Result<bool, ApiError> {
    let resource = &target.resource;
    let Some(version) = object::meta_str(given, "resourceVersion").filter(|version| *version != "0") else {
        if strategy::may_update_blindly(resource) {
            return Ok(true);
        }
        let message = "Invalid value: 0: must be specified for an update";
        let cause = Cause::new(CauseReason::FieldValueInvalid, "metadata.resourceVersion", message);
        return Err(ApiError::invalid(&resource.plural, &resource.group, target.name(), vec![cause]));
    };
    let version: u64 = version.parse().map_err(|_| {
        ApiError::new(Reason::Unknown, format!("strconv.ParseUint: parsing {version:?}: invalid syntax"))
    })?;
    if version != entry.revision() {
        return Err(target.conflict(MODIFIED));
    }
    Ok(false)
}

/// Why an object was not replaced.
#[derive(Debug)]
pub enum Failure {
    /// Another write was faster.
    Overtaken,
    /// The request is refused.
    Refused(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Refused(error)
    }
}

/// A stored object as a write finds it.
#[derive(Debug)]
pub struct Basis<'a> {
    /// The entry.
    pub entry: &'a Arc<Entry>,
    /// The object, as the client's version has it.
    pub before: Value,
}

impl<'a> Basis<'a> {
    /// Reads what is stored.
    ///
    /// # Errors
    /// Only when memory is broken.
    pub fn read(target: &Target, entry: &'a Arc<Entry>) -> Result<Self, ApiError> {
        let stored = entry.value().map_err(|error| store_failed(&error))?;
        Ok(Self { entry, before: present::shown(target, stored) })
    }
}

/// Replaces a stored object by one that was read, as far as this part of it may be changed. Returns it as the
/// client's version has it. Without a difference nothing is written; if its deletion waited for this, it is removed.
///
/// # Errors
/// What is wrong with the object, or that another write was faster.
pub async fn replace(
    kernel: &Kernel,
    target: &Target,
    kind: &Kind<'_>,
    options: &WriteOptions,
    basis: Basis<'_>,
    mut given: Value,
    ownership: Ownership,
) -> Result<Value, Failure> {
    let Basis { entry, before } = basis;
    check_uid(target, &before, &given)?;
    immutable::take_over(&before, &mut given);
    let mut after = strategy::restrict(target, &before, given);
    strategy::name_namespace(&target.resource, &mut after);
    strategy::count_generation(target, &before, &mut after);
    create::set_meta(&mut after, "resourceVersion", Value::from(entry.revision().to_string()));
    let builtin = target.resource.built_in.is_some();
    let mut causes = immutable::faults(&before, &after, builtin);
    causes.extend(kind.faults(&after, Some(&before)));
    if !causes.is_empty() {
        return Err(kind.invalid(target.name(), causes).into());
    }
    if ownership == Ownership::Record {
        let api_version = target.api_version();
        let who = field_manager(target, options, &api_version);
        update::record(Some(&before), &mut after, &kind.shape(), &who, clock::now());
    }
    if definitions::is_definition(&target.resource) && target.part == Part::Whole {
        definitions::establish(kernel, &mut after);
    }
    if after == before || options.dry_run {
        return Ok(after);
    }
    let (key, expect) = (target.key(), Expect::Revision(entry.revision()));
    let ended = object::is_deleting(&before) && is_released(target, &after);
    let written = if ended {
        // Watchers see the last state that was stored.
        let last = present::stored(target, before);
        stored::remove(kernel, &target.resource, &key, expect, last).await
    } else {
        stored::put(kernel, &target.resource, &key, expect, present::stored(target, after.clone())).await
    };
    match written {
        // Kubernetes answers the removal with the last version that was stored.
        Ok(_) if ended => Ok(after),
        Ok(entry) => present::written(target, &entry, after).map_err(Failure::from),
        Err(StoreError::Conflict { .. } | StoreError::NotFound) => Err(Failure::Overtaken),
        Err(error) => Err(store_failed(&error).into()),
    }
}

/// Whether nothing holds the object any more whose deletion has begun: no finalizer and no grace.
fn is_released(target: &Target, object: &Value) -> bool {
    let grace = object.pointer("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    let namespace_held = target.resource.kind == "Namespace"
        && target.resource.built_in.is_some()
        && object.pointer("/spec/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    object::finalizers(object).is_empty() && grace.unwrap_or_default() == 0 && !namespace_held
}

fn check_uid(target: &Target, before: &Value, given: &Value) -> Result<(), ApiError> {
    let (wanted, is) = (object::uid(given), object::uid(before));
    if wanted.is_empty() || wanted == is {
        return Ok(());
    }
    Err(target
        .conflict(&format!("Precondition failed: UID in precondition: {wanted}, UID in object meta: {is}")))
}
