//! `pods/NAME/eviction`: a pod is deleted, if its PodDisruptionBudget can spare it.
//!
//! Source of the rules and words: `pkg/registry/core/pod/storage/eviction.go` of Kubernetes.

use serde_json::{Value, json};

use super::answer::Answer;
use super::delete::remove;
use super::present::{self, store_failed};
use super::target::Target;
use super::update::ATTEMPTS;
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::budgets;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::delete_options::DeleteOptions;
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};
use crate::manager::verbs::create;

const REFUSED: &str = "Cannot evict pod as it would violate the pod's disruption budget.";

/// Answers an eviction. `options` are those of the deletion that follows.
///
/// # Errors
/// 404 if there is no such pod, 429 if its budget cannot spare it, 500 as Kubernetes answers it if more than one
/// budget means it.
pub async fn evict(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &DeleteOptions,
    eviction: &Value,
) -> Result<Answer, ApiError> {
    let name = object::name(eviction);
    if !name.is_empty() && name != target.name() {
        return Err(ApiError::bad_request("name in URL does not match name in Eviction object"));
    }
    for _ in 0..ATTEMPTS {
        let entry = kernel.store.get(&target.key()).ok_or_else(|| target.not_found())?;
        let pod = entry.value().map_err(|error| store_failed(&error))?;
        let mut options = options.clone();
        if !is_beyond_budgets(&pod) && !spared(kernel, target, &pod, &mut options).await? {
            // The budget was changed meanwhile, so it is asked again.
            tokio::task::yield_now().await;
            continue;
        }
        remove(kernel, &target.resource, &target.key(), &options).await?;
        let status =
            json!({ "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201 });
        let body = present::object(target, form, &status)?;
        return Ok(Answer { content_type: form.content_type(), ..Answer::json(201, body) });
    }
    Err(ApiError::new(Reason::TooManyRequests, REFUSED).retry_after(10))
}

/// Whether a pod counts in no budget: it never ran, has ended, or is being deleted.
fn is_beyond_budgets(pod: &Value) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    matches!(phase, "Succeeded" | "Failed" | "Pending") || object::is_deleting(pod)
}

/// Takes one disruption from the budget of a pod, if there is a budget. Says whether no other write was faster.
async fn spared(
    kernel: &Kernel,
    target: &Target,
    pod: &Value,
    options: &mut DeleteOptions,
) -> Result<bool, ApiError> {
    let all = budgets::of_namespace(kernel, budgets::RESOURCE, target.namespace())?;
    let mut meaning: Vec<Value> = all.into_iter().filter(|budget| budgets::means(budget, pod)).collect();
    let budget = match (meaning.pop(), meaning.is_empty()) {
        (None, _) => return Ok(true),
        (Some(budget), true) => budget,
        (Some(_), false) => {
            let why = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
            return Err(ApiError::internal(why));
        }
    };
    let mut status = budgets::status(kernel, &budget)?;
    let number = |status: &Value, field: &str| status.get(field).and_then(Value::as_i64).unwrap_or_default();
    if !budgets::is_ready(pod) {
        let policy = budget.pointer("/spec/unhealthyPodEvictionPolicy").and_then(Value::as_str);
        let (healthy, desired) = (number(&status, "currentHealthy"), number(&status, "desiredHealthy"));
        if policy == Some("AlwaysAllow") || (healthy >= desired && desired > 0) {
            // It must not have become ready when it is deleted.
            options.version = options
                .version
                .take()
                .or_else(|| object::meta_str(pod, "resourceVersion").map(str::to_owned));
            return Ok(true);
        }
    }
    let allowed = number(&status, "disruptionsAllowed");
    if allowed <= 0 {
        return Err(refusal(&budget, &status));
    }
    if options.dry_run {
        return Ok(true);
    }
    status["disruptionsAllowed"] = Value::from(allowed - 1);
    status["conditions"] = json!([budgets::condition(&budget, allowed - 1)]);
    let mut disrupted = status.get("disruptedPods").and_then(Value::as_object).cloned().unwrap_or_default();
    disrupted.insert(target.name().to_owned(), Value::from(create::now()));
    status["disruptedPods"] = Value::Object(disrupted);
    budgets::write(kernel, budget, status).await
}

fn refusal(budget: &Value, status: &Value) -> ApiError {
    let number = |field: &str| status.get(field).and_then(Value::as_i64).unwrap_or_default();
    let message = format!(
        "The disruption budget {} needs {} healthy pods and has {} currently",
        object::name(budget),
        number("desiredHealthy"),
        number("currentHealthy")
    );
    let cause = Cause::new(CauseReason::DisruptionBudget, "", message);
    ApiError::new(Reason::TooManyRequests, REFUSED).because(vec![cause])
}
