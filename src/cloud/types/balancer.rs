//! Load balancers, their pools and pool members (Octavia).

use std::net::IpAddr;

use super::identity::ProjectId;
use super::names::Id;

/// Marks the ids of balancers.
#[derive(Debug)]
pub enum BalancerKind {}
/// The id of a balancer.
pub type BalancerId = Id<BalancerKind>;

/// Marks the ids of pools.
#[derive(Debug)]
pub enum PoolKind {}
/// The id of a pool.
pub type PoolId = Id<PoolKind>;

/// Marks the ids of pool members.
#[derive(Debug)]
pub enum PoolMemberKind {}
/// The id of a pool member.
pub type PoolMemberId = Id<PoolMemberKind>;

/// An L4 balancer with its address on the frontend network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balancer {
    /// Its id.
    pub id: BalancerId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its virtual address, once it has one.
    pub vip: Option<IpAddr>,
    /// The provider that carries it.
    pub provider: String,
    /// Whether its configuration is being changed.
    pub provisioning: Provisioning,
    /// Whether it does its work.
    pub operating: Operating,
    /// Its pools, one a listener.
    pub pools: Vec<Pool>,
}

/// Whether the configuration of a balancer or a member is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provisioning {
    /// In force.
    Active,
    /// Being made. Changes are refused with 409 until it ends.
    PendingCreate,
    /// Being changed. Changes are refused with 409 until it ends.
    PendingUpdate,
    /// Being deleted. Changes are refused with 409.
    PendingDelete,
    /// It failed; a failover or a deletion is what is left.
    Error,
    /// Deleted; shown for a while.
    Deleted,
}

impl Provisioning {
    /// Whether changes are refused for now.
    pub fn is_pending(self) -> bool {
        matches!(self, Self::PendingCreate | Self::PendingUpdate | Self::PendingDelete)
    }
}

/// What health monitoring says (Octavia's operating statuses).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operating {
    /// Works.
    Online,
    /// Taken out by a person.
    Offline,
    /// Some members fail.
    Degraded,
    /// Fails.
    Error,
    /// No longer takes new connections.
    Draining,
    /// Nothing checks it.
    NoMonitor,
}

/// The backends of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its id.
    pub id: PoolId,
    /// The port that clients connect to.
    pub listens: u16,
    /// Its members.
    pub members: Vec<PoolMember>,
}

/// One backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// Its id.
    pub id: PoolMemberId,
    /// Its address.
    pub address: IpAddr,
    /// The port it serves on.
    pub port: u16,
    /// Whether it gets traffic.
    pub operating: Operating,
    /// Whether its configuration is in force.
    pub provisioning: Provisioning,
}

/// A balancer that is wanted, with all its listeners, made by one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBalancer {
    /// The project to own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The network of its virtual address.
    pub network: String,
    /// The provider to carry it.
    pub provider: String,
    /// The provider's flavor, or its usual one.
    pub flavor: Option<String>,
    /// What it listens on.
    pub listeners: Vec<NewListener>,
    /// Its tags.
    pub tags: Vec<String>,
}

/// One listener with its pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewListener {
    /// The port that clients connect to.
    pub listens: u16,
    /// How members are checked.
    pub monitor: Monitor,
}

/// How a pool finds out whether a member works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Monitor {
    /// A TCP connection is taken.
    Tcp,
    /// An HTTPS request to this path is answered with 200.
    Https(String),
}
