//! An addon: its bundle, and what of it is in the cluster.

use super::stored::Stored;
use crate::api::addon::{AddonSpec, AddonStatus};
use crate::cloud::types::observed::Observed;

/// An addon with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AddonView {
    /// The record.
    pub record: Stored<AddonSpec, AddonStatus>,
    /// The bundle of its version with its values; or why there is none.
    pub bundle: Result<Bundle, String>,
    /// What of it is in the cluster. Unknown while the cluster's API does not answer.
    pub inside: Observed<AddonInside>,
}

/// What is to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The hash of all objects with the cluster's values filled in.
    pub hash: String,
    /// How many objects.
    pub objects: u32,
    /// Whether it needs the storage's credential in the cluster first: CSI drivers do.
    pub needs_credential: bool,
}

/// What of an addon is in the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddonInside {
    /// The bundle's hash that its objects carry; nothing if there are none, or if they differ.
    pub hash: Option<String>,
    /// The version that they carry.
    pub version: Option<String>,
    /// How many of them there are.
    pub objects: u32,
    /// The objects of the bundle that are missing, or that differ from it in what we apply.
    pub drifted: Vec<String>,
    /// The workloads that do not run as wanted.
    pub unhealthy: Vec<String>,
}
