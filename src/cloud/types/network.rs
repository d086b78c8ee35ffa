//! Ports, networks, security groups and names (Neutron, Designate).

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::compute::ServerId;
use super::identity::ProjectId;
use super::names::Id;

/// Marks the ids of ports.
#[derive(Debug)]
pub enum PortKind {}
/// The id of a port.
pub type PortId = Id<PortKind>;

/// Marks the ids of security groups.
#[derive(Debug)]
pub enum SecurityGroupKind {}
/// The id of a security group.
pub type SecurityGroupId = Id<SecurityGroupKind>;

/// Marks the ids of records.
#[derive(Debug)]
pub enum RecordKind {}
/// The id of a record.
pub type RecordId = Id<RecordKind>;

/// A network interface: it has the address before a server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its id.
    pub id: PortId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The network's name.
    pub network: String,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The server it belongs to.
    pub server: Option<ServerId>,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
}

/// A port that is wanted. Its address is the network's to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPort {
    /// The project to own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The network's name.
    pub network: String,
    /// The security groups that guard it.
    pub security_groups: Vec<SecurityGroupId>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Whether other projects may use it.
    pub shared: bool,
    /// Its address ranges, in CIDR notation.
    pub ranges: Vec<String>,
}

/// A firewall around ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// Its id.
    pub id: SecurityGroupId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// What it lets in; all else is refused.
    pub rules: Vec<IngressRule>,
}

/// A security group that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityGroup {
    /// The project to own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// What it lets in.
    pub rules: Vec<IngressRule>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// Traffic that is let in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IngressRule {
    /// The protocol, or any.
    pub protocol: Option<Protocol>,
    /// First and last port, or any.
    pub ports: Option<(u16, u16)>,
    /// From where.
    pub from: RuleSource,
}

/// A protocol of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
}

/// Where traffic of a rule comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleSource {
    /// The group's own members.
    Members,
    /// An address range in CIDR notation.
    Range(String),
}

/// A name in DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: RecordId,
    /// Its fully qualified name, with the last dot.
    pub name: String,
    /// What it points to.
    pub address: IpAddr,
    /// How far the name servers have it.
    pub state: RecordState,
}

/// How far a record is known to the name servers (Designate's statuses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// On its way.
    Pending,
    /// Answered by the name servers.
    Active,
    /// The name servers refused it.
    Error,
}
