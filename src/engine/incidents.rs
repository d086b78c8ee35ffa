//! Incidents: findings of all loops that share a cause.

use std::sync::Arc;

use kube::ResourceExt;

use super::act::carry_out::carry_out;
use super::addons;
use super::context::Engine;
use super::fleet;
use super::key::{Key, Kind};
use super::observe::around;
use super::observe::stored::stored;
use super::trace::LoopRecord;
use crate::api::machine_status::MachineStatus;
use crate::clock;
use crate::planning;
use crate::planning::brake::Reached;
use crate::planning::observation::incident::{Known, Located, Place};

/// The name under which the steps of this loop are told.
const NAME: &str = "all";

/// Opens, follows and closes the Incidents that all findings together make.
pub async fn turn(engine: &Arc<Engine>) {
    let mut located: Vec<Located> = Vec::new();
    for record in engine.trace.finding() {
        let place = place(engine, &record.key);
        let doing = doing(&record);
        located.extend(record.findings.iter().map(|finding| Located {
            finding: finding.clone(),
            place: place.clone(),
            doing: doing.clone(),
        }));
    }
    let incidents = engine.records.incidents.all();
    let known: Vec<Known> =
        incidents.iter().filter_map(|incident| stored("Incident", &**incident).ok()).collect();
    let around = around::of(engine, Reached::default(), None);
    let plan = planning::incident::plan(&located, &known, &around, &engine.policy, clock::now());
    let key = Key::new(Kind::Incident, "", NAME);
    // What was not written now is in the next turn's plan.
    let mut left = plan.steps;
    while !left.is_empty() {
        let rest = left.split_off(left.len().min(8));
        let outcome = carry_out(engine, &key, None, left).await;
        if outcome.failed || outcome.left > 0 {
            break;
        }
        left = rest;
    }
}

/// What the loop does about its findings, or why it does nothing.
fn doing(record: &LoopRecord) -> Option<String> {
    let step = record.steps.iter().find(|step| !step.reports).map(|step| step.what.clone());
    step.or_else(|| record.waiting.first().map(|wait| format!("waits: {}", wait.on)))
}

fn place(engine: &Engine, key: &Key) -> Place {
    let records = &engine.records;
    let mut place =
        Place { tenant: (!key.namespace.is_empty()).then(|| key.namespace.clone()), ..Place::default() };
    let mut cluster = None;
    match key.kind {
        Kind::Machine => {
            if let Some(machine) = records.machines.get(&key.namespace, &key.name) {
                let status = machine.status.clone().unwrap_or_default();
                cluster = Some(machine.spec.cluster_name.to_string());
                place.zone = status.zone.or(machine.spec.failure_domain.as_ref().map(ToString::to_string));
                place.host = status.host;
                place.nodes.extend(machine.uid());
                let release = records.releases.get("", &machine.spec.template.release.to_string());
                place.image = release.map(|release| release.spec.image.to_string());
            }
        }
        Kind::LoadBalancer => {
            if let Some(balancer) = records.balancers.get(&key.namespace, &key.name) {
                cluster = Some(balancer.spec.cluster_name.to_string());
                place.provider = Some(format!("{:?}", balancer.spec.provider).to_lowercase());
                place.vip = balancer.status.as_ref().and_then(|status| status.vip.clone());
            }
        }
        Kind::StorageTenant => {
            if let Some(tenant) = records.storage.get(&key.namespace, &key.name) {
                cluster = Some(tenant.spec.cluster_name.to_string());
                place.storage = Some(format!("{:?}", tenant.spec.backend).to_lowercase());
            }
        }
        Kind::KubernetesCluster => cluster = Some(key.name.clone()),
        Kind::Etcd => {
            let etcd = records.etcds.get(&key.namespace, &key.name);
            cluster = etcd.map(|etcd| etcd.spec.cluster_name.to_string());
        }
        Kind::ControlPlane => {
            let plane = records.control_planes.get(&key.namespace, &key.name);
            cluster = plane.map(|plane| plane.spec.cluster_name.to_string());
        }
        Kind::MachineDeployment => {
            let pool = records.pools.get(&key.namespace, &key.name);
            cluster = pool.map(|pool| pool.spec.cluster_name.to_string());
        }
        Kind::Addon => {
            let addon = records.addons.get(&key.namespace, &key.name);
            cluster = addon.map(|addon| addon.spec.cluster_name.to_string());
        }
        Kind::Tenant | Kind::Release | Kind::Operation | Kind::Incident => {}
    }
    if let Some(name) = cluster {
        if key.kind != Kind::Machine {
            share(engine, &key.namespace, &name, &mut place);
        }
        let object = records.clusters.get(&key.namespace, &name);
        place.network = object.map(|cluster| cluster.spec.network.backend.to_string());
        place.cluster = Some(format!("{}/{name}", key.namespace));
        place.credential = place.cluster.clone().filter(|_| shows_credential(engine, key));
    }
    place
}

/// Whether a record's loop, or what it put into the cluster, works with the credential on the storage.
fn shows_credential(engine: &Engine, key: &Key) -> bool {
    if key.kind == Kind::StorageTenant {
        return true;
    }
    let addon = engine.records.addons.get(&key.namespace, &key.name).filter(|_| key.kind == Kind::Addon);
    addon.is_some_and(|addon| addons::needs_credential(addon.spec.name.as_str()))
}

/// Where the failing machines of a cluster are, if they share a hypervisor or a zone: what is wrong with a part of the
/// cluster is wrong because of them.
fn share(engine: &Engine, namespace: &str, cluster: &str, place: &mut Place) {
    let machines = engine.records.machines.of_cluster(namespace, cluster);
    let is_failing = |status: &MachineStatus| fleet::failing_since(status).is_some();
    let failing = || machines.iter().filter(|machine| machine.status.as_ref().is_some_and(is_failing));
    place.nodes.extend(failing().filter_map(|one| one.uid()));
    let failing: Vec<&MachineStatus> = failing().filter_map(|machine| machine.status.as_ref()).collect();
    let Some(first) = failing.first() else { return };
    if failing.iter().all(|status| status.host == first.host) {
        place.host.clone_from(&first.host);
    }
    if failing.iter().all(|status| status.zone == first.zone) {
        place.zone.clone_from(&first.zone);
    }
}
