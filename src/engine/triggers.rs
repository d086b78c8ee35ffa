//! Who has to look when something changed.
//!
//! A change asks for turns and carries no data: whoever's turn it is looks at everything anew. Asking too often costs a
//! turn that finds nothing to do; asking too seldom costs the time until the record is looked at anyway.

use std::collections::BTreeSet;

use kube::{Resource, ResourceExt};

use super::cache::{Cache, Change};
use super::context::Engine;
use super::key::{Key, Kind};
use crate::api::addon::Addon;
use crate::api::cluster::KubernetesCluster;
use crate::api::conditions::DNS_READY;
use crate::api::control_plane::ControlPlane;
use crate::api::etcd::Etcd;
use crate::api::incident::Incident;
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::names::{LABEL_CLUSTER, Tag};
use crate::api::operation::Operation;
use crate::api::release::Release;
use crate::api::role::Role;
use crate::api::storage_tenant::StorageTenant;
use crate::api::tenant::Tenant;

/// Whom a record's change concerns.
pub trait Linked: Sized {
    /// Asks for the turns that a change makes necessary.
    fn changed(engine: &Engine, change: &Change<Self>);
}

/// Asks for the turn of a record itself, or forgets it if it is gone. Answers its namespace and name.
fn itself<K: Resource<DynamicType = ()>>(
    engine: &Engine,
    kind: Kind,
    change: &Change<K>,
) -> (String, String) {
    let object = change.after.as_ref().or(change.before.as_ref());
    let namespace = object.and_then(|object| object.namespace()).unwrap_or_default();
    let name = object.map(|object| object.name_any()).unwrap_or_default();
    let key = Key::new(kind, namespace.clone(), name.clone());
    match change.after {
        Some(_) => engine.queue.ask(key),
        None => engine.trace.forget(&key),
    }
    (namespace, name)
}

/// Asks for the turn of the cluster that an object bears the label of.
fn its_cluster<K: Resource>(engine: &Engine, change: &Change<K>) -> Option<(String, String)> {
    let object = change.after.as_ref().or(change.before.as_ref())?;
    let namespace = object.namespace().unwrap_or_default();
    let cluster = object.labels().get(LABEL_CLUSTER)?.clone();
    engine.queue.ask(Key::new(Kind::KubernetesCluster, namespace.clone(), cluster.clone()));
    Some((namespace, cluster))
}

fn ask_all<K: Resource<DynamicType = ()>>(
    engine: &Engine,
    kind: Kind,
    cache: &Cache<K>,
    namespace: &str,
    cluster: &str,
) {
    for object in cache.of_cluster(namespace, cluster) {
        engine.queue.ask(Key::new(kind, namespace, object.name_any()));
    }
}

fn ask_machines(engine: &Engine, namespace: &str, cluster: &str, of: impl Fn(Role) -> bool) {
    for machine in engine.records.machines.of_cluster(namespace, cluster) {
        if of(machine.spec.role) {
            engine.queue.ask(Key::new(Kind::Machine, namespace, machine.name_any()));
        }
    }
}

fn ask_parts(engine: &Engine, namespace: &str, cluster: &str) {
    let records = &engine.records;
    ask_all(engine, Kind::StorageTenant, &records.storage, namespace, cluster);
    ask_all(engine, Kind::LoadBalancer, &records.balancers, namespace, cluster);
    ask_all(engine, Kind::Etcd, &records.etcds, namespace, cluster);
    ask_all(engine, Kind::ControlPlane, &records.control_planes, namespace, cluster);
    ask_all(engine, Kind::MachineDeployment, &records.pools, namespace, cluster);
    ask_all(engine, Kind::Addon, &records.addons, namespace, cluster);
}

impl Linked for Tenant {
    fn changed(engine: &Engine, change: &Change<Self>) {
        let (_, name) = itself(engine, Kind::Tenant, change);
        for cluster in engine.records.clusters.in_namespace(&name) {
            engine.queue.ask(Key::new(Kind::KubernetesCluster, name.clone(), cluster.name_any()));
        }
    }
}

impl Linked for Release {
    fn changed(engine: &Engine, change: &Change<Self>) {
        let (_, name) = itself(engine, Kind::Release, change);
        let usable = |release: &Option<std::sync::Arc<Self>>| {
            release.as_ref().and_then(|one| one.status.as_ref()).is_some_and(|status| status.usable)
        };
        if usable(&change.before) == usable(&change.after) {
            return;
        }
        for cluster in engine.records.clusters.all().iter().filter(|one| one.spec.release.to_string() == name)
        {
            let namespace = cluster.namespace().unwrap_or_default();
            engine.queue.ask(Key::new(Kind::KubernetesCluster, namespace, cluster.name_any()));
        }
    }
}

impl Linked for KubernetesCluster {
    fn changed(engine: &Engine, change: &Change<Self>) {
        let (namespace, name) = itself(engine, Kind::KubernetesCluster, change);
        if let Some(gone) = change.before.as_ref().filter(|_| change.after.is_none()) {
            engine.contacts.end(gone.metadata.uid.as_deref().unwrap_or_default());
        }
        // What parts and machines know of their cluster: without a change of that, a report of one machine would wake all.
        let known = |cluster: &Option<std::sync::Arc<Self>>| {
            cluster.as_ref().map(|cluster| {
                let status = cluster.status.clone().unwrap_or_default();
                let going = cluster.metadata.deletion_timestamp.is_some();
                let groups = (status.security_group_id, status.server_group_ids);
                (cluster.spec.clone(), going, status.initialization, status.project_id, groups)
            })
        };
        if known(&change.before) != known(&change.after) {
            ask_parts(engine, &namespace, &name);
            ask_machines(engine, &namespace, &name, |_| true);
            engine.queue.ask(Key::new(Kind::Tenant, "", namespace));
        }
    }
}

impl Linked for StorageTenant {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::StorageTenant, change);
        let Some((namespace, cluster)) = its_cluster(engine, change) else { return };
        ask_all(engine, Kind::Addon, &engine.records.addons, &namespace, &cluster);
    }
}

impl Linked for LoadBalancer {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::LoadBalancer, change);
        let Some((namespace, cluster)) = its_cluster(engine, change) else { return };
        let shown = |balancer: &Option<std::sync::Arc<Self>>| {
            let status = balancer.as_ref().and_then(|one| one.status.clone()).unwrap_or_default();
            let ready = status.conditions.is_true(DNS_READY);
            (ready, status.vip, status.members)
        };
        let (before, after) = (shown(&change.before), shown(&change.after));
        if (before.0, &before.1) != (after.0, &after.1) {
            ask_parts(engine, &namespace, &cluster);
            ask_machines(engine, &namespace, &cluster, |_| true);
        } else if before.2 != after.2 {
            let object = change.after.as_ref().or(change.before.as_ref());
            let role = object.map(|balancer| balancer.spec.role.members());
            ask_machines(engine, &namespace, &cluster, |other| Some(other) == role);
        }
    }
}

impl Linked for Etcd {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::Etcd, change);
        its_cluster(engine, change);
    }
}

impl Linked for ControlPlane {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::ControlPlane, change);
        its_cluster(engine, change);
    }
}

impl Linked for MachineDeployment {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::MachineDeployment, change);
        its_cluster(engine, change);
    }
}

impl Linked for Addon {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::Addon, change);
        its_cluster(engine, change);
    }
}

impl Linked for Machine {
    fn changed(engine: &Engine, change: &Change<Self>) {
        let (namespace, _) = itself(engine, Kind::Machine, change);
        let Some(machine) = change.after.as_ref().or(change.before.as_ref()) else { return };
        for owner in machine.owner_references() {
            if let Some(kind) = Kind::named(&owner.kind) {
                engine.queue.ask(Key::new(kind, namespace.clone(), owner.name.clone()));
            }
        }
        // A cluster tells that there is no room for its machines.
        let failure = |machine: &Option<std::sync::Arc<Self>>| {
            let failure = machine.as_ref()?.status.as_ref()?.last_failure.as_ref()?;
            Some(failure.cause)
        };
        if failure(&change.before) != failure(&change.after) {
            its_cluster(engine, change);
        }
        let cluster = machine.spec.cluster_name.to_string();
        for balancer in engine.records.balancers.of_cluster(&namespace, &cluster) {
            if balancer.spec.role.members() == machine.spec.role {
                engine.queue.ask(Key::new(Kind::LoadBalancer, namespace.clone(), balancer.name_any()));
            }
        }
        let is_new_or_gone = change.before.is_none() || change.after.is_none();
        let has_list = engine.records.storage.of_cluster(&namespace, &cluster);
        for tenant in
            has_list.iter().filter(|tenant| is_new_or_gone || tenant.spec.backend != Default::default())
        {
            engine.queue.ask(Key::new(Kind::StorageTenant, namespace.clone(), tenant.name_any()));
        }
    }
}

impl Linked for Operation {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::Operation, change);
        let is_brake = |operation: &Option<std::sync::Arc<Self>>| {
            operation.as_ref().is_some_and(|one| one.spec.verb == crate::api::operation::Verb::Brake)
        };
        if (is_brake(&change.before) || is_brake(&change.after)) && engine.brakes.read(&engine.records) {
            everything(engine);
        }
    }
}

impl Linked for Incident {
    fn changed(engine: &Engine, change: &Change<Self>) {
        itself(engine, Kind::Incident, change);
    }
}

/// Asks for the turn of every record.
pub fn everything(engine: &Engine) {
    let records = &engine.records;
    every(engine, Kind::Tenant, &records.tenants);
    every(engine, Kind::Release, &records.releases);
    every(engine, Kind::KubernetesCluster, &records.clusters);
    every(engine, Kind::StorageTenant, &records.storage);
    every(engine, Kind::LoadBalancer, &records.balancers);
    every(engine, Kind::Etcd, &records.etcds);
    every(engine, Kind::ControlPlane, &records.control_planes);
    every(engine, Kind::MachineDeployment, &records.pools);
    every(engine, Kind::Addon, &records.addons);
    every(engine, Kind::Machine, &records.machines);
    every(engine, Kind::Operation, &records.operations);
}

fn every<K: Resource<DynamicType = ()>>(engine: &Engine, kind: Kind, cache: &Cache<K>) {
    for object in cache.all() {
        engine.queue.ask(Key::new(kind, object.namespace().unwrap_or_default(), object.name_any()));
    }
}

/// Asks for the turns of those whose things in the cloud changed, by the tags of these things.
pub fn of_cloud(engine: &Engine, tags: &BTreeSet<String>) {
    if tags.is_empty() {
        return;
    }
    let parsed: Vec<Tag> = tags.iter().filter_map(|tag| Tag::parse(tag)).collect();
    let machines: BTreeSet<&str> = parsed
        .iter()
        .filter_map(|tag| match tag {
            Tag::MachineUid(uid) => Some(uid.as_str()),
            Tag::ClusterUid(_) | Tag::Slot(_) | Tag::ManagerUid(_) => None,
        })
        .collect();
    let clusters: BTreeSet<&str> = parsed
        .iter()
        .filter_map(|tag| match tag {
            Tag::ClusterUid(uid) => Some(uid.as_str()),
            Tag::MachineUid(_) | Tag::Slot(_) | Tag::ManagerUid(_) => None,
        })
        .collect();
    for cluster in engine.records.clusters.all() {
        if !clusters.contains(cluster.metadata.uid.as_deref().unwrap_or_default()) {
            continue;
        }
        let (namespace, name) = (cluster.namespace().unwrap_or_default(), cluster.name_any());
        ask_all(engine, Kind::LoadBalancer, &engine.records.balancers, &namespace, &name);
        ask_all(engine, Kind::Etcd, &engine.records.etcds, &namespace, &name);
        for machine in engine.records.machines.of_cluster(&namespace, &name) {
            let is_touched = machines.contains(machine.metadata.uid.as_deref().unwrap_or_default());
            if is_touched || machine.spec.role == Role::Etcd {
                engine.queue.ask(Key::new(Kind::Machine, namespace.clone(), machine.name_any()));
            }
        }
    }
}
