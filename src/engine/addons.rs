//! The bundles of addons that we have: what is applied in a cluster for each.
//!
//! They are minimal on purpose: the workloads that a cluster cannot do without, each with one image. An operator's own
//! bundles come later; a Release that names one that is not here says so in its condition.

use k8s_openapi::api::apps::v1::{DaemonSet, Deployment};
use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::core::{ApiResource, DynamicObject};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::api::addon::AddonSpec;
use crate::api::names::TAINT_STARTING;
use crate::planning::observation::addon::Bundle;
use crate::workload::objects::{ADDON, ADDON_HASH, ADDON_VERSION};

/// The namespace of all addons.
pub const NAMESPACE: &str = "kube-system";
/// The Secret that holds the storage's credential inside a cluster.
pub const CREDENTIAL: &str = "kaasboard-storage";
/// The version of the bundles that we have.
const VERSION: &str = "1";
/// The value that replaces a bundle's image.
const IMAGE: &str = "image";

/// A bundle with a cluster's values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The hash of all of it.
    pub hash: String,
    /// The objects, in the order in which they are applied.
    pub objects: Vec<Value>,
    /// Whether it needs the storage's credential.
    pub needs_credential: bool,
}

impl Rendered {
    /// What the planner needs to know of it.
    pub fn summary(&self) -> Bundle {
        Bundle {
            hash: self.hash.clone(),
            objects: u32::try_from(self.objects.len()).unwrap_or(u32::MAX),
            needs_credential: self.needs_credential,
        }
    }
}

/// Whether there is a bundle.
pub fn is_known(name: &str, version: &str) -> bool {
    version == VERSION && matches!(name, "cni" | "ccm" | "csi" | "ingress-proxy")
}

/// Whether an addon needs the storage's credential in its cluster: CSI drivers do.
pub fn needs_credential(name: &str) -> bool {
    name == "csi"
}

/// The bundle of an addon, or why there is none.
pub fn render(spec: &AddonSpec) -> Result<Rendered, String> {
    let (name, version) = (spec.name.as_str(), spec.version.as_str());
    if !is_known(name, version) {
        return Err(format!("there is no bundle of {name} {version}"));
    }
    let values = serde_json::to_value(&spec.values).unwrap_or_default();
    let empty = serde_json::Map::new();
    let values = values.as_object().unwrap_or(&empty);
    if let Some(unknown) = values.keys().find(|key| *key != IMAGE) {
        return Err(format!("{name} has no value {unknown}; it has: {IMAGE}"));
    }
    let usual = format!("registry.k8s.io/kaasboard/{name}:v{version}");
    let image = values.get(IMAGE).and_then(Value::as_str).unwrap_or(&usual);
    let mut objects = match name {
        "cni" => cni(image),
        "ccm" => ccm(image),
        "csi" => csi(image),
        _ => ingress_proxy(image),
    };
    let hash = digest(&objects);
    for object in &mut objects {
        object["metadata"]["labels"] = json!({ ADDON: name });
        object["metadata"]["annotations"] = json!({ ADDON_HASH: hash, ADDON_VERSION: version });
    }
    Ok(Rendered { hash, objects, needs_credential: needs_credential(name) })
}

/// The resource of an object of a bundle.
pub fn resource(object: &Value) -> ApiResource {
    match object["kind"].as_str() {
        Some("DaemonSet") => ApiResource::erase::<DaemonSet>(&()),
        Some("Deployment") => ApiResource::erase::<Deployment>(&()),
        Some("StorageClass") => ApiResource::erase::<StorageClass>(&()),
        Some("Secret") => ApiResource::erase::<Secret>(&()),
        _ => ApiResource::erase::<ServiceAccount>(&()),
    }
}

/// Whether all that `wanted` says is so in `found`, which may say more. Lists must be as long as wanted.
pub fn is_within(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            wanted.iter().all(|(key, value)| found.get(key).is_some_and(|found| is_within(value, found)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| is_within(wanted, found))
        }
        (wanted, found) => wanted == found,
    }
}

/// Whether a workload runs as wanted; of other objects there is nothing to run.
pub fn is_healthy(object: &DynamicObject) -> bool {
    let (spec, status) = (&object.data["spec"], &object.data["status"]);
    let count = |value: &Value| value.as_i64().unwrap_or(0);
    match object.types.as_ref().map(|types| types.kind.as_str()) {
        Some("DaemonSet") => {
            count(&status["numberReady"]) >= count(&status["desiredNumberScheduled"])
                && status["observedGeneration"].as_i64() == object.metadata.generation
        }
        Some("Deployment") => count(&status["readyReplicas"]) >= spec["replicas"].as_i64().unwrap_or(1),
        _ => true,
    }
}

fn cni(image: &str) -> Vec<Value> {
    vec![account("cni"), daemon_set("cni", image, json!({}), true)]
}

fn ccm(image: &str) -> Vec<Value> {
    vec![account("ccm"), deployment("ccm", image)]
}

fn csi(image: &str) -> Vec<Value> {
    let class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": { "name": "kaasboard", },
        "provisioner": "csi.kaasboard.dev", "volumeBindingMode": "WaitForFirstConsumer",
    });
    vec![
        account("csi"),
        class,
        deployment("csi-controller", image),
        daemon_set("csi", image, json!({}), true),
    ]
}

fn ingress_proxy(image: &str) -> Vec<Value> {
    let only_ingress = json!({ "kaasboard.dev/role": "ingress" });
    vec![account("ingress-proxy"), daemon_set("ingress-proxy", image, only_ingress, true)]
}

fn account(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": { "name": name, "namespace": NAMESPACE },
    })
}

/// A workload that has to run before a node may take others tolerates every taint.
fn pod(name: &str, image: &str, selector: Value, everywhere: bool) -> Value {
    let tolerations = if everywhere {
        json!([{ "operator": "Exists" }])
    } else {
        json!([
            { "key": "node-role.kubernetes.io/control-plane", "operator": "Exists" },
            { "key": TAINT_STARTING, "operator": "Exists" },
        ])
    };
    let mut pod = json!({
        "metadata": { "labels": { "app": name } },
        "spec": {
            "serviceAccountName": name.trim_end_matches("-controller"),
            "containers": [{ "name": name, "image": image }],
            "tolerations": tolerations,
        },
    });
    if selector.as_object().is_some_and(|labels| !labels.is_empty()) {
        pod["spec"]["nodeSelector"] = selector;
    }
    pod
}

fn daemon_set(name: &str, image: &str, selector: Value, everywhere: bool) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "selector": { "matchLabels": { "app": name } },
            "template": pod(name, image, selector, everywhere),
        },
    })
}

fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": NAMESPACE },
        "spec": {
            "replicas": 1,
            "selector": { "matchLabels": { "app": name } },
            "template": pod(name, image, json!({}), false),
        },
    })
}

fn digest(objects: &[Value]) -> String {
    use std::fmt::Write;
    let mut hasher = Sha256::new();
    for object in objects {
        hasher.update(object.to_string());
    }
    hasher.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
