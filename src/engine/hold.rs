//! Whether something is paused or braked at this moment: asked before each step, because a turn can take minutes.

use super::context::Engine;
use super::key::{Key, Kind};
use super::observe::context::Scene;
use super::records::Records;
use crate::planning::brake::{self, Reached};
use crate::planning::policy::Mistake;

/// Whether what a turn of a cluster's part is about is held now, although it was not when it was planned.
pub fn is_held(engine: &Engine, key: &Key, scene: &Scene) -> bool {
    let (records, meta) = (&engine.records, &scene.record.meta);
    let cluster = records.clusters.get(&meta.namespace, &meta.name);
    let machine = Some(key).filter(|key| key.kind == Kind::Machine);
    let machine = machine.and_then(|key| records.machines.get(&key.namespace, &key.name));
    let zone = machine.and_then(|machine| {
        let seen = machine.status.as_ref().and_then(|status| status.zone.clone());
        seen.or_else(|| machine.spec.failure_domain.as_ref().map(ToString::to_string))
    });
    let reached =
        Reached { tenant: &meta.namespace, cluster: Some(meta.name.as_str()), zone: zone.as_deref() };
    let is_paused = cluster.is_some_and(|cluster| cluster.spec.paused) || is_paused(records, key);
    let is_braked = brake::hold(&engine.brakes.on(), reached, None).is_some();
    (is_paused || is_braked) && !engine.policy.errs(Mistake::IgnoresHolds)
}

/// Whether the spec of the record itself says that it is paused.
fn is_paused(records: &Records, key: &Key) -> bool {
    let (namespace, name) = (key.namespace.as_str(), key.name.as_str());
    match key.kind {
        Kind::KubernetesCluster => records.clusters.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::StorageTenant => records.storage.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::LoadBalancer => records.balancers.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::Etcd => records.etcds.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::ControlPlane => records.control_planes.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::MachineDeployment => records.pools.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::Addon => records.addons.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::Machine => records.machines.get(namespace, name).is_some_and(|one| one.spec.paused),
        Kind::Tenant | Kind::Release | Kind::Operation | Kind::Incident => false,
    }
}
