//! A machine with all that is known of its port, server and node.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Scene;
use super::inside;
use super::stored::stored;
use crate::api::machine::{Machine, Scheduling};
use crate::api::names::{self, Tag};
use crate::api::role::{BalancerRole, Role};
use crate::api::storage_tenant::StorageBackend;
use crate::clock;
use crate::cloud::types::network::Port;
use crate::cloud::types::observed::Observed;
use crate::engine::context::Engine;
use crate::engine::turn::TurnError;
use crate::planning::observation::machine::MachineView;
use crate::planning::observation::node::{Load, NodeView};
use crate::planning::observation::stored::Stored;
use crate::planning::storage_access;

/// A machine with all that is known of it. What is on its node is read only if that matters: while it is under suspicion
/// or to be emptied, or if `loads` says so.
///
/// # Errors
/// When the record lacks what every stored object has.
pub async fn view(
    engine: &Engine,
    scene: &Scene,
    machine: &Machine,
    loads: bool,
) -> Result<MachineView, TurnError> {
    let Stored { meta, spec, status } = stored("Machine", machine)?;
    let own = Tag::MachineUid(meta.uid.clone()).to_string();
    let ports = match spec.slot {
        Some(slot) => slot_ports(engine, scene).map(|ports| of_slot(ports, slot)),
        None => engine.inventory.ports(&own, |_| true),
    };
    let node = node(scene, spec.role, &names::server(&spec.cluster_name, spec.role, &meta.uid)).await;
    let address = ports.value().and_then(|ports| ports.first()?.addresses.first().copied());
    let suspect = node.value().is_some_and(|node| node.as_ref().is_some_and(|node| !node.is_ready()));
    let leaving = meta.deleting.is_some() || status.remediation.is_some() || spec.remediate.is_some();
    let wants_load = loads || suspect || leaving || spec.scheduling == Scheduling::Drained;
    let load = match node.value() {
        Some(Some(node)) if wants_load => read_load(scene, node).await,
        Some(_) => Observed::known(Load::default(), clock::now()),
        None => Observed::unknown("the cluster's API does not answer"),
    };
    let mut view = MachineView {
        servers: engine.inventory.servers(&own),
        answers: answers(engine, scene, spec.role, address).await,
        pooled: pooled(engine, scene, spec.role, address),
        access: Observed::unknown("it is read last"),
        ports,
        node,
        load,
        meta,
        spec,
        status,
    };
    view.access = access(engine, scene, &view).await;
    Ok(view)
}

/// Several machines, each with all that is known of it.
///
/// # Errors
/// When a record lacks what every stored object has.
pub async fn views<'a>(
    engine: &Engine,
    scene: &Scene,
    machines: impl Iterator<Item = &'a Arc<Machine>>,
    loads: bool,
) -> Result<Vec<MachineView>, TurnError> {
    let mut all = Vec::new();
    for machine in machines {
        all.push(view(engine, scene, machine, loads).await?);
    }
    Ok(all)
}

/// The ports of all slots of a cluster's etcd.
pub fn slot_ports(engine: &Engine, scene: &Scene) -> Observed<Vec<Port>> {
    let is_slot = |tag: &String| matches!(Tag::parse(tag), Some(Tag::Slot(_)));
    let tag = Tag::ClusterUid(scene.facts.uid.clone()).to_string();
    engine.inventory.ports(&tag, |port| port.tags.iter().any(is_slot))
}

fn of_slot(ports: Vec<Port>, slot: u8) -> Vec<Port> {
    let tag = Tag::Slot(slot).to_string();
    ports.into_iter().filter(|port| port.tags.contains(&tag)).collect()
}

async fn node(scene: &Scene, role: Role, name: &str) -> Observed<Option<NodeView>> {
    if !role.has_node() {
        return Observed::known(None, clock::now());
    }
    match &scene.contact {
        Some(contact) => inside::node(contact, name).await,
        None => Observed::unknown("the cluster's API has no address yet"),
    }
}

async fn read_load(scene: &Scene, node: &NodeView) -> Observed<Load> {
    match &scene.contact {
        Some(contact) => inside::load(contact, &node.name).await,
        None => Observed::unknown("the cluster's API has no address yet"),
    }
}

async fn answers(
    engine: &Engine,
    scene: &Scene,
    role: Role,
    address: Option<std::net::IpAddr>,
) -> Observed<bool> {
    let now: DateTime<Utc> = clock::now();
    if matches!(role, Role::Worker | Role::Ingress) {
        return Observed::known(false, now);
    }
    let (Some(contact), Some(address)) = (&scene.contact, address) else {
        return Observed::unknown("it has no address yet");
    };
    let workloads = engine.contacts.workloads();
    let answer = match role {
        Role::ControlPlane => workloads.api_server_ready(&contact.access, address).await,
        Role::Etcd | Role::Worker | Role::Ingress => {
            workloads.etcd(&contact.access, address).await.map(|answer| answer.leader.is_some())
        }
    };
    // A machine of which nothing is heard by its own address does not answer: that is what is asked.
    Observed::known(answer.unwrap_or(false), now)
}

fn pooled(engine: &Engine, scene: &Scene, role: Role, address: Option<std::net::IpAddr>) -> Observed<bool> {
    let balancer = match role {
        Role::ControlPlane => BalancerRole::Api,
        Role::Ingress => BalancerRole::Ingress,
        Role::Worker | Role::Etcd => return Observed::known(false, clock::now()),
    };
    let name = names::balancer(&scene.facts.name, balancer);
    let tag = Tag::ClusterUid(scene.facts.uid.clone()).to_string();
    engine.inventory.has_member(&tag, &name, address)
}

/// Whether the storage lets the machine in, by what the storage knows it: an address, or an initiator.
async fn access(engine: &Engine, scene: &Scene, view: &MachineView) -> Observed<Option<bool>> {
    let backend = scene.record.spec.storage.backend;
    let Some(project) = &scene.facts.project else { return Observed::known(None, clock::now()) };
    if !view.spec.role.has_node() || backend == StorageBackend::Cinder {
        return Observed::known(None, clock::now());
    }
    let identifier = storage_access::identifier(backend, view);
    if identifier.is_none() && !view.ports.value().is_some_and(Vec::is_empty) {
        return Observed::unknown("its address is not known");
    }
    let is_own = backend != StorageBackend::Manila || !is_of_another(scene, view);
    let rules = engine.projects.rules(engine, project).await;
    rules.map(|rules| Some(is_own && rules.iter().any(|rule| identifier.as_ref() == Some(&rule.initiator))))
}

/// Whether the machine's port is gone and another machine has its address by now: then a rule for it is the other's.
fn is_of_another(scene: &Scene, view: &MachineView) -> bool {
    let address = |machine: &Machine| machine.status.as_ref().and_then(|status| status.host_ip.clone());
    let has_it = |other: &Arc<Machine>| {
        other.metadata.uid.as_ref() != Some(&view.meta.uid) && address(other) == view.status.host_ip
    };
    view.address().is_none() && view.status.host_ip.is_some() && scene.machines.iter().any(has_it)
}
