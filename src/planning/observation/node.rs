//! What a user cluster shows of a node.

use chrono::{DateTime, Utc};

use crate::cloud::types::observed::Observed;
use crate::planning::step_inside::PodName;

/// A node of a user cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeView {
    /// Its name.
    pub name: String,
    /// Its condition Ready.
    pub ready: Readiness,
    /// Since when the condition is so.
    pub ready_since: DateTime<Utc>,
    /// When its kubelet renewed its Lease; nothing if it has none. It is read only of a node that is not ready.
    pub lease_renewed: Observed<Option<DateTime<Utc>>>,
    /// Whether new pods may come, and who said that they may not.
    pub cordon: Cordon,
    /// Since when its kubelet says that its disk is full, if it says so.
    pub disk_full: Option<DateTime<Utc>>,
    /// Whether it has the start-up taint.
    pub starting: bool,
    /// Whether it has the taint that says it is out of service.
    pub out_of_service: bool,
}

impl NodeView {
    /// Whether its kubelet says that it is ready.
    pub fn is_ready(&self) -> bool {
        self.ready == Readiness::True
    }
}

/// A node's condition Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// The kubelet says that it is ready.
    True,
    /// The kubelet says that it is not.
    False,
    /// The kubelet says nothing any more.
    Unknown,
}

/// Whether new pods may come to a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cordon {
    /// They may.
    No,
    /// They may not, because the engine said so.
    Ours,
    /// They may not, because somebody else said so; that is not ours to change.
    Foreign,
}

/// What is on a node that is to be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Its pods.
    pub pods: Vec<PodView>,
    /// The volumes that are attached to it.
    pub volumes: Vec<String>,
}

/// A pod on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodView {
    /// Which.
    pub name: PodName,
    /// Whether the node itself keeps it: of a DaemonSet, or of a file on the node. It does not leave.
    pub bound: bool,
    /// Whether it ended; it needs no eviction.
    pub finished: bool,
    /// Whether it uses volumes that follow it to another node.
    pub volumes: bool,
    /// Since when it is being deleted.
    pub deleting: Option<DateTime<Utc>>,
    /// When a budget last refused its eviction.
    pub refused: Option<DateTime<Utc>>,
}
