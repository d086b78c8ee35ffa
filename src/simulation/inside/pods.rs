//! The pods of a user cluster: how they start, stop, and are lost with their nodes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::controllers::{Controllers, Owned, pods as in_namespace};
use super::driver::Driver;
use super::facts::{self, Memory, NodeFacts, PodFacts, Wishes, WorkloadFacts};
use super::fit;
use super::kube::Kube;
use super::pod_object;
use super::schedule::Schedule;
use super::state::sooner;
use super::volumes::Volumes;

/// How long containers take to end when they are asked to; less if they are given less.
const ENDS_WITHIN: TimeDelta = TimeDelta::seconds(2);
/// A kubelet whose disk is full puts a pod out with each look, and looks so often (its housekeeping interval).
const EVICTS_EVERY: TimeDelta = TimeDelta::seconds(10);

/// What is remembered of a cluster's workloads from look to look.
#[derive(Debug, Default)]
pub(super) struct Workloads {
    nodes: Memory<NodeFacts>,
    pods: Memory<PodFacts>,
    wishes: Wishes,
    daemons: Memory<WorkloadFacts>,
    deployments: Memory<WorkloadFacts>,
    replicas: Memory<WorkloadFacts>,
    stateful: Memory<WorkloadFacts>,
    volumes: Volumes,
}

/// What a node's kubelet can do for its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kubelet {
    pub(super) runs: bool,
    pub(super) has_network: bool,
    /// Since when its disk is full, if it is.
    pub(super) full: Option<DateTime<Utc>>,
}

/// What came of a look.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The nodes that have a pod of a CNI running on them, and since when the CNI is wanted.
    pub(super) networked: BTreeMap<String, DateTime<Utc>>,
    /// When something changes by itself.
    pub(super) next: Option<DateTime<Utc>>,
}

/// The pods, and where they are.
struct Scene<'a> {
    kube: &'a Kube,
    nodes: BTreeMap<&'a str, &'a NodeFacts>,
    kubelets: &'a BTreeMap<String, Kubelet>,
    /// Whether the storage knows the cluster's driver.
    driver_works: bool,
    now: DateTime<Utc>,
}

/// Which pods kubelets put out because their disks are full.
#[derive(Debug, Default)]
struct PutOut<'a> {
    pods: Vec<&'a PodFacts>,
    /// When the next one goes.
    next: Option<DateTime<Utc>>,
}

impl<'a> PutOut<'a> {
    /// One pod of a node with each look of its kubelet, by name; what belongs to the node itself stays.
    fn new(pods: &'a [Arc<PodFacts>], kubelets: &BTreeMap<String, Kubelet>, now: DateTime<Utc>) -> Self {
        let mut found = Self::default();
        for (node, since) in
            kubelets.iter().filter_map(|(node, one)| Some((node, one.full.filter(|_| one.runs)?)))
        {
            let here = || pods.iter().map(AsRef::as_ref).filter(|pod| pod.node.as_ref() == Some(node));
            let looks = (now - since).num_seconds() / EVICTS_EVERY.num_seconds();
            let over = here().filter(|pod| pod.phase == "Failed").count();
            let mut left: Vec<&PodFacts> = here().filter(|pod| pod.is_active() && !pod.is_bound()).collect();
            left.sort_by_key(|pod| (&pod.namespace, &pod.name));
            let due = usize::try_from(looks).unwrap_or_default().saturating_sub(over).min(left.len());
            if due < left.len() {
                found.next =
                    sooner(found.next, Some(since + EVICTS_EVERY * i32::try_from(looks + 1).unwrap_or(1)));
            }
            found.pods.extend(left.drain(..due));
        }
        found
    }
}

impl Workloads {
    /// Lets controllers, scheduler and kubelets do what is due.
    pub(super) async fn follow(
        &mut self,
        kube: &Kube,
        driver: &Driver<'_>,
        kubelets: &BTreeMap<String, Kubelet>,
        now: DateTime<Utc>,
    ) -> Outcome {
        let nodes = self.nodes.look(kube, "nodes", facts::node);
        let pods = self.pods.look(kube, "pods", |entry, value| facts::pod(&mut self.wishes, entry, value));
        let daemons = self.daemons.look(kube, "daemonsets.apps", facts::workload);
        let deployments = self.deployments.look(kube, "deployments.apps", facts::workload);
        let replicas = self.replicas.look(kube, "replicasets.apps", facts::workload);
        let stateful = self.stateful.look(kube, "statefulsets.apps", facts::workload);
        let going = self.volumes.going(kube);
        let mut schedule = Schedule::new(&nodes, &pods, &going);
        let controllers = Controllers { kube, nodes: &nodes, owned: Owned::new(&pods) };
        for set in daemons.iter().filter(|set| !set.is_leaving) {
            controllers.daemons(set).await;
        }
        for deployment in deployments.iter().filter(|deployment| !deployment.is_leaving) {
            controllers.deployment(deployment, &replicas).await;
        }
        for set in replicas.iter().filter(|set| !set.is_leaving) {
            controllers.replicas(set, &mut schedule).await;
        }
        for set in stateful.iter().filter(|set| !set.is_leaving) {
            controllers.stateful(set, &mut schedule).await;
        }
        let cnis: BTreeMap<&str, DateTime<Utc>> = daemons
            .iter()
            .filter(|set| set.is_cni)
            .map(|set| (set.uid.as_str(), set.created.unwrap_or(now)))
            .collect();
        let by_name = nodes.iter().map(|node| (node.name.as_str(), node.as_ref())).collect();
        let scene = Scene { kube, nodes: by_name, kubelets, driver_works: !driver.is_refused(), now };
        let mut outcome = Outcome::default();
        let full = PutOut::new(&pods, kubelets, now);
        outcome.next = full.next;
        for pod in full.pods {
            scene.patch_status(pod, &pod_object::put_out()).await;
        }
        let held = self.volumes.follow(kube, driver, &nodes, &pods, kubelets, now).await;
        outcome.next = sooner(outcome.next, held.next);
        for pod in pods.iter() {
            outcome.next = sooner(outcome.next, scene.look(pod, &mut schedule, &cnis, &held.waiting).await);
            let cni = pod.owner.as_ref().and_then(|(owner, _)| cnis.get(owner.as_str()));
            if let (Some(since), Some(node), "Running") = (cni, &pod.node, pod.phase) {
                outcome.networked.insert(node.clone(), *since);
            }
        }
        outcome
    }
}

impl Scene<'_> {
    /// Does for one pod what is due. Says when more is.
    async fn look(
        &self,
        pod: &PodFacts,
        schedule: &mut Schedule<'_>,
        cnis: &BTreeMap<&str, DateTime<Utc>>,
        without_volume: &BTreeSet<(String, String)>,
    ) -> Option<DateTime<Utc>> {
        let Some(name) = &pod.node else {
            if pod.leaving.is_none() {
                self.schedule(pod, schedule).await;
            }
            return None;
        };
        let Some(node) = self.nodes.get(name.as_str()) else {
            // The pods of a node that is no longer there are collected.
            self.delete(pod, Some(0)).await;
            return None;
        };
        let kubelet = self.kubelets.get(name).copied();
        let runs = kubelet.is_some_and(|kubelet| kubelet.runs);
        let is_lost = fit::is_out_of_service(node) && node.ready != "True";
        if is_lost && !pod.is_bound() {
            self.delete(pod, Some(0)).await;
            return None;
        }
        if let Some((asked, grace)) = pod.leaving {
            return self.stop(pod, runs, asked + grace.min(ENDS_WITHIN)).await;
        }
        if let Some(at) = fit::leaves_at(&pod.wish, node) {
            if at <= self.now {
                self.delete(pod, None).await;
                return None;
            }
            self.mark(pod, self.is_ready(pod, node)).await;
            return Some(at);
        }
        let is_cni = pod.owner.as_ref().is_some_and(|(owner, _)| cnis.contains_key(owner.as_str()));
        let has_network = is_cni || pod.wish.host_network || kubelet.is_some_and(|one| one.has_network);
        let has_volumes = !without_volume.contains(&(pod.namespace.clone(), pod.name.clone()));
        if pod.phase == "Pending" && runs && has_network && has_volumes {
            self.start(pod).await;
        } else if pod.phase == "Running" {
            self.mark(pod, self.is_ready(pod, node)).await;
        }
        None
    }

    fn is_ready(&self, pod: &PodFacts, node: &NodeFacts) -> bool {
        node.ready != "Unknown" && (self.driver_works || !pod.is_driver)
    }

    async fn schedule(&self, pod: &PodFacts, schedule: &mut Schedule<'_>) {
        let owner = pod.owner.as_ref().map(|(owner, _)| owner.as_str());
        if let Some(node) = schedule.place(&pod.namespace, &pod.wish, owner) {
            let _ = self.kube.bind(&pod.namespace, &pod.name, node).await;
            return;
        }
        if pod.is_unschedulable {
            return;
        }
        let why = [("reason", "Unschedulable"), ("message", &schedule.refusal())];
        let Some(object) = self.kube.get("pods", &pod.namespace, &pod.name) else { return };
        let patch = pod_object::with_condition(&object, "PodScheduled", false, &why, self.now);
        self.patch_status(pod, &patch).await;
    }

    async fn start(&self, pod: &PodFacts) {
        let Some(object) = self.kube.get("pods", &pod.namespace, &pod.name) else { return };
        self.patch_status(pod, &pod_object::running(&object, self.now)).await;
    }

    /// Only a kubelet can say that a pod's containers have ended.
    async fn stop(&self, pod: &PodFacts, runs: bool, end: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if !runs {
            self.mark(pod, false).await;
            return None;
        }
        if end > self.now {
            return Some(end);
        }
        self.delete(pod, Some(0)).await;
        None
    }

    /// A running pod counts as ready while its node is heard of and what it needs lets it in.
    async fn mark(&self, pod: &PodFacts, is_ready: bool) {
        if pod.phase != "Running" || pod.is_ready == is_ready {
            return;
        }
        let Some(object) = self.kube.get("pods", &pod.namespace, &pod.name) else { return };
        let patch = pod_object::with_condition(&object, "Ready", is_ready, &[], self.now);
        self.patch_status(pod, &patch).await;
    }

    async fn patch_status(&self, pod: &PodFacts, patch: &serde_json::Value) {
        let name = format!("{}/status", pod.name);
        let _ = self.kube.merge(in_namespace(&pod.namespace), &name, patch).await;
    }

    async fn delete(&self, pod: &PodFacts, grace: Option<u32>) {
        let _ = self.kube.delete(in_namespace(&pod.namespace), &pod.name, grace).await;
    }
}
