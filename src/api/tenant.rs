//! Tenant: a team that owns clusters. Its namespace has its name.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::rules;
use super::text::{CLUSTER_NAME_MAX, DnsLabel};

/// A team that owns clusters, and what it may use.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Tenant",
    status = "TenantStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kt",
    doc = "A team that owns clusters. The clusters live in the namespace with the tenant's name.",
    validation = rules::object_name(CLUSTER_NAME_MAX),
    selectable = ".spec.tier",
    printcolumn(name = "Display", type_ = "string", json_path = ".spec.displayName"),
    printcolumn(name = "Tier", type_ = "string", json_path = ".spec.tier"),
    printcolumn(name = "Clusters", type_ = "integer", json_path = ".status.usage.clusters"),
    printcolumn(name = "Machines", type_ = "integer", json_path = ".status.usage.machines"),
    printcolumn(name = "GiB", type_ = "integer", json_path = ".status.usage.volumesGiB"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Contacts", type_ = "string", json_path = ".spec.contacts", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct TenantSpec {
    /// The team's name as people write it.
    #[schemars(length(min = 1, max = 100))]
    pub display_name: String,
    /// Whom to ask: mail addresses, chat channels, telephone numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), inner(length(min = 1, max = 254)), extend("x-kubernetes-list-type" = "set"))]
    pub contacts: Vec<String>,
    /// What the clusters of the tenant may use together. What is left out is not limited.
    #[serde(default)]
    pub quota: TenantQuota,
    /// How much the tenant's services matter; rollouts mix tiers in their waves. A free word, such as standard
    /// or critical.
    #[serde(default = "standard")]
    pub tier: DnsLabel<20>,
}

fn standard() -> DnsLabel<20> {
    DnsLabel::literal("standard")
}

/// What the clusters of a tenant may use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TenantQuota {
    /// The most clusters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<u32>,
    /// The most machines in all clusters, of all roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machines: Option<u32>,
    /// The most storage for volumes in all clusters, in GiB.
    #[serde(default, rename = "volumesGiB", skip_serializing_if = "Option::is_none")]
    pub volumes_gib: Option<u64>,
}

/// What a tenant uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// What the clusters of the tenant use together.
    #[serde(default)]
    pub usage: TenantUsage,
    /// What is true of the tenant.
    #[serde(default)]
    pub conditions: Conditions,
}

/// What the clusters of a tenant use together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct TenantUsage {
    /// Clusters that exist.
    pub clusters: u32,
    /// Machines that exist, of all roles.
    pub machines: u32,
    /// Storage for volumes promised to clusters, in GiB.
    #[serde(rename = "volumesGiB")]
    pub volumes_gib: u64,
}
