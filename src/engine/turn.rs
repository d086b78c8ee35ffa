//! One turn of one loop: observe, plan, act, report.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kube::ResourceExt;
use tokio::time::Instant;

use super::act::carry_out::{self, Outcome};
use super::act::error::in_full;
use super::context::Engine;
use super::events;
use super::key::{Key, Kind};
use super::keys::KeysError;
use super::observe::context::Scene;
use super::observe::{operation, small};
use super::part;
use super::trace::LoopRecord;
use crate::api::text::TextError;
use crate::clock;
use crate::planning;
use crate::planning::observation::meta::MetaError;
use crate::planning::plan::Plan;
use crate::planning::waiting::WaitingOn;
use crate::workload::access::AccessError;

/// Why a turn came to no plan.
#[derive(Debug, thiserror::Error)]
pub enum TurnError {
    /// A record lacks what every stored object has.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// A cluster's name is none.
    #[error("the cluster's name")]
    Name(#[from] TextError),
    /// A cluster's keys are not at hand.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A user cluster cannot be reached at all.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nobody knows yet what in the cloud has no record.
    #[error("cloud and records were not compared yet")]
    NotCompared,
    /// Something of the Manager Kubernetes could not be read.
    #[error("{what} could not be read")]
    Read {
        /// What.
        what: &'static str,
        /// What the API server said.
        #[source]
        source: Box<kube::Error>,
    },
}

impl TurnError {
    /// Something of the Manager Kubernetes could not be read.
    pub fn read(what: &'static str, source: kube::Error) -> Self {
        Self::Read { what, source: Box::new(source) }
    }
}

/// How long after a step that did something the record is looked at again: what was done is seen at once, and what it
/// sets going is not.
const SOON: TimeDelta = TimeDelta::milliseconds(200);
/// From which length on the pause before the next look is shortened, and by up to which part of it, each record's by its own:
/// what was made together is not looked at together for ever (as controller-runtime does with its `SyncPeriod`).
const LONG: TimeDelta = TimeDelta::minutes(5);
const SPREAD: i32 = 5;

/// What a record is planned from, and the plan.
struct Planned {
    scene: Option<Scene>,
    plan: Plan,
}

/// Takes the turn of a record, which was begun in the queue, and ends it there.
pub async fn take(engine: &Arc<Engine>, key: &Key) {
    let (begun, at) = (Instant::now(), clock::now());
    match plan(engine, key).await {
        Ok(None) => {
            engine.trace.forget(key);
            engine.queue.forget(key);
        }
        Ok(Some(Planned { scene, plan })) => {
            if plan.waits_for(|on| matches!(on, WaitingOn::Settling { .. })) {
                engine.inventory.waits_for_news();
            }
            let Plan { steps, findings, waiting, next_look } = plan;
            let outcome = carry_out::carry_out(engine, key, scene.as_ref(), steps).await;
            let next = end(engine, key, &outcome, next_look);
            let Outcome { steps, left, .. } = outcome;
            let took = begun.elapsed();
            let failure = None;
            let key = key.clone();
            keep(engine, LoopRecord { key, at, findings, waiting, steps, left, failure, took, next });
        }
        Err(error) => {
            let why = in_full(&error);
            tracing::warn!(record = %key, why, "there is no plan");
            let next = engine.queue.failed(key);
            keep(engine, failure(key, at, why, begun.elapsed(), next));
        }
    }
}

fn keep(engine: &Engine, record: LoopRecord) {
    engine.metrics.count(&record);
    events::note(engine, &record);
    engine.trace.keep(record);
}

fn end(engine: &Engine, key: &Key, outcome: &Outcome, next_look: DateTime<Utc>) -> DateTime<Utc> {
    if outcome.failed {
        return engine.queue.failed(key);
    }
    let now = clock::now();
    let next = if outcome.again { now + SOON } else { spread(key, now, next_look).max(now + SOON) };
    engine.queue.done(key, next);
    next
}

/// When a record is looked at, at the latest at `next`.
fn spread(key: &Key, now: DateTime<Utc>, next: DateTime<Utc>) -> DateTime<Utc> {
    let pause = next - now;
    if pause < LONG {
        return next;
    }
    // This hasher has the same keys in each process: the same seed has the same history.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let part = i32::try_from(hasher.finish() % 1000).unwrap_or_default();
    next - pause / SPREAD / 1000 * part
}

fn failure(key: &Key, at: DateTime<Utc>, why: String, took: Duration, next: DateTime<Utc>) -> LoopRecord {
    LoopRecord {
        key: key.clone(),
        at,
        findings: Vec::new(),
        waiting: Vec::new(),
        steps: Vec::new(),
        left: 0,
        failure: Some(why),
        took,
        next,
    }
}

/// Observes a record and plans it. Nothing if it is no more.
async fn plan(engine: &Arc<Engine>, key: &Key) -> Result<Option<Planned>, TurnError> {
    let (records, policy, now) = (&engine.records, &engine.policy, clock::now());
    let plan = match key.kind {
        Kind::Tenant => {
            let Some(object) = records.tenants.get("", &key.name) else { return Ok(None) };
            planning::tenant::plan(&small::tenant(engine, &object)?, policy, now)
        }
        Kind::Release => {
            let Some(object) = records.releases.get("", &key.name) else { return Ok(None) };
            planning::release::plan(&small::release(engine, &object)?, policy, now)
        }
        Kind::Operation => {
            let Some(object) = records.operations.get(&key.namespace, &key.name) else { return Ok(None) };
            let view = operation::view(engine, &object).await?;
            planning::operation::plan(&view, policy, now)
        }
        // Incidents are made and ended by one loop over all findings.
        Kind::Incident => return Ok(None),
        Kind::KubernetesCluster
        | Kind::StorageTenant
        | Kind::LoadBalancer
        | Kind::Etcd
        | Kind::ControlPlane
        | Kind::MachineDeployment
        | Kind::Addon
        | Kind::Machine => return of_cluster(engine, key).await,
    };
    Ok(Some(Planned { scene: None, plan }))
}

/// The cluster that a record belongs to.
fn cluster_of(engine: &Engine, key: &Key) -> Option<String> {
    let (records, namespace, name) = (&engine.records, &key.namespace, &key.name);
    let cluster = match key.kind {
        Kind::KubernetesCluster => records.clusters.get(namespace, name)?.name_any(),
        Kind::StorageTenant => records.storage.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::LoadBalancer => records.balancers.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::Etcd => records.etcds.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::ControlPlane => records.control_planes.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::MachineDeployment => records.pools.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::Addon => records.addons.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::Machine => records.machines.get(namespace, name)?.spec.cluster_name.to_string(),
        Kind::Tenant | Kind::Release | Kind::Operation | Kind::Incident => return None,
    };
    Some(cluster)
}

async fn of_cluster(engine: &Arc<Engine>, key: &Key) -> Result<Option<Planned>, TurnError> {
    let Some(name) = cluster_of(engine, key) else { return Ok(None) };
    // A part whose cluster is no more is collected by the API server.
    let Some(scene) = Scene::read(engine, &key.namespace, &name).await? else { return Ok(None) };
    let plan = part::plan(engine, &scene, key).await?;
    Ok(plan.map(|plan| Planned { scene: Some(scene), plan }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_together_is_not_looked_at_together_and_never_later() {
        let now = clock::now();
        let look = |name: &str, pause: TimeDelta| {
            spread(&Key::new(Kind::Machine, "tenant", name), now, now + pause) - now
        };
        let long = TimeDelta::minutes(10);
        let looks: Vec<TimeDelta> = (0..500).map(|number| look(&format!("m{number}"), long)).collect();
        assert!(looks.iter().all(|pause| (TimeDelta::minutes(8)..=long).contains(pause)), "{looks:?}");
        let early = looks.iter().filter(|pause| **pause < TimeDelta::minutes(9)).count();
        assert!((200..300).contains(&early), "{early} of 500 in the first half");
        assert_eq!(look("m1", TimeDelta::seconds(10)), TimeDelta::seconds(10), "what is waited for");
    }
}
