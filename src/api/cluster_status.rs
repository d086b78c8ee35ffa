//! The status of a KubernetesCluster: what was found and made.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::role::Role;
use super::version::Version;

/// Where a cluster is in its life, as one word for people. Programs read the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ClusterPhase {
    /// Waits for what it needs: a Release, quota, a flavor, a network.
    Pending,
    /// Is being built for the first time.
    Provisioning,
    /// Was available, and nothing is being changed.
    Provisioned,
    /// Machines are being replaced by those of another Release or template.
    Upgrading,
    /// Is being taken down.
    Deleting,
    /// Cannot go on without a person; the conditions say why.
    Failed,
}

/// What is known of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the cluster is in its life, as one word for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<ClusterPhase>,
    /// The lowest version of Kubernetes that its API servers run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// What was finished once and is not undone by later trouble.
    #[serde(default)]
    pub initialization: Initialization,
    /// The Keystone project that holds all that the cluster is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The Neutron security group of its machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_group_id: Option<String>,
    /// The Nova server groups that keep machines of a role apart, by role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 4))]
    pub server_group_ids: BTreeMap<Role, String>,
    /// Where clients reach the cluster.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// Machines by role.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 4))]
    pub counts: BTreeMap<Role, Counts>,
    /// The same for people, ready of desired: 3/3.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 4))]
    pub summary: BTreeMap<Role, String>,
    /// What is true of the cluster.
    #[serde(default)]
    pub conditions: Conditions,
}

/// What was finished once in the life of a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Initialization {
    /// Project, groups, balancers and names were there.
    pub infrastructure_provisioned: bool,
    /// The first members of etcd formed a cluster; from now on members only join.
    pub etcd_bootstrapped: bool,
    /// The first API server answered; from now on control planes only join.
    pub control_plane_initialized: bool,
}

/// Where clients reach a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Endpoints {
    /// The Kubernetes API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api: Option<Endpoint>,
    /// The services behind the ingress nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress: Option<Endpoint>,
}

/// One place where clients reach a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Endpoint {
    /// The DNS name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The address that the name leads to.
    pub address: String,
    /// The TCP port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Both as a URL: `https://api.web.shop.example.com:6443`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// How many machines of a kind there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Counts {
    /// Wanted.
    pub desired: u32,
    /// Existing, whatever their state.
    pub current: u32,
    /// Ready: joined and healthy.
    pub ready: u32,
    /// Made from the wanted Release and template.
    pub up_to_date: u32,
    /// Ready, and serving: in their balancer, with access to their storage.
    pub available: u32,
}
