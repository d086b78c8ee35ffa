//! Pods and what belongs to them as objects: made from templates, and what their kubelets say of them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::facts::{HASHES, WorkloadFacts, list};
use super::node_object::seconds;

/// The states of a node that the pods of a DaemonSet stay through.
const DAEMONS_STAY: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

/// What makes a pod from its template.
#[derive(Clone, Copy, Debug)]
pub(super) struct Maker<'a> {
    pub(super) set: &'a WorkloadFacts,
    pub(super) kind: &'a str,
    pub(super) hash: &'a str,
}

/// A pod from a template, with a name of its own or one that the API makes, on a node or on none yet.
pub(super) fn of_template(maker: &Maker<'_>, name: Option<&str>, node: Option<&str>) -> Value {
    let Maker { set, kind, hash } = maker;
    let mut template = set.spec()["template"].take();
    let mut labels = template["metadata"]["labels"].as_object().cloned().unwrap_or_default();
    let key = if *kind == "ReplicaSet" { HASHES[0] } else { HASHES[1] };
    labels.insert(key.to_owned(), json!(hash));
    let mut meta = json!({ "labels": labels, "ownerReferences": [owner(set, kind)] });
    match name {
        Some(name) => meta["name"] = json!(name),
        None => meta["generateName"] = json!(format!("{}-", set.name)),
    }
    if let Some(annotations) = template["metadata"].get("annotations") {
        meta["annotations"] = annotations.clone();
    }
    let mut spec = template["spec"].take();
    if let Some(node) = node {
        spec["nodeName"] = json!(node);
    }
    if *kind == "DaemonSet" {
        let mut tolerations = list(&spec["tolerations"]).to_vec();
        tolerations.extend(
            DAEMONS_STAY.map(|key| json!({ "key": key, "operator": "Exists", "effect": "NoExecute" })),
        );
        spec["tolerations"] = json!(tolerations);
    }
    if let Some(name) = name.filter(|_| *kind == "StatefulSet") {
        let claimed = set.claims.iter().map(|claim| {
            let source = json!({ "claimName": claim_name(claim, name) });
            json!({ "name": claim["metadata"]["name"], "persistentVolumeClaim": source })
        });
        spec["volumes"] = list(&spec["volumes"]).iter().cloned().chain(claimed).collect();
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec })
}

/// The name of the claim of a StatefulSet's pod.
pub(super) fn claim_name(template: &Value, pod: &str) -> String {
    format!("{}-{pod}", template["metadata"]["name"].as_str().unwrap_or_default())
}

/// The claim of a StatefulSet's pod.
pub(super) fn claim(set: &WorkloadFacts, template: &Value, pod: &str) -> Value {
    let labels = set.spec()["selector"].get("matchLabels").cloned().unwrap_or_else(|| json!({}));
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": claim_name(template, pod), "labels": labels }, "spec": template["spec"],
    })
}

/// The ReplicaSet of a Deployment's template.
pub(super) fn replica_set(deployment: &WorkloadFacts, name: &str) -> Value {
    let hash = json!(deployment.hash);
    let mut spec = deployment.spec();
    let (mut template, mut selector) = (spec["template"].take(), spec["selector"].take());
    template["metadata"]["labels"][HASHES[0]] = hash.clone();
    selector["matchLabels"][HASHES[0]] = hash;
    json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": name, "labels": template["metadata"]["labels"],
            "ownerReferences": [owner(deployment, "Deployment")],
        },
        "spec": { "replicas": deployment.replicas, "selector": selector, "template": template },
    })
}

/// The status of a pod whose containers run.
pub(super) fn running(pod: &Value, now: DateTime<Utc>) -> Value {
    let container = |container: &Value| {
        json!({
            "name": container["name"], "image": container["image"], "imageID": "", "ready": true,
            "started": true, "restartCount": 0, "state": { "running": { "startedAt": seconds(now) } },
        })
    };
    let containers: Vec<Value> = list(&pod["spec"]["containers"]).iter().map(container).collect();
    json!({ "status": {
        "phase": "Running", "startTime": seconds(now), "containerStatuses": containers,
        "conditions": conditions(&["PodScheduled", "Initialized", "ContainersReady", "Ready"], now),
    } })
}

/// The status of a pod that its kubelet put out, because the disk is full.
pub(super) fn put_out() -> Value {
    json!({ "status": {
        "phase": "Failed", "reason": "Evicted", "containerStatuses": [],
        "message": "The node was low on resource: ephemeral-storage.",
    } })
}

/// The conditions of a pod with one of them changed.
pub(super) fn with_condition(
    pod: &Value,
    kind: &str,
    is_true: bool,
    why: &[(&str, &str)],
    now: DateTime<Utc>,
) -> Value {
    let mut changed = Map::new();
    changed.insert("type".to_owned(), json!(kind));
    changed.insert("status".to_owned(), json!(if is_true { "True" } else { "False" }));
    changed.insert("lastProbeTime".to_owned(), Value::Null);
    changed.insert("lastTransitionTime".to_owned(), json!(seconds(now)));
    changed.extend(why.iter().map(|(field, text)| ((*field).to_owned(), json!(text))));
    let others = list(&pod["status"]["conditions"]).iter().filter(|condition| condition["type"] != kind);
    let all: Vec<Value> = others.cloned().chain([Value::Object(changed)]).collect();
    json!({ "status": { "conditions": all } })
}

fn conditions(kinds: &[&str], now: DateTime<Utc>) -> Vec<Value> {
    let condition = |kind: &&str| {
        json!({
            "type": kind, "status": "True", "lastProbeTime": null, "lastTransitionTime": seconds(now),
        })
    };
    kinds.iter().map(condition).collect()
}

fn owner(set: &WorkloadFacts, kind: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "name": set.name, "uid": set.uid, "controller": true,
        "blockOwnerDeletion": true,
    })
}
