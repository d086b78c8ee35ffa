//! Every reason for not acting.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::api::duration::Duration;
use crate::api::reference::ObjectReference;

/// Something that is not done yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Why.
    pub on: WaitingOn,
    /// What waits.
    pub object: ObjectReference,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when it is expected to be over. Later it is a finding.
    pub deadline: DateTime<Utc>,
}

impl Waiting {
    /// A wait since a time, for so long at most.
    pub fn new(on: WaitingOn, object: ObjectReference, since: DateTime<Utc>, at_most: Duration) -> Self {
        Self { on, object, since, deadline: since + at_most.to_chrono() }
    }

    /// Who can end it.
    pub fn owner(&self) -> Owner {
        self.on.owner()
    }

    /// Whether it is beyond its deadline.
    pub fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.deadline < now
    }
}

/// Who can end a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The engine itself, by another loop or with time.
    Engine,
    /// The cloud, and who operates it.
    Cloud,
    /// The user cluster.
    UserCluster,
    /// The tenant's team.
    Tenant,
    /// Whoever operates the fleet.
    Operator,
}

/// Every reason for not acting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are what the sentence of the variant names")]
pub enum WaitingOn {
    // A person's will.
    /// The object, or its cluster, is paused.
    Paused,
    /// A brake holds it.
    Braked { by: String },
    /// The cluster is protected from deletion.
    Protected,
    /// The machine is not to be replaced by the engine.
    RemediationSkipped,
    /// The plan of an Operation is not approved yet.
    Approval,
    /// Replacing broken machines is switched off for the cluster.
    HealingDisabled,

    // What safety does not permit.
    /// Too large a part of the pool is broken to be the machines' own fault.
    TooManyBroken { broken: u32, limit: u32 },
    /// Too many machines of the fleet failed lately.
    FleetBurst { failed: u32, limit: u32 },
    /// Another machine of the pool is being replaced.
    AnotherInFlight { machine: String },
    /// The replacement was tried too often.
    RetriesExhausted { attempts: u32 },
    /// A zone seems to be out.
    ZoneOutageSuspected { zone: String, broken: u32, of: u32 },
    /// A network seems to be out.
    NetworkOutageSuspected { network: String, broken: u32, of: u32 },
    /// The hypervisor is down, so that a deletion proves nothing.
    HostDown { host: String },
    /// Nobody knows that the server no longer writes to its volumes.
    Fence,
    /// There is no room beside the machine, and the pool cannot be without one.
    NoRoomToReplace,
    /// Too few other machines serve to be without one that works.
    TooFewServe { serving: u32, wanted: u32 },
    /// The balancer's last serving pool member does not go.
    LastPoolMember { address: String },

    // Time.
    /// A machine seems broken, but not for long enough.
    Grace { evidence: String },
    /// What became of a creation is unknown.
    Settling { what: String },
    /// A failure is followed by a pause.
    BackOff { cause: String },
    /// The cloud has no room in the project for now.
    ProjectBreaker { project: String, cause: String },

    // The cloud.
    /// A server is being built.
    ServerBuild,
    /// Something is being deleted.
    Removal { what: String },
    /// A balancer is changing.
    BalancerPending { state: String },
    /// A name is on its way to the name servers.
    NamePending { name: String },
    /// Something could not be read.
    NotReadable { what: String, why: String },
    /// A person has to change something first.
    Person { what: String },

    // The user cluster.
    /// The user cluster's API does not answer.
    ClusterSilent { why: String },
    /// The server has not joined yet.
    Join,
    /// Pods are leaving the node.
    Pods { left: usize, refused: Option<String> },
    /// Pods did not leave in time, and are not forced.
    DrainOverdue { left: usize, refused: Option<String> },
    /// Volumes are attached.
    Volumes { left: usize },
    /// Something in the cluster must go by its own controllers first.
    InsideRemoval { what: String },

    // Other loops.
    /// A balancer still has the machine.
    PoolMemberOut,
    /// The start-up taint stays until the machine is in access list and balancer.
    StartUp { missing: String },
    /// The access list still has the machine.
    AccessOut,
    /// A part of the cluster comes first.
    Earlier { what: String },
    /// Machines are being made or taken down.
    Machines { what: String, left: usize },
    /// The replacement does not serve yet.
    Replacement { machine: String },
}

impl WaitingOn {
    /// Who can end the wait.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Paused | Self::Protected | Self::RemediationSkipped | Self::HealingDisabled => {
                Owner::Tenant
            }
            Self::DrainOverdue { .. } | Self::NoRoomToReplace => Owner::Tenant,
            Self::Braked { .. }
            | Self::Approval
            | Self::TooManyBroken { .. }
            | Self::FleetBurst { .. }
            | Self::RetriesExhausted { .. }
            | Self::Fence
            | Self::Person { .. } => Owner::Operator,
            Self::ZoneOutageSuspected { .. }
            | Self::NetworkOutageSuspected { .. }
            | Self::HostDown { .. }
            | Self::ProjectBreaker { .. }
            | Self::ServerBuild
            | Self::Removal { .. }
            | Self::BalancerPending { .. }
            | Self::NamePending { .. }
            | Self::NotReadable { .. } => Owner::Cloud,
            Self::ClusterSilent { .. }
            | Self::Join
            | Self::Pods { .. }
            | Self::Volumes { .. }
            | Self::InsideRemoval { .. } => Owner::UserCluster,
            Self::AnotherInFlight { .. }
            | Self::TooFewServe { .. }
            | Self::LastPoolMember { .. }
            | Self::Grace { .. }
            | Self::Settling { .. }
            | Self::BackOff { .. }
            | Self::PoolMemberOut
            | Self::StartUp { .. }
            | Self::AccessOut
            | Self::Earlier { .. }
            | Self::Machines { .. }
            | Self::Replacement { .. } => Owner::Engine,
        }
    }

    /// Whether it keeps what a person asks for from being done, rather than making it wait its turn.
    pub fn is_veto(&self) -> bool {
        matches!(
            self,
            Self::Paused
                | Self::Braked { .. }
                | Self::Protected
                | Self::RemediationSkipped
                | Self::HealingDisabled
                | Self::TooManyBroken { .. }
                | Self::FleetBurst { .. }
                | Self::RetriesExhausted { .. }
                | Self::ZoneOutageSuspected { .. }
                | Self::NetworkOutageSuspected { .. }
                | Self::NoRoomToReplace
        )
    }

    /// One word for programs.
    pub fn reason(&self) -> String {
        let debug = format!("{self:?}");
        debug.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for WaitingOn {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Paused
            | Self::Braked { .. }
            | Self::Protected
            | Self::Approval
            | Self::RemediationSkipped
            | Self::HealingDisabled => will(self, out),
            Self::TooManyBroken { .. }
            | Self::FleetBurst { .. }
            | Self::AnotherInFlight { .. }
            | Self::RetriesExhausted { .. }
            | Self::ZoneOutageSuspected { .. }
            | Self::NetworkOutageSuspected { .. }
            | Self::HostDown { .. }
            | Self::Fence
            | Self::NoRoomToReplace
            | Self::TooFewServe { .. }
            | Self::LastPoolMember { .. } => safety(self, out),
            _ => progress(self, out),
        }
    }
}

/// The sentences about a person's will.
fn will(on: &WaitingOn, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match on {
        WaitingOn::Braked { by } => write!(out, "a brake holds everything here: {by}"),
        WaitingOn::Protected => out.write_str("the cluster is protected from deletion"),
        WaitingOn::Approval => out.write_str("its plan is to be approved"),
        WaitingOn::RemediationSkipped => out.write_str("an annotation keeps the machine from being replaced"),
        WaitingOn::HealingDisabled => out.write_str("healing is switched off for the cluster"),
        _ => out.write_str("it is paused"),
    }
}

/// The sentences about what safety does not permit.
fn safety(on: &WaitingOn, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match on {
        WaitingOn::TooManyBroken { broken, limit } => {
            write!(
                out,
                "{broken} machines of the pool are broken, more than {limit}: the cause is not theirs"
            )
        }
        WaitingOn::FleetBurst { failed, limit } => {
            write!(out, "{failed} machines of the fleet failed lately, more than {limit}")
        }
        WaitingOn::AnotherInFlight { machine } => write!(out, "machine {machine} is being replaced first"),
        WaitingOn::RetriesExhausted { attempts } => {
            write!(out, "replacing it was tried {attempts} times: a person must look")
        }
        WaitingOn::ZoneOutageSuspected { zone, broken, of } => {
            write!(out, "zone {zone} seems to be out: {broken} of {of} machines fail there")
        }
        WaitingOn::NetworkOutageSuspected { network, broken, of } => {
            write!(out, "network {network} seems to be out: {broken} of {of} machines fail there")
        }
        WaitingOn::HostDown { host } => {
            write!(out, "hypervisor {host} is down: deleting there would prove nothing")
        }
        WaitingOn::NoRoomToReplace => {
            out.write_str("there is no room for another machine, and the pool allows none to be missing")
        }
        WaitingOn::TooFewServe { serving, wanted } => {
            write!(out, "it may work, and only {serving} of {wanted} others serve")
        }
        WaitingOn::LastPoolMember { address } => {
            write!(out, "{address} is the last pool member that serves")
        }
        _ => out.write_str("it must be certain first that the server no longer writes to its volumes"),
    }
}

/// The sentences about what is under way.
fn progress(on: &WaitingOn, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match on {
        WaitingOn::Grace { evidence } => write!(out, "not for long enough yet: {evidence}"),
        WaitingOn::Settling { what } => write!(out, "what became of {what} is unknown; it may still appear"),
        WaitingOn::BackOff { cause } => write!(out, "a pause after a failure: {cause}"),
        WaitingOn::ProjectBreaker { project, cause } => {
            write!(out, "project {project} gets no servers for now: {cause}")
        }
        WaitingOn::ServerBuild => out.write_str("the server is being built"),
        WaitingOn::Removal { what } => write!(out, "{what} is being deleted"),
        WaitingOn::BalancerPending { state } => write!(out, "the balancer is {state}"),
        WaitingOn::NamePending { name } => write!(out, "the name {name} is on its way"),
        WaitingOn::NotReadable { what, why } => write!(out, "{what} could not be read: {why}"),
        WaitingOn::Person { what } => write!(out, "a person must act: {what}"),
        WaitingOn::ClusterSilent { why } => write!(out, "the cluster's API does not answer: {why}"),
        WaitingOn::Join => out.write_str("the server has not joined yet"),
        WaitingOn::Pods { left, refused } => {
            write!(out, "{left} pods are leaving the node")?;
            refused.as_ref().map_or(Ok(()), |pod| write!(out, "; a budget holds {pod}"))
        }
        WaitingOn::DrainOverdue { left, refused } => {
            write!(out, "{left} pods did not leave the node in time")?;
            refused.as_ref().map_or(Ok(()), |pod| write!(out, "; a budget holds {pod}"))
        }
        WaitingOn::Volumes { left } => write!(out, "{left} volumes are still attached"),
        WaitingOn::InsideRemoval { what } => write!(out, "{what} are going from inside the cluster"),
        WaitingOn::StartUp { missing } => write!(out, "pods may come when {missing} has the machine"),
        WaitingOn::AccessOut => out.write_str("the storage's access list still has the machine"),
        WaitingOn::Earlier { what } => write!(out, "{what} comes first"),
        WaitingOn::Machines { what, left } => write!(out, "{left} machines are {what}"),
        WaitingOn::Replacement { machine } => write!(out, "its replacement {machine} does not serve yet"),
        _ => out.write_str("the balancer still has the machine"),
    }
}
