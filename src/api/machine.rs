//! Machine: our record of one server of a cluster, from before it exists until after it is gone.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::machine_status::MachineStatus;
use super::role::Role;
use super::rules;
use super::template::MachineTemplate;
use super::text::{CloudName, ClusterName, PoolName};
use super::time::Time;

/// One server of a cluster, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Machine",
    namespaced,
    status = "MachineStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kma",
    doc = "Our record of one server of a cluster. Made and kept by the loop of its Etcd, ControlPlane or MachineDeployment.",
    selectable = ".spec.clusterName",
    selectable = ".spec.role",
    selectable = ".spec.template.release",
    selectable = ".status.phase",
    selectable = ".status.nodeName",
    selectable = ".status.zone",
    selectable = ".status.host",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.role"),
    printcolumn(name = "Node", type_ = "string", json_path = ".status.nodeName"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status"
    ),
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.template.release"),
    printcolumn(name = "Ip", type_ = "string", json_path = ".status.hostIP"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Zone", type_ = "string", json_path = ".status.zone", priority = 1),
    printcolumn(name = "Host", type_ = "string", json_path = ".status.host", priority = 1),
    printcolumn(name = "Server", type_ = "string", json_path = ".status.serverId", priority = 1),
    printcolumn(name = "Attempts", type_ = "integer", json_path = ".status.attempts", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = machine_rules()))]
pub struct MachineSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// What it is for.
    pub role: Role,
    /// The pool that it belongs to; of workers and ingress nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<PoolName>,
    /// The slot that it fills; of etcd.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 7))]
    pub slot: Option<u8>,
    /// The availability zone that was chosen for it. Left out, the engine chooses when it makes the server, and
    /// again when that zone has no room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_domain: Option<CloudName>,
    /// What it is made of.
    pub template: MachineTemplate,
    /// Whether pods may run on its node: a drain asks for another state than the usual.
    #[serde(default)]
    pub scheduling: Scheduling,
    /// Asks to replace the machine although nothing is known to be wrong with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediate: Option<Order>,
    /// A person's word that the server no longer writes anywhere, because its host is off or cut off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fenced: Option<Order>,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

/// The rules of a Machine. There are tens of thousands of them, so that no rule here walks or matches anything.
fn machine_rules() -> [serde_json::Value; 11] {
    let made_from = "a machine stays what it was made from: it is replaced, not changed";
    [
        rules::immutable_at("clusterName", "a Machine belongs to one cluster for all its life"),
        rules::immutable_at("role", "the role of a machine never changes"),
        rules::immutable_option_at("pool", "a machine never changes its pool"),
        rules::immutable_option_at("slot", "a machine never changes its slot"),
        rules::forbidden_at(
            ".template",
            "self.template.release == oldSelf.template.release && self.template.flavor == oldSelf.template.flavor",
            made_from,
        ),
        rules::forbidden_at(
            ".template",
            "has(self.template.rootVolumeGiB) == has(oldSelf.template.rootVolumeGiB) && \
             (!has(self.template.rootVolumeGiB) || self.template.rootVolumeGiB == oldSelf.template.rootVolumeGiB)",
            made_from,
        ),
        rules::forbidden_at(
            ".template",
            "has(self.template.reserved) == has(oldSelf.template.reserved) && \
             (!has(self.template.reserved) || self.template.reserved == oldSelf.template.reserved)",
            made_from,
        ),
        rules::required_at(
            ".slot",
            "self.role != 'etcd' || has(self.slot)",
            "a machine of etcd fills a slot",
        ),
        rules::forbidden_at(
            ".slot",
            "self.role == 'etcd' || !has(self.slot)",
            "only machines of etcd fill slots",
        ),
        rules::required_at(
            ".pool",
            "!(self.role in ['worker', 'ingress']) || has(self.pool)",
            "a worker or ingress node belongs to a pool",
        ),
        rules::forbidden_at(
            ".pool",
            "self.role in ['worker', 'ingress'] || !has(self.pool)",
            "only workers and ingress nodes belong to a pool",
        ),
    ]
}

/// Whether pods may run on a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Scheduling {
    /// Pods come and stay.
    #[default]
    Open,
    /// No new pods come.
    Cordoned,
    /// No new pods come, and those on it are moved away.
    Drained,
}

/// What a person asked of one machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Order {
    /// Who asked.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// When.
    pub at: Time,
    /// The Operation by which it was asked, as namespace/name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 317))]
    pub operation: Option<String>,
    /// Whether to go on past what would be waited for, such as budgets of pods. No veto of safety is overridden.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}
