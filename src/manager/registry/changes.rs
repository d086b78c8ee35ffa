//! Which fields of built-in types Kubernetes does not let change, as far as clients run into it.
//!
//! Source: the `Validate*Update` functions in `pkg/apis/*/validation` of Kubernetes.

use serde_json::Value;

use super::checks::{forbidden, invalid, show};
use crate::manager::status::Cause;

/// What may change in the spec of a StatefulSet.
const STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

/// What may change in the spec of a pod, beside the images of its containers.
const POD: [&str; 3] = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"];

/// What is wrong with a change of an object: fields that stay as they are.
pub fn check(group: &str, kind: &str, old: &Value, new: &Value) -> Vec<Cause> {
    let fixed: &[&str] = match (group, kind) {
        ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &["spec.selector"],
        ("batch", "Job") => &["spec.selector", "spec.completionMode"],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &["roleRef"],
        ("storage.k8s.io", "StorageClass") => &["provisioner", "reclaimPolicy", "volumeBindingMode"],
        ("", "Secret") => &["type"],
        _ => &[],
    };
    let mut causes: Vec<Cause> = fixed
        .iter()
        .filter(|path| at(old, path) != at(new, path))
        .map(|path| invalid(path, &show(at(new, path)), "field is immutable"))
        .collect();
    match (group, kind) {
        ("", "Secret" | "ConfigMap") => frozen(old, new, &mut causes),
        _ => causes.extend(spec(group, kind, old, new)),
    }
    causes
}

/// A Secret or ConfigMap that was made immutable stays as it is, for good.
fn frozen(old: &Value, new: &Value, causes: &mut Vec<Cause>) {
    if old.get("immutable") != Some(&Value::Bool(true)) {
        return;
    }
    if new.get("immutable") != Some(&Value::Bool(true)) {
        causes.push(forbidden("immutable", "field is immutable when `immutable` is set"));
    }
    for field in ["data", "binaryData"] {
        if old.get(field) != new.get(field) {
            causes.push(forbidden(field, "field is immutable when `immutable` is set"));
        }
    }
}

/// Specs of which only some fields may change.
fn spec(group: &str, kind: &str, old: &Value, new: &Value) -> Option<Cause> {
    let (kept, why): (fn(&Value, &Value) -> Value, _) = match (group, kind) {
        ("apps", "StatefulSet") => (
            |object, _| without(object, &STATEFUL_SET),
            "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', \
             'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and \
             'minReadySeconds' are forbidden",
        ),
        ("", "Pod") => (
            kept_of_pod,
            "pod updates may not change fields other than `spec.containers[*].image`,\
             `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
             existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
             previously negative)",
        ),
        ("", "PersistentVolumeClaim") => (
            kept_of_claim,
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for \
             bound claims",
        ),
        _ => return None,
    };
    (kept(old, old) != kept(new, old)).then(|| forbidden("spec", why))
}

/// The spec without the fields of these names.
fn without(object: &Value, fields: &[&str]) -> Value {
    let mut spec = object.get("spec").cloned().unwrap_or_default();
    if let Some(map) = spec.as_object_mut() {
        map.retain(|name, _| !fields.contains(&name.as_str()));
    }
    spec
}

/// What stays in the spec of a pod. A binding gives a pod that has no node one.
fn kept_of_pod(object: &Value, old: &Value) -> Value {
    let mut kept = without(object, &POD);
    if at(old, "spec.nodeName").is_none() {
        remove(&mut kept, "nodeName");
    }
    for list in ["containers", "initContainers"] {
        for container in kept.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            remove(container, "image");
        }
    }
    kept
}

/// What stays in the spec of a claim. A claim that has no volume or class yet is given one.
fn kept_of_claim(object: &Value, old: &Value) -> Value {
    let mut kept = without(object, &[]);
    for field in ["volumeName", "storageClassName"] {
        if at(old, &format!("spec.{field}")).is_none() {
            remove(&mut kept, field);
        }
    }
    if at(old, "status.phase").and_then(Value::as_str) == Some("Bound") {
        remove(&mut kept, "volumeAttributesClassName");
        if let Some(resources) = kept.get_mut("resources") {
            remove(resources, "requests");
        }
    }
    kept
}

fn remove(object: &mut Value, field: &str) {
    if let Some(map) = object.as_object_mut() {
        map.remove(field);
    }
}

fn at<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(object, |value, field| value.get(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Whether the spec of an object may become the other.
    fn may(group: &str, kind: &str, old: &Value, new: &Value) -> bool {
        let bound = |spec: &Value| json!({ "spec": spec, "status": { "phase": "Bound" } });
        check(group, kind, &bound(old), &bound(new)).is_empty()
    }

    #[test]
    fn what_is_immutable_stays() {
        let old = json!({ "immutable": true, "data": { "a": "b" } });
        let new = json!({ "immutable": true, "data": { "a": "c" } });
        let causes = check("", "ConfigMap", &old, &new);
        assert_eq!(causes.len(), 1);
        assert_eq!(causes[0].to_string(), "data: Forbidden: field is immutable when `immutable` is set");
    }

    #[test]
    fn of_some_specs_a_part_may_change() {
        let pod = json!({ "containers": [{ "name": "a", "image": "i" }], "nodeName": "n" });
        assert!(may(
            "",
            "Pod",
            &pod,
            &json!({ "containers": [{ "name": "a", "image": "j" }], "nodeName": "n" })
        ));
        assert!(!may(
            "",
            "Pod",
            &pod,
            &json!({ "containers": [{ "name": "a", "image": "i" }], "nodeName": "m" })
        ));
        assert!(!may(
            "",
            "Pod",
            &pod,
            &json!({ "containers": [{ "name": "b", "image": "i" }], "nodeName": "n" })
        ));
        assert!(may("", "Pod", &json!({}), &json!({ "nodeName": "n" })));
        let set = json!({ "replicas": 1, "serviceName": "a" });
        assert!(may("apps", "StatefulSet", &set, &json!({ "replicas": 2, "serviceName": "a" })));
        assert!(!may("apps", "StatefulSet", &set, &json!({ "replicas": 1, "serviceName": "b" })));
        let claim =
            json!({ "resources": { "requests": { "storage": "1Gi" } }, "accessModes": ["ReadWriteOnce"] });
        let grown = json!({ "resources": { "requests": { "storage": "2Gi" } }, "accessModes": ["ReadWriteOnce"], "volumeName": "v" });
        assert!(may("", "PersistentVolumeClaim", &claim, &grown));
        assert!(!may("", "PersistentVolumeClaim", &grown, &claim));
        let wait = |spec: &Value| json!({ "spec": spec });
        assert_eq!(check("", "PersistentVolumeClaim", &wait(&claim), &wait(&grown)).len(), 1);
    }
}
