//! An Operation and what it is about.

use super::cluster::ClusterFacts;
use super::machine::MachineView;
use super::meta::Meta;
use super::pool::DeploymentView;
use super::stored::Stored;
use super::surroundings::{Hold, Surroundings};
use crate::api::cluster::KubernetesClusterSpec;
use crate::api::cluster_status::ClusterStatus;
use crate::api::load_balancer::{LoadBalancerSpec, LoadBalancerStatus};
use crate::api::operation::OperationSpec;
use crate::api::operation_status::OperationStatus;
use crate::api::reference::ObjectReference;
use crate::planning::leak::Suspect;

/// An Operation as it is stored.
pub type OperationRecord = Stored<OperationSpec, OperationStatus>;

/// A cluster as it is stored.
pub type ClusterRecord = Stored<KubernetesClusterSpec, ClusterStatus>;

/// An Operation with all that its plan is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationView {
    /// The record.
    pub record: OperationRecord,
    /// What it is about, as it is now.
    pub subject: Subject,
    /// The volumes of the cluster that it is about, as far as they are known.
    pub volumes: u32,
}

/// What an Operation is about. A record is `Missing` as well if its uid is not the target's.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// There is no such record, or another one has its name.
    Missing,
    /// The fleet, or a zone of it: of brakes.
    Fleet,
    /// A cluster.
    Cluster(Box<ClusterRecord>),
    /// A pool, with its cluster.
    Pool(Box<PoolSubject>),
    /// A machine, with its pool and cluster.
    Machine(Box<MachineSubject>),
    /// A balancer.
    Balancer(Box<Stored<LoadBalancerSpec, LoadBalancerStatus>>),
    /// Another Operation.
    Operation(Box<OperationRecord>),
    /// The machines on a hypervisor: of a fence.
    Host(Vec<ObjectReference>),
    /// Something in the cloud that has no record, and what holds everything, if something does.
    Leak(Box<Suspect>, Option<Hold>),
    /// A record of another kind.
    Other {
        /// Its metadata.
        meta: Meta,
        /// Its `spec.paused`, if its kind has that.
        paused: Option<bool>,
    },
}

/// A pool as an Operation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSubject {
    /// The pool with its machines.
    pub pool: DeploymentView,
    /// Its cluster's record, whose spec may hold the pool's count.
    pub cluster: ClusterRecord,
    /// What the pool's planner knows of the cluster.
    pub facts: ClusterFacts,
    /// What is going on around it.
    pub around: Surroundings,
}

/// A machine as an Operation sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineSubject {
    /// The machine.
    pub machine: MachineView,
    /// Its pool with all machines, this one too; nothing for etcd and the control plane.
    pub pool: Option<DeploymentView>,
    /// What the planners know of the cluster.
    pub facts: ClusterFacts,
    /// What is going on around it.
    pub around: Surroundings,
}
