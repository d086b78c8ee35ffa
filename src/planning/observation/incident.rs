//! Findings where they were made, and the Incidents that are known.

use super::stored::Stored;
use crate::api::incident::{IncidentSpec, IncidentStatus};
use crate::planning::finding::Finding;

/// A finding with all that it could share with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Located {
    /// What was found.
    pub finding: Finding,
    /// Where.
    pub place: Place,
    /// What the planner does about it, or why it does nothing: its first wait or step, as a sentence.
    pub doing: Option<String>,
}

/// Where a finding was made. What is not known of a place is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The tenant.
    pub tenant: Option<String>,
    /// The cluster, as `tenant/name`.
    pub cluster: Option<String>,
    /// The availability zone of the machine.
    pub zone: Option<String>,
    /// The hypervisor of the machine.
    pub host: Option<String>,
    /// The network of the machine.
    pub network: Option<String>,
    /// The image that the machine was made from.
    pub image: Option<String>,
    /// The provider of the balancer.
    pub provider: Option<String>,
    /// The storage backend of the storage tenant.
    pub storage: Option<String>,
    /// The cluster whose credential on the storage it works with, as `tenant/name`.
    pub credential: Option<String>,
    /// The uids of the machines that fail there and that pods run on.
    pub nodes: Vec<String>,
    /// The balancer's address that it is about.
    pub vip: Option<String>,
}

/// An Incident as it is stored.
pub type Known = Stored<IncidentSpec, IncidentStatus>;
