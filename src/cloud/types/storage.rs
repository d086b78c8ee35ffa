//! Volumes and who may reach the storage (Cinder, Manila).

use chrono::{DateTime, Utc};

use super::compute::ServerId;
use super::identity::ProjectId;
use super::names::Id;

/// Marks the ids of volumes.
#[derive(Debug)]
pub enum VolumeKind {}
/// The id of a volume.
pub type VolumeId = Id<VolumeKind>;

/// Marks the ids of access rules.
#[derive(Debug)]
pub enum AccessRuleKind {}
/// The id of an access rule.
pub type AccessRuleId = Id<AccessRuleKind>;

/// A volume on the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Its id.
    pub id: VolumeId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name; a CSI driver names it after its PersistentVolume.
    pub name: String,
    /// The claim that it was made for, as `namespace/name` of the user cluster, if its maker wrote that down.
    pub claim: Option<String>,
    /// Its size in GiB.
    pub size_gib: u64,
    /// What it is doing, in the service's word (`available`, `in-use`, `error`, …).
    pub status: String,
    /// The servers it is attached to.
    pub attached: Vec<ServerId>,
    /// When it was created.
    pub created: DateTime<Utc>,
}

/// A node identifier that may reach a cluster's storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRule {
    /// Its id.
    pub id: AccessRuleId,
    /// Whom it lets in: an address for Manila, an iSCSI qualified name for an array.
    pub initiator: String,
    /// Whether it is in force.
    pub active: bool,
}
