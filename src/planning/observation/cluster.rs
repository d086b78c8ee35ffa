//! What the planners of a cluster's parts know of the cluster.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::api::cluster_policy::HealingPolicy;
use crate::api::cluster_status::Initialization;
use crate::api::pool::DrainPolicy;
use crate::api::reference::ObjectReference;
use crate::api::role::Role;
use crate::api::text::ClusterName;
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
    /// Since when it is being deleted: then nodes are not drained one by one.
    pub deleting: Option<DateTime<Utc>>,
    /// How its machines are healed.
    pub healing: HealingPolicy,
    /// How its nodes are drained.
    pub drain: DrainPolicy,
}
