//! A node as its kubelet registers it, and what it says of itself later.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

use super::body::Shown;
use super::start::{Registration, Taint};
use crate::simulation::world::ground::GroundServer;

/// The label and taint of control plane nodes.
const CONTROL_PLANE: &str = "node-role.kubernetes.io/control-plane";
/// The taint of a node that is not ready.
const NOT_READY: &str = "node.kubernetes.io/not-ready";
/// The taint of a node of which nothing is heard.
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that takes no new pods.
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
/// The taint of a node whose disk is full.
const FULL: &str = "node.kubernetes.io/disk-pressure";
/// The most pods on one node: kubelet's own default.
const MOST_PODS: u32 = 110;

/// The Node object of a server that joins a cluster of a version.
pub(super) fn node(
    server: &GroundServer,
    registration: &Registration,
    is_control_plane: bool,
    version: &str,
    now: DateTime<Utc>,
) -> Value {
    let Registration { name, labels, .. } = registration;
    let mut shown: Map<String, Value> =
        labels.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let mut label = |key: &str, value: &str| shown.insert(key.to_owned(), json!(value));
    label("kubernetes.io/hostname", name);
    label("kubernetes.io/os", "linux");
    label("kubernetes.io/arch", "amd64");
    label("node.kubernetes.io/instance-type", &server.flavor.name);
    if let Some(zone) = &server.zone {
        label("topology.kubernetes.io/zone", zone);
    }
    if is_control_plane {
        label(CONTROL_PLANE, "");
        label("node.kubernetes.io/exclude-from-external-load-balancers", "");
    }
    let mut taints = first_taints(registration, is_control_plane);
    taints.extend(state_taints(Shown::NoNetwork, false, false));
    let mut addresses: Vec<Value> = server
        .addresses
        .iter()
        .map(|address| json!({ "type": "InternalIP", "address": address.to_string() }))
        .collect();
    addresses.push(json!({ "type": "Hostname", "address": name }));
    let resources = json!({
        "cpu": server.flavor.cores.to_string(),
        "memory": format!("{}Mi", server.flavor.memory_mib),
        "ephemeral-storage": format!("{}Gi", server.flavor.disk_gib),
        "pods": MOST_PODS.to_string(),
    });
    json!({
        "apiVersion": "v1", "kind": "Node",
        "metadata": { "name": name, "labels": shown },
        "spec": { "providerID": provider_id(server), "taints": taints },
        "status": {
            "capacity": resources, "allocatable": resources, "addresses": addresses,
            "conditions": conditions(Shown::NoNetwork, now, now, None),
            "nodeInfo": {
                "machineID": server.id.as_str().replace('-', ""), "systemUUID": server.id.as_str(),
                "bootID": server.id.as_str(), "kernelVersion": "6.12.0", "osImage": server.image,
                "containerRuntimeVersion": "containerd://2.1.0",
                "kubeletVersion": kubelet_version(&server.image).unwrap_or(version), "kubeProxyVersion": "",
                "operatingSystem": "linux", "architecture": "amd64",
            },
            "daemonEndpoints": { "kubeletEndpoint": { "Port": 10250 } },
        },
    })
}

/// The name by which the cloud's controller finds a node's server.
pub(super) fn provider_id(server: &GroundServer) -> String {
    format!("openstack:///{}", server.id)
}

/// The conditions of a node that is so since a time, and was heard of last at another; and since when its disk is full.
pub(super) fn conditions(
    shown: Shown,
    since: DateTime<Utc>,
    heard: DateTime<Utc>,
    full: Option<DateTime<Utc>>,
) -> Value {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": seconds(heard), "lastTransitionTime": seconds(since),
        })
    };
    let lost = |kind| condition(kind, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.");
    let fine = |kind, reason, message| condition(kind, "False", reason, message);
    if shown == Shown::Unknown {
        return ["MemoryPressure", "DiskPressure", "PIDPressure", "Ready"].into_iter().map(lost).collect();
    }
    let no_network = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady \
                      message:Network plugin returns error: cni plugin not initialized";
    json!([
        fine("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        match full {
            None => fine("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            Some(full) => json!({
                "type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure",
                "message": "kubelet has disk pressure", "lastHeartbeatTime": seconds(heard),
                "lastTransitionTime": seconds(full),
            }),
        },
        fine("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        match shown {
            Shown::Ready => condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            Shown::NoNetwork | Shown::Unknown => condition("Ready", "False", "KubeletNotReady", no_network),
        },
    ])
}

/// The taints of a node with those that follow from its state brought up to date; nothing if they are.
pub(super) fn taints(node: &Value, shown: Shown, full: bool) -> Option<Value> {
    let now = node.pointer("/spec/taints").and_then(Value::as_array).cloned().unwrap_or_default();
    let is_cordoned = node.pointer("/spec/unschedulable") == Some(&Value::Bool(true));
    let follows =
        |taint: &Value| matches!(taint["key"].as_str(), Some(NOT_READY | UNREACHABLE | UNSCHEDULABLE | FULL));
    let same = |one: &Value, other: &Value| one["key"] == other["key"] && one["effect"] == other["effect"];
    let wanted = state_taints(shown, is_cordoned, full);
    let is_wanted = |taint: &Value| wanted.iter().any(|other| same(taint, other));
    let mut next: Vec<Value> =
        now.iter().filter(|taint| !follows(taint) || is_wanted(taint)).cloned().collect();
    let missing = wanted.iter().filter(|taint| !now.iter().any(|other| same(taint, other)));
    next.extend(missing.cloned());
    (next != now).then_some(Value::Array(next))
}

/// A time as `metav1.Time` has it.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn first_taints(registration: &Registration, is_control_plane: bool) -> Vec<Value> {
    let own = registration.taints.iter().flatten().map(|Taint { key, value, effect }| match value.as_str() {
        "" => json!({ "key": key, "effect": effect }),
        _ => json!({ "key": key, "value": value, "effect": effect }),
    });
    // kubeadm adds its own only where the configuration says nothing of taints.
    let default = is_control_plane && registration.taints.is_none();
    own.chain(default.then(|| json!({ "key": CONTROL_PLANE, "effect": "NoSchedule" }))).collect()
}

/// The taints that follow from a node's state, as the node lifecycle controller sets them.
fn state_taints(shown: Shown, is_cordoned: bool, full: bool) -> Vec<Value> {
    let key = match shown {
        Shown::NoNetwork => Some(NOT_READY),
        Shown::Unknown => Some(UNREACHABLE),
        Shown::Ready => None,
    };
    let effects = ["NoSchedule", "NoExecute"];
    let state = key.into_iter().flat_map(|key| effects.map(|effect| json!({ "key": key, "effect": effect })));
    let others = [(is_cordoned, UNSCHEDULABLE), (full, FULL)];
    let others = others.into_iter().filter(|(on, _)| *on);
    state.chain(others.map(|(_, key)| json!({ "key": key, "effect": "NoSchedule" }))).collect()
}

/// The version of the kubelet in an image, after whose name images are called (`…-v1.34.2`).
fn kubelet_version(image: &str) -> Option<&str> {
    let version = image.rsplit('-').next()?;
    let is_version = version.strip_prefix('v')?.split('.').all(|part| part.parse::<u32>().is_ok());
    is_version.then_some(version)
}
