//! The status of PodDisruptionBudgets, computed from the pods they mean.
//!
//! Source of the rules: the disruption controller of Kubernetes (`pkg/controller/disruption`).

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::request::list_options::parse_version;
use crate::manager::resource::{Key, ResourceId};
use crate::manager::selector::label::LabelSelector;
use crate::manager::status::ApiError;
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Expect;
use crate::manager::store::query::ListQuery;
use crate::manager::verbs::create;
use crate::manager::verbs::present::store_failed;
use crate::manager::verbs::stored;

/// Under which id budgets are stored.
pub const RESOURCE: &str = "poddisruptionbudgets.policy";

/// How long a pod that was evicted counts as gone while it is still there, as in Kubernetes.
const DISRUPTED_FOR: TimeDelta = TimeDelta::minutes(2);

/// Computes all budgets of a namespace, and writes those that changed.
///
/// # Errors
/// Those of the store.
pub(super) async fn look(kernel: &Kernel, namespace: &str) -> Result<(), ApiError> {
    for budget in of_namespace(kernel, RESOURCE, namespace)? {
        let status = status(kernel, &budget)?;
        if budget.get("status") != Some(&status) {
            // Whoever changed it meanwhile has put the namespace into the queue again.
            write(kernel, budget, status).await?;
        }
    }
    Ok(())
}

/// Writes the status of a budget; says whether no other write was faster.
///
/// # Errors
/// Those of the store.
pub async fn write(kernel: &Kernel, mut budget: Value, status: Value) -> Result<bool, ApiError> {
    let picture = kernel.registry.now();
    let Some(resource) = picture.stored(&ResourceId::from(RESOURCE)) else { return Ok(false) };
    let version = parse_version(object::meta_str(&budget, "resourceVersion").unwrap_or_default())?;
    let key = Key::new(resource.id.clone(), object::namespace(&budget), object::name(&budget));
    if let Some(map) = budget.as_object_mut() {
        map.insert("status".to_owned(), status);
    }
    match stored::put(kernel, resource, &key, Expect::Revision(version), budget).await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { .. } | StoreError::NotFound) => Ok(false),
        Err(error) => Err(store_failed(&error)),
    }
}

/// All stored objects of a type in a namespace.
///
/// # Errors
/// Those of the store.
pub fn of_namespace(kernel: &Kernel, resource: &str, namespace: &str) -> Result<Vec<Value>, ApiError> {
    let query = ListQuery {
        resource: &ResourceId::from(resource),
        namespace: Some(namespace),
        after: None,
        limit: None,
        at: None,
        filter: None,
    };
    let page = kernel.store.list(&query).map_err(|error| store_failed(&error))?;
    page.entries.iter().map(|entry| entry.value().map_err(|error| store_failed(&error))).collect()
}

/// Whether a budget means a pod. A budget without a selector means none, one with an empty selector means all.
pub fn means(budget: &Value, pod: &Value) -> bool {
    let selector = budget.pointer("/spec/selector").filter(|selector| !selector.is_null());
    selector
        .and_then(|selector| LabelSelector::of_object(selector).ok())
        .is_some_and(|selector| selector.selects_object(pod))
}

/// Whether a pod is ready.
pub fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Ready")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}

/// The status that a budget should have now.
///
/// # Errors
/// Those of the store.
pub fn status(kernel: &Kernel, budget: &Value) -> Result<Value, ApiError> {
    let mut pods = of_namespace(kernel, "pods", object::namespace(budget))?;
    pods.retain(|pod| means(budget, pod));
    let now = clock::now();
    let disrupted = still_disrupted(budget, &pods, now);
    let healthy = pods.iter().filter(|pod| {
        !object::is_deleting(pod) && !disrupted.contains_key(object::name(pod)) && is_ready(pod)
    });
    let healthy = i64::try_from(healthy.count()).unwrap_or(i64::MAX);
    let (expected, desired) = expectation(kernel, budget, &pods);
    let allowed = if expected <= 0 { 0 } else { (healthy - desired).max(0) };
    let mut status = Map::new();
    status.insert("observedGeneration".to_owned(), budget["metadata"]["generation"].clone());
    if !disrupted.is_empty() {
        status.insert("disruptedPods".to_owned(), Value::Object(disrupted));
    }
    status.insert("disruptionsAllowed".to_owned(), Value::from(allowed));
    status.insert("currentHealthy".to_owned(), Value::from(healthy));
    status.insert("desiredHealthy".to_owned(), Value::from(desired));
    status.insert("expectedPods".to_owned(), Value::from(expected));
    status.insert("conditions".to_owned(), json!([condition(budget, allowed)]));
    Ok(Value::Object(status))
}

/// The condition that says whether a pod may go.
pub fn condition(budget: &Value, allowed: i64) -> Value {
    let (state, reason) =
        if allowed > 0 { ("True", "SufficientPods") } else { ("False", "InsufficientPods") };
    let old = budget.pointer("/status/conditions").and_then(Value::as_array);
    let since = old
        .into_iter()
        .flatten()
        .filter(|known| known.get("type").and_then(Value::as_str) == Some("DisruptionAllowed"))
        .find(|known| known.get("status").and_then(Value::as_str) == Some(state))
        .and_then(|known| known.get("lastTransitionTime").cloned())
        .unwrap_or_else(|| Value::from(create::now()));
    json!({
        "type": "DisruptionAllowed", "status": state, "reason": reason, "message": "",
        "lastTransitionTime": since, "observedGeneration": budget["metadata"]["generation"],
    })
}

/// Pods that were evicted, are still there, and whose time is not over.
fn still_disrupted(budget: &Value, pods: &[Value], now: DateTime<Utc>) -> Map<String, Value> {
    let Some(known) = budget.pointer("/status/disruptedPods").and_then(Value::as_object) else {
        return Map::new();
    };
    let is_recent = |time: &Value| {
        let time = time.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        time.is_some_and(|time| time.with_timezone(&Utc) + DISRUPTED_FOR > now)
    };
    let waits = |name: &str| pods.iter().any(|pod| object::name(pod) == name && !object::is_deleting(pod));
    known
        .iter()
        .filter(|(name, time)| waits(name) && is_recent(time))
        .map(|(name, time)| (name.clone(), time.clone()))
        .collect()
}

/// How many pods there should be, and how many of them must be healthy.
fn expectation(kernel: &Kernel, budget: &Value, pods: &[Value]) -> (i64, i64) {
    let count = i64::try_from(pods.len()).unwrap_or(i64::MAX);
    let (most, least) = (budget.pointer("/spec/maxUnavailable"), budget.pointer("/spec/minAvailable"));
    match (most, least) {
        (Some(most), _) => {
            let expected = scale(kernel, budget, pods);
            (expected, (expected - resolved(most, expected)).max(0))
        }
        (None, Some(Value::Number(least))) => (count, least.as_i64().unwrap_or_default()),
        (None, Some(least)) => {
            let expected = scale(kernel, budget, pods);
            (expected, resolved(least, expected))
        }
        // Without either, Kubernetes takes one pod to have to stay.
        (None, None) => (count, 1),
    }
}

/// A number, or a percentage of a number, rounded up.
fn resolved(value: &Value, of: i64) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or_default(),
        Value::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or_default();
            of.saturating_mul(percent).saturating_add(99) / 100
        }
        _ => 0,
    }
}

/// How many pods the controllers of these pods want together.
fn scale(kernel: &Kernel, budget: &Value, pods: &[Value]) -> i64 {
    let namespace = object::namespace(budget);
    let mut seen = BTreeSet::new();
    let mut sum: i64 = 0;
    for pod in pods {
        let Some(owner) = controller(kernel, namespace, pod) else { continue };
        // The scale of a ReplicaSet is that of the Deployment around it.
        let owner = controller(kernel, namespace, &owner).unwrap_or(owner);
        if seen.insert(object::uid(&owner).to_owned()) {
            let replicas = owner.pointer("/spec/replicas").and_then(Value::as_i64);
            sum = sum.saturating_add(replicas.unwrap_or_default());
        }
    }
    sum
}

/// The object that controls an object, if it is stored and can be scaled.
fn controller(kernel: &Kernel, namespace: &str, dependent: &Value) -> Option<Value> {
    let owners = dependent.pointer("/metadata/ownerReferences")?.as_array()?;
    let owner = owners.iter().find(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true))?;
    let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
    let api_version = text("apiVersion");
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let picture = kernel.registry.now();
    let resource = picture.find_kind(group, version, text("kind"))?;
    resource.scale.as_ref()?;
    let key = Key::new(resource.id.clone(), namespace, text("name"));
    let value = kernel.store.get(&key)?.value().ok()?;
    (object::uid(&value) == text("uid")).then_some(value)
}
