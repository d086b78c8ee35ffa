//! The acts on our own records.

use std::collections::BTreeMap;
use std::fmt;

use super::step::Nature;
use crate::api::addon::{AddonSpec, AddonStatus};
use crate::api::cluster_status::ClusterStatus;
use crate::api::control_plane::{ControlPlaneSpec, ControlPlaneStatus};
use crate::api::etcd::{EtcdSpec, EtcdStatus};
use crate::api::incident::IncidentStatus;
use crate::api::load_balancer::{LoadBalancerSpec, LoadBalancerStatus};
use crate::api::machine::{MachineSpec, Scheduling};
use crate::api::machine_deployment::{MachineDeploymentSpec, MachineDeploymentStatus};
use crate::api::machine_status::{MachineStatus, Remediation};
use crate::api::operation_status::OperationStatus;
use crate::api::reference::ObjectReference;
use crate::api::release::ReleaseStatus;
use crate::api::storage_tenant::{StorageTenantSpec, StorageTenantStatus};
use crate::api::tenant::TenantStatus;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::network::PortId;

/// A child of a cluster, as it is wanted.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Child {
    Etcd(EtcdSpec),
    ControlPlane(ControlPlaneSpec),
    Deployment(MachineDeploymentSpec),
    LoadBalancer(LoadBalancerSpec),
    StorageTenant(StorageTenantSpec),
    Addon(AddonSpec),
}

impl Child {
    /// Its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Etcd(_) => "Etcd",
            Self::ControlPlane(_) => "ControlPlane",
            Self::Deployment(_) => "MachineDeployment",
            Self::LoadBalancer(_) => "LoadBalancer",
            Self::StorageTenant(_) => "StorageTenant",
            Self::Addon(_) => "Addon",
        }
    }
}

/// A new status of a record.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Status {
    Cluster(ClusterStatus),
    Etcd(EtcdStatus),
    ControlPlane(ControlPlaneStatus),
    Deployment(MachineDeploymentStatus),
    Machine(MachineStatus),
    LoadBalancer(LoadBalancerStatus),
    StorageTenant(StorageTenantStatus),
    Addon(AddonStatus),
    Release(ReleaseStatus),
    Tenant(TenantStatus),
    Operation(OperationStatus),
    Incident(IncidentStatus),
}

/// A machine that is wanted. Its name follows from its owner and its place, so that making it twice makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMachine {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its spec.
    pub spec: MachineSpec,
    /// The record that owns it.
    pub owner: ObjectReference,
}

/// An act on our own records.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the fields name the object that the variant is about")]
pub enum RecordStep {
    /// Puts our finalizer on a record, before the first thing is made for it.
    AddFinalizer { object: ObjectReference },
    /// Takes our finalizer off: nothing is left of it.
    RemoveFinalizer { object: ObjectReference },
    /// Makes the cluster's keys, once, and keeps them as Secrets.
    CreatePki { cluster: String },
    /// Deletes the cluster's keys.
    DeletePki { cluster: String },
    /// Makes a child of a cluster.
    CreateChild { name: String, child: Child },
    /// Writes a new spec to a child, if it is still as it was seen: others write to it as well.
    UpdateChild { name: String, seen: String, child: Child },
    /// Deletes a child.
    DeleteChild { object: ObjectReference },
    /// Makes a machine.
    CreateMachine(NewMachine),
    /// Deletes a machine's record; its planner takes the machine down.
    DeleteMachine { machine: String, uid: String, why: MachineGoes },
    /// Writes that a machine is being replaced.
    BeginRemediation { machine: String, uid: String, remediation: Remediation },
    /// Writes that a machine is not replaced after all, because it works again.
    EndRemediation { machine: String, uid: String },
    /// Writes that pods may or may not run on a machine's node.
    SetScheduling { machine: String, uid: String, scheduling: Scheduling },
    /// Writes that a port found by its tag is the machine's.
    AdoptPort { machine: String, port: PortId },
    /// Writes that a server found by its tags is the machine's.
    AdoptServer { machine: String, server: ServerId },
    /// Takes names of machines that are gone off the list of victims.
    ForgetVictims { deployment: String, victims: Vec<String> },
    /// Makes an Incident, with its first status.
    CreateIncident { name: String, status: Box<IncidentStatus> },
    /// Writes what was observed, if the record is still as it was seen.
    SetStatus { object: ObjectReference, status: Status },
}

/// Why a machine's record is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineGoes {
    /// The pool is to have fewer machines.
    ScaledDown,
    /// It is broken, and its replacement serves.
    Replaced,
    /// It is broken, and there is no room for a replacement beside it.
    MakesRoom,
    /// It was to replace another one, and failed itself.
    FailedToReplace,
    /// The machine that it was to replace works again.
    NotNeeded,
    /// Its owner is being deleted.
    OwnerDeleted,
}

impl RecordStep {
    /// The act, and what it is about.
    pub fn name(&self) -> (&'static str, String) {
        match self {
            Self::AddFinalizer { object } => ("add-finalizer", object.to_string()),
            Self::RemoveFinalizer { object } => ("remove-finalizer", object.to_string()),
            Self::CreatePki { cluster } => ("create-pki", cluster.clone()),
            Self::DeletePki { cluster } => ("delete-pki", cluster.clone()),
            Self::CreateChild { name, child } => ("create-child", format!("{}/{name}", child.kind())),
            Self::UpdateChild { name, child, .. } => ("update-child", format!("{}/{name}", child.kind())),
            Self::DeleteChild { object } => ("delete-child", object.to_string()),
            Self::CreateMachine(wanted) => ("create-machine", wanted.name.clone()),
            Self::DeleteMachine { machine, .. } => ("delete-machine", machine.clone()),
            Self::BeginRemediation { machine, .. } => ("begin-remediation", machine.clone()),
            Self::EndRemediation { machine, .. } => ("end-remediation", machine.clone()),
            Self::SetScheduling { machine, .. } => ("set-scheduling", machine.clone()),
            Self::AdoptPort { machine, .. } => ("adopt-port", machine.clone()),
            Self::AdoptServer { machine, .. } => ("adopt-server", machine.clone()),
            Self::ForgetVictims { deployment, .. } => ("forget-victims", deployment.clone()),
            Self::CreateIncident { name, .. } => ("create-incident", name.clone()),
            Self::SetStatus { object, .. } => ("set-status", object.to_string()),
        }
    }

    /// How much it can break.
    pub fn nature(&self) -> Nature {
        match self {
            Self::AddFinalizer { .. }
            | Self::CreatePki { .. }
            | Self::CreateChild { .. }
            | Self::CreateMachine(_)
            | Self::EndRemediation { .. }
            | Self::AdoptPort { .. }
            | Self::AdoptServer { .. }
            | Self::ForgetVictims { .. }
            | Self::CreateIncident { .. }
            | Self::SetStatus { .. } => Nature::MAKES,
            Self::UpdateChild { .. } | Self::BeginRemediation { .. } | Self::SetScheduling { .. } => {
                Nature::DISTURBS
            }
            Self::RemoveFinalizer { .. }
            | Self::DeletePki { .. }
            | Self::DeleteChild { .. }
            | Self::DeleteMachine { .. } => Nature::DESTROYS,
        }
    }
}

impl fmt::Display for RecordStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddFinalizer { object } => write!(out, "put the finalizer on {object}"),
            Self::RemoveFinalizer { object } => write!(out, "take the finalizer off {object}"),
            Self::CreatePki { cluster } => write!(out, "make the keys of {cluster}"),
            Self::DeletePki { cluster } => write!(out, "delete the keys of {cluster}"),
            Self::CreateChild { name, child } => write!(out, "make {} {name}", child.kind()),
            Self::UpdateChild { name, child, .. } => write!(out, "change {} {name}", child.kind()),
            Self::DeleteChild { object } => write!(out, "delete {object}"),
            Self::CreateMachine(wanted) => {
                write!(out, "make machine {}", wanted.name)?;
                wanted.spec.failure_domain.as_ref().map_or(Ok(()), |zone| write!(out, " in zone {zone}"))
            }
            Self::DeleteMachine { machine, why, .. } => write!(out, "remove machine {machine}: {why}"),
            Self::BeginRemediation { machine, .. } => write!(out, "begin to replace machine {machine}"),
            Self::EndRemediation { machine, .. } => write!(out, "keep machine {machine}: it works"),
            Self::SetScheduling { machine, scheduling, .. } => {
                write!(out, "let machine {machine} be {scheduling:?}")
            }
            Self::AdoptPort { machine, port } => write!(out, "adopt port {port} for {machine}"),
            Self::AdoptServer { machine, server } => write!(out, "adopt server {server} for {machine}"),
            Self::ForgetVictims { deployment, victims } => {
                write!(out, "take {} off the victims of {deployment}", victims.join(", "))
            }
            Self::CreateIncident { name, status } => write!(out, "open incident {name}: {}", status.what),
            Self::SetStatus { object, .. } => write!(out, "report on {object}"),
        }
    }
}

impl fmt::Display for MachineGoes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ScaledDown => "the pool is to have fewer machines",
            Self::Replaced => "its replacement serves",
            Self::MakesRoom => "there is no room for a replacement beside it",
            Self::FailedToReplace => "it failed as a replacement",
            Self::NotNeeded => "the machine it was to replace works again",
            Self::OwnerDeleted => "its owner is being deleted",
        })
    }
}
