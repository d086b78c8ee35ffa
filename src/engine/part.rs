//! The plan of a cluster or of one of its parts.

use super::context::Engine;
use super::key::{Key, Kind};
use super::observe::context::Scene;
use super::observe::{around, balancer, cluster, machine, parts};
use super::turn::TurnError;
use crate::api::condition::Conditions;
use crate::clock;
use crate::planning;
use crate::planning::observation::surroundings::Surroundings;
use crate::planning::plan::Plan;

/// What came of observing and planning: nothing if the record is no more.
type Planned = Result<Option<Plan>, TurnError>;

/// Observes a cluster or a part of it, and plans it.
///
/// # Errors
/// When something of the Manager Kubernetes cannot be read.
pub async fn plan(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    match key.kind {
        Kind::KubernetesCluster => whole(engine, scene).await.map(Some),
        Kind::StorageTenant => storage(engine, scene, key).await,
        Kind::LoadBalancer => balancer(engine, scene, key).await,
        Kind::Etcd => etcd(engine, scene, key).await,
        Kind::ControlPlane => control_plane(engine, scene, key).await,
        Kind::MachineDeployment => pool(engine, scene, key).await,
        Kind::Addon => addon(engine, scene, key).await,
        Kind::Machine => machine(engine, scene, key).await,
        Kind::Tenant | Kind::Release | Kind::Operation | Kind::Incident => Ok(None),
    }
}

async fn whole(engine: &Engine, scene: &Scene) -> Result<Plan, TurnError> {
    let view = cluster::view(engine, scene).await?;
    let around = around::of_part(engine, scene, false, None, None);
    Ok(planning::cluster::plan(&view, &around, &engine.policy, clock::now()))
}

async fn machine(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.machines.get(&key.namespace, &key.name) else { return Ok(None) };
    let view = machine::view(engine, scene, &object, false).await?;
    let seen = around::paused_since(&view.status.conditions);
    let zone = planning::newcomer::zone_of(&view);
    let around = around::of_part(engine, scene, object.spec.paused, seen, zone);
    Ok(Some(planning::machine::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

fn around_of(engine: &Engine, scene: &Scene, paused: bool, conditions: Option<&Conditions>) -> Surroundings {
    around::of_part(engine, scene, paused, conditions.and_then(around::paused_since), None)
}

async fn storage(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.storage.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = parts::storage(engine, scene, &object).await?;
    Ok(Some(planning::storage::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

async fn balancer(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.balancers.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = balancer::view(engine, scene, &object).await?;
    Ok(Some(planning::balancer::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

async fn etcd(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.etcds.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = parts::etcd(engine, scene, &object).await?;
    Ok(Some(planning::etcd::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

async fn control_plane(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.control_planes.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = parts::control_plane(engine, scene, &object).await?;
    Ok(Some(planning::control_plane::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

async fn pool(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.pools.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = parts::pool(engine, scene, &object).await?;
    Ok(Some(planning::deployment::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}

async fn addon(engine: &Engine, scene: &Scene, key: &Key) -> Planned {
    let Some(object) = engine.records.addons.get(&key.namespace, &key.name) else { return Ok(None) };
    let conditions = object.status.as_ref().map(|status| &status.conditions);
    let around = around_of(engine, scene, object.spec.paused, conditions);
    let view = parts::addon(scene, &object).await?;
    Ok(Some(planning::addon::plan(&view, &scene.facts, &around, &engine.policy, clock::now())))
}
