//! The acts on the cloud.

use std::fmt;
use std::net::IpAddr;

use super::step::Nature;
use crate::api::role::Role;
use crate::cloud::types::balancer::{BalancerId, NewBalancer, PoolId, PoolMemberId};
use crate::cloud::types::compute::{ServerGroupId, ServerId, SpreadPolicy};
use crate::cloud::types::identity::{NewProject, ProjectId, Quota};
use crate::cloud::types::network::{NewPort, NewSecurityGroup, PortId, RecordId, SecurityGroupId};
use crate::cloud::types::storage::{AccessRuleId, VolumeId};

/// A server that is wanted, all but its user data, which holds secrets and is made when it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerOrder {
    /// The name of its Machine.
    pub machine: String,
    /// The project to own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The flavor's name.
    pub flavor: String,
    /// The image's name.
    pub image: String,
    /// Its port.
    pub port: PortId,
    /// The zone to run in, or any.
    pub zone: Option<String>,
    /// The group that spreads it over hypervisors.
    pub group: Option<ServerGroupId>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// What is written down of a balancer that was failed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailOver {
    /// Whether it was because it had failed.
    pub failed: bool,
    /// How often it had been asked for by then.
    pub asked: u32,
}

/// An act on the cloud. A step without a project is done with the administrator's credential.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are those of the call that the variant names")]
pub enum CloudStep {
    /// Makes the cluster's project.
    CreateProject(NewProject),
    /// Deletes the project, which is empty.
    DeleteProject { project: ProjectId },
    /// Sets what the project may use.
    SetQuota { project: ProjectId, quota: Quota },
    /// Makes the credential of this generation, and keeps it as a Secret beside the cluster's record.
    CreateCredential { project: ProjectId, generation: u32 },
    /// Revokes the credential of this generation.
    RevokeCredential { project: ProjectId, generation: u32 },
    /// Makes the security group of the cluster's machines.
    CreateSecurityGroup(NewSecurityGroup),
    /// Deletes a security group.
    DeleteSecurityGroup { project: ProjectId, group: SecurityGroupId, name: String },
    /// Makes the group that keeps the machines of a role apart.
    CreateServerGroup { project: ProjectId, name: String, role: Role, policy: SpreadPolicy },
    /// Deletes a server group.
    DeleteServerGroup { project: ProjectId, group: ServerGroupId, name: String },
    /// Makes a port. Before it asks, the executor writes to the record that it will, so that a crash or a lost reply is
    /// settled as an unknown outcome.
    CreatePort(NewPort),
    /// Deletes a port.
    DeletePort { project: ProjectId, port: PortId, name: String },
    /// Makes a server, after the same rule: `attempts` and a `lastFailure` of OutcomeUnknown are written before the call,
    /// and what came of it after it.
    CreateServer(ServerOrder),
    /// Deletes a server.
    DeleteServer { project: ProjectId, server: ServerId, name: String, why: ServerGoes },
    /// Makes a balancer with all its listeners, after the rule of ports.
    CreateBalancer(NewBalancer),
    /// Rebuilds a balancer elsewhere.
    FailOverBalancer { project: ProjectId, balancer: BalancerId, name: String, done: FailOver },
    /// Deletes a balancer and all in it.
    DeleteBalancer { project: ProjectId, balancer: BalancerId, name: String },
    /// Adds members to a pool, all by one change.
    AddPoolMembers {
        project: ProjectId,
        balancer: BalancerId,
        pool: PoolId,
        addresses: Vec<IpAddr>,
        port: u16,
    },
    /// Takes a member out of a pool.
    RemovePoolMember {
        project: ProjectId,
        balancer: BalancerId,
        pool: PoolId,
        member: PoolMemberId,
        address: IpAddr,
        port: u16,
    },
    /// Points a name to an address.
    CreateRecord { project: ProjectId, name: String, address: IpAddr },
    /// Takes a name away.
    DeleteRecord { project: ProjectId, record: RecordId, name: String },
    /// Lets a node reach the storage.
    GrantAccess { project: ProjectId, initiator: String },
    /// Shuts a node out of the storage; its sessions end.
    RevokeAccess { project: ProjectId, rule: AccessRuleId, initiator: String },
    /// Deletes a volume of a cluster that is being deleted.
    DeleteVolume { project: ProjectId, volume: VolumeId, name: String },
}

/// Why a server is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerGoes {
    /// Its machine is being removed, and nothing of it runs any more.
    MachineRemoved,
    /// It came up in ERROR and never ran.
    CameUpBroken,
    /// The port of its machine belongs to another server.
    Surplus,
    /// It is in ERROR, and must not write to its volumes any more.
    Failed,
}

impl CloudStep {
    /// The act, and what it is about.
    pub fn name(&self) -> (&'static str, String) {
        match self {
            Self::CreateProject(wanted) => ("create-project", wanted.name.clone()),
            Self::DeleteProject { project } => ("delete-project", project.to_string()),
            Self::SetQuota { project, .. } => ("set-quota", project.to_string()),
            Self::CreateCredential { project, generation } => {
                ("create-credential", format!("{project}-{generation}"))
            }
            Self::RevokeCredential { project, generation } => {
                ("revoke-credential", format!("{project}-{generation}"))
            }
            Self::CreateSecurityGroup(wanted) => ("create-security-group", wanted.name.clone()),
            Self::DeleteSecurityGroup { name, .. } => ("delete-security-group", name.clone()),
            Self::CreateServerGroup { name, .. } => ("create-server-group", name.clone()),
            Self::DeleteServerGroup { name, .. } => ("delete-server-group", name.clone()),
            Self::CreatePort(wanted) => ("create-port", wanted.name.clone()),
            Self::DeletePort { name, .. } => ("delete-port", name.clone()),
            Self::CreateServer(order) => ("create-server", order.name.clone()),
            Self::DeleteServer { server, .. } => ("delete-server", server.to_string()),
            Self::CreateBalancer(wanted) => ("create-balancer", wanted.name.clone()),
            Self::FailOverBalancer { name, .. } => ("fail-over-balancer", name.clone()),
            Self::DeleteBalancer { name, .. } => ("delete-balancer", name.clone()),
            Self::AddPoolMembers { pool, .. } => ("add-pool-members", pool.to_string()),
            Self::RemovePoolMember { pool, address, .. } => {
                ("remove-pool-member", format!("{pool}-{address}"))
            }
            Self::CreateRecord { name, .. } => ("create-record", name.clone()),
            Self::DeleteRecord { name, .. } => ("delete-record", name.clone()),
            Self::GrantAccess { initiator, .. } => ("grant-access", initiator.clone()),
            Self::RevokeAccess { initiator, .. } => ("revoke-access", initiator.clone()),
            Self::DeleteVolume { name, .. } => ("delete-volume", name.clone()),
        }
    }

    /// How much it can break.
    pub fn nature(&self) -> Nature {
        let nature = match self {
            Self::CreateProject(_)
            | Self::SetQuota { .. }
            | Self::CreateCredential { .. }
            | Self::CreateSecurityGroup(_)
            | Self::CreateServerGroup { .. }
            | Self::CreatePort(_)
            | Self::CreateServer(_)
            | Self::CreateBalancer(_)
            | Self::AddPoolMembers { .. }
            | Self::CreateRecord { .. }
            | Self::GrantAccess { .. } => Nature::MAKES,
            Self::FailOverBalancer { .. } | Self::RemovePoolMember { .. } | Self::RevokeAccess { .. } => {
                Nature::DISTURBS
            }
            Self::DeleteProject { .. }
            | Self::RevokeCredential { .. }
            | Self::DeleteSecurityGroup { .. }
            | Self::DeleteServerGroup { .. }
            | Self::DeletePort { .. }
            | Self::DeleteServer { .. }
            | Self::DeleteBalancer { .. }
            | Self::DeleteRecord { .. }
            | Self::DeleteVolume { .. } => Nature::DESTROYS,
        };
        nature.by_call()
    }
}

impl fmt::Display for CloudStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateProject(wanted) => write!(out, "create project {}", wanted.name),
            Self::DeleteProject { project } => write!(out, "delete project {project}"),
            Self::SetQuota { project, quota } => write!(
                out,
                "set the quota of project {project} to {} servers, {} cores, {} GiB of volumes",
                quota.servers, quota.cores, quota.volume_gib
            ),
            Self::CreateCredential { project, generation } => {
                write!(out, "create credential {generation} of project {project}")
            }
            Self::RevokeCredential { project, generation } => {
                write!(out, "revoke credential {generation} of project {project}")
            }
            Self::CreateSecurityGroup(wanted) => write!(out, "create security group {}", wanted.name),
            Self::DeleteSecurityGroup { name, .. } => write!(out, "delete security group {name}"),
            Self::CreateServerGroup { name, .. } => write!(out, "create server group {name}"),
            Self::DeleteServerGroup { name, .. } => write!(out, "delete server group {name}"),
            Self::CreatePort(wanted) => write!(out, "create port {}", wanted.name),
            Self::DeletePort { name, .. } => write!(out, "delete port {name}"),
            Self::CreateServer(order) => {
                write!(out, "create server {} of {}", order.name, order.flavor)?;
                order.zone.as_ref().map_or(Ok(()), |zone| write!(out, " in zone {zone}"))
            }
            Self::DeleteServer { name, server, why, .. } => {
                write!(out, "delete server {server} of {name}: {why}")
            }
            Self::CreateBalancer(wanted) => write!(out, "create balancer {}", wanted.name),
            Self::FailOverBalancer { name, .. } => write!(out, "fail balancer {name} over"),
            Self::DeleteBalancer { name, .. } => write!(out, "delete balancer {name}"),
            Self::AddPoolMembers { addresses, port, .. } => match addresses.as_slice() {
                [address] => write!(out, "add pool member {address} port {port}"),
                [first, second] => write!(out, "add pool members {first} and {second} port {port}"),
                [first, ..] => {
                    write!(out, "add pool members {first} and {} more port {port}", addresses.len() - 1)
                }
                [] => write!(out, "add no pool member port {port}"),
            },
            Self::RemovePoolMember { address, port, .. } => {
                write!(out, "take pool member {address} port {port} out")
            }
            Self::CreateRecord { name, address, .. } => write!(out, "point {name} to {address}"),
            Self::DeleteRecord { name, .. } => write!(out, "take the name {name} away"),
            Self::GrantAccess { initiator, .. } => write!(out, "let {initiator} reach the storage"),
            Self::RevokeAccess { initiator, .. } => write!(out, "shut {initiator} out of the storage"),
            Self::DeleteVolume { name, .. } => write!(out, "delete volume {name}"),
        }
    }
}

impl fmt::Display for ServerGoes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::MachineRemoved => "its machine is being removed",
            Self::CameUpBroken => "it came up in ERROR",
            Self::Surplus => "the machine's port belongs to another server",
            Self::Failed => "it is in ERROR, and must write nowhere any more",
        })
    }
}
