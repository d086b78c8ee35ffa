//! Steps on specs, on behalf of an Operation.

use serde_json::{Value, json};

use super::error::ActError;
use super::leak;
use crate::api::addon::Addon;
use crate::api::cluster::KubernetesCluster;
use crate::api::control_plane::ControlPlane;
use crate::api::etcd::Etcd;
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::operation::Operation;
use crate::api::reference::ObjectReference;
use crate::api::release::Release;
use crate::api::storage_tenant::StorageTenant;
use crate::api::tenant::Tenant;
use crate::engine::context::Engine;
use crate::engine::key::Kind;
use crate::engine::write::{self, Record};
use crate::planning::step_edit::{Edit, EditStep};

/// Does a step.
///
/// # Errors
/// When the API server does not, or what the step is about has changed.
pub async fn act(engine: &Engine, step: &EditStep) -> Result<(), ActError> {
    let object = &step.object;
    match &step.edit {
        Edit::Replicas { replicas, victims } => {
            let mut spec = json!({ "victims": victims });
            if let Some(replicas) = replicas {
                spec["replicas"] = json!(replicas);
            }
            patch::<MachineDeployment>(engine, object, json!({ "spec": spec })).await
        }
        Edit::PoolReplicas { pool, replicas } => {
            pool_replicas(engine, object, pool.as_deref(), *replicas).await
        }
        Edit::Remediate { order } => {
            patch::<Machine>(engine, object, json!({ "spec": { "remediate": order } })).await
        }
        Edit::Fenced { order } => {
            patch::<Machine>(engine, object, json!({ "spec": { "fenced": order } })).await
        }
        Edit::Scheduling { scheduling } => {
            patch::<Machine>(engine, object, json!({ "spec": { "scheduling": scheduling } })).await
        }
        Edit::ForgetFailure => forget_failure(engine, object).await,
        Edit::Paused { paused } => pause(engine, object, *paused).await,
        Edit::Failovers { failovers } => {
            patch::<LoadBalancer>(engine, object, json!({ "spec": { "failovers": failovers } })).await
        }
        Edit::Cancel => patch::<Operation>(engine, object, json!({ "spec": { "cancelled": true } })).await,
        Edit::Approve { approval } => {
            patch::<Operation>(engine, object, json!({ "spec": { "approved": approval } })).await
        }
        Edit::Destroy { suspect } => leak::destroy(engine, suspect).await,
        Edit::Delete { forced_by } => delete(engine, object, forced_by.as_deref()).await,
    }
}

fn place(object: &ObjectReference) -> (&str, &str, Option<&str>) {
    (object.namespace.as_deref().unwrap_or_default(), &object.name, object.uid.as_deref())
}

async fn patch<K: Record>(engine: &Engine, object: &ObjectReference, change: Value) -> Result<(), ActError> {
    let (namespace, name, uid) = place(object);
    let found = write::find::<K>(engine, namespace, name, uid)?;
    write::patch(engine, &*found, change).await?;
    Ok(())
}

async fn pool_replicas(
    engine: &Engine,
    object: &ObjectReference,
    pool: Option<&str>,
    replicas: u32,
) -> Result<(), ActError> {
    let (namespace, name, uid) = place(object);
    let found = write::find::<KubernetesCluster>(engine, namespace, name, uid)?;
    let mut cluster = (*found).clone();
    match pool {
        None => {
            let ingress = cluster.spec.ingress.as_mut();
            ingress.ok_or_else(|| ActError::missing("the pool of ingress nodes"))?.replicas = Some(replicas);
        }
        Some(pool) => {
            let own = cluster.spec.workers.iter_mut().find(|one| one.name.as_str() == pool);
            own.ok_or_else(|| ActError::missing(format!("pool {pool}")))?.replicas = Some(replicas);
        }
    }
    // A list is replaced as a whole by a patch, so that a pool that somebody else added meanwhile would be lost: the
    // version that was looked at guards against that.
    let change = json!({ "spec": { "workers": cluster.spec.workers, "ingress": cluster.spec.ingress } });
    write::patch(engine, &*found, change).await?;
    Ok(())
}

async fn forget_failure(engine: &Engine, object: &ObjectReference) -> Result<(), ActError> {
    let (namespace, name, uid) = place(object);
    let found = write::find::<Machine>(engine, namespace, name, uid)?;
    let mut status = found.status.clone().unwrap_or_default();
    status.last_failure = None;
    if let Some(remediation) = &mut status.remediation {
        remediation.attempts = 0;
    }
    write::set_status(engine, &*found, status).await?;
    Ok(())
}

fn kind_of(object: &ObjectReference) -> Result<Kind, ActError> {
    Kind::named(&object.kind).ok_or_else(|| ActError::missing(format!("the kind {}", object.kind)))
}

async fn pause(engine: &Engine, object: &ObjectReference, paused: bool) -> Result<(), ActError> {
    let change = json!({ "spec": { "paused": paused } });
    match kind_of(object)? {
        Kind::KubernetesCluster => patch::<KubernetesCluster>(engine, object, change).await,
        Kind::StorageTenant => patch::<StorageTenant>(engine, object, change).await,
        Kind::LoadBalancer => patch::<LoadBalancer>(engine, object, change).await,
        Kind::Etcd => patch::<Etcd>(engine, object, change).await,
        Kind::ControlPlane => patch::<ControlPlane>(engine, object, change).await,
        Kind::MachineDeployment => patch::<MachineDeployment>(engine, object, change).await,
        Kind::Addon => patch::<Addon>(engine, object, change).await,
        Kind::Machine => patch::<Machine>(engine, object, change).await,
        Kind::Tenant | Kind::Release | Kind::Operation | Kind::Incident => {
            Err(ActError::missing(format!("a pause of {object}")))
        }
    }
}

async fn delete(engine: &Engine, object: &ObjectReference, forced_by: Option<&str>) -> Result<(), ActError> {
    match kind_of(object)? {
        Kind::Tenant => remove::<Tenant>(engine, object, forced_by).await,
        Kind::Release => remove::<Release>(engine, object, forced_by).await,
        Kind::KubernetesCluster => remove::<KubernetesCluster>(engine, object, forced_by).await,
        Kind::StorageTenant => remove::<StorageTenant>(engine, object, forced_by).await,
        Kind::LoadBalancer => remove::<LoadBalancer>(engine, object, forced_by).await,
        Kind::Etcd => remove::<Etcd>(engine, object, forced_by).await,
        Kind::ControlPlane => remove::<ControlPlane>(engine, object, forced_by).await,
        Kind::MachineDeployment => remove::<MachineDeployment>(engine, object, forced_by).await,
        Kind::Addon => remove::<Addon>(engine, object, forced_by).await,
        Kind::Machine => remove::<Machine>(engine, object, forced_by).await,
        Kind::Operation => remove::<Operation>(engine, object, forced_by).await,
        Kind::Incident => Err(ActError::missing(format!("a deletion of {object}"))),
    }
}

async fn remove<K: Record>(
    engine: &Engine,
    object: &ObjectReference,
    forced_by: Option<&str>,
) -> Result<(), ActError> {
    let (namespace, name, uid) = place(object);
    let found = write::find::<K>(engine, namespace, name, uid)?;
    Ok(write::delete(engine, &*found, forced_by).await?)
}
