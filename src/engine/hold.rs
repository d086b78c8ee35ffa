//! Whether something is paused or braked at this moment: asked before each step, because a turn can take minutes.

use super::context::Engine;
use super::key::{Key, Kind};
use super::observe::context::Scene;
use crate::planning::brake::{self, Reached};
use crate::planning::policy::Mistake;

/// Whether what a turn of a cluster's part is about is held now, although it was not when it was planned.
pub fn is_held(engine: &Engine, key: &Key, scene: &Scene) -> bool {
    let (records, meta) = (&engine.records, &scene.record.meta);
    let cluster = records.clusters.get(&meta.namespace, &meta.name);
    let machine = Some(key).filter(|key| key.kind == Kind::Machine);
    let machine = machine.and_then(|key| records.machines.get(&key.namespace, &key.name));
    let zone = machine.and_then(|machine| machine.status.as_ref()?.zone.clone());
    let reached =
        Reached { tenant: &meta.namespace, cluster: Some(meta.name.as_str()), zone: zone.as_deref() };
    let is_paused = cluster.is_some_and(|cluster| cluster.spec.paused);
    let is_braked = brake::hold(&engine.brakes.on(), reached, None).is_some();
    (is_paused || is_braked) && !engine.policy.errs(Mistake::IgnoresHolds)
}
