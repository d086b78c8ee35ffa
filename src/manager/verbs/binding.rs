//! `pods/NAME/binding`: a pod is given to a node.

use serde_json::{Value, json};

use super::answer::Answer;
use super::create::{self, Ownership};
use super::kind::Kind;
use super::present;
use super::target::{Part, Target};
use super::update::{ATTEMPTS, Basis, Failure, MODIFIED, replace};
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::content::Decoded;
use crate::manager::request::write_options::WriteOptions;
use crate::manager::status::{ApiError, Cause, CauseReason};

/// Answers a binding.
///
/// # Errors
/// 404 if there is no such pod, 409 if it has a node or is being deleted.
pub async fn bind(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &WriteOptions,
    body: Decoded,
) -> Result<Answer, ApiError> {
    let node = node(target, &body.value)?;
    let pod = Target { part: Part::Whole, ..target.clone() };
    let kind = Kind::new(&pod);
    for _ in 0..ATTEMPTS {
        let entry = kernel.store.get(&pod.key()).ok_or_else(|| pod.not_found())?;
        let basis = Basis::read(&pod, &entry)?;
        let mut after = basis.before.clone();
        let bound = after.pointer("/spec/nodeName").and_then(Value::as_str).unwrap_or_default();
        if !bound.is_empty() {
            let why = format!("pod {} is already assigned to node {bound:?}", pod.name());
            return Err(ApiError::conflict("pods/binding", "", pod.name(), &why));
        }
        if object::is_deleting(&after) {
            let why = format!("pod {} is being deleted, cannot be assigned to a host", pod.name());
            return Err(ApiError::conflict("pods/binding", "", pod.name(), &why));
        }
        if let Some(spec) = after.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("nodeName".to_owned(), Value::from(node.as_str()));
        }
        match replace(kernel, &pod, &kind, options, basis, after, Ownership::Record).await {
            Ok(_) => {
                scheduled(kernel, &pod, options).await;
                let status = json!({
                    "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201,
                });
                let body = present::object(target, form, &status)?;
                return Ok(Answer { content_type: form.content_type(), ..Answer::json(201, body) });
            }
            Err(Failure::Overtaken) => {}
            Err(Failure::Refused(error)) => return Err(error),
        }
    }
    Err(target.conflict(MODIFIED))
}

/// Says in the pod's status that it has a node. That the pod was changed or is gone meanwhile is no failure of the
/// binding.
async fn scheduled(kernel: &Kernel, pod: &Target, options: &WriteOptions) {
    let target = Target { part: Part::Status, ..pod.clone() };
    let kind = Kind::new(&target);
    let Some(entry) = kernel.store.get(&target.key()).filter(|_| !options.dry_run) else { return };
    let Ok(basis) = Basis::read(&target, &entry) else { return };
    let mut after = basis.before.clone();
    let condition = json!({
        "type": "PodScheduled", "status": "True", "lastProbeTime": null,
        "lastTransitionTime": create::now(),
    });
    let Some(map) = after.as_object_mut() else { return };
    let status = map.entry("status").or_insert_with(|| json!({}));
    let Some(status) = status.as_object_mut() else { return };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    if let Some(conditions) = conditions.as_array_mut() {
        conditions.retain(|known| known.get("type").and_then(Value::as_str) != Some("PodScheduled"));
        conditions.push(condition);
    }
    let _ = replace(kernel, &target, &kind, options, basis, after, Ownership::Record).await;
}

fn node(target: &Target, binding: &Value) -> Result<String, ApiError> {
    let text = |pointer: &str| binding.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let name = text("/metadata/name");
    if !name.is_empty() && name != target.name() {
        let message =
            format!("the name of the object ({name}) does not match the name on the URL ({})", target.name());
        return Err(ApiError::bad_request(message));
    }
    let (kind, node) = (text("/target/kind"), text("/target/name"));
    let mut causes = Vec::new();
    if !matches!(kind, "" | "Node") {
        let message = format!("Unsupported value: {kind:?}: supported values: \"Node\", \"<empty>\"");
        causes.push(Cause::new(CauseReason::FieldValueNotSupported, "target.kind", message));
    }
    if node.is_empty() {
        causes.push(Cause::new(CauseReason::FieldValueRequired, "target.name", "Required value"));
    }
    if !causes.is_empty() {
        return Err(ApiError::invalid("Binding", "", target.name(), causes));
    }
    Ok(node.to_owned())
}
