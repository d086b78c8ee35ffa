//! Servers and what they are made of and run on (Nova, Glance).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::identity::ProjectId;
use super::names::Id;
use super::network::PortId;

/// Marks the ids of servers.
#[derive(Debug)]
pub enum ServerKind {}
/// The id of a server.
pub type ServerId = Id<ServerKind>;

/// Marks the ids of server groups.
#[derive(Debug)]
pub enum ServerGroupKind {}
/// The id of a server group.
pub type ServerGroupId = Id<ServerGroupKind>;

/// The OpenStack VM of a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name, which need not be unique.
    pub name: String,
    /// What it is doing.
    pub status: ServerStatus,
    /// The work the compute service has under way on it, in its words (`task_state`).
    pub task: Option<String>,
    /// Why it is in ERROR, as far as the service says.
    pub fault: Option<ServerFault>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The zone it runs in.
    pub zone: Option<String>,
    /// The hypervisor it runs on; only administrators see its name.
    pub host: Option<String>,
    /// An opaque name of the hypervisor, comparable only within one project.
    pub host_id: Option<String>,
    /// When it was created.
    pub created: DateTime<Utc>,
    /// When it changed last.
    pub updated: DateTime<Utc>,
}

/// The states of a server, after Nova's API reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerStatus {
    /// Being built.
    Build,
    /// Running.
    Active,
    /// Stopped.
    ShutOff,
    /// Failed.
    Error,
    /// Restarting.
    Reboot,
    /// Deleted; shown only in listings of changes.
    Deleted,
    /// Any other state, in the service's own word.
    Other(String),
}

/// What Nova says of a server in ERROR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFault {
    /// An HTTP-like code.
    pub code: u16,
    /// The message.
    pub message: String,
}

/// A server that is wanted. It takes a port that exists, so that its address is known before it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewServer {
    /// The project to own it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// The flavor's name.
    pub flavor: String,
    /// The image's name.
    pub image: String,
    /// Its network port.
    pub port: PortId,
    /// The zone to run in, or any.
    pub zone: Option<String>,
    /// The group whose policy spreads it over hypervisors.
    pub group: Option<ServerGroupId>,
    /// What cloud-init gets, before base64.
    pub user_data: Vec<u8>,
    /// Tags, set with the creation itself (microversion 2.52), so that no server of ours is ever without.
    pub tags: Vec<String>,
}

impl fmt::Debug for NewServer {
    /// Leaves the user data out: it can hold secrets.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("NewServer")
            .field("project", &self.project)
            .field("name", &self.name)
            .field("flavor", &self.flavor)
            .field("image", &self.image)
            .field("port", &self.port)
            .field("zone", &self.zone)
            .field("group", &self.group)
            .field("user_data", &format_args!("{} bytes", self.user_data.len()))
            .field("tags", &self.tags)
            .finish()
    }
}

/// A size of server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flavor {
    /// Its name.
    pub name: String,
    /// Virtual CPUs.
    pub cores: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Root disk in GiB.
    pub disk_gib: u32,
}

/// What a server boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Its name.
    pub name: String,
    /// Whether a server can be made from it now.
    pub active: bool,
    /// The least root disk it needs, in GiB.
    pub min_disk_gib: u32,
    /// The least memory it needs, in MiB.
    pub min_memory_mib: u64,
}

/// An availability zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Whether the compute service gives servers to it.
    pub available: bool,
}

/// A physical host of servers. Only administrators see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypervisor {
    /// Its host name.
    pub host: String,
    /// The zone it stands in.
    pub zone: String,
    /// Whether its compute service reports.
    pub up: bool,
    /// Whether it takes new servers.
    pub enabled: bool,
}

/// Servers that keep apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerGroup {
    /// Its id.
    pub id: ServerGroupId,
    /// The project that owns it.
    pub project: ProjectId,
    /// Its name.
    pub name: String,
    /// How far they keep apart.
    pub policy: SpreadPolicy,
}

/// How the servers of a group are spread over hypervisors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpreadPolicy {
    /// Never two on one hypervisor; it holds as many servers as there are hypervisors.
    AntiAffinity,
    /// Not two on one hypervisor while another has room.
    SoftAntiAffinity,
}
