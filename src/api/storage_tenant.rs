//! StorageTenant: one cluster's own tenant on the storage, with quota, credential and access list.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::rules;
use super::text::ClusterName;

/// The most entries of an access list: every node that a cluster of Kubernetes can have.
const ACCESS_MAX: usize = 5000;

/// Where volumes live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum StorageBackend {
    /// Volumes of the cloud. They have no access list.
    #[default]
    Cinder,
    /// Shares of the cloud; the access list holds addresses.
    Manila,
    /// A storage array beside the cloud; the access list holds iSCSI names.
    Array,
}

/// One cluster's own tenant on the storage, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "StorageTenant",
    namespaced,
    status = "StorageTenantStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kst",
    doc = "One cluster's own tenant on the storage: quota, credential, access list. Made and kept by the cluster's loop.",
    selectable = ".spec.clusterName",
    selectable = ".spec.backend",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Backend", type_ = "string", json_path = ".spec.backend"),
    printcolumn(name = "Quota", type_ = "integer", description = "GiB", json_path = ".spec.quotaGiB"),
    printcolumn(name = "Used", type_ = "integer", description = "GiB", json_path = ".status.usedGiB"),
    printcolumn(name = "Credential", type_ = "integer", json_path = ".status.credentialGeneration"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Ready')].status"
    ),
    printcolumn(
        name = "Synced",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='AccessListSynced')].status"
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "a StorageTenant belongs to one cluster for all its life"),
    rules::immutable_at("backend", "the storage of a cluster never changes, because its volumes would stay behind"),
    rules::forbidden_at(".credentialGeneration", "self.credentialGeneration >= oldSelf.credentialGeneration",
        "a credential that was replaced does not come back"),
]))]
pub struct StorageTenantSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// Where volumes live.
    #[serde(default)]
    pub backend: StorageBackend,
    /// How much the volumes may hold together, in GiB.
    #[serde(rename = "quotaGiB")]
    #[schemars(range(min = 0, max = 1_048_576))]
    pub quota_gib: u64,
    /// Which credential is wanted; a rotation adds one.
    #[serde(default = "first")]
    #[schemars(range(min = 1))]
    pub credential_generation: u32,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

fn first() -> u32 {
    1
}

/// What is known of a StorageTenant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StorageTenantStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The tenant's id on the storage: a project, or what the array calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// The credential that the cluster's CSI driver was seen to use.
    #[serde(default)]
    pub credential_generation: u32,
    /// How much the volumes hold together, in GiB.
    #[serde(default, rename = "usedGiB", skip_serializing_if = "Option::is_none")]
    pub used_gib: Option<u64>,
    /// How many volumes there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<u32>,
    /// Who may attach volumes, as the storage has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = ACCESS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["identifier"])
    )]
    pub access_list: Vec<AccessEntry>,
    /// How often the storage's list differed from what it should be and was repaired.
    #[serde(default)]
    pub access_repairs: u32,
    /// What is true of the StorageTenant.
    #[serde(default)]
    pub conditions: Conditions,
}

/// One node that may attach volumes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct AccessEntry {
    /// By what the storage knows the node: an iSCSI name or an address.
    pub identifier: String,
    /// The Machine; left out if the entry belongs to none that we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
}
