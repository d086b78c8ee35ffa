//! Volumes of claims: bound when a pod needs them, attached to one node at a time, detached when that is safe.
//!
//! Source of the rules: Kubernetes' attach-detach controller (`pkg/controller/volume/attachdetach`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::facts::{Memory, NodeFacts, PodFacts, text};
use super::fit;
use super::kube::{Kube, Place};
use super::pods::Kubelet;
use super::state::sooner;
use crate::manager::object;
use crate::manager::store::entry::Entry;

/// How long a volume stays attached to a node of which nothing is heard, after its last pod is gone: Kubernetes'
/// own limit for an unmount that nobody reports.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(6);

const VOLUMES: Place<'static> = Place { version: "api/v1", plural: "persistentvolumes", namespace: "" };
const ATTACHMENTS: Place<'static> =
    Place { version: "apis/storage.k8s.io/v1", plural: "volumeattachments", namespace: "" };

/// What is remembered of a cluster's volumes.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    claims: Memory<Claim>,
    volumes: Memory<Volume>,
    attachments: Memory<Attachment>,
    /// Since when attachments are of no use.
    unused: BTreeMap<String, DateTime<Utc>>,
}

/// What volumes hold up.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The pods whose volumes are not there yet.
    pub(super) waiting: BTreeSet<(String, String)>,
    pub(super) next: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Claim {
    namespace: String,
    name: String,
    uid: String,
    volume: String,
    class: String,
    spec: Value,
}

#[derive(Debug)]
struct Volume {
    name: String,
    driver: String,
    claim: (String, String),
}

#[derive(Debug)]
struct Attachment {
    name: String,
    node: String,
    volume: String,
}

impl Volumes {
    /// Binds, attaches and detaches what is due.
    pub(super) async fn follow(
        &mut self,
        kube: &Kube,
        nodes: &[Arc<NodeFacts>],
        pods: &[Arc<PodFacts>],
        kubelets: &BTreeMap<String, Kubelet>,
        now: DateTime<Utc>,
    ) -> Held {
        let claims = self.claims.look(kube, "persistentvolumeclaims", claim);
        let volumes = self.volumes.look(kube, "persistentvolumes", volume);
        let attachments = self.attachments.look(kube, "volumeattachments.storage.k8s.io", attachment);
        let mut held = Held::default();
        let mut used: BTreeSet<(&str, &str)> = BTreeSet::new();
        for pod in pods.iter().filter(|pod| !matches!(pod.phase.as_str(), "Succeeded" | "Failed")) {
            let Some(node) = pod.node.as_deref() else { continue };
            for name in &pod.wish.claims {
                let found =
                    claims.iter().find(|claim| claim.name == *name && claim.namespace == pod.namespace);
                let bound = found.filter(|claim| !claim.volume.is_empty());
                if let Some(claim) = bound {
                    used.insert((&claim.volume, node));
                }
                let is_here = |one: &&Arc<Attachment>| {
                    bound.is_some_and(|claim| claim.volume == one.volume) && one.node == node
                };
                if attachments.iter().any(|one| is_here(&one)) || pod.leaving.is_some() {
                    continue;
                }
                held.waiting.insert((pod.namespace.clone(), pod.name.clone()));
                match (found, bound) {
                    (Some(claim), None) => bind(kube, claim).await,
                    (_, Some(claim)) if !attachments.iter().any(|one| one.volume == claim.volume) => {
                        attach(kube, &volumes, &claim.volume, node).await;
                    }
                    // Without a claim, or while another node has the volume, the pod waits.
                    _ => {}
                }
            }
        }
        self.unused.retain(|name, _| attachments.iter().any(|one| one.name == *name));
        for one in &attachments {
            if used.contains(&(one.volume.as_str(), one.node.as_str())) {
                self.unused.remove(&one.name);
                continue;
            }
            let since = *self.unused.entry(one.name.clone()).or_insert(now);
            let until = if is_free(one, nodes, kubelets) { now } else { since + KEPT_FOR };
            if until <= now {
                let _ = kube.delete(ATTACHMENTS, &one.name, None).await;
            } else {
                held.next = sooner(held.next, Some(until));
            }
        }
        reclaim(kube, &claims, &volumes, &attachments).await;
        held
    }
}

/// Whether a node has certainly let go of a volume that no pod of it uses.
fn is_free(one: &Attachment, nodes: &[Arc<NodeFacts>], kubelets: &BTreeMap<String, Kubelet>) -> bool {
    let node = nodes.iter().find(|node| node.name == one.node);
    let runs = kubelets.get(&one.node).is_some_and(|kubelet| kubelet.runs);
    runs || node.is_none_or(|node| fit::is_out_of_service(node))
}

/// Makes the volume of a claim, as a provisioner would, and binds both.
async fn bind(kube: &Kube, claim: &Claim) {
    let class = kube.get("storageclasses.storage.k8s.io", "", &claim.class);
    let Some(class) = class else { return };
    let name = format!("pvc-{}", claim.uid);
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": name },
        "spec": {
            "capacity": claim.spec["resources"]["requests"], "accessModes": claim.spec["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete", "storageClassName": claim.class,
            "csi": { "driver": class["provisioner"], "volumeHandle": claim.uid },
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": claim.namespace,
                "name": claim.name, "uid": claim.uid,
            },
        },
    });
    let _ = kube.create(VOLUMES, &volume).await;
    let bound = json!({ "status": { "phase": "Bound" } });
    let _ = kube.merge(VOLUMES, &format!("{name}/status"), &bound).await;
    let claims = Place { version: "api/v1", plural: "persistentvolumeclaims", namespace: &claim.namespace };
    let _ = kube.merge(claims, &claim.name, &json!({ "spec": { "volumeName": name } })).await;
    let status = json!({ "status": {
        "phase": "Bound", "accessModes": claim.spec["accessModes"],
        "capacity": claim.spec["resources"]["requests"],
    } });
    let _ = kube.merge(claims, &format!("{}/status", claim.name), &status).await;
}

async fn attach(kube: &Kube, volumes: &[Arc<Volume>], name: &str, node: &str) {
    let Some(volume) = volumes.iter().find(|volume| volume.name == name) else { return };
    let digest = Sha256::digest(format!("{}{}{node}", volume.name, volume.driver));
    let hash: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("csi-{hash}");
    let attachment = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": { "name": name },
        "spec": {
            "attacher": volume.driver, "nodeName": node,
            "source": { "persistentVolumeName": volume.name },
        },
    });
    let _ = kube.create(ATTACHMENTS, &attachment).await;
    let _ =
        kube.merge(ATTACHMENTS, &format!("{name}/status"), &json!({ "status": { "attached": true } })).await;
}

/// Deletes volumes whose claims are gone, once no node has them.
async fn reclaim(
    kube: &Kube,
    claims: &[Arc<Claim>],
    volumes: &[Arc<Volume>],
    attachments: &[Arc<Attachment>],
) {
    for volume in volumes {
        let (namespace, name) = &volume.claim;
        let is_claimed = name.is_empty()
            || claims.iter().any(|claim| claim.namespace == *namespace && claim.name == *name);
        if !is_claimed && !attachments.iter().any(|one| one.volume == volume.name) {
            let _ = kube.delete(VOLUMES, &volume.name, None).await;
        }
    }
}

fn claim(_: &Entry, value: &Value) -> Claim {
    Claim {
        namespace: object::namespace(value).to_owned(),
        name: object::name(value).to_owned(),
        uid: object::uid(value).to_owned(),
        volume: text(&value["spec"]["volumeName"]),
        class: text(&value["spec"]["storageClassName"]),
        spec: value["spec"].clone(),
    }
}

fn volume(_: &Entry, value: &Value) -> Volume {
    let claim = &value["spec"]["claimRef"];
    Volume {
        name: object::name(value).to_owned(),
        driver: text(&value["spec"]["csi"]["driver"]),
        claim: (text(&claim["namespace"]), text(&claim["name"])),
    }
}

fn attachment(_: &Entry, value: &Value) -> Attachment {
    Attachment {
        name: object::name(value).to_owned(),
        node: text(&value["spec"]["nodeName"]),
        volume: text(&value["spec"]["source"]["persistentVolumeName"]),
    }
}
