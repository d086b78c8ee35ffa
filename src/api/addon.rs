//! Addon: something that must run inside a cluster: CNI, CSI driver, ingress proxy.

use std::borrow::Cow;

use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::condition::Conditions;
use super::rules;
use super::text::{AddonName, ClusterName};
use super::time::Time;

/// Values for an addon's bundle: any JSON object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Values(pub Map<String, Value>);

impl Values {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl JsonSchema for Values {
    fn schema_name() -> Cow<'static, str> {
        "Values".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
    }
}

/// Something that must run inside a cluster, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "Addon",
    namespaced,
    status = "AddonStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kad",
    doc = "Something that must run inside one cluster: CNI, CSI driver, ingress proxy. Made and kept by the cluster's loop.",
    selectable = ".spec.clusterName",
    selectable = ".spec.name",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Addon", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Wanted", type_ = "string", json_path = ".spec.version"),
    printcolumn(name = "Applied", type_ = "string", json_path = ".status.appliedVersion"),
    printcolumn(
        name = "Healthy",
        type_ = "string",
        json_path = ".status.conditions[?(@.type=='Healthy')].status"
    ),
    printcolumn(name = "Repairs", type_ = "integer", json_path = ".status.repairs"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "an Addon belongs to one cluster for all its life"),
    rules::immutable_at("name", "an Addon stays the same addon: only its version and values change"),
]))]
pub struct AddonSpec {
    /// The cluster that it runs in, in the same namespace.
    pub cluster_name: ClusterName,
    /// The addon's name in the Release.
    pub name: AddonName,
    /// The version of its bundle.
    #[schemars(length(min = 1, max = 63))]
    pub version: String,
    /// Values for its bundle; what they mean is the bundle's.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

/// What is known of an Addon.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddonStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Whether the wanted version with the wanted values is in the cluster.
    #[serde(default)]
    pub applied: bool,
    /// The version that was applied last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_version: Option<String>,
    /// The hash of bundle and values that was applied last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied_hash: Option<String>,
    /// Whether all its workloads run. Left out if it could not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub healthy: Option<bool>,
    /// How many objects it has in the cluster.
    #[serde(default)]
    pub objects: u32,
    /// How often something of it was missing or changed, and was brought back.
    #[serde(default)]
    pub repairs: u32,
    /// When something of it was brought back last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_repair: Option<Time>,
    /// What is true of the Addon.
    #[serde(default)]
    pub conditions: Conditions,
}
