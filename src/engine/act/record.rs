//! Steps on our own records.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde_json::json;

use super::error::ActError;
use super::machine;
use crate::api::addon::Addon;
use crate::api::cluster::KubernetesCluster;
use crate::api::control_plane::ControlPlane;
use crate::api::etcd::Etcd;
use crate::api::incident::{Incident, IncidentSpec, IncidentStatus};
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::machine_status::{FailureCause, MachineStatus};
use crate::api::names::{FINALIZER, LABEL_CLUSTER, LABEL_POOL, LABEL_ROLE, LABEL_TENANT};
use crate::api::operation::Operation;
use crate::api::reference::ObjectReference;
use crate::api::release::Release;
use crate::api::storage_tenant::StorageTenant;
use crate::api::tenant::Tenant;
use crate::engine::context::Engine;
use crate::engine::key::{Key, Kind};
use crate::engine::observe::context::Scene;
use crate::engine::write::{self, Record};
use crate::planning::step_record::{Child, NewMachine, RecordStep, Status};

/// Does a step.
///
/// # Errors
/// When the API server does not, or what the step is about has changed.
pub async fn act(
    engine: &Engine,
    key: &Key,
    scene: Option<&Scene>,
    step: &RecordStep,
) -> Result<(), ActError> {
    match step {
        RecordStep::AddFinalizer { object } => finalizer(engine, scene, object, true).await,
        RecordStep::RemoveFinalizer { object } => finalizer(engine, scene, object, false).await,
        RecordStep::CreatePki { .. } => make_keys(engine, cluster(scene)?).await,
        RecordStep::DeletePki { .. } => delete_keys(engine, cluster(scene)?).await,
        RecordStep::CreateChild { name, child } => create_child(engine, cluster(scene)?, name, child).await,
        RecordStep::UpdateChild { name, seen, child } => {
            update_child(engine, cluster(scene)?, name, seen, child).await
        }
        RecordStep::DeleteChild { object } => delete_child(engine, object).await,
        RecordStep::CreateMachine(wanted) => create_machine(engine, cluster(scene)?, wanted).await,
        RecordStep::DeleteMachine { machine, uid, .. } => {
            let found = write::find::<Machine>(engine, &key.namespace, machine, Some(uid))?;
            Ok(write::delete(engine, &*found, None).await?)
        }
        RecordStep::BeginRemediation { machine, uid, remediation } => {
            let remediation = remediation.clone();
            status(engine, key, machine, Some(uid), |status| status.remediation = Some(remediation)).await
        }
        RecordStep::EndRemediation { machine, uid } => {
            status(engine, key, machine, Some(uid), |status| status.remediation = None).await
        }
        RecordStep::SetScheduling { machine, uid, scheduling } => {
            let found = write::find::<Machine>(engine, &key.namespace, machine, Some(uid))?;
            write::patch(engine, &*found, json!({ "spec": { "scheduling": scheduling } })).await?;
            Ok(())
        }
        RecordStep::AdoptPort { machine, port } => {
            let port = port.to_string();
            status(engine, key, machine, None, |status| {
                status.port_id = Some(port);
                settle(status);
            })
            .await
        }
        RecordStep::AdoptServer { machine, server } => {
            let server = server.to_string();
            status(engine, key, machine, None, |status| {
                status.server_id = Some(server);
                settle(status);
            })
            .await
        }
        RecordStep::ForgetVictims { deployment, victims } => {
            let found = write::find::<MachineDeployment>(engine, &key.namespace, deployment, None)?;
            let left: Vec<_> = found.spec.victims.iter().filter(|victim| !victims.contains(victim)).collect();
            write::patch(engine, &*found, json!({ "spec": { "victims": left } })).await?;
            Ok(())
        }
        RecordStep::CreateIncident { name, status } => create_incident(engine, name, status).await,
        RecordStep::SetStatus { object, status } => set_status(engine, object, status).await,
    }
}

fn cluster(scene: Option<&Scene>) -> Result<&Scene, ActError> {
    scene.ok_or_else(|| ActError::missing("the cluster"))
}

async fn make_keys(engine: &Engine, scene: &Scene) -> Result<(), ActError> {
    Ok(engine.keys.make(&engine.client, &scene.object).await?)
}

async fn delete_keys(engine: &Engine, scene: &Scene) -> Result<(), ActError> {
    Ok(engine.keys.delete(&engine.client, &scene.object).await?)
}

/// What was found is what was asked for.
fn settle(status: &mut MachineStatus) {
    if status.last_failure.as_ref().is_some_and(|failure| failure.cause == FailureCause::OutcomeUnknown) {
        status.last_failure = None;
    }
}

async fn status(
    engine: &Engine,
    key: &Key,
    machine: &str,
    uid: Option<&str>,
    change: impl FnOnce(&mut MachineStatus),
) -> Result<(), ActError> {
    let found = write::find::<Machine>(engine, &key.namespace, machine, uid)?;
    let mut status = found.status.clone().unwrap_or_default();
    change(&mut status);
    write::set_status(engine, &*found, status).await?;
    Ok(())
}

fn place(object: &ObjectReference) -> Result<(Kind, &str, &str, Option<&str>), ActError> {
    let kind =
        Kind::named(&object.kind).ok_or_else(|| ActError::missing(format!("the kind {}", object.kind)))?;
    Ok((kind, object.namespace.as_deref().unwrap_or_default(), &object.name, object.uid.as_deref()))
}

async fn finalizer(
    engine: &Engine,
    scene: Option<&Scene>,
    object: &ObjectReference,
    wanted: bool,
) -> Result<(), ActError> {
    match place(object)?.0 {
        Kind::Tenant => finalize::<Tenant>(engine, object, wanted).await,
        Kind::Release => finalize::<Release>(engine, object, wanted).await,
        Kind::KubernetesCluster => finalize::<KubernetesCluster>(engine, object, wanted).await,
        Kind::StorageTenant => finalize::<StorageTenant>(engine, object, wanted).await,
        Kind::LoadBalancer => finalize::<LoadBalancer>(engine, object, wanted).await,
        Kind::Etcd => finalize::<Etcd>(engine, object, wanted).await,
        Kind::ControlPlane => finalize::<ControlPlane>(engine, object, wanted).await,
        Kind::MachineDeployment => finalize::<MachineDeployment>(engine, object, wanted).await,
        Kind::Addon => finalize::<Addon>(engine, object, wanted).await,
        Kind::Machine => {
            let (_, namespace, name, uid) = place(object)?;
            if !wanted {
                let found = write::find::<Machine>(engine, namespace, name, uid)?;
                machine::assert_nothing_left(engine, cluster(scene)?, &found).await?;
            }
            finalize::<Machine>(engine, object, wanted).await
        }
        Kind::Operation => finalize::<Operation>(engine, object, wanted).await,
        Kind::Incident => finalize::<Incident>(engine, object, wanted).await,
    }
}

async fn finalize<K: Record>(
    engine: &Engine,
    object: &ObjectReference,
    wanted: bool,
) -> Result<(), ActError> {
    let (_, namespace, name, uid) = place(object)?;
    let found = write::find::<K>(engine, namespace, name, uid)?;
    Ok(write::finalizer(engine, &*found, wanted).await?)
}

/// The metadata of something that belongs to a record of a cluster.
fn metadata(
    scene: &Scene,
    name: &str,
    mut labels: BTreeMap<String, String>,
    owner: OwnerReference,
) -> ObjectMeta {
    let meta = &scene.record.meta;
    labels.insert(LABEL_CLUSTER.to_owned(), meta.name.clone());
    labels.insert(LABEL_TENANT.to_owned(), meta.namespace.clone());
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(meta.namespace.clone()),
        labels: Some(labels),
        owner_references: Some(vec![owner]),
        ..ObjectMeta::default()
    }
}

async fn create_child(engine: &Engine, scene: &Scene, name: &str, child: &Child) -> Result<(), ActError> {
    let owner =
        scene.object.controller_owner_ref(&()).ok_or_else(|| ActError::missing("the cluster's uid"))?;
    let meta = |labels: &[(&str, String)]| {
        let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        metadata(scene, name, labels, owner.clone())
    };
    match child {
        Child::Etcd(spec) => {
            write::create(engine, &Etcd { metadata: meta(&[]), spec: spec.clone(), status: None }).await?;
        }
        Child::ControlPlane(spec) => {
            let object = ControlPlane { metadata: meta(&[]), spec: spec.clone(), status: None };
            write::create(engine, &object).await?;
        }
        Child::Deployment(spec) => {
            let role = crate::api::role::Role::from(spec.role);
            let labels = [(LABEL_POOL, spec.pool.to_string()), (LABEL_ROLE, role.to_string())];
            let object = MachineDeployment { metadata: meta(&labels), spec: spec.clone(), status: None };
            write::create(engine, &object).await?;
        }
        Child::LoadBalancer(spec) => {
            let metadata = meta(&[(LABEL_ROLE, spec.role.as_str().to_owned())]);
            write::create(engine, &LoadBalancer { metadata, spec: spec.clone(), status: None }).await?;
        }
        Child::StorageTenant(spec) => {
            let object = StorageTenant { metadata: meta(&[]), spec: spec.clone(), status: None };
            write::create(engine, &object).await?;
        }
        Child::Addon(spec) => {
            write::create(engine, &Addon { metadata: meta(&[]), spec: spec.clone(), status: None }).await?;
        }
    }
    Ok(())
}

async fn update_child(
    engine: &Engine,
    scene: &Scene,
    name: &str,
    seen: &str,
    child: &Child,
) -> Result<(), ActError> {
    let place = (scene.record.meta.namespace.as_str(), name, seen);
    match child {
        Child::Etcd(spec) => respec::<Etcd>(engine, place, |object| object.spec = spec.clone()).await,
        Child::ControlPlane(spec) => {
            respec::<ControlPlane>(engine, place, |object| object.spec = spec.clone()).await
        }
        Child::Deployment(spec) => {
            respec::<MachineDeployment>(engine, place, |object| object.spec = spec.clone()).await
        }
        Child::LoadBalancer(spec) => {
            respec::<LoadBalancer>(engine, place, |object| object.spec = spec.clone()).await
        }
        Child::StorageTenant(spec) => {
            respec::<StorageTenant>(engine, place, |object| object.spec = spec.clone()).await
        }
        Child::Addon(spec) => respec::<Addon>(engine, place, |object| object.spec = spec.clone()).await,
    }
}

async fn respec<K: Record>(
    engine: &Engine,
    (namespace, name, seen): (&str, &str, &str),
    change: impl FnOnce(&mut K),
) -> Result<(), ActError> {
    let mut object = (*write::as_seen::<K>(engine, namespace, name, None, Some(seen))?).clone();
    change(&mut object);
    write::replace(engine, object).await?;
    Ok(())
}

async fn delete_child(engine: &Engine, object: &ObjectReference) -> Result<(), ActError> {
    let (kind, namespace, name, uid) = place(object)?;
    match kind {
        Kind::Etcd => delete::<Etcd>(engine, namespace, name, uid).await,
        Kind::ControlPlane => delete::<ControlPlane>(engine, namespace, name, uid).await,
        Kind::MachineDeployment => delete::<MachineDeployment>(engine, namespace, name, uid).await,
        Kind::LoadBalancer => delete::<LoadBalancer>(engine, namespace, name, uid).await,
        Kind::StorageTenant => delete::<StorageTenant>(engine, namespace, name, uid).await,
        Kind::Addon => delete::<Addon>(engine, namespace, name, uid).await,
        Kind::Tenant
        | Kind::Release
        | Kind::KubernetesCluster
        | Kind::Machine
        | Kind::Operation
        | Kind::Incident => Err(ActError::missing(format!("a way to delete {object} as a child"))),
    }
}

async fn delete<K: Record>(
    engine: &Engine,
    namespace: &str,
    name: &str,
    uid: Option<&str>,
) -> Result<(), ActError> {
    match write::find::<K>(engine, namespace, name, uid) {
        Ok(found) => Ok(write::delete(engine, &*found, None).await?),
        Err(_) => Ok(()),
    }
}

async fn create_machine(engine: &Engine, scene: &Scene, wanted: &NewMachine) -> Result<(), ActError> {
    let owner = OwnerReference {
        api_version: Machine::api_version(&()).into_owned(),
        kind: wanted.owner.kind.clone(),
        name: wanted.owner.name.clone(),
        uid: wanted.owner.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    };
    let mut metadata = metadata(scene, &wanted.name, wanted.labels.clone(), owner);
    // From its first moment on nobody deletes it but us, and it costs no write of its own.
    metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
    let machine = Machine { metadata, spec: wanted.spec.clone(), status: None };
    Ok(write::create(engine, &machine).await?)
}

async fn create_incident(engine: &Engine, name: &str, status: &IncidentStatus) -> Result<(), ActError> {
    let metadata = ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() };
    let incident =
        Incident { metadata, spec: IncidentSpec { acknowledged_by: None, note: None }, status: None };
    write::create(engine, &incident).await?;
    let made = write::find::<Incident>(engine, "", &incident.name_any(), None)?;
    write::set_status(engine, &*made, status.clone()).await?;
    Ok(())
}

async fn set_status(engine: &Engine, object: &ObjectReference, status: &Status) -> Result<(), ActError> {
    match status {
        Status::Cluster(status) => report::<KubernetesCluster>(engine, object, status.clone()).await,
        Status::Etcd(status) => report::<Etcd>(engine, object, status.clone()).await,
        Status::ControlPlane(status) => report::<ControlPlane>(engine, object, status.clone()).await,
        Status::Deployment(status) => report::<MachineDeployment>(engine, object, status.clone()).await,
        Status::Machine(status) => report::<Machine>(engine, object, status.clone()).await,
        Status::LoadBalancer(status) => report::<LoadBalancer>(engine, object, status.clone()).await,
        Status::StorageTenant(status) => report::<StorageTenant>(engine, object, status.clone()).await,
        Status::Addon(status) => report::<Addon>(engine, object, status.clone()).await,
        Status::Release(status) => report::<Release>(engine, object, status.clone()).await,
        Status::Tenant(status) => report::<Tenant>(engine, object, status.clone()).await,
        Status::Operation(status) => report::<Operation>(engine, object, status.clone()).await,
        Status::Incident(status) => report::<Incident>(engine, object, status.clone()).await,
    }
}

async fn report<K>(engine: &Engine, object: &ObjectReference, status: K::Status) -> Result<(), ActError>
where
    K: Record + kube::core::object::HasStatus,
{
    let (_, namespace, name, uid) = place(object)?;
    let seen = object.resource_version.as_deref();
    let found = write::as_seen::<K>(engine, namespace, name, uid, seen)?;
    write::set_status(engine, &*found, status).await?;
    Ok(())
}
