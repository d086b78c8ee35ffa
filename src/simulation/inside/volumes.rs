//! Volumes of claims: bound when a pod needs them, attached to one node at a time, detached when that is safe.
//!
//! Source of the rules: Kubernetes' attach-detach controller (`pkg/controller/volume/attachdetach`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::driver::Driver;
use super::facts::{Memory, NodeFacts, PodFacts, list, text};
use super::fit;
use super::kube::{Kube, Place};
use super::pods::Kubelet;
use super::state::sooner;
use crate::manager::object;
use crate::manager::store::entry::Entry;

/// How long a volume stays attached to a node of which nothing is heard, after its last pod is gone: Kubernetes'
/// own limit for an unmount that nobody reports.
const KEPT_FOR: TimeDelta = TimeDelta::minutes(6);

/// How long a driver waits before it asks the storage again that refused.
const RETRY: TimeDelta = TimeDelta::seconds(30);
/// What keeps a claim until no pod on a node uses it.
const PROTECTION: &str = "kubernetes.io/pvc-protection";

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
    is_going: bool,
    is_protected: bool,
}

#[derive(Debug)]
struct Volume {
    name: String,
    /// How the storage calls it.
    handle: String,
    driver: String,
    claim: (String, String),
    is_kept: bool,
}

#[derive(Debug)]
struct Attachment {
    name: String,
    node: String,
    volume: String,
}

impl Volumes {
    /// The claims that are going: no pod comes to a node with them.
    pub(super) fn going(&mut self, kube: &Kube) -> BTreeSet<(String, String)> {
        let claims = self.claims.look(kube, "persistentvolumeclaims", claim);
        let going = claims.iter().filter(|claim| claim.is_going);
        going.map(|claim| (claim.namespace.clone(), claim.name.clone())).collect()
    }

    /// Binds, attaches and detaches what is due.
    pub(super) async fn follow(
        &mut self,
        kube: &Kube,
        driver: &Driver<'_>,
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
        let mut wanted: BTreeSet<(&str, &str)> = BTreeSet::new();
        for pod in pods.iter().filter(|pod| !matches!(pod.phase, "Succeeded" | "Failed")) {
            let Some(node) = pod.node.as_deref() else { continue };
            for name in &pod.wish.claims {
                let is_it = |claim: &&Arc<Claim>| claim.name == *name && claim.namespace == pod.namespace;
                let found = claims.iter().find(is_it);
                wanted.extend(found.map(|claim| (claim.namespace.as_str(), claim.name.as_str())));
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
                let is_done = match (found, bound) {
                    (Some(claim), None) => bind(kube, driver, claim).await,
                    (_, Some(claim)) if !attachments.iter().any(|one| one.volume == claim.volume) => {
                        attach(kube, driver, &volumes, &claim.volume, node).await
                    }
                    // Without a claim, or while another node has the volume, the pod waits.
                    _ => true,
                };
                if !is_done {
                    held.next = sooner(held.next, Some(now + RETRY));
                }
            }
        }
        protect(kube, &claims, &wanted).await;
        let all = Attached { volumes: &volumes, attachments: &attachments, used };
        held.next = sooner(held.next, self.detach(kube, driver, &all, (nodes, kubelets), now).await);
        let is_done = reclaim(kube, driver, &claims, &volumes, &attachments).await;
        held.next = sooner(held.next, (!is_done).then_some(now + RETRY));
        held
    }

    /// Detaches what no pod of a node uses any more. Says when more is to be done.
    async fn detach(
        &mut self,
        kube: &Kube,
        driver: &Driver<'_>,
        all: &Attached<'_>,
        (nodes, kubelets): (&[Arc<NodeFacts>], &BTreeMap<String, Kubelet>),
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let mut next = None;
        self.unused.retain(|name, _| all.attachments.iter().any(|one| one.name == *name));
        for one in all.attachments {
            if all.used.contains(&(one.volume.as_str(), one.node.as_str())) {
                self.unused.remove(&one.name);
                continue;
            }
            let since = *self.unused.entry(one.name.clone()).or_insert(now);
            let until = if is_free(one, nodes, kubelets) { now } else { since + KEPT_FOR };
            if until > now {
                next = sooner(next, Some(until));
                continue;
            }
            let handle =
                all.volumes.iter().find(|volume| volume.name == one.volume).map(|volume| &volume.handle);
            if handle.is_none_or(|handle| driver.detach(kube, handle, &one.node)) {
                let _ = kube.delete(ATTACHMENTS, &one.name, None).await;
            } else {
                next = sooner(next, Some(now + RETRY));
            }
        }
        next
    }
}

/// What is attached, and what of it is used, by volume and node.
struct Attached<'a> {
    volumes: &'a [Arc<Volume>],
    attachments: &'a [Arc<Attachment>],
    used: BTreeSet<(&'a str, &'a str)>,
}

/// Keeps claims while pods on nodes use them, and lets go of those that are going then.
async fn protect(kube: &Kube, claims: &[Arc<Claim>], wanted: &BTreeSet<(&str, &str)>) {
    for claim in claims {
        let is_wanted = wanted.contains(&(claim.namespace.as_str(), claim.name.as_str()));
        let finalizers = match (claim.is_going, claim.is_protected) {
            (false, false) => json!([PROTECTION]),
            (true, true) if !is_wanted => json!([]),
            _ => continue,
        };
        let place =
            Place { version: "api/v1", plural: "persistentvolumeclaims", namespace: &claim.namespace };
        let _ = kube.merge(place, &claim.name, &json!({ "metadata": { "finalizers": finalizers } })).await;
    }
}

/// Whether a node has certainly let go of a volume that no pod of it uses.
fn is_free(one: &Attachment, nodes: &[Arc<NodeFacts>], kubelets: &BTreeMap<String, Kubelet>) -> bool {
    let node = nodes.iter().find(|node| node.name == one.node);
    let runs = kubelets.get(&one.node).is_some_and(|kubelet| kubelet.runs);
    runs || node.is_none_or(|node| fit::is_out_of_service(node))
}

/// Makes the volume of a claim, as a provisioner would, and binds both. Answers whether the storage did its part.
async fn bind(kube: &Kube, driver: &Driver<'_>, claim: &Claim) -> bool {
    let class = kube.get("storageclasses.storage.k8s.io", "", &claim.class);
    let Some(class) = class.filter(|_| !claim.is_going) else { return true };
    let name = format!("pvc-{}", claim.uid);
    let made = driver.make(kube, &name, (&claim.namespace, &claim.name), &claim.spec);
    let Some(handle) = made else { return false };
    let policy = class["reclaimPolicy"].as_str().unwrap_or("Delete");
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": name },
        "spec": {
            "capacity": claim.spec["resources"]["requests"], "accessModes": claim.spec["accessModes"],
            "persistentVolumeReclaimPolicy": policy, "storageClassName": claim.class,
            "csi": { "driver": class["provisioner"], "volumeHandle": handle },
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
    true
}

/// Attaches a volume to a node. Answers whether the storage did its part.
async fn attach(kube: &Kube, driver: &Driver<'_>, volumes: &[Arc<Volume>], name: &str, node: &str) -> bool {
    let Some(volume) = volumes.iter().find(|volume| volume.name == name) else { return true };
    if !driver.attach(kube, &volume.handle, node) {
        return false;
    }
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
    true
}

/// Deletes volumes whose claims are gone, once no node has them. Answers whether the storage did its part.
async fn reclaim(
    kube: &Kube,
    driver: &Driver<'_>,
    claims: &[Arc<Claim>],
    volumes: &[Arc<Volume>],
    attachments: &[Arc<Attachment>],
) -> bool {
    let mut is_done = true;
    for volume in volumes.iter().filter(|volume| !volume.is_kept) {
        let (namespace, name) = &volume.claim;
        let is_claimed = name.is_empty()
            || claims.iter().any(|claim| claim.namespace == *namespace && claim.name == *name);
        if !is_claimed && !attachments.iter().any(|one| one.volume == volume.name) {
            if driver.delete(kube, &volume.handle) {
                let _ = kube.delete(VOLUMES, &volume.name, None).await;
            } else {
                is_done = false;
            }
        }
    }
    is_done
}

fn claim(_: &Arc<Entry>, value: &Value) -> Claim {
    Claim {
        namespace: object::namespace(value).to_owned(),
        name: object::name(value).to_owned(),
        uid: object::uid(value).to_owned(),
        volume: text(&value["spec"]["volumeName"]),
        class: text(&value["spec"]["storageClassName"]),
        spec: value["spec"].clone(),
        is_going: object::is_deleting(value),
        is_protected: list(&value["metadata"]["finalizers"]).iter().any(|one| one == PROTECTION),
    }
}

fn volume(_: &Arc<Entry>, value: &Value) -> Volume {
    let claim = &value["spec"]["claimRef"];
    Volume {
        name: object::name(value).to_owned(),
        handle: text(&value["spec"]["csi"]["volumeHandle"]),
        driver: text(&value["spec"]["csi"]["driver"]),
        claim: (text(&claim["namespace"]), text(&claim["name"])),
        is_kept: value["spec"]["persistentVolumeReclaimPolicy"] == "Retain",
    }
}

fn attachment(_: &Arc<Entry>, value: &Value) -> Attachment {
    Attachment {
        name: object::name(value).to_owned(),
        node: text(&value["spec"]["nodeName"]),
        volume: text(&value["spec"]["source"]["persistentVolumeName"]),
    }
}
