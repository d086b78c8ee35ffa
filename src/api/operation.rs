//! Operation: what a person asks of the engine. Together they are the journal.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::operation_rules::{argument_rules, spec_rules};
use super::operation_status::OperationStatus;
use super::reference::ObjectReference;
use super::text::CloudName;
use super::time::Time;
use super::version::ReleaseName;

/// The most Machines that one Operation names to go.
const VICTIMS_MAX: usize = 500;

/// The longest hash of a plan: SHA-256 in hexadecimal digits, with its name before it.
const HASH_MAX: usize = 80;

/// What a person asks of the engine.
///
/// The spec is written once. Afterwards it is only approved or cancelled.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Operation",
    namespaced,
    status = "OperationStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kop",
    doc = "What a person asks of the engine: in the tenant's namespace, or in kaasboard-system for what concerns the fleet.",
    selectable = ".spec.verb",
    selectable = ".spec.requester",
    selectable = ".spec.target.kind",
    selectable = ".spec.target.name",
    selectable = ".status.phase",
    printcolumn(name = "Verb", type_ = "string", json_path = ".spec.verb"),
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.target.kind"),
    printcolumn(name = "Target", type_ = "string", json_path = ".spec.target.name"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Progress", type_ = "string", json_path = ".status.progress.summary"),
    printcolumn(name = "Requester", type_ = "string", json_path = ".spec.requester"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".spec.reason", priority = 1),
    printcolumn(name = "Approved by", type_ = "string", json_path = ".spec.approved.by", priority = 1),
    printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome.message", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = spec_rules()))]
pub struct OperationSpec {
    /// What is to be done.
    pub verb: Verb,
    /// To which object, as it was when it was asked. Left out only for a brake on all, on a zone or a host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<ObjectReference>,
    /// What the verb needs to know beside the target.
    #[serde(default)]
    pub arguments: Arguments,
    /// Who asks, as the Manager Kubernetes or the machine of that person names them.
    #[schemars(length(min = 1, max = 253))]
    pub requester: String,
    /// Why, in that person's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 1024))]
    pub reason: String,
    /// The engine plans and goes no further.
    #[serde(default)]
    pub plan_only: bool,
    /// Approves one plan. It can be given once and not be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<Approval>,
    /// Stops it at the next safe point; releases a brake. It cannot be taken back.
    #[serde(default)]
    pub cancelled: bool,
}

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Verb {
    /// Replace a machine.
    Heal,
    /// Change the count of a pool.
    Scale,
    /// Move to another Release.
    Upgrade,
    /// Move the pods away from a node.
    Drain,
    /// Let pods come to a node again.
    Uncordon,
    /// Observe and report an object, but do not act on it.
    Pause,
    /// Act on an object again.
    Resume,
    /// Try again at once what failed or waits.
    Retry,
    /// Replace a credential or certificates.
    Rotate,
    /// Let a balancer move to another instance of itself.
    Failover,
    /// Make a backup of etcd.
    Backup,
    /// Begin etcd again from a backup.
    Restore,
    /// Take an object and all that belongs to it down.
    Delete,
    /// Stop all acts at once, until it is cancelled.
    Brake,
    /// Stop another Operation at its next safe point.
    Cancel,
    /// Approve the plan of another Operation.
    Approve,
    /// Declare that a machine, or all on a host, no longer write to their volumes.
    Fence,
    /// Hand out access to a cluster, which is recorded.
    Kubeconfig,
}

/// What verbs need to know beside the target. Each verb takes its own and refuses the others'.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = argument_rules()))]
pub struct Arguments {
    /// Of scale: the count that the pool is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = super::pool::REPLICAS_MAX))]
    pub replicas: Option<u32>,
    /// Of scale: the Machines that are to go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = VICTIMS_MAX),
        inner(length(min = 1, max = 63)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub victims: Vec<String>,
    /// Of upgrade: the Release to move to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<ReleaseName>,
    /// Of rotate: what is replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate: Option<Rotation>,
    /// Of restore: the name of the backup.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub backup: Option<String>,
    /// Of brake: how far it reaches. A tenant or cluster is the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<BrakeScope>,
    /// Of brake: the availability zone that is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<CloudName>,
    /// Of fence: the hypervisor that is off or cut off, if it is not one machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<CloudName>,
    /// Of approve: the hash of the plan that is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = HASH_MAX))]
    pub plan_hash: Option<String>,
    /// Of heal, drain and delete: go on past what would be waited for: budgets of pods, a dead API. No veto of
    /// safety is overridden.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

/// What a rotation replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Rotation {
    /// The credential of a cluster on its storage.
    StorageCredential,
    /// The certificates of a control plane, by replacing its machines.
    Certificates,
}

/// How far a brake reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum BrakeScope {
    /// Everything.
    All,
    /// What is in one availability zone.
    Zone,
    /// What belongs to one tenant.
    Tenant,
    /// What belongs to one cluster.
    Cluster,
}

/// The approval of one plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Approval {
    /// Who approves.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,
    /// The hash of the plan that is approved; another plan is not.
    #[schemars(length(min = 1, max = HASH_MAX))]
    pub plan_hash: String,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}
