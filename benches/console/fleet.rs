//! The fleet of 2022 as a manager holds it: clusters of tenants, and machines in them whose states change.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kaasboard::api::crds;
use kaasboard::api::machine::Machine;
use kaasboard::simulation::fleet::{Drawn, Fleet};
use kaasboard::simulation::seeding;
use kube::api::{Api, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt};
use serde_json::json;

use crate::machines;

/// Its sizes.
const CLUSTERS: f64 = 1_207.0;
const MACHINES: f64 = 41_735.0;
const TENANTS: f64 = 110.0;
/// Requests in flight: about what an engine's loops have.
const IN_FLIGHT: usize = 64;
/// Machines that are changed one after the other are so far apart, so that changes are everywhere.
const STRIDE: usize = 7_919;

/// The objects of the fleet, and how often each was changed.
pub struct Objects {
    drawn: Drawn,
    pub machines: usize,
    changes: AtomicUsize,
}

impl Objects {
    /// The fleet, so many times as large.
    pub fn scaled(scale: f64) -> Arc<Self> {
        let machines = (MACHINES * scale) as usize;
        let fleet = Fleet::parse(&format!(
            "seed = 1\ntenants = {}\nclusters = {}\nmachines = {machines}\navailability_zones = 3\nhypervisors = 900\n\
             etcd_members = {{ 3 = 0.65, 5 = 0.35 }}\n[role_share]\ncontrol_plane = 0.072\nworker = 0.706\n\
             ingress = 0.107\netcd = 0.115\n[pods]\nper_machine_mean = 7.35\n[versions]\n\"v1.34.2\" = 1.0\n",
            (TENANTS * scale).ceil() as usize,
            (CLUSTERS * scale).ceil() as usize,
        ));
        let drawn = fleet.expect("the sizes make a fleet").draw().expect("the fleet can be drawn");
        Arc::new(Self { drawn, machines, changes: AtomicUsize::new(0) })
    }

    /// The tenant and the cluster of a machine.
    fn owner(&self, index: usize) -> (String, String) {
        let cluster = &self.drawn.clusters[index % self.drawn.clusters.len()];
        (cluster.namespace().expect("clusters are in namespaces"), cluster.name_any())
    }

    fn name(&self, index: usize) -> String {
        format!("{}-general-{index:06x}", self.owner(index).1)
    }

    fn api(&self, client: &Client, index: usize) -> Api<Machine> {
        Api::namespaced(client.clone(), &self.owner(index).0)
    }

    /// Makes all of it.
    pub async fn make(self: &Arc<Self>, client: &Client) {
        for definition in crds::all().expect("our definitions are sound") {
            Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
        }
        seeding::seed(client, &self.drawn).await.unwrap();
        let next = Arc::new(AtomicUsize::new(0));
        let workers = (0..IN_FLIGHT).map(|_| {
            let (all, client, next) = (self.clone(), client.clone(), next.clone());
            tokio::spawn(async move {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= all.machines {
                        return;
                    }
                    all.make_machine(&client, index).await;
                }
            })
        });
        for worker in workers.collect::<Vec<_>>() {
            worker.await.unwrap();
        }
    }

    async fn make_machine(&self, client: &Client, index: usize) {
        let mut machine = machines::machine(index);
        let (tenant, cluster) = self.owner(index);
        machine["metadata"]["name"] = json!(self.name(index));
        machine["metadata"]["namespace"] = json!(tenant);
        machine["metadata"]["labels"]["kaasboard.dev/tenant"] = json!(tenant);
        machine["metadata"]["labels"]["kaasboard.dev/cluster"] = json!(cluster);
        machine["spec"]["clusterName"] = json!(cluster);
        // The manager would take down what belongs to an owner that is not there.
        machine["metadata"]["ownerReferences"] = json!([]);
        let machine: Machine = serde_json::from_value(machine).unwrap();
        self.api(client, index).create(&PostParams::default(), &machine).await.unwrap();
        self.write_status(client, index, 0).await;
    }

    /// Writes a status: with every second change the node is not ready.
    async fn write_status(&self, client: &Client, index: usize, change: usize) {
        let mut status = machines::status(index, change);
        if change % 2 == 1 {
            let conditions = status["conditions"].as_array_mut().expect("a machine has conditions");
            for condition in conditions.iter_mut().filter(|one| one["type"] == "NodeHealthy") {
                condition["status"] = json!("False");
                condition["reason"] = json!("KubeletSilent");
            }
        }
        let patch = Patch::Merge(json!({ "status": status }));
        let api = self.api(client, index);
        api.patch_status(&self.name(index), &PatchParams::default(), &patch).await.unwrap();
    }

    /// Changes so many machines a second, until this is aborted.
    pub async fn change(self: Arc<Self>, client: Client, a_second: f64) {
        let begun = Instant::now();
        let mut made = 0.0;
        loop {
            let due = begun + Duration::from_secs_f64(made / a_second);
            if let Some(early) = due.checked_duration_since(Instant::now()) {
                tokio::time::sleep(early).await;
            }
            let change = self.changes.fetch_add(1, Ordering::Relaxed);
            let index = (change * STRIDE) % self.machines;
            self.write_status(&client, index, change / self.machines + 1).await;
            made += 1.0;
        }
    }

    /// How many changes were made so far.
    pub fn changes(&self) -> usize {
        self.changes.load(Ordering::Relaxed)
    }
}
