//! The names that we give: labels, annotations, finalizers, tags in OpenStack, and objects and servers made
//! from others.
//!
//! People's scripts and other programs read these names, so that they are never changed, only added to.

use super::role::{BalancerRole, Role};
use super::text::{AddonName, ClusterName, PoolName};

/// The API group of our kinds.
pub const GROUP: &str = "kaasboard.dev";
/// The version of our kinds.
pub const VERSION: &str = "v1alpha1";
/// The field manager under which the engine writes.
pub const ENGINE: &str = "kaasboard-engine";
/// The namespace of what belongs to no tenant: the engine's Lease, and Operations on the whole fleet.
pub const SYSTEM_NAMESPACE: &str = "kaasboard-system";

/// Label: the tenant that an object belongs to.
pub const LABEL_TENANT: &str = "kaasboard.dev/tenant";
/// Label: the KubernetesCluster that an object belongs to.
pub const LABEL_CLUSTER: &str = "kaasboard.dev/cluster";
/// Label: the role of a machine or balancer.
pub const LABEL_ROLE: &str = "kaasboard.dev/role";
/// Label: the pool of a MachineDeployment or Machine.
pub const LABEL_POOL: &str = "kaasboard.dev/pool";
/// Label: the hash of the template that a Machine was made from. A Machine is up to date if it equals the
/// hash of its owner's template.
pub const LABEL_TEMPLATE_HASH: &str = "kaasboard.dev/template-hash";

/// Annotation: the engine reports that a machine failed, but does not replace it.
pub const ANNOTATION_SKIP_REMEDIATION: &str = "kaasboard.dev/skip-remediation";
/// Annotation: the Operation on whose behalf a spec was changed, as `namespace/name`.
pub const ANNOTATION_OPERATION: &str = "kaasboard.dev/operation";

/// Annotation of an object that is being deleted: go on past what would be waited for, such as a cluster's API
/// that no longer answers. Its value is the Operation by which a person asked for it.
pub const ANNOTATION_FORCE_DELETION: &str = "kaasboard.dev/force-deletion";

/// Annotation of the engine's Lease: the URL at which its holder tells of itself.
pub const ANNOTATION_FACTS: &str = "kaasboard.dev/facts";

/// Finalizer: the engine still has something to take down outside the Manager Kubernetes.
pub const FINALIZER: &str = "kaasboard.dev/engine";

/// Taint of a node that joined, until access list and balancer have it: no pod comes before its volumes can.
pub const TAINT_STARTING: &str = "kaasboard.dev/starting";

/// The start of a tag that carries the uid of a cluster.
const TAG_CLUSTER: &str = "kaasboard:cluster-uid=";
/// The start of a tag that carries the uid of a machine.
const TAG_MACHINE: &str = "kaasboard:machine-uid=";
/// The start of a tag that carries the uid of the Manager Kubernetes that has the record.
const TAG_MANAGER: &str = "kaasboard:manager-uid=";
/// The start of a tag that carries the number of an etcd slot.
const TAG_SLOT: &str = "kaasboard:slot=";

/// How much of a uid goes into a server's name: enough to tell the machines of a cluster apart for people;
/// programs go by the whole uid in the tag.
const UID_SHOWN: usize = 8;

/// What a tag in OpenStack says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// It belongs to the cluster with this uid.
    ClusterUid(String),
    /// It belongs to the machine with this uid.
    MachineUid(String),
    /// It belongs to this slot of the cluster's etcd.
    Slot(u8),
    /// Its record is in the Manager Kubernetes with this uid.
    ManagerUid(String),
}

impl Tag {
    /// Reads a tag; nothing if it is not ours, or does not say what ours say.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(uid) = text.strip_prefix(TAG_CLUSTER) {
            return (!uid.is_empty()).then(|| Self::ClusterUid(uid.to_owned()));
        }
        if let Some(uid) = text.strip_prefix(TAG_MACHINE) {
            return (!uid.is_empty()).then(|| Self::MachineUid(uid.to_owned()));
        }
        if let Some(uid) = text.strip_prefix(TAG_MANAGER) {
            return (!uid.is_empty()).then(|| Self::ManagerUid(uid.to_owned()));
        }
        text.strip_prefix(TAG_SLOT)?.parse().ok().map(Self::Slot)
    }
}

impl std::fmt::Display for Tag {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClusterUid(uid) => write!(out, "{TAG_CLUSTER}{uid}"),
            Self::MachineUid(uid) => write!(out, "{TAG_MACHINE}{uid}"),
            Self::Slot(slot) => write!(out, "{TAG_SLOT}{slot}"),
            Self::ManagerUid(uid) => write!(out, "{TAG_MANAGER}{uid}"),
        }
    }
}

/// The name of a machine's server, port and node: `<cluster>-<role>-<uid8>`, at most 63 characters.
pub fn server(cluster: &ClusterName, role: Role, machine_uid: &str) -> String {
    let uid: String = machine_uid.chars().take(UID_SHOWN).collect();
    format!("{cluster}-{role}-{uid}")
}

/// The name of the port, and of the etcd member, of a slot: it outlives the machines in the slot.
pub fn etcd_slot(cluster: &ClusterName, slot: u8) -> String {
    format!("{cluster}-etcd-{slot}")
}

/// The name of the MachineDeployment of a pool of workers.
pub fn pool(cluster: &ClusterName, pool: &PoolName) -> String {
    format!("{cluster}-{pool}")
}

/// The name of the MachineDeployment of the ingress nodes. No pool of workers may have the name that would
/// lead to the same.
pub fn ingress(cluster: &ClusterName) -> String {
    format!("{cluster}-ingress")
}

/// The name of a balancer.
pub fn balancer(cluster: &ClusterName, role: BalancerRole) -> String {
    format!("{cluster}-{}", role.as_str())
}

/// The name of the Addon object of an addon.
pub fn addon(cluster: &ClusterName, addon: &AddonName) -> String {
    format!("{cluster}-{addon}")
}

/// What the name of a new Machine of a role begins with; the planner adds something that is not taken.
pub fn machine_prefix(cluster: &ClusterName, role: Role) -> String {
    format!("{cluster}-{role}-")
}

/// The hypervisor-independent identity of a machine towards iSCSI storage: an IQN made of its uid
/// (RFC 3720, 3.2.6.3.1).
pub fn initiator(machine_uid: &str) -> String {
    format!("iqn.2026-11.dev.kaasboard:{machine_uid}")
}
