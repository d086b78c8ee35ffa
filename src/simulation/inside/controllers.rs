//! The controllers of DaemonSets, Deployments, ReplicaSets and StatefulSets: which pods there should be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::facts::{NodeFacts, PodFacts, WorkloadFacts};
use super::fit;
use super::kube::{Kube, Place};
use super::pod_object::{self, Maker};
use super::schedule::Schedule;

/// Pods in a namespace.
pub(super) fn pods(namespace: &str) -> Place<'_> {
    Place { version: "api/v1", plural: "pods", namespace }
}

fn apps<'a>(plural: &'a str, namespace: &'a str) -> Place<'a> {
    Place { version: "apis/apps/v1", plural, namespace }
}

/// The pods of a cluster, by what wants them.
#[derive(Debug)]
pub(super) struct Owned<'a>(BTreeMap<&'a str, Vec<&'a PodFacts>>);

impl<'a> Owned<'a> {
    pub(super) fn new(pods: &'a [Arc<PodFacts>]) -> Self {
        let mut owned: BTreeMap<&str, Vec<&PodFacts>> = BTreeMap::new();
        for pod in pods {
            if let Some((owner, _)) = &pod.owner {
                owned.entry(owner).or_default().push(pod);
            }
        }
        Self(owned)
    }

    fn by(&self, uid: &str) -> &[&'a PodFacts] {
        self.0.get(uid).map(Vec::as_slice).unwrap_or_default()
    }
}

/// What the controllers work with.
#[derive(Debug)]
pub(super) struct Controllers<'a> {
    pub(super) kube: &'a Kube,
    pub(super) nodes: &'a [Arc<NodeFacts>],
    pub(super) owned: Owned<'a>,
}

impl Controllers<'_> {
    /// One pod of a DaemonSet on each node that it wants.
    pub(super) async fn daemons(&self, set: &WorkloadFacts) {
        let pods = self.owned.by(&set.uid);
        let wanted: Vec<&NodeFacts> =
            self.nodes.iter().map(AsRef::as_ref).filter(|node| fit::wants_daemon(&set.wish, node)).collect();
        let names: BTreeSet<&str> = wanted.iter().map(|node| node.name.as_str()).collect();
        let homes: BTreeSet<&str> = pods.iter().filter_map(|pod| pod.node.as_deref()).collect();
        for node in names.iter().filter(|node| !homes.contains(*node)) {
            let maker = Maker { set, kind: "DaemonSet", hash: &set.hash };
            let pod = pod_object::of_template(&maker, None, Some(node));
            self.create(&set.namespace, &pod).await;
        }
        let is_wanted = |pod: &PodFacts| pod.node.as_deref().is_none_or(|node| names.contains(node));
        for pod in pods.iter().filter(|pod| pod.is_active() && !(pod.hash == set.hash && is_wanted(pod))) {
            self.remove(pod).await;
        }
        let scheduled: Vec<&&PodFacts> =
            pods.iter().filter(|pod| pod.is_active() && is_wanted(pod)).collect();
        let ready = scheduled.iter().filter(|pod| pod.is_ready).count();
        let status = json!({
            "currentNumberScheduled": scheduled.len(), "desiredNumberScheduled": wanted.len(),
            "numberMisscheduled": 0, "numberReady": ready, "numberAvailable": ready,
            "numberUnavailable": wanted.len().saturating_sub(ready),
            "updatedNumberScheduled": scheduled.iter().filter(|pod| pod.hash == set.hash).count(),
            "observedGeneration": set.generation,
        });
        self.report("daemonsets", set, status).await;
    }

    /// A Deployment's ReplicaSet for its template; those of earlier templates go once its pods are ready.
    pub(super) async fn deployment(&self, wanted: &WorkloadFacts, sets: &[Arc<WorkloadFacts>]) {
        let sets = sets.iter().filter(|set| set.owner.as_deref() == Some(wanted.uid.as_str()));
        let sets: Vec<&Arc<WorkloadFacts>> = sets.filter(|set| !set.is_leaving).collect();
        let name = format!("{}-{}", wanted.name, wanted.hash);
        let ready = |set: &WorkloadFacts| {
            self.owned.by(&set.uid).iter().filter(|pod| pod.is_active() && pod.is_ready).count()
        };
        match sets.iter().find(|set| set.name == name) {
            None => {
                let set = pod_object::replica_set(wanted, &name);
                let _ = self.kube.create(apps("replicasets", &wanted.namespace), &set).await;
            }
            Some(set) => {
                self.scale(set, wanted.replicas).await;
                if ready(set) >= wanted.replicas {
                    for old in sets.iter().filter(|old| old.name != name) {
                        self.scale(old, 0).await;
                    }
                }
            }
        }
        let all: usize = sets.iter().map(|set| self.active(set)).sum();
        let all_ready: usize = sets.iter().map(|set| ready(set)).sum();
        let updated = sets.iter().filter(|set| set.name == name).map(|set| self.active(set)).sum::<usize>();
        let status = json!({
            "replicas": all, "updatedReplicas": updated, "readyReplicas": all_ready,
            "availableReplicas": all_ready, "observedGeneration": wanted.generation,
            "unavailableReplicas": wanted.replicas.saturating_sub(all_ready),
        });
        self.report("deployments", wanted, status).await;
    }

    /// As many pods as a ReplicaSet wants.
    pub(super) async fn replicas(&self, set: &WorkloadFacts, schedule: &mut Schedule<'_>) {
        let active = self.owned.by(&set.uid).iter().filter(|pod| pod.is_active());
        let mut active: Vec<&&PodFacts> = active.collect();
        let hash = set.name.rsplit('-').next().unwrap_or_default();
        for _ in active.len()..set.replicas {
            let home = schedule.place(&set.namespace, &set.wish, Some(&set.uid));
            let maker = Maker { set, kind: "ReplicaSet", hash };
            self.create(&set.namespace, &pod_object::of_template(&maker, None, home)).await;
        }
        // Those that serve nobody go first.
        active.sort_by_key(|pod| (pod.is_ready, pod.node.is_some(), &pod.name));
        for pod in active.iter().take(active.len().saturating_sub(set.replicas)) {
            self.remove(pod).await;
        }
        let ready = active.iter().filter(|pod| pod.is_ready).count();
        let status = json!({
            "replicas": active.len(), "fullyLabeledReplicas": active.len(), "readyReplicas": ready,
            "availableReplicas": ready, "observedGeneration": set.generation,
        });
        self.report("replicasets", set, status).await;
    }

    /// A StatefulSet's pods by their numbers, each with its own claims.
    pub(super) async fn stateful(&self, set: &WorkloadFacts, schedule: &mut Schedule<'_>) {
        let pods = self.owned.by(&set.uid);
        let names: Vec<String> = (0..set.replicas).map(|number| format!("{}-{number}", set.name)).collect();
        for name in names.iter().filter(|name| !pods.iter().any(|pod| pod.name == **name)) {
            for claim in &set.claims {
                let claim = pod_object::claim(set, claim, name);
                let place =
                    Place { version: "api/v1", plural: "persistentvolumeclaims", namespace: &set.namespace };
                // The claim of an earlier pod of this number is its successor's.
                let _ = self.kube.create(place, &claim).await;
            }
            let mut wish = set.wish.clone();
            wish.claims.extend(set.claims.iter().map(|claim| pod_object::claim_name(claim, name)));
            let home = schedule.place(&set.namespace, &wish, Some(&set.uid));
            let maker = Maker { set, kind: "StatefulSet", hash: &set.hash };
            self.create(&set.namespace, &pod_object::of_template(&maker, Some(name), home)).await;
        }
        let active = pods.iter().filter(|pod| pod.is_active());
        let stays = |pod: &PodFacts| names.contains(&pod.name) && pod.hash == set.hash;
        // A pod that failed makes room for its successor: the number is taken until it is gone.
        let failed = |pod: &PodFacts| pod.phase == "Failed" && pod.leaving.is_none();
        for pod in pods.iter().filter(|pod| failed(pod) || pod.is_active() && !stays(pod)) {
            self.remove(pod).await;
        }
        let ready = active.clone().filter(|pod| pod.is_ready).count();
        let status = json!({
            "replicas": active.clone().count(), "readyReplicas": ready, "availableReplicas": ready,
            "currentReplicas": active.clone().count(), "observedGeneration": set.generation,
            "updatedReplicas": active.filter(|pod| pod.hash == set.hash).count(),
        });
        self.report("statefulsets", set, status).await;
    }

    fn active(&self, set: &WorkloadFacts) -> usize {
        self.owned.by(&set.uid).iter().filter(|pod| pod.is_active()).count()
    }

    async fn scale(&self, set: &WorkloadFacts, replicas: usize) {
        if set.replicas != replicas {
            let patch = json!({ "spec": { "replicas": replicas } });
            let _ = self.kube.merge(apps("replicasets", &set.namespace), &set.name, &patch).await;
        }
    }

    /// Creates a pod. One that is refused is tried again at the next look, as a controller would.
    async fn create(&self, namespace: &str, pod: &Value) {
        let _ = self.kube.create(pods(namespace), pod).await;
    }

    async fn remove(&self, pod: &PodFacts) {
        let _ = self.kube.delete(pods(&pod.namespace), &pod.name, None).await;
    }

    async fn report(&self, plural: &str, set: &WorkloadFacts, status: Value) {
        let is_known =
            |(field, value): (&String, &Value)| set.status.get(field).unwrap_or(&json!(0)) == value;
        if status.as_object().is_none_or(|fields| fields.iter().all(is_known)) {
            return;
        }
        let patch = json!({ "status": status });
        let _ = self.kube.merge(apps(plural, &set.namespace), &format!("{}/status", set.name), &patch).await;
    }
}
