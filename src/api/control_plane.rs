//! ControlPlane: the machines that run one cluster's API servers.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::pool::OddReplicas;
use super::rules;
use super::text::{CloudName, ClusterName};
use super::time::Time;
use super::version::{ReleaseName, Version};

/// The most certificates that a status lists: some for each machine and some for the cluster.
const CERTIFICATES_MAX: usize = 128;

/// The machines that run one cluster's API servers, as they are wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "ControlPlane",
    namespaced,
    status = "ControlPlaneStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kcp",
    doc = "The machines that run one cluster's API servers. Made and kept by the cluster's loop.",
    selectable = ".spec.clusterName",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Current", type_ = "integer", json_path = ".status.replicas"),
    printcolumn(name = "Ready", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Available", type_ = "integer", json_path = ".status.availableReplicas"),
    printcolumn(name = "Up-to-date", type_ = "integer", json_path = ".status.upToDateReplicas"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", priority = 1),
    printcolumn(
        name = "Certificates",
        type_ = "string",
        json_path = ".status.certificatesExpireAt",
        priority = 1
    )
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "a ControlPlane belongs to one cluster for all its life"),
]))]
pub struct ControlPlaneSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// The Release that it runs.
    pub release: ReleaseName,
    /// How many machines run an API server.
    #[serde(default)]
    pub replicas: OddReplicas,
    /// The Nova flavor of the machines.
    pub flavor: CloudName,
    /// Machines made before this are replaced, so that their certificates are new. A rotation sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replace_before: Option<Time>,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

/// What is known of a ControlPlane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ControlPlaneStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Machines wanted, as this status saw it.
    #[serde(default)]
    pub desired_replicas: u32,
    /// Machines that exist, whatever their state.
    #[serde(default)]
    pub replicas: u32,
    /// Machines whose API server answers that it is ready, by its own address.
    #[serde(default)]
    pub ready_replicas: u32,
    /// Machines made from the wanted Release and flavor.
    #[serde(default)]
    pub up_to_date_replicas: u32,
    /// Machines that are ready and that the balancer sends clients to.
    #[serde(default)]
    pub available_replicas: u32,
    /// The lowest version that an API server runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// When the first of the certificates expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates_expire_at: Option<Time>,
    /// The certificates and when they expire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = CERTIFICATES_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub certificates: Vec<Certificate>,
    /// What is true of the ControlPlane.
    #[serde(default)]
    pub conditions: Conditions,
}

/// A certificate of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Certificate {
    /// What it is for, with the Machine it is on where it is on one: ca, or apiserver/web-control-plane-x.
    pub name: String,
    /// When it expires.
    pub expires_at: Time,
}
