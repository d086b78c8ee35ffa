//! MachineDeployment: a pool of alike workers or ingress nodes.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::labels::{Labels, Taints};
use super::pool::{Autoscale, REPLICAS_MAX, RolloutStrategy};
use super::role::PoolRole;
use super::rules;
use super::template::{MachineTemplate, Reserved};
use super::text::{CloudName, ClusterName, PoolName};
use super::version::ReleaseName;

/// The most machines that are named to go in one write.
const VICTIMS_MAX: usize = 500;

/// A pool of alike machines, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "MachineDeployment",
    namespaced,
    status = "MachineDeploymentStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kmd",
    doc = "A pool of alike workers or ingress nodes of one cluster. Made and kept by the cluster's loop.",
    scale(
        spec_replicas_path = ".spec.replicas",
        status_replicas_path = ".status.replicas",
        label_selector_path = ".status.selector"
    ),
    selectable = ".spec.clusterName",
    selectable = ".spec.role",
    selectable = ".spec.release",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.clusterName"),
    printcolumn(name = "Role", type_ = "string", json_path = ".spec.role"),
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Desired", type_ = "integer", json_path = ".spec.replicas"),
    printcolumn(name = "Current", type_ = "integer", json_path = ".status.replicas"),
    printcolumn(name = "Ready", type_ = "integer", json_path = ".status.readyReplicas"),
    printcolumn(name = "Available", type_ = "integer", json_path = ".status.availableReplicas"),
    printcolumn(name = "Up-to-date", type_ = "integer", json_path = ".status.upToDateReplicas"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Flavor", type_ = "string", json_path = ".spec.flavor", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("clusterName", "a MachineDeployment belongs to one cluster for all its life"),
    rules::immutable_at("role", "the role of a pool never changes: make another pool"),
    rules::immutable_at("pool", "the name of a pool never changes, because its machines carry it: make another"),
]))]
pub struct MachineDeploymentSpec {
    /// The cluster that it belongs to, in the same namespace.
    pub cluster_name: ClusterName,
    /// What its machines are for.
    pub role: PoolRole,
    /// The pool's name within the cluster; ingress for the ingress nodes.
    pub pool: PoolName,
    /// How many machines. Where the cluster's spec leaves the count of the pool open, this is the truth.
    #[serde(default)]
    #[schemars(range(min = 0, max = REPLICAS_MAX))]
    pub replicas: u32,
    /// Between which counts demand moves the pool. Left out, demand does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<Autoscale>,
    /// The Release that its machines run.
    pub release: ReleaseName,
    /// The Nova flavor of the machines.
    pub flavor: CloudName,
    /// Size in GiB of a volume to boot from. Left out, servers boot from the disk of their flavor.
    #[serde(default, rename = "rootVolumeGiB", skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 4096))]
    pub root_volume_gib: Option<u32>,
    /// What the kubelet keeps back from pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved: Option<Reserved>,
    /// Labels of the nodes.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Taints of the nodes.
    #[serde(default, skip_serializing_if = "Taints::is_empty")]
    pub taints: Taints,
    /// How many machines a rollout adds and takes away at a time.
    #[serde(default)]
    pub rollout: RolloutStrategy,
    /// The Machines that go when the count is lowered, named in the same write as the count. Those that are
    /// gone are taken off the list by the engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = VICTIMS_MAX),
        inner(length(min = 1, max = 63)),
        extend("x-kubernetes-list-type" = "set")
    )]
    pub victims: Vec<String>,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
}

impl MachineDeploymentSpec {
    /// What its machines are made of.
    pub fn template(&self) -> MachineTemplate {
        MachineTemplate {
            release: self.release,
            flavor: self.flavor.clone(),
            root_volume_gib: self.root_volume_gib,
            reserved: self.reserved.clone(),
            labels: self.labels.clone(),
            taints: self.taints.clone(),
        }
    }
}

/// What is known of a MachineDeployment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MachineDeploymentStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The label selector of its Machines, as text; the scale subresource hands it to autoscalers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
    /// The hash of the template, which Machines made from it carry as a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_hash: Option<String>,
    /// Machines wanted, as this status saw it.
    #[serde(default)]
    pub desired_replicas: u32,
    /// Machines that exist, whatever their state.
    #[serde(default)]
    pub replicas: u32,
    /// Machines whose node is Ready.
    #[serde(default)]
    pub ready_replicas: u32,
    /// Machines made from the wanted Release and template.
    #[serde(default)]
    pub up_to_date_replicas: u32,
    /// Machines that are ready and serve: without the start-up taint, and in their balancer if it has one.
    #[serde(default)]
    pub available_replicas: u32,
    /// What is true of the MachineDeployment.
    #[serde(default)]
    pub conditions: Conditions,
}
