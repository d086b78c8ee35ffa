//! Etcd: the datastore of one cluster, and its slots.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::duration::Duration;
use super::pool::OddReplicas;
use super::quantity::Quantity;
use super::rules;
use super::text::{CloudName, ClusterName};
use super::time::Time;
use super::version::{ReleaseName, Version};

/// The most slots: one more than the most members.
const SLOTS_MAX: usize = 8;

/// The most members that a status lists: those of all slots, and strangers that should not be there.
const MEMBERS_MAX: usize = 16;

/// The datastore of one cluster, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Etcd",
    plural = "etcds",
    namespaced,
    status = "EtcdStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "ketcd",
    doc = "The datastore of one cluster, on machines of its own. Made and kept by the cluster's loop.",
    selectable = ".spec.clusterName",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Healthy", type_ = "integer", json_path = ".status.healthyMembers"),
    printcolumn(name = "Margin", type_ = "integer", json_path = ".status.quorumMargin"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='EtcdHealthy')].status"
    ),
    printcolumn(name = "Backup", type_ = "date", json_path = ".status.lastBackup.at"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "an Etcd belongs to one cluster for all its life"),
]))]
pub struct EtcdSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// The Release whose etcd it runs.
    pub release: ReleaseName,
    /// How many voting members. There is one slot more.
    #[serde(default)]
    pub replicas: OddReplicas,
    /// The Nova flavor of the machines.
    pub flavor: CloudName,
    /// When backups are made, and how many are kept.
    #[serde(default)]
    pub backup: BackupPolicy,
    /// Asks for a backup now: the uid of the Operation that asks. It is done when status.lastBackup.request is
    /// the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 36))]
    pub backup_request: Option<String>,
    /// Asks to begin again from a backup, after quorum was lost and a person approved. The Operation that asks
    /// sets it, and it is done when status.restoredFrom has the same id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restore: Option<RestoreRequest>,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

/// When backups are made, and how many are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct BackupPolicy {
    /// Whether backups are made by the clock. Asked for by an Operation, one is made in any case.
    pub enabled: bool,
    /// The time from one backup to the next.
    pub interval: Duration,
    /// How many backups are kept; older ones are deleted.
    #[schemars(range(min = 1, max = 1000))]
    pub keep: u32,
    /// How large etcd's database may become, in bytes: 8Gi. Beyond it etcd takes no more writes.
    pub database_limit: Quantity,
}

impl Default for BackupPolicy {
    fn default() -> Self {
        Self { enabled: true, interval: Duration::hours(1), keep: 48, database_limit: Quantity::gibibytes(8) }
    }
}

/// Asks to begin again from a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct RestoreRequest {
    /// The uid of the Operation that asks.
    #[schemars(length(min = 1, max = 36))]
    pub id: String,
    /// The name of the backup.
    #[schemars(length(min = 1, max = 253))]
    pub backup: String,
}

/// What is known of an Etcd.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EtcdStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The slots: addresses and names that outlive the machines in them. One is always empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = SLOTS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["index"])
    )]
    pub slots: Vec<EtcdSlot>,
    /// The members that etcd itself lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = MEMBERS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"])
    )]
    pub members: Vec<EtcdMember>,
    /// Voting members that are healthy.
    #[serde(default)]
    pub healthy_members: u32,
    /// How many more healthy voting members can be lost before etcd stops: 0 means none, negative that quorum
    /// is lost. Left out if it could not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum_margin: Option<i32>,
    /// The lowest version that a member runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The last backup that was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_backup: Option<Backup>,
    /// The id of the last restore that was finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_from: Option<String>,
    /// What is true of the Etcd.
    #[serde(default)]
    pub conditions: Conditions,
}

/// A place for a member: port, address and name that outlive machines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct EtcdSlot {
    /// The slot's number, from 0.
    #[schemars(range(min = 0, max = 7))]
    pub index: u8,
    /// The name of the member in it, in certificates too.
    pub name: String,
    /// The Neutron port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_id: Option<String>,
    /// The port's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The Machine in the slot; left out if the slot is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
}

/// A member, as etcd lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct EtcdMember {
    /// The member's id in hexadecimal digits, as etcdctl prints it; as a number it would not survive JSON.
    pub id: String,
    /// The member's name; left out if it has not started yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it votes; a learner does not.
    #[serde(default)]
    pub voter: bool,
    /// Whether it answered and is in sync. Left out if it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// Whether it leads.
    #[serde(default)]
    pub leader: bool,
    /// The size of its database in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub db_size: Option<u64>,
    /// The etcd version that it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// Alarms that it raised.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4), extend("x-kubernetes-list-type" = "set"))]
    pub alarms: Vec<EtcdAlarm>,
}

/// An alarm of etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum EtcdAlarm {
    /// The database reached its limit; there are no more writes.
    NoSpace,
    /// Members disagree about the data.
    Corrupt,
}

/// A backup that was finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Backup {
    /// The backup's name, by which it is restored.
    pub name: String,
    /// When it was finished.
    pub at: Time,
    /// The uid of the Operation that asked for it; left out if the clock did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The revision of etcd that it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Its size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}
