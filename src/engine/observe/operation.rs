//! An Operation with all that its plan is made from.

use std::sync::Arc;

use kube::ResourceExt;
use kube::core::object::{HasSpec, HasStatus};

use super::context::Scene;
use super::stored::stored;
use super::{around, machine, parts};
use crate::api::machine::Machine;
use crate::api::operation::{BrakeScope, Operation, Verb};
use crate::api::reference::ObjectReference;
use crate::engine::cache::Cache;
use crate::engine::context::Engine;
use crate::engine::key::Kind;
use crate::engine::turn::TurnError;
use crate::planning::brake::{self, Reached};
use crate::planning::leak;
use crate::planning::observation::meta::Meta;
use crate::planning::observation::operation::{MachineSubject, OperationView, PoolSubject, Subject};

/// An Operation with all that its plan is made from.
///
/// # Errors
/// When a record lacks what every stored object has, or the keys of a cluster cannot be read.
pub async fn view(engine: &Arc<Engine>, object: &Operation) -> Result<OperationView, TurnError> {
    let record = stored("Operation", object)?;
    let arguments = &record.spec.arguments;
    let subject = match (&record.spec.target, &arguments.host) {
        (None, Some(host)) if record.spec.verb == Verb::Fence => {
            Subject::Host(on_host(engine, host.as_str()))
        }
        (None, _) => Subject::Fleet,
        (Some(_), _) if matches!(arguments.scope, Some(BrakeScope::All | BrakeScope::Zone)) => Subject::Fleet,
        (Some(target), _) if target.kind == leak::KIND => leak(engine, &target.name)?,
        (Some(target), _) => subject(engine, target).await?,
    };
    let volumes = volumes(engine, &subject);
    Ok(OperationView { record, subject, volumes })
}

/// How many volumes lie in a cluster's project, as the cloud was last read.
fn volumes(engine: &Engine, subject: &Subject) -> u32 {
    let Subject::Cluster(cluster) = subject else { return 0 };
    let Some(project) = &cluster.status.project_id else { return 0 };
    let volumes = engine.inventory.volumes();
    let all = volumes.value().into_iter().flatten();
    let count = all.filter(|volume| volume.project.as_str() == project.as_str()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Something without a record. While that is not known, nothing may be taken for gone.
fn leak(engine: &Engine, id: &str) -> Result<Subject, TurnError> {
    let (suspects, _) = engine.leaks.suspects().ok_or(TurnError::NotCompared)?;
    let found = suspects.into_iter().find(|suspect| suspect.thing.id == id);
    let hold = brake::hold(&engine.brakes.on(), Reached::default(), None);
    Ok(found.map_or(Subject::Missing, |suspect| Subject::Leak(Box::new(suspect), hold)))
}

fn on_host(engine: &Engine, host: &str) -> Vec<ObjectReference> {
    let machines = engine.records.machines.all();
    let there = machines
        .iter()
        .filter(|machine| machine.status.as_ref().and_then(|status| status.host.as_deref()) == Some(host));
    there.map(|machine| reference(machine)).collect()
}

fn reference(machine: &Machine) -> ObjectReference {
    ObjectReference {
        kind: Kind::Machine.name().to_owned(),
        namespace: machine.namespace(),
        name: machine.name_any(),
        uid: machine.uid(),
        resource_version: None,
    }
}

async fn subject(engine: &Arc<Engine>, target: &ObjectReference) -> Result<Subject, TurnError> {
    let (records, name) = (&engine.records, target.name.as_str());
    let namespace = target.namespace.as_deref().unwrap_or_default();
    let Some(kind) = Kind::named(&target.kind) else { return Ok(Subject::Missing) };
    let found = match kind {
        Kind::KubernetesCluster => match records.clusters.get(namespace, name) {
            Some(cluster) => Subject::Cluster(Box::new(stored("KubernetesCluster", &*cluster)?)),
            None => Subject::Missing,
        },
        Kind::LoadBalancer => match records.balancers.get(namespace, name) {
            Some(balancer) => Subject::Balancer(Box::new(stored("LoadBalancer", &*balancer)?)),
            None => Subject::Missing,
        },
        Kind::Operation => match records.operations.get(namespace, name) {
            Some(operation) => Subject::Operation(Box::new(stored("Operation", &*operation)?)),
            None => Subject::Missing,
        },
        Kind::MachineDeployment => pool(engine, namespace, name).await?,
        Kind::Machine => machine_subject(engine, namespace, name).await?,
        Kind::Etcd => other(&records.etcds, "Etcd", namespace, name, |one| Some(one.spec().paused))?,
        Kind::ControlPlane => {
            other(&records.control_planes, "ControlPlane", namespace, name, |one| Some(one.spec().paused))?
        }
        Kind::StorageTenant => {
            other(&records.storage, "StorageTenant", namespace, name, |one| Some(one.spec().paused))?
        }
        Kind::Addon => other(&records.addons, "Addon", namespace, name, |one| Some(one.spec().paused))?,
        Kind::Tenant => other(&records.tenants, "Tenant", "", name, |_| None)?,
        Kind::Release => other(&records.releases, "Release", "", name, |_| None)?,
        Kind::Incident => Subject::Missing,
    };
    Ok(if is_same(&found, target) { found } else { Subject::Missing })
}

/// Whether what was found is what was meant: another uid is another object.
fn is_same(subject: &Subject, target: &ObjectReference) -> bool {
    let uid = match subject {
        Subject::Missing | Subject::Fleet | Subject::Host(_) | Subject::Leak(..) => return true,
        Subject::Cluster(cluster) => &cluster.meta.uid,
        Subject::Pool(pool) => &pool.pool.meta.uid,
        Subject::Machine(machine) => &machine.machine.meta.uid,
        Subject::Balancer(balancer) => &balancer.meta.uid,
        Subject::Operation(operation) => &operation.meta.uid,
        Subject::Other { meta, .. } => &meta.uid,
    };
    target.uid.as_ref().is_none_or(|wanted| wanted == uid)
}

fn other<K>(
    cache: &Cache<K>,
    kind: &'static str,
    namespace: &str,
    name: &str,
    paused: impl Fn(&K) -> Option<bool>,
) -> Result<Subject, TurnError>
where
    K: kube::Resource<DynamicType = ()> + HasSpec + HasStatus,
{
    let Some(object) = cache.get(namespace, name) else { return Ok(Subject::Missing) };
    Ok(Subject::Other { meta: Meta::read(kind, object.meta())?, paused: paused(&object) })
}

async fn pool(engine: &Arc<Engine>, namespace: &str, name: &str) -> Result<Subject, TurnError> {
    let Some(object) = engine.records.pools.get(namespace, name) else { return Ok(Subject::Missing) };
    let cluster = object.spec.cluster_name.to_string();
    let Some(scene) = Scene::read(engine, namespace, &cluster).await? else { return Ok(Subject::Missing) };
    let seen = object.status.as_ref().and_then(|status| around::paused_since(&status.conditions));
    Ok(Subject::Pool(Box::new(PoolSubject {
        pool: parts::pool(engine, &scene, &object).await?,
        around: around::of_part(engine, &scene, object.spec.paused, seen, None),
        cluster: scene.record,
        facts: scene.facts,
    })))
}

async fn machine_subject(engine: &Arc<Engine>, namespace: &str, name: &str) -> Result<Subject, TurnError> {
    let Some(object) = engine.records.machines.get(namespace, name) else { return Ok(Subject::Missing) };
    let cluster = object.spec.cluster_name.to_string();
    let Some(scene) = Scene::read(engine, namespace, &cluster).await? else { return Ok(Subject::Missing) };
    let owner = object.owner_references().iter().find(|owner| owner.kind == Kind::MachineDeployment.name());
    let pool = owner.and_then(|owner| engine.records.pools.get(namespace, &owner.name));
    let pool = match pool {
        Some(pool) => Some(parts::pool(engine, &scene, &pool).await?),
        None => None,
    };
    let view = machine::view(engine, &scene, &object, true).await?;
    let seen = around::paused_since(&view.status.conditions);
    let zone = crate::planning::newcomer::zone_of(&view).map(str::to_owned);
    Ok(Subject::Machine(Box::new(MachineSubject {
        around: around::of_part(engine, &scene, object.spec.paused, seen, zone.as_deref()),
        machine: view,
        pool,
        facts: scene.facts,
    })))
}
