//! What Kubernetes refuses of built-in types beyond wrong types, as far as clients run into it.
//!
//! Source: `pkg/apis/*/validation` of Kubernetes. It is a part: enough that an object which cannot work in a real
//! cluster for a plain reason (a container without an image, a selector that its pods do not match) is refused here
//! in the same words.

use serde_json::Value;

use crate::manager::status::{Cause, CauseReason};

/// The most bytes in the data of a Secret or a ConfigMap (`MaxSecretSize`).
const MOST_DATA_BYTES: usize = 1024 * 1024;

/// What is wrong with an object of a kind of a group.
pub fn check(group: &str, kind: &str, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    match (group, kind) {
        ("", "Pod") => pod(object.get("spec"), "spec", &mut causes),
        ("", "Service") => service(object, &mut causes),
        ("", "Event") => event(object, &mut causes),
        ("coordination.k8s.io", "Lease") => lease(object, &mut causes),
        ("", "Secret" | "ConfigMap") => data(object, &mut causes),
        ("", "PersistentVolumeClaim") => claim(object, &mut causes),
        ("apps", "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet") => workload(object, &mut causes),
        ("batch", "Job") => pod(object.pointer("/spec/template/spec"), "spec.template.spec", &mut causes),
        ("policy", "PodDisruptionBudget") => budget(object, &mut causes),
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(object, &mut causes),
        _ => {}
    }
    causes
}

/// An Event is where the object is that it is about; Events about objects without a namespace are in `default`.
fn event(object: &Value, causes: &mut Vec<Cause>) {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
    let involved = object.pointer("/involvedObject/namespace").and_then(Value::as_str).unwrap_or_default();
    let fits = if involved.is_empty() {
        matches!(namespace, "default" | "kube-system")
    } else {
        involved == namespace
    };
    // The newer form of Events calls it `regarding`, and is checked when it is read as the stored one.
    if !fits && object.get("regarding").is_none() {
        causes.push(invalid(
            "involvedObject.namespace",
            &format!("{involved:?}"),
            "does not match event.namespace",
        ));
    }
}

fn lease(object: &Value, causes: &mut Vec<Cause>) {
    let number = |field: &str| object.pointer(&format!("/spec/{field}")).and_then(Value::as_i64);
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        causes.push(invalid("spec.leaseDurationSeconds", &seconds.to_string(), "must be greater than 0"));
    }
    if let Some(count) = number("leaseTransitions").filter(|count| *count < 0) {
        causes.push(invalid(
            "spec.leaseTransitions",
            &count.to_string(),
            "must be greater than or equal to 0",
        ));
    }
}

fn pod(spec: Option<&Value>, path: &str, causes: &mut Vec<Cause>) {
    let containers = spec.and_then(|spec| spec.get("containers")).and_then(Value::as_array);
    let Some(containers) = containers.filter(|containers| !containers.is_empty()) else {
        causes.push(required(&format!("{path}.containers"), ""));
        return;
    };
    let mut names: Vec<&str> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        let path = format!("{path}.containers[{index}]");
        let name = text(container, "name");
        if name.is_empty() {
            causes.push(required(&format!("{path}.name"), ""));
        } else if names.contains(&name) {
            let message = format!("Duplicate value: \"{name}\"");
            causes.push(Cause::new(CauseReason::FieldValueDuplicate, format!("{path}.name"), message));
        }
        names.push(name);
        if text(container, "image").is_empty() {
            causes.push(required(&format!("{path}.image"), ""));
        }
    }
}

fn workload(object: &Value, causes: &mut Vec<Cause>) {
    let selector = object.pointer("/spec/selector");
    let wanted = selector.and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
    let expressions =
        selector.and_then(|selector| selector.get("matchExpressions")).and_then(Value::as_array);
    if selector.is_none() {
        causes.push(required("spec.selector", ""));
    } else if wanted.is_none_or(|labels| labels.is_empty()) && expressions.is_none_or(|all| all.is_empty()) {
        let kind = text(object, "kind").to_lowercase();
        let why = format!("empty selector is invalid for {kind}");
        causes.push(invalid("spec.selector", &show(selector), &why));
    }
    let labels = object.pointer("/spec/template/metadata/labels");
    let missed = wanted
        .into_iter()
        .flatten()
        .any(|(key, value)| labels.and_then(|labels| labels.get(key)) != Some(value));
    if missed {
        let why = "`selector` does not match template `labels`";
        causes.push(invalid("spec.template.metadata.labels", &show(labels), why));
    }
    if let Some(replicas) =
        object.pointer("/spec/replicas").and_then(Value::as_i64).filter(|count| *count < 0)
    {
        causes.push(invalid("spec.replicas", &replicas.to_string(), "must be greater than or equal to 0"));
    }
    pod(object.pointer("/spec/template/spec"), "spec.template.spec", causes);
}

fn service(object: &Value, causes: &mut Vec<Cause>) {
    let external = object.pointer("/spec/type").and_then(Value::as_str) == Some("ExternalName");
    let headless = object.pointer("/spec/clusterIP").and_then(Value::as_str) == Some("None");
    let ports = object.pointer("/spec/ports").and_then(Value::as_array);
    if ports.is_none_or(|ports| ports.is_empty()) && !external && !headless {
        causes.push(required("spec.ports", ""));
    }
    let several = ports.is_some_and(|ports| ports.len() > 1);
    for (index, port) in ports.into_iter().flatten().enumerate() {
        let number = port.get("port").and_then(Value::as_i64).unwrap_or_default();
        if !(1..=65535).contains(&number) {
            let why = "must be between 1 and 65535, inclusive";
            causes.push(invalid(&format!("spec.ports[{index}].port"), &number.to_string(), why));
        }
        if several && text(port, "name").is_empty() {
            causes.push(required(&format!("spec.ports[{index}].name"), ""));
        }
    }
}

fn data(object: &Value, causes: &mut Vec<Cause>) {
    let mut bytes = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in object.get(field).and_then(Value::as_object).into_iter().flatten() {
            bytes += value.as_str().map_or(0, str::len);
            if !is_config_key(key) {
                let why = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
                causes.push(invalid(&format!("{field}[{key}]"), &format!("\"{key}\""), why));
            }
        }
    }
    let is_secret = text(object, "kind") == "Secret";
    if bytes > MOST_DATA_BYTES {
        let message = format!("Too long: may not be more than {MOST_DATA_BYTES} bytes");
        let field = if is_secret { "data" } else { "[]" };
        causes.push(Cause::new(CauseReason::FieldValueTooLong, field, message));
    }
    let has = |field: &str, key: &str| object.get(field).and_then(|data| data.get(key)).is_some();
    for (key, _) in object.get("data").and_then(Value::as_object).into_iter().flatten() {
        if has("binaryData", key) {
            let why = "duplicate of key present in binaryData";
            causes.push(invalid(&format!("data[{key}]"), &format!("{key:?}"), why));
        }
    }
    if is_secret && text(object, "type") == "kubernetes.io/tls" {
        for key in ["tls.crt", "tls.key"].into_iter().filter(|key| !has("data", key)) {
            causes.push(required(&format!("data[{key}]"), ""));
        }
    }
}

fn claim(object: &Value, causes: &mut Vec<Cause>) {
    let modes = object.pointer("/spec/accessModes").and_then(Value::as_array);
    if modes.is_none_or(|modes| modes.is_empty()) {
        causes.push(required("spec.accessModes", "at least 1 access mode is required"));
    }
    if object.pointer("/spec/resources/requests/storage").is_none() {
        causes.push(required("spec.resources[storage]", ""));
    }
}

fn budget(object: &Value, causes: &mut Vec<Cause>) {
    let spec = object.get("spec");
    let has = |field: &str| spec.and_then(|spec| spec.get(field)).is_some();
    if has("minAvailable") && has("maxUnavailable") {
        let why = "minAvailable and maxUnavailable cannot be both set";
        causes.push(invalid("spec", &show(spec), why));
    }
}

fn binding(object: &Value, causes: &mut Vec<Cause>) {
    let role = object.get("roleRef");
    let kind = role.map_or("", |role| text(role, "kind"));
    if !matches!(kind, "Role" | "ClusterRole") {
        let message = format!("Unsupported value: \"{kind}\": supported values: \"ClusterRole\", \"Role\"");
        causes.push(Cause::new(CauseReason::FieldValueNotSupported, "roleRef.kind", message));
    }
    if role.map_or("", |role| text(role, "name")).is_empty() {
        causes.push(required("roleRef.name", ""));
    }
}

fn is_config_key(key: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !key.is_empty() && key.len() <= 253 && key != "." && !key.starts_with("..") && key.bytes().all(allowed)
}

fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A value as an error shows it.
pub(super) fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "null".to_owned(), Value::to_string)
}

fn required(field: &str, detail: &str) -> Cause {
    let message =
        if detail.is_empty() { "Required value".to_owned() } else { format!("Required value: {detail}") };
    Cause::new(CauseReason::FieldValueRequired, field, message)
}

/// A value that may not be there, and why.
pub(super) fn invalid(field: &str, value: &str, why: &str) -> Cause {
    Cause::new(CauseReason::FieldValueInvalid, field, format!("Invalid value: {value}: {why}"))
}

/// A field that may not be there, or not change, and why.
pub(super) fn forbidden(field: &str, why: &str) -> Cause {
    Cause::new(CauseReason::FieldValueForbidden, field, format!("Forbidden: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(group: &str, kind: &str, object: &Value) -> Vec<String> {
        check(group, kind, object).iter().map(Cause::to_string).collect()
    }

    #[test]
    fn what_cannot_work_is_refused() {
        let pod = json!({ "spec": { "containers": [{ "name": "a" }, { "name": "a", "image": "i" }] } });
        assert_eq!(
            said("", "Pod", &pod),
            ["spec.containers[0].image: Required value", "spec.containers[1].name: Duplicate value: \"a\""]
        );
        let deployment = json!({ "kind": "Deployment", "spec": {
            "selector": { "matchLabels": { "app": "a" } },
            "template": { "metadata": { "labels": { "app": "b" } }, "spec": { "containers": [{ "name": "c", "image": "i" }] } },
        }});
        let why = "spec.template.metadata.labels: Invalid value: {\"app\":\"b\"}: `selector` does not match template `labels`";
        assert_eq!(said("apps", "Deployment", &deployment), [why]);
    }
}
