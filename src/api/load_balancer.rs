//! LoadBalancer: a balancer before the API servers or the ingress nodes of a cluster.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::role::BalancerRole;
use super::rules;
use super::text::ClusterName;

/// The most TCP ports of a balancer.
const PORTS_MAX: usize = 8;

/// The most pool members that a status lists: all of the largest pool.
const MEMBERS_MAX: usize = 1000;

/// What balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Provider {
    /// Virtual machines of the cloud.
    #[default]
    Software,
    /// An appliance, for tenants that need its throughput.
    Hardware,
}

/// A balancer of one cluster, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "LoadBalancer",
    namespaced,
    status = "LoadBalancerStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "klb",
    doc = "A balancer before the API servers or the ingress nodes of one cluster. Made and kept by the cluster's loop.",
    selectable = ".spec.clusterName",
    selectable = ".spec.role",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.role"),
    printcolumn(name = "Vip", type_ = "string", json_path = ".status.vip"),
    printcolumn(name = "Name", type_ = "string", json_path = ".status.dnsName"),
    printcolumn(name = "Provisioning", type_ = "string", json_path = ".status.provisioningStatus"),
    printcolumn(name = "Operating", type_ = "string", json_path = ".status.operatingStatus"),
    printcolumn(name = "Online", type_ = "integer", json_path = ".status.onlineMembers"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Provider", type_ = "string", json_path = ".spec.provider", priority = 1),
    printcolumn(name = "Balancer", type_ = "string", json_path = ".status.balancerId", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "a LoadBalancer belongs to one cluster for all its life"),
    rules::immutable_at("role", "the role of a balancer never changes"),
    rules::immutable_at("provider", "a balancer cannot move to another provider, because its address would change"),
]))]
pub struct LoadBalancerSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// What it stands before.
    pub role: BalancerRole,
    /// What balances.
    #[serde(default)]
    pub provider: Provider,
    /// The TCP ports that it listens on and sends on to: 6443, or 80 and 443.
    #[schemars(
        length(min = 1, max = PORTS_MAX),
        inner(range(min = 1, max = 65535)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub ports: Vec<u16>,
    /// How often it was asked to fail over. The engine has done what was asked when status.failovers is the
    /// same.
    #[serde(default)]
    pub failovers: u32,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

/// What is known of a LoadBalancer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The balancer's id in Octavia.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balancer_id: Option<String>,
    /// The address that clients use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip: Option<String>,
    /// The Neutron port of that address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vip_port_id: Option<String>,
    /// The DNS name of that address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_name: Option<String>,
    /// Octavia's word for what is being done to the balancer: ACTIVE, PENDING_UPDATE, ERROR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provisioning_status: Option<String>,
    /// Octavia's word for how the balancer works: ONLINE, DEGRADED, ERROR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_status: Option<String>,
    /// The pool members.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MEMBERS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["machine"])
    )]
    pub members: Vec<PoolMember>,
    /// Pool members that clients are sent to.
    #[serde(default)]
    pub online_members: u32,
    /// How many failovers that were asked for are done.
    #[serde(default)]
    pub failovers: u32,
    /// What is true of the LoadBalancer.
    #[serde(default)]
    pub conditions: Conditions,
}

/// A machine in the pools of a balancer. It is in the pool of each port, and shown with the worst state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct PoolMember {
    /// The Machine.
    pub machine: String,
    /// Its address.
    pub address: String,
    /// Octavia's word for how it works: ONLINE, ERROR, NO_MONITOR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operating_status: Option<String>,
    /// Whether it is being taken out: open connections go on, new ones go elsewhere.
    #[serde(default)]
    pub draining: bool,
}
