//! What is not as it should be.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::health::Evidence;
use crate::api::reference::ObjectReference;

/// Something that was found. Findings that share a cause become one Incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The object that it is about.
    pub object: ObjectReference,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// What can be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are what the sentence of the variant names")]
pub enum FindingKind {
    /// A machine failed, and by what that is known.
    MachineUnhealthy { evidence: Vec<Evidence> },
    /// A machine's server cannot be made.
    ServerNotMade { why: String },
    /// More than one server bears a machine's tag.
    DuplicateServers { count: usize },
    /// More than one port bears a machine's tag.
    DuplicatePorts { count: usize },
    /// More than one balancer bears a balancer's name and the cluster's tag.
    DuplicateBalancers { count: usize },
    /// A balancer failed.
    BalancerFailed,
    /// Members of etcd fail; so many more may before it stops.
    EtcdDegraded { margin: i32 },
    /// Etcd has no quorum.
    QuorumLost,
    /// Fewer API servers answer than there should be.
    ControlPlaneDegraded { ready: u32, desired: u32 },
    /// Etcd lists members that are in no slot.
    EtcdStrangers { members: Vec<String> },
    /// A cluster's API does not answer.
    ClusterSilent { why: String },
    /// The project gets no servers for now.
    NoRoom { project: String, why: String },
    /// The storage's access list was not as it should be.
    AccessDrift { count: usize },
    /// The credential that the cluster works with on the storage has no power any more.
    CredentialRefused,
    /// A Release cannot be used although clusters run it.
    ReleaseUnusable { why: String },
    /// An addon's workloads do not run.
    AddonUnhealthy,
    /// What the spec asks for cannot be had.
    SpecImpossible { why: String },
    /// Members of etcd raised alarms.
    EtcdAlarm { what: String },
    /// The disk of a node is full.
    DiskFull,
    /// Things of the cluster are left in the cloud without a record.
    Leftovers { what: Vec<String> },
    /// A wait is beyond its deadline.
    Overdue { what: String },
}

impl FindingKind {
    /// One word for programs.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::MachineUnhealthy { .. } => "MachineUnhealthy",
            Self::ServerNotMade { .. } => "ServerNotMade",
            Self::DuplicateServers { .. } => "DuplicateServers",
            Self::DuplicatePorts { .. } => "DuplicatePorts",
            Self::DuplicateBalancers { .. } => "DuplicateBalancers",
            Self::BalancerFailed => "BalancerFailed",
            Self::EtcdDegraded { .. } => "EtcdDegraded",
            Self::QuorumLost => "QuorumLost",
            Self::ControlPlaneDegraded { .. } => "ControlPlaneDegraded",
            Self::EtcdStrangers { .. } => "EtcdStrangers",
            Self::ClusterSilent { .. } => "ClusterSilent",
            Self::NoRoom { .. } => "NoRoom",
            Self::AccessDrift { .. } => "AccessDrift",
            Self::CredentialRefused => "CredentialRefused",
            Self::ReleaseUnusable { .. } => "ReleaseUnusable",
            Self::AddonUnhealthy => "AddonUnhealthy",
            Self::SpecImpossible { .. } => "SpecImpossible",
            Self::EtcdAlarm { .. } => "EtcdAlarm",
            Self::DiskFull => "DiskFull",
            Self::Leftovers { .. } => "Leftovers",
            Self::Overdue { .. } => "Overdue",
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MachineUnhealthy { evidence } => {
                let all: Vec<String> = evidence.iter().map(ToString::to_string).collect();
                write!(out, "the machine failed: {}", all.join("; "))
            }
            Self::ServerNotMade { why } => write!(out, "the server cannot be made: {why}"),
            Self::DuplicateServers { count } => write!(out, "{count} servers bear the machine's tag"),
            Self::DuplicatePorts { count } => write!(out, "{count} ports bear the same tag"),
            Self::DuplicateBalancers { count } => write!(out, "{count} balancers bear the same name"),
            Self::BalancerFailed => out.write_str("the balancer is in ERROR"),
            Self::EtcdDegraded { margin } => {
                write!(out, "members of etcd fail; {margin} more may fail before it stops")
            }
            Self::QuorumLost => out.write_str("etcd has no quorum; nothing is done by itself"),
            Self::ControlPlaneDegraded { ready, desired } => {
                write!(out, "{ready} of {desired} API servers answer")
            }
            Self::EtcdStrangers { members } => {
                write!(out, "etcd lists members that are in no slot: {}", members.join(", "))
            }
            Self::ClusterSilent { why } => write!(out, "the cluster's API does not answer: {why}"),
            Self::NoRoom { project, why } => write!(out, "project {project} gets no servers for now: {why}"),
            Self::AccessDrift { count } => {
                write!(out, "{count} entries of the storage's access list were not as they should be")
            }
            Self::CredentialRefused => out.write_str("the storage's credential is refused"),
            Self::ReleaseUnusable { why } => write!(out, "the Release cannot be used: {why}"),
            Self::AddonUnhealthy => out.write_str("workloads of the addon do not run"),
            Self::SpecImpossible { why } => write!(out, "what is wanted cannot be had: {why}"),
            Self::EtcdAlarm { what } => {
                write!(out, "etcd raised alarms, and nothing is done by itself: {what}")
            }
            Self::DiskFull => out
                .write_str("the disk of the node is full: its pods are evicted, and no new ones come to it"),
            Self::Leftovers { what } => write!(out, "left in the cloud: {}", what.join(", ")),
            Self::Overdue { what } => write!(out, "waited too long: {what}"),
        }
    }
}
