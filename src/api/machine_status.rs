//! The status of a Machine: what is known of its port, server and node.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::conditions::ETCD_MEMBER_HEALTHY;
use super::time::Time;
use super::version::Version;

/// The longest message that is kept of what somebody else said, so that it cannot fill a status.
const MESSAGE_MAX: usize = 2048;

/// Where a machine is in its life, as one word for people. Programs read the conditions. The words are those
/// of Cluster API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum MachinePhase {
    /// Nothing was made for it yet.
    Pending,
    /// Its port or server is being made.
    Provisioning,
    /// Its server runs; it has not joined yet.
    Provisioned,
    /// It joined: its node, or its member of etcd, is there.
    Running,
    /// It is being taken down.
    Deleting,
    /// It cannot go on without a person.
    Failed,
    /// What it is could not be found out.
    Unknown,
}

/// What is known of a machine.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MachineStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the machine is in its life, as one word for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<MachinePhase>,
    /// The Neutron port on the backend network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_id: Option<String>,
    /// The Nova server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_id: Option<String>,
    /// Nova's word for the server: BUILD, ACTIVE, SHUTOFF, ERROR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_status: Option<String>,
    /// The address of its port.
    #[serde(default, rename = "hostIP", skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<String>,
    /// The hypervisor; where the cloud does not tell its name, what it tells in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The availability zone that the server is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Its node in the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_name: Option<String>,
    /// The version that its kubelet, or its etcd, runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Its iSCSI name (IQN), by which storage arrays know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// How often its server was made.
    #[serde(default)]
    pub attempts: u32,
    /// The last time that making its server failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<Failure>,
    /// Since when it is being replaced, and by what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remediation: Option<Remediation>,
    /// How far its removal is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// What is true of the machine.
    #[serde(default)]
    pub conditions: Conditions,
}

impl MachineStatus {
    /// Whether the machine once joined its cluster: as a node, or as a member of etcd that answered.
    pub fn has_joined(&self) -> bool {
        self.node_name.is_some() || self.conditions.get(ETCD_MEMBER_HEALTHY).is_some()
    }
}

/// Why making a server failed. Each cause has its own way to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum FailureCause {
    /// The project has no room for it.
    Quota,
    /// No hypervisor has room for it.
    NoValidHost,
    /// Image, flavor or network is wrong: a person must change what is wanted.
    Invalid,
    /// The cloud failed or refused for now.
    Cloud,
    /// The cloud did not say what became of the request.
    OutcomeUnknown,
    /// The server runs, but did not join in time.
    NeverJoined,
}

/// The last time that making a server failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Failure {
    /// Why.
    pub cause: FailureCause,
    /// When.
    pub at: Time,
    /// When it is tried again; left out if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Time>,
    /// What the cloud said.
    #[schemars(length(max = MESSAGE_MAX))]
    pub message: String,
    /// The cloud's id of the request, by which its administrators find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The replacement of a machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Remediation {
    /// Since when it is being replaced.
    pub since: Time,
    /// The Machine that takes its place; left out as long as there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// How often a replacement was tried.
    #[serde(default)]
    pub attempts: u32,
    /// By what it is known that the old server no longer writes to its volumes; left out until it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
}

/// By what it is known that a server no longer writes to its volumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Fence {
    /// Its host, which is up, reports it as off.
    ServerOff,
    /// The storage took its access away and closed its sessions.
    AccessRevoked,
    /// A person said so.
    Declared,
}

/// How far the removal of a machine is. The names are those of Cluster API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Deletion {
    /// Since when its pods are being moved away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_drain_start_time: Option<Time>,
    /// Since when its volumes are waited for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_node_volume_detach_start_time: Option<Time>,
    /// Pods that are still on its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods_left: Option<u32>,
    /// Volumes that are still attached to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes_left: Option<u32>,
}
