//! Incident: findings that share a cause: what broke, since when, and how far it reaches.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::reference::ObjectReference;
use super::time::Time;

/// The most objects that an Incident names; its reach counts all.
const OBJECTS_MAX: usize = 100;

/// The longest sentence of an Incident.
const SENTENCE_MAX: usize = 1024;

/// What people add to an Incident. The rest is the engine's.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Incident",
    status = "IncidentStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kin",
    doc = "Findings that share a cause: what broke, since when, and how far it reaches. Made by the engine.",
    selectable = ".spec.acknowledgedBy",
    selectable = ".status.severity",
    selectable = ".status.cause.kind",
    printcolumn(name = "Severity", type_ = "string", json_path = ".status.severity"),
    printcolumn(name = "What", type_ = "string", json_path = ".status.what"),
    printcolumn(name = "Cause", type_ = "string", json_path = ".status.cause.name"),
    printcolumn(name = "Clusters", type_ = "integer", json_path = ".status.reach.clusters"),
    printcolumn(name = "Nodes", type_ = "integer", json_path = ".status.reach.nodes"),
    printcolumn(name = "Since", type_ = "date", json_path = ".status.since"),
    printcolumn(name = "Until", type_ = "string", json_path = ".status.until"),
    printcolumn(name = "By", type_ = "string", json_path = ".spec.acknowledgedBy"),
    printcolumn(name = "Doing", type_ = "string", json_path = ".status.doing", priority = 1),
    printcolumn(name = "Note", type_ = "string", json_path = ".spec.note", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct IncidentSpec {
    /// Who is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub acknowledged_by: Option<String>,
    /// What people want to tell each other about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub note: Option<String>,
}

/// How bad an Incident is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Severity {
    /// Nobody's services suffer, and the engine mends it.
    Info,
    /// Services are at risk, or the engine needs a person.
    Warning,
    /// Services suffer.
    Critical,
}

/// Whether an Incident reaches further than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Trend {
    /// It reaches further than before.
    Growing,
    /// It reaches as far as before.
    Steady,
    /// It reaches less far than before.
    Shrinking,
}

/// What findings have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum CauseKind {
    /// An availability zone.
    Zone,
    /// A hypervisor.
    Hypervisor,
    /// A version of Kubernetes: a Release.
    Version,
    /// An image.
    Image,
    /// A network.
    Network,
    /// A balancer, or the service that makes them.
    Balancer,
    /// A storage.
    Storage,
    /// A quota.
    Quota,
    /// A credential or certificate.
    Credential,
    /// A service of the cloud.
    CloudService,
    /// One cluster, for lack of anything wider.
    Cluster,
    /// One machine, for lack of anything wider.
    Machine,
}

/// What the findings of an Incident share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Cause {
    /// The kind of what they share.
    pub kind: CauseKind,
    /// Its name: az2, compute-17, v1.34.2.
    #[schemars(length(max = 253))]
    pub name: String,
}

/// How far an Incident reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Reach {
    /// Clusters that it concerns.
    pub clusters: u32,
    /// Tenants that it concerns.
    pub tenants: u32,
    /// Machines that it concerns, members of etcd as well.
    pub nodes: u32,
    /// Addresses of balancers that it concerns.
    pub vips: u32,
}

/// What is known of an Incident.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncidentStatus {
    /// What is seen, as a sentence.
    #[serde(default)]
    #[schemars(length(max = SENTENCE_MAX))]
    pub what: String,
    /// The finding that all share, as one word for programs: MachineUnhealthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub finding: Option<String>,
    /// What the findings share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// How bad it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// When it began: the earliest transition of all that belongs to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When it was over; left out as long as it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// How far it reaches.
    #[serde(default)]
    pub reach: Reach,
    /// How far it reached at its worst.
    #[serde(default)]
    pub worst: Reach,
    /// Whether it reaches further than before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// Some of the objects that it concerns; the reach counts all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = OBJECTS_MAX), extend("x-kubernetes-list-type" = "atomic"))]
    pub objects: Vec<ObjectReference>,
    /// What the engine does about it, or why it does nothing, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = SENTENCE_MAX))]
    pub doing: Option<String>,
    /// What is true of the Incident.
    #[serde(default)]
    pub conditions: Conditions,
}
