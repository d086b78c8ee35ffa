//! What the planners of a cluster's parts know of the cluster.

use std::collections::BTreeMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::operation::ClusterRecord;
use crate::api::cluster_policy::HealingPolicy;
use crate::api::cluster_status::Initialization;
use crate::api::pool::DrainPolicy;
use crate::api::reference::ObjectReference;
use crate::api::role::Role;
use crate::api::text::{ClusterName, TextError};
use crate::cloud::types::compute::ServerGroupId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::SecurityGroupId;

/// What a part knows of its cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterFacts {
    /// Its name.
    pub name: ClusterName,
    /// Its uid, by which everything of it is tagged.
    pub uid: String,
    /// The cluster, as waits name it.
    pub object: ObjectReference,
    /// Its project, once it has one.
    pub project: Option<ProjectId>,
    /// Whether that project is its own.
    pub own_project: bool,
    /// The security group of its machines, once there is one.
    pub security_group: Option<SecurityGroupId>,
    /// The groups that keep machines of a role apart.
    pub server_groups: BTreeMap<Role, ServerGroupId>,
    /// The image of each Release that its machines name, by the Release's name.
    pub images: BTreeMap<String, String>,
    /// The network of its nodes.
    pub network: String,
    /// What was finished once.
    pub initialization: Initialization,
    /// The address of its API's balancer, once the balancer and its name are there.
    pub api: Option<IpAddr>,
    /// How many records of machines there are, by role.
    pub machines: BTreeMap<Role, usize>,
    /// Whether the storage's credential is in the cluster.
    pub has_credential: bool,
    /// Since when it is being deleted: then nodes are not drained one by one.
    pub deleting: Option<DateTime<Utc>>,
    /// How its machines are healed.
    pub healing: HealingPolicy,
    /// How its nodes are drained.
    pub drain: DrainPolicy,
}

/// What the facts of a cluster are made from, beside its own record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Related {
    /// Whether clusters have projects of their own here.
    pub own_project: bool,
    /// The image of each Release, by the Release's name.
    pub images: BTreeMap<String, String>,
    /// The address of its API's balancer, once the balancer and its name are there.
    pub api: Option<IpAddr>,
    /// How many records of machines it has, by role.
    pub machines: BTreeMap<Role, usize>,
    /// Whether the storage's credential is in the cluster.
    pub has_credential: bool,
}

impl ClusterFacts {
    /// The facts of a cluster from its record and what is related to it.
    ///
    /// # Errors
    /// When its name is none of a cluster, which the API server refuses.
    pub fn read(cluster: &ClusterRecord, related: Related) -> Result<Self, TextError> {
        let (meta, spec, status) = (&cluster.meta, &cluster.spec, &cluster.status);
        let groups = &status.server_group_ids;
        Ok(Self {
            name: ClusterName::try_from(meta.name.clone())?,
            uid: meta.uid.clone(),
            object: meta.reference(),
            project: status.project_id.as_deref().map(ProjectId::new),
            own_project: related.own_project,
            security_group: status.security_group_id.as_deref().map(SecurityGroupId::new),
            server_groups: groups.iter().map(|(role, id)| (*role, ServerGroupId::new(id.as_str()))).collect(),
            images: related.images,
            network: spec.network.backend.as_str().to_owned(),
            initialization: status.initialization,
            api: related.api,
            machines: related.machines,
            has_credential: related.has_credential,
            deleting: meta.deleting,
            healing: spec.healing.clone(),
            drain: spec.drain,
        })
    }

    /// How many records of machines of a role there are.
    pub fn count(&self, role: Role) -> usize {
        self.machines.get(&role).copied().unwrap_or(0)
    }
}
