//! Patch: an object, or a part of it, is changed by a patch of any format.

use std::sync::Arc;

use serde_json::Value;

use super::answer::Answer;
use super::create::{self, Ownership, field_manager};
use super::kind::Kind;
use super::present;
use super::target::{Part, Target};
use super::update::{ATTEMPTS, Basis, Failure, MODIFIED, replace, same_object};
use crate::clock;
use crate::manager::apply::server_side;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::patch::format::Format;
use crate::manager::patch::{json, merge, strategic};
use crate::manager::request::accept::Form;
use crate::manager::request::content::{self, Decoded};
use crate::manager::request::write_options::{FieldValidation, WriteOptions};
use crate::manager::status::{ApiError, Cause, CauseReason};
use crate::manager::store::entry::Entry;

/// A patch as it came.
#[derive(Clone, Copy, Debug)]
pub struct Patch<'a> {
    /// Its format.
    pub format: Format,
    /// Its bytes.
    pub body: &'a [u8],
}

/// Answers a patch. Where another writer was faster, the patch is tried on what that one wrote.
///
/// # Errors
/// What is wrong with the patch or with what it makes of the object, 404 if there is none, 409 if the patch says
/// which version it is for and that is not stored any more.
pub async fn patch(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &WriteOptions,
    patch: Patch<'_>,
) -> Result<Answer, ApiError> {
    let kind = Kind::new(target);
    let configuration = match patch.format {
        Format::Apply => Some(configuration(target, patch.body)?),
        Format::Json | Format::Merge | Format::Strategic => None,
    };
    for _ in 0..ATTEMPTS {
        let entry = kernel.store.get(&target.key());
        let result = match (&configuration, &entry) {
            (Some(configuration), entry) => {
                apply(kernel, target, &kind, options, entry.as_ref(), configuration).await
            }
            (None, Some(entry)) => change(kernel, target, &kind, options, entry, patch).await,
            (None, None) => return Err(target.not_found()),
        };
        match result {
            Ok((code, after, warnings)) => {
                let body = present::object(target, form, &after)?;
                return Ok(Answer {
                    content_type: form.content_type(),
                    warnings,
                    ..Answer::json(code, body)
                });
            }
            Err(Failure::Overtaken) => {}
            Err(Failure::Refused(error)) => return Err(error),
        }
    }
    Err(target.conflict(MODIFIED))
}

type Patched = Result<(u16, Value, Vec<String>), Failure>;

async fn change(
    kernel: &Kernel,
    target: &Target,
    kind: &Kind<'_>,
    options: &WriteOptions,
    entry: &Arc<Entry>,
    patch: Patch<'_>,
) -> Patched {
    let basis = Basis::read(target, entry)?;
    let before = &basis.before;
    let patched = match patch.format {
        Format::Json => json::apply(before, patch.body),
        Format::Merge => merge::apply(before, patch.body),
        Format::Strategic | Format::Apply => strategic::apply(before, patch.body, &kind.shape()),
    };
    let patched = patched.map_err(ApiError::from)?;
    check_type(target, before, &patched)?;
    let duplicates = match patch.format {
        Format::Json => Vec::new(),
        _ => content::json(patch.body).map(|decoded| decoded.duplicates).unwrap_or_default(),
    };
    let lenient = match options.validation {
        FieldValidation::Strict => FieldValidation::Warn,
        other => other,
    };
    let (given, warnings) = kind.read(Decoded { value: patched, duplicates }, lenient)?;
    if options.validation == FieldValidation::Strict && !warnings.is_empty() {
        return Err(too_strict(patch, &warnings).into());
    }
    same_object(target, &given)?;
    based_on(target, &given, entry)?;
    let after = replace(kernel, target, kind, options, basis, given, Ownership::Record).await?;
    Ok((200, after, warnings))
}

/// Kubernetes refuses the patch here and not the object.
fn too_strict(patch: Patch<'_>, found: &[String]) -> ApiError {
    let body = String::from_utf8_lossy(patch.body);
    let message = format!("Invalid value: {body:?}: strict decoding error: {}", found.join(", "));
    let cause = Cause::new(CauseReason::FieldValueInvalid, "patch", message);
    ApiError::invalid("", "", "", vec![cause])
}

/// A patch cannot turn an object into another type.
fn check_type(target: &Target, before: &Value, after: &Value) -> Result<(), ApiError> {
    for field in ["kind", "apiVersion"] {
        let (old, new) = (before.get(field), after.get(field));
        if old != new {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
            let message = format!("Invalid value: {:?}: must be {}", text(new), text(old));
            let cause = Cause::new(CauseReason::FieldValueInvalid, field, message);
            let kind = if field == "kind" { text(new) } else { target.resource.kind.clone() };
            return Err(ApiError::invalid(&kind, &target.resource.group, target.name(), vec![cause]));
        }
    }
    Ok(())
}

/// A patch that says for which version it is must find it.
fn based_on(target: &Target, given: &Value, entry: &Entry) -> Result<(), ApiError> {
    match object::meta_str(given, "resourceVersion") {
        Some(version) if version != entry.revision().to_string() => Err(target.conflict(MODIFIED)),
        _ => Ok(()),
    }
}

async fn apply(
    kernel: &Kernel,
    target: &Target,
    kind: &Kind<'_>,
    options: &WriteOptions,
    entry: Option<&Arc<Entry>>,
    configuration: &Decoded,
) -> Patched {
    let api_version = target.api_version();
    let who = field_manager(target, options, &api_version);
    let given = &configuration.value;
    let shape = kind.shape();
    let basis = match entry {
        Some(entry) => {
            based_on(target, given, entry)?;
            Some(Basis::read(target, entry)?)
        }
        None if target.part != Part::Whole => return Err(target.not_found().into()),
        None if object::meta_str(given, "resourceVersion").is_some() => {
            return Err(target.conflict(MODIFIED).into());
        }
        None if !object::uid(given).is_empty() => {
            let why = "uid mismatch: the provided object specified a uid, and no existing object was found";
            return Err(target.conflict(why).into());
        }
        None => None,
    };
    let before = basis.as_ref().map(|basis| &basis.before);
    let merged = server_side::apply(before, given, &shape, &who, options.force, clock::now());
    let mut merged = merged.map_err(ApiError::from)?;
    // Which object it is, the path says; a configuration may leave it out.
    create::set_meta(&mut merged, "name", Value::from(target.name()));
    if target.resource.namespaced {
        create::set_meta(&mut merged, "namespace", Value::from(target.namespace()));
    }
    let read = Decoded { value: merged, duplicates: configuration.duplicates.clone() };
    let (object, warnings) = kind.read(read, options.validation)?;
    match basis {
        Some(basis) => {
            let after = replace(kernel, target, kind, options, basis, object, Ownership::Known).await?;
            Ok((200, after, warnings))
        }
        None => {
            let made = create::insert(kernel, target, kind, options, object, Ownership::Known).await;
            match made {
                Ok(made) => Ok((201, made, warnings)),
                Err(error) if error.reason == crate::manager::status::Reason::AlreadyExists => {
                    Err(Failure::Overtaken)
                }
                Err(error) => Err(error.into()),
            }
        }
    }
}

/// The configuration of an apply: YAML, about the object of the path.
fn configuration(target: &Target, body: &[u8]) -> Result<Decoded, ApiError> {
    let decoded = content::yaml(body)
        .map_err(|error| ApiError::bad_request(format!("error decoding YAML: {error}")))?;
    if !decoded.value.is_object() {
        return Err(ApiError::bad_request("error decoding YAML: the configuration must be an object"));
    }
    if !object::name(&decoded.value).is_empty() {
        same_object(target, &decoded.value)?;
    }
    Ok(decoded)
}
