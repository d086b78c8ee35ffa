//! The scale subresource: `autoscaling/v1` Scale, read from and written to the paths that a type gives.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::create::Ownership;
use super::kind::Kind;
use super::patch::Patch;
use super::present::{self, store_failed};
use super::target::Target;
use super::update::{ATTEMPTS, Basis, Failure, MODIFIED, replace};
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::patch::format::Format;
use crate::manager::patch::{json as json_patch, merge};
use crate::manager::registry::resource::ScalePaths;
use crate::manager::request::accept::Form;
use crate::manager::request::write_options::WriteOptions;
use crate::manager::selector::label::LabelSelector;
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};

/// How a scale is to change.
#[derive(Clone, Debug)]
pub enum Wanted<'a> {
    /// To this Scale.
    Whole(Value),
    /// By a patch of the Scale.
    Patched(Patch<'a>),
}

/// Answers a get of the scale.
///
/// # Errors
/// 404 if there is no such object, 500 as Kubernetes answers it if a custom resource has no replicas set.
pub fn get(kernel: &Kernel, target: &Target, paths: &ScalePaths, form: Form) -> Result<Answer, ApiError> {
    let entry = kernel.store.get(&target.key()).ok_or_else(|| target.not_found())?;
    let value = entry.value().map_err(|error| store_failed(&error))?;
    let scale = scale_of(target, &value, paths);
    if at(&value, &paths.spec_replicas).is_none() && target.resource.built_in.is_none() {
        let why = format!("the spec replicas field {:?} does not exist", paths.spec_replicas);
        let cause = Cause::new(CauseReason::Unspecified, "", why.clone());
        return Err(ApiError::internal(format!("Internal error occurred: {why}")).because(vec![cause]));
    }
    answer(target, form, &scale)
}

/// Answers an update or a patch of the scale.
///
/// # Errors
/// 404 if there is no such object, 409 if it was changed meanwhile, 422 for a number that is none.
pub async fn write(
    kernel: &Kernel,
    target: &Target,
    paths: &ScalePaths,
    form: Form,
    options: &WriteOptions,
    wanted: Wanted<'_>,
) -> Result<Answer, ApiError> {
    let kind = Kind::new(target);
    for _ in 0..ATTEMPTS {
        let entry = kernel.store.get(&target.key()).ok_or_else(|| target.not_found())?;
        let basis = Basis::read(target, &entry)?;
        let scale = match &wanted {
            Wanted::Whole(scale) => scale.clone(),
            Wanted::Patched(patch) => patched(&scale_of(target, &basis.before, paths), patch)?,
        };
        check(target, paths, &scale)?;
        let version = object::meta_str(&scale, "resourceVersion").unwrap_or_default();
        if !version.is_empty() && version != entry.revision().to_string() {
            return Err(target.conflict(MODIFIED));
        }
        let mut after = basis.before.clone();
        let replicas = scale.pointer("/spec/replicas").cloned().unwrap_or(Value::from(0));
        set(&mut after, &paths.spec_replicas, replicas);
        match replace(kernel, target, &kind, options, basis, after, Ownership::Record).await {
            Ok(after) => return answer(target, form, &scale_of(target, &after, paths)),
            Err(Failure::Overtaken) => {}
            Err(Failure::Refused(error)) => return Err(error),
        }
    }
    Err(target.conflict(MODIFIED))
}

fn answer(target: &Target, form: Form, scale: &Value) -> Result<Answer, ApiError> {
    let body = present::object(target, form, scale)?;
    Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) })
}

fn patched(scale: &Value, patch: &Patch<'_>) -> Result<Value, ApiError> {
    let patched = match patch.format {
        Format::Json => json_patch::apply(scale, patch.body),
        // A Scale has no lists, so that both mean the same.
        Format::Merge | Format::Strategic => merge::apply(scale, patch.body),
        Format::Apply => {
            let message =
                "server-side apply of the scale subresource is not supported; apply the object itself";
            return Err(ApiError::new(Reason::UnsupportedMediaType, message));
        }
    };
    patched.map_err(ApiError::from)
}

fn check(target: &Target, paths: &ScalePaths, scale: &Value) -> Result<(), ApiError> {
    let text = |field: &str| scale.get(field).and_then(Value::as_str).unwrap_or_default();
    if !matches!((text("apiVersion"), text("kind")), ("" | "autoscaling/v1", "" | "Scale")) {
        let (version, kind) = (text("apiVersion"), text("kind"));
        let message =
            format!("the object provided is unrecognized (must be of type Scale): {version}, Kind={kind}");
        return Err(ApiError::bad_request(message));
    }
    let name = object::name(scale);
    if !name.is_empty() && name != target.name() {
        let message =
            format!("the name of the object ({name}) does not match the name on the URL ({})", target.name());
        return Err(ApiError::bad_request(message));
    }
    let invalid = |message: String| {
        let field = if target.resource.built_in.is_some() { "spec.replicas" } else { &paths.spec_replicas };
        let cause = Cause::new(CauseReason::FieldValueInvalid, field, message);
        let (kind, group) = (&target.resource.kind, &target.resource.group);
        Err(ApiError::invalid(kind, group, target.name(), vec![cause]))
    };
    match scale.pointer("/spec/replicas") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Number(number)) => match number.as_i64().map(i32::try_from) {
            Some(Ok(replicas)) if replicas >= 0 => Ok(()),
            Some(Ok(replicas)) if target.resource.built_in.is_some() => {
                invalid(format!("Invalid value: {replicas}: must be greater than or equal to 0"))
            }
            _ => invalid(format!("Invalid value: {number}: should be a non-negative integer")),
        },
        Some(other) => Err(ApiError::bad_request(format!(
            "Scale in version \"v1\" cannot be handled as a Scale: {other} is no number of replicas"
        ))),
    }
}

/// The Scale of an object.
fn scale_of(target: &Target, object: &Value, paths: &ScalePaths) -> Value {
    let meta = |field: &str| object.get("metadata").and_then(|meta| meta.get(field)).cloned();
    let mut metadata = Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = meta(field) {
            metadata.insert(field.to_owned(), value);
        }
    }
    let mut scale = json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": {},
        "status": { "replicas": at(object, &paths.status_replicas).cloned().unwrap_or(Value::from(0)) },
    });
    // Go leaves a zero out.
    if let Some(replicas) = at(object, &paths.spec_replicas).filter(|replicas| **replicas != 0) {
        scale["spec"]["replicas"] = replicas.clone();
    }
    let selector = match &paths.label_selector {
        Some(path) => at(object, path).and_then(Value::as_str).map(str::to_owned),
        None if target.resource.built_in.is_some() => {
            let selector = object.pointer("/spec/selector");
            selector.and_then(|selector| LabelSelector::of_object(selector).ok()).map(|it| it.to_string())
        }
        None => None,
    };
    if let Some(selector) = selector.filter(|selector| !selector.is_empty()) {
        scale["status"]["selector"] = Value::from(selector);
    }
    scale
}

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.trim_start_matches('.').split('.').try_fold(object, |value, part| value.get(part))
}

fn set(object: &mut Value, path: &str, value: Value) {
    let path = path.trim_start_matches('.');
    let (parents, last) = path.rsplit_once('.').unwrap_or(("", path));
    let mut place = object;
    for part in parents.split('.').filter(|part| !part.is_empty()) {
        let Some(map) = place.as_object_mut() else { return };
        place = map.entry(part).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Some(map) = place.as_object_mut() {
        map.insert(last.to_owned(), value);
    }
}
