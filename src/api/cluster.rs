//! KubernetesCluster: a whole cluster of one tenant. It is the one object of a cluster that people edit.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::addon::Values;
use super::cidr::Cidr;
use super::cluster_policy::{HealingPolicy, UpgradePolicy};
use super::cluster_status::ClusterStatus;
use super::etcd::BackupPolicy;
use super::labels::{Labels, Taints};
use super::pool::{Autoscale, DrainPolicy, OddReplicas, REPLICAS_MAX};
use super::rules;
use super::storage_tenant::StorageBackend;
use super::template::Reserved;
use super::text::{AddonName, CLUSTER_NAME_MAX, CloudName, PoolName};
use super::version::ReleaseName;

/// The most pools of workers of a cluster, so that rules about them have a bounded cost.
const POOLS_MAX: usize = 50;

/// The most addons of a cluster.
const ADDONS_MAX: usize = 64;

/// A whole cluster of one tenant, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "KubernetesCluster",
    namespaced,
    status = "ClusterStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kc",
    doc = "A whole cluster of one tenant: the one object of a cluster that people edit.",
    validation = rules::object_name(CLUSTER_NAME_MAX),
    selectable = ".spec.release",
    selectable = ".status.phase",
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Available", type_ = "string", json_path = ".status.conditions[?(@.type=='Available')].status"),
    printcolumn(name = "Etcd", type_ = "string", json_path = ".status.summary.etcd"),
    printcolumn(name = "Control", type_ = "string", json_path = ".status.summary.control-plane"),
    printcolumn(name = "Workers", type_ = "string", json_path = ".status.summary.worker"),
    printcolumn(name = "Ingress", type_ = "string", json_path = ".status.summary.ingress"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.version", priority = 1),
    printcolumn(name = "Api", type_ = "string", json_path = ".status.endpoints.api.url", priority = 1),
    printcolumn(name = "Project", type_ = "string", json_path = ".status.projectId", priority = 1),
    printcolumn(name = "Paused", type_ = "boolean", json_path = ".spec.paused", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct KubernetesClusterSpec {
    /// The Release that the cluster is to run.
    pub release: ReleaseName,
    /// The cluster's etcd, on machines of its own.
    pub etcd: EtcdTopology,
    /// The cluster's control plane.
    pub control_plane: ControlPlaneTopology,
    /// The pools of workers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = POOLS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub workers: Vec<WorkerPool>,
    /// The nodes that run the ingress proxy. Left out, the cluster has none, and no balancer before them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ingress: Option<IngressPool>,
    /// The networks of nodes, pods and services.
    pub network: ClusterNetwork,
    /// The balancers that face the clients.
    #[serde(default)]
    pub load_balancers: ClusterLoadBalancers,
    /// Addons beyond those that every cluster of the Release gets, and values for any of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = ADDONS_MAX),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"])
    )]
    pub addons: Vec<ClusterAddon>,
    /// The cluster's own tenant on the storage.
    #[serde(default)]
    pub storage: ClusterStorage,
    /// When and how broken machines are replaced.
    #[serde(default)]
    pub healing: HealingPolicy,
    /// How and when machines are replaced by those of another Release or template.
    #[serde(default)]
    pub upgrade: UpgradePolicy,
    /// How pods are moved away from nodes, whatever the reason.
    #[serde(default)]
    pub drain: DrainPolicy,
    /// Observed and reported, but not acted on.
    #[serde(default)]
    pub paused: bool,
    /// The engine refuses to delete the cluster.
    #[serde(default)]
    pub protected: bool,
}

/// The etcd of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct EtcdTopology {
    /// How many voting members.
    #[serde(default)]
    pub replicas: OddReplicas,
    /// The Nova flavor of their machines.
    pub flavor: CloudName,
    /// When backups are made, and how many are kept.
    #[serde(default)]
    pub backup: BackupPolicy,
}

/// The control plane of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ControlPlaneTopology {
    /// How many machines run an API server.
    #[serde(default)]
    pub replicas: OddReplicas,
    /// The Nova flavor of the machines.
    pub flavor: CloudName,
}

/// A pool of alike workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [
    rules::forbidden_at(".autoscale", "!(has(self.replicas) && has(self.autoscale))",
        "a pool has either replicas or autoscale, because two writers of its count would undo each other"),
    rules::forbidden_at(".name", "self.name != 'ingress'",
        "the name ingress is taken by the cluster's ingress nodes"),
]))]
pub struct WorkerPool {
    /// The pool's name, unique within the cluster.
    pub name: PoolName,
    /// How many machines the pool is held to. Left out, the count of the pool's MachineDeployment is the
    /// truth, which kubectl scale and autoscaling write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = REPLICAS_MAX))]
    pub replicas: Option<u32>,
    /// Between which counts demand moves the pool. Left out, demand does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscale: Option<Autoscale>,
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
}

/// The nodes that run the ingress proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct IngressPool {
    /// How many machines the pool is held to. Left out, the count of its MachineDeployment is the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = REPLICAS_MAX))]
    pub replicas: Option<u32>,
    /// The Nova flavor of the machines.
    pub flavor: CloudName,
}

/// The networks of a cluster. They never change, because nodes and pods keep their addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("backend", "the backend network of a cluster never changes, because its nodes live in it"),
    rules::immutable_at("podCidr", "the pods' range never changes, because pods and routes keep their addresses"),
    rules::immutable_at("serviceCidr", "the services' range never changes, because services keep their addresses"),
]))]
pub struct ClusterNetwork {
    /// The Neutron network that nodes get their addresses from.
    pub backend: CloudName,
    /// The range of the pods' addresses, on an overlay. A node takes 256 of them (a /24; of IPv6 a /64).
    #[serde(default = "default_pods")]
    pub pod_cidr: Cidr,
    /// The range of the services' addresses.
    #[serde(default = "default_services")]
    pub service_cidr: Cidr,
}

fn default_pods() -> Cidr {
    Cidr::literal([10, 244, 0, 0], 16)
}

fn default_services() -> Cidr {
    Cidr::literal([10, 96, 0, 0], 16)
}

/// The balancers of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct ClusterLoadBalancers {
    /// Before the API servers.
    pub api: ClusterLoadBalancer,
    /// Before the ingress nodes.
    pub ingress: ClusterLoadBalancer,
}

/// One balancer of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct ClusterLoadBalancer {
    /// What balances.
    pub provider: super::load_balancer::Provider,
}

/// An addon of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ClusterAddon {
    /// The addon's name in the Release.
    pub name: AddonName,
    /// Values for its bundle; what they mean is the bundle's.
    #[serde(default, skip_serializing_if = "Values::is_empty")]
    pub values: Values,
}

/// The storage of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("backend", "the storage of a cluster never changes, because its volumes would stay behind"),
]))]
pub struct ClusterStorage {
    /// Where volumes live.
    pub backend: StorageBackend,
    /// How much its volumes may hold together, in GiB.
    #[serde(rename = "quotaGiB")]
    #[schemars(range(min = 0, max = 1_048_576))]
    pub quota_gib: u64,
}
