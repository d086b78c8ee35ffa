//! What Kubernetes fills into objects of built-in types, as far as clients rely on it.
//!
//! Source: `SetDefaults_*` in Kubernetes' `pkg/apis/*/v1/defaults.go`, and the strategies in `pkg/registry`. Left
//! out is what something that does not run here would fill in: cluster IPs, node ports, tolerations.

use serde_json::{Map, Value, json};

/// Fills in an object of a kind of a group, before it is created or replaced.
pub fn fill(group: &str, kind: &str, object: &mut Value) {
    match (group, kind) {
        ("", "Pod") => pod(object.get_mut("spec")),
        ("", "Secret") => missing(object, &json!({ "type": "Opaque" })),
        ("", "Service") => service(object),
        ("", "PersistentVolume") => {
            let spec = json!({ "persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem" });
            missing(object, &json!({ "spec": spec }));
        }
        ("", "PersistentVolumeClaim") => missing(object, &json!({ "spec": { "volumeMode": "Filesystem" } })),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => {
            missing(object, &json!({ "spec": { "replicas": 1 } }));
            template(object);
        }
        ("apps", "Deployment") => deployment(object),
        ("apps", "DaemonSet") => daemon_set(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("batch", "Job") => job(object.get_mut("spec")),
        ("batch", "CronJob") => cron_job(object),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            missing(object, &json!({ "spec": { "minReplicas": 1 } }))
        }
        ("storage.k8s.io", "StorageClass") => {
            missing(object, &json!({ "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate" }));
        }
        ("storage.k8s.io", "CSIDriver") => csi_driver(object),
        ("networking.k8s.io", "NetworkPolicy") => network_policy(object),
        ("scheduling.k8s.io", "PriorityClass") => {
            missing(object, &json!({ "preemptionPolicy": "PreemptLowerPriority" }));
        }
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => binding(object),
        _ => {}
    }
}

/// Fills in what only a new object gets: the state that it begins in.
pub fn begin(group: &str, kind: &str, object: &mut Value) {
    match (group, kind) {
        ("", "Namespace") => {
            missing(object, &json!({ "spec": { "finalizers": ["kubernetes"] } }));
            object["status"] = json!({ "phase": "Active" });
        }
        ("", "Pod") => {
            let class = quality_of_service(object);
            object["status"] = json!({ "phase": "Pending", "qosClass": class });
        }
        ("", "PersistentVolume" | "PersistentVolumeClaim") => {
            object["status"] = json!({ "phase": "Pending" })
        }
        ("", "Service") => object["status"] = json!({ "loadBalancer": {} }),
        _ => {}
    }
}

/// Sets the fields of `defaults` that `object` does not have, in depth; what is there stays.
fn missing(object: &mut Value, defaults: &Value) {
    let (Some(fields), Some(defaults)) = (object.as_object_mut(), defaults.as_object()) else { return };
    for (field, default) in defaults {
        match fields.get_mut(field) {
            Some(Value::Null) | None => {
                fields.insert(field.clone(), default.clone());
            }
            Some(present) => missing(present, default),
        }
    }
}

fn template(object: &mut Value) {
    pod(object.pointer_mut("/spec/template/spec"));
}

fn deployment(object: &mut Value) {
    let spec = json!({
        "replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600,
        "strategy": { "type": "RollingUpdate" },
    });
    missing(object, &json!({ "spec": spec }));
    if object.pointer("/spec/strategy/type").and_then(Value::as_str) == Some("RollingUpdate") {
        let rolling = json!({ "rollingUpdate": { "maxSurge": "25%", "maxUnavailable": "25%" } });
        missing(object, &json!({ "spec": { "strategy": rolling } }));
    }
    template(object);
}

fn daemon_set(object: &mut Value) {
    let spec = json!({ "revisionHistoryLimit": 10, "updateStrategy": { "type": "RollingUpdate" } });
    missing(object, &json!({ "spec": spec }));
    if object.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("RollingUpdate") {
        let rolling = json!({ "rollingUpdate": { "maxSurge": 0, "maxUnavailable": 1 } });
        missing(object, &json!({ "spec": { "updateStrategy": rolling } }));
    }
    template(object);
}

fn stateful_set(object: &mut Value) {
    let spec = json!({
        "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
        "updateStrategy": { "type": "RollingUpdate" },
        "persistentVolumeClaimRetentionPolicy": { "whenDeleted": "Retain", "whenScaled": "Retain" },
    });
    missing(object, &json!({ "spec": spec }));
    if object.pointer("/spec/updateStrategy/type").and_then(Value::as_str) == Some("RollingUpdate") {
        missing(object, &json!({ "spec": { "updateStrategy": { "rollingUpdate": { "partition": 0 } } } }));
    }
    template(object);
}

fn job(spec: Option<&mut Value>) {
    let Some(spec) = spec else { return };
    if spec.get("completions").is_none() && spec.get("parallelism").is_none() {
        missing(spec, &json!({ "completions": 1 }));
    }
    let rest = json!({
        "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
        "manualSelector": false, "podReplacementPolicy": "TerminatingOrFailed",
    });
    missing(spec, &rest);
    pod(spec.pointer_mut("/template/spec"));
}

fn cron_job(object: &mut Value) {
    let spec = json!({
        "concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    });
    missing(object, &json!({ "spec": spec }));
    pod(object.pointer_mut("/spec/jobTemplate/spec/template/spec"));
}

fn service(object: &mut Value) {
    let spec = json!({ "type": "ClusterIP", "sessionAffinity": "None", "internalTrafficPolicy": "Cluster" });
    missing(object, &json!({ "spec": spec }));
    // `None`, or an address that the client chose.
    if let Some(address) = object.pointer("/spec/clusterIP").filter(|address| **address != json!("")).cloned()
    {
        missing(object, &json!({ "spec": { "clusterIPs": [address] } }));
    }
    for port in items(object.pointer_mut("/spec/ports")) {
        let target = port.get("port").cloned().unwrap_or_default();
        missing(port, &json!({ "protocol": "TCP", "targetPort": target }));
    }
}

fn csi_driver(object: &mut Value) {
    let spec = json!({
        "attachRequired": true, "podInfoOnMount": false, "storageCapacity": false, "requiresRepublish": false,
        "seLinuxMount": false, "fsGroupPolicy": "ReadWriteOnceWithFSType",
        "volumeLifecycleModes": ["Persistent"],
    });
    missing(object, &json!({ "spec": spec }));
}

fn network_policy(object: &mut Value) {
    let has_egress = object.pointer("/spec/egress").is_some();
    let types = if has_egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    missing(object, &json!({ "spec": { "policyTypes": types } }));
}

fn binding(object: &mut Value) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    missing(object, &json!({ "roleRef": { "apiGroup": GROUP } }));
    for subject in items(object.get_mut("subjects")) {
        let group = if subject["kind"] == "ServiceAccount" { "" } else { GROUP };
        missing(subject, &json!({ "apiGroup": group }));
        if group.is_empty() {
            // An empty group is not shown.
            subject.as_object_mut().map(|fields| fields.remove("apiGroup"));
        }
    }
}

/// A pod's spec, alone or in a template.
fn pod(spec: Option<&mut Value>) {
    let Some(spec) = spec else { return };
    let all = json!({
        "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30, "securityContext": {},
    });
    missing(spec, &all);
    for list in ["containers", "initContainers"] {
        for container in items(spec.get_mut(list)) {
            fill_container(container);
        }
    }
    for volume in items(spec.get_mut("volumes")) {
        for source in ["secret", "configMap", "projected", "downwardAPI"] {
            if let Some(source) = volume.get_mut(source) {
                missing(source, &json!({ "defaultMode": 0o644 }));
            }
        }
    }
}

fn fill_container(container: &mut Value) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let tag = image.rsplit('/').next().and_then(|name| name.split_once(':')).map(|(_, tag)| tag);
    let moving = !image.contains('@') && tag.is_none_or(|tag| tag == "latest");
    let policy = if moving { "Always" } else { "IfNotPresent" };
    let all = json!({
        "imagePullPolicy": policy, "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File", "resources": {},
    });
    missing(container, &all);
    for port in items(container.get_mut("ports")) {
        missing(port, &json!({ "protocol": "TCP" }));
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.get_mut(probe) else { continue };
        let all = json!({
            "timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3,
        });
        missing(probe, &all);
        if let Some(get) = probe.get_mut("httpGet") {
            missing(get, &json!({ "path": "/", "scheme": "HTTP" }));
        }
    }
    for variable in items(container.get_mut("env")) {
        if let Some(field) = variable.pointer_mut("/valueFrom/fieldRef") {
            missing(field, &json!({ "apiVersion": "v1" }));
        }
    }
}

/// The quality of service class of a pod: what is evicted first when memory runs out.
///
/// Source: Kubernetes' documentation, "Pod Quality of Service Classes".
fn quality_of_service(pod: &Value) -> &'static str {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let containers: Vec<&Value> = containers.into_iter().flatten().collect();
    let part = |container: &Value, part: &str| -> Map<String, Value> {
        let found = container.pointer(&format!("/resources/{part}"));
        found.and_then(Value::as_object).cloned().unwrap_or_default()
    };
    if containers.iter().all(|one| part(one, "requests").is_empty() && part(one, "limits").is_empty()) {
        return "BestEffort";
    }
    let guaranteed = |container: &&Value| {
        let (requests, limits) = (part(container, "requests"), part(container, "limits"));
        ["cpu", "memory"].iter().all(|what| {
            let limit = limits.get(*what);
            limit.is_some() && requests.get(*what).is_none_or(|request| Some(request) == limit)
        })
    };
    if containers.iter().all(guaranteed) { "Guaranteed" } else { "Burstable" }
}

fn items(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_stays_and_what_is_missing_comes() {
        let mut object = json!({ "spec": {
            "replicas": 3, "strategy": { "type": "Recreate" },
            "template": { "spec": { "containers": [{ "name": "a", "image": "r.example:5000/a:v1" }, { "name": "b", "image": "b" }] } },
        }});
        fill("apps", "Deployment", &mut object);
        assert_eq!(object["spec"]["replicas"], 3);
        assert_eq!(object["spec"]["strategy"], json!({ "type": "Recreate" }));
        let containers = &object["spec"]["template"]["spec"]["containers"];
        assert_eq!(containers[0]["imagePullPolicy"], "IfNotPresent");
        assert_eq!(containers[1]["imagePullPolicy"], "Always");
    }

    #[test]
    fn the_quality_of_service_follows_from_requests_and_limits() {
        let class = |resources: Value| {
            let mut pod = json!({ "spec": { "containers": [{ "resources": resources }] } });
            begin("", "Pod", &mut pod);
            pod["status"]["qosClass"].clone()
        };
        assert_eq!(class(json!({})), "BestEffort");
        assert_eq!(class(json!({ "requests": { "cpu": "1" } })), "Burstable");
        assert_eq!(class(json!({ "limits": { "cpu": "1", "memory": "1Gi" } })), "Guaranteed");
    }
}
