//! A whole cluster: its record, what it needs of the cloud, and its children.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::operation::ClusterRecord;
use super::stored::Stored;
use crate::api::addon::{AddonSpec, AddonStatus};
use crate::api::cidr::Cidr;
use crate::api::control_plane::{ControlPlaneSpec, ControlPlaneStatus};
use crate::api::etcd::{EtcdSpec, EtcdStatus};
use crate::api::load_balancer::{LoadBalancerSpec, LoadBalancerStatus};
use crate::api::machine_deployment::{MachineDeploymentSpec, MachineDeploymentStatus};
use crate::api::reference::ObjectReference;
use crate::api::release::{ReleaseSpec, ReleaseStatus};
use crate::api::storage_tenant::{StorageTenantSpec, StorageTenantStatus};
use crate::api::tenant::{TenantQuota, TenantUsage};
use crate::cloud::types::compute::{Flavor, Image, ServerGroup};
use crate::cloud::types::identity::{Project, ProjectId, QuotaUse};
use crate::cloud::types::network::SecurityGroup;
use crate::cloud::types::observed::Observed;
use crate::planning::step_inside::PodName;

/// A cluster with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterView {
    /// The record.
    pub record: ClusterRecord,
    /// The Release that its spec names, if there is one.
    pub release: Option<Stored<ReleaseSpec, ReleaseStatus>>,
    /// What its tenant may use; nothing if there is no such tenant or it has no limits.
    pub tenant_quota: Option<TenantQuota>,
    /// What the tenant's clusters want together, this one among them.
    pub tenant_wants: TenantUsage,
    /// What the cloud has to choose from.
    pub offer: Offer,
    /// Whose project it lives in.
    pub home: Home,
    /// What its project may use and uses; of a project of its own.
    pub quota: Observed<QuotaUse>,
    /// The security groups of its project.
    pub security_groups: Observed<Vec<SecurityGroup>>,
    /// The server groups of its project.
    pub server_groups: Observed<Vec<ServerGroup>>,
    /// Whether its keys are kept as Secrets beside the record.
    pub keys: bool,
    /// Its children.
    pub children: Children,
    /// Records that have the name of a child that is to be made and belong to somebody else.
    pub strangers: Vec<ObjectReference>,
    /// What is in the cluster that goes by its own controllers. Read only while the cluster is being deleted.
    pub inside: Observed<Inside>,
    /// What carries the cluster's tag or is in its own project, and belongs to no record.
    pub leftovers: Observed<Vec<String>>,
    /// Whether its API answered lately.
    pub connection: Observed<bool>,
}

/// What the cloud has to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Sizes of servers.
    pub flavors: Observed<Vec<Flavor>>,
    /// Images.
    pub images: Observed<Vec<Image>>,
    /// The networks, by name, with the ranges of their addresses.
    pub networks: Observed<Vec<(String, Vec<Cidr>)>>,
}

/// Whose project a cluster lives in.
#[derive(Clone, Debug, PartialEq)]
pub enum Home {
    /// One of its own; there is one by its name, or none.
    Own(Observed<Option<Project>>),
    /// That of the entry in clouds.yaml, with all other clusters.
    Shared(ProjectId),
}

/// The children of a cluster, each made by its planner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Children {
    /// Its etcd.
    pub etcd: Option<Stored<EtcdSpec, EtcdStatus>>,
    /// Its control plane.
    pub control_plane: Option<Stored<ControlPlaneSpec, ControlPlaneStatus>>,
    /// Its pools.
    pub pools: Vec<Stored<MachineDeploymentSpec, MachineDeploymentStatus>>,
    /// Its balancers.
    pub balancers: Vec<Stored<LoadBalancerSpec, LoadBalancerStatus>>,
    /// Its tenant on the storage.
    pub storage: Option<Stored<StorageTenantSpec, StorageTenantStatus>>,
    /// Its addons.
    pub addons: Vec<Stored<AddonSpec, AddonStatus>>,
}

/// What goes by the cluster's own controllers when the cluster is deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// Services of type LoadBalancer.
    pub services: Vec<Owned>,
    /// StatefulSets that make claims and are made by nobody else.
    pub sets: Vec<Owned>,
    /// Claims.
    pub claims: Vec<Owned>,
    /// PersistentVolumes that the storage driver deletes once their claims are gone and no node has them attached.
    pub volumes: Vec<String>,
    /// The namespaces that get no new claims and balancers any more.
    pub closed: BTreeSet<String>,
}

/// Something in a cluster that has something outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owned {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether it is being deleted.
    pub going: bool,
    /// The pods on nodes that use it: a claim stays until they are gone.
    pub pods: Vec<ClaimUser>,
}

/// A pod that uses a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimUser {
    /// Its node.
    pub node: String,
    /// Its name.
    pub pod: PodName,
    /// When it is to have ended, if it is being deleted.
    pub deleting: Option<DateTime<Utc>>,
}
