//! What can go wrong with the cloud, by command, by a scenario, or drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;

/// Something that goes wrong, or is right again.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// A virtual machine crashes.
    ServerDies(ServerId),
    /// A hypervisor goes down (or comes back), with everything on it.
    HostDown {
        /// Its name.
        host: String,
        /// Down or back.
        down: bool,
    },
    /// A zone goes dark (or comes back): no server in it can be reached, and it takes no new ones.
    ZoneDown {
        /// Its name.
        zone: String,
        /// Down or back.
        down: bool,
    },
    /// A part of the network carries nothing any more (or again): what runs there runs on, and nobody reaches it. The
    /// compute service, which has a network of its own, sees nothing of it.
    NetworkOut {
        /// Which part.
        of: Segment,
        /// Out or back.
        out: bool,
    },
    /// A project gets no more servers and volumes (or again), whatever its own quota says: a limit above it is reached.
    QuotaFull {
        /// Whose.
        project: ProjectId,
        /// Full or not.
        full: bool,
    },
    /// The disk of a server is full (or no longer).
    DiskFull {
        /// Whose.
        server: ServerId,
        /// Full or not.
        full: bool,
    },
    /// The access list of the storage loses what lets a server in.
    AccessLost(ServerId),
    /// The credentials of a project are refused (or accepted again).
    CredentialsRevoked {
        /// Whose.
        project: ProjectId,
        /// Refused or not.
        revoked: bool,
    },
    /// The clock of a server is behind by so much; by nothing when it is right again.
    ClockSkew {
        /// Whose.
        server: ServerId,
        /// How much.
        behind: TimeDelta,
    },
    /// The kubelet of a server stops (or runs again); what it started goes on.
    KubeletStops {
        /// Whose.
        server: ServerId,
        /// Stopped or running.
        stopped: bool,
    },
    /// The member of etcd on a server stops (or runs again), and keeps its data.
    EtcdStops {
        /// Whose.
        server: ServerId,
        /// Stopped or running.
        stopped: bool,
    },
    /// Servers from this image end in ERROR (or no longer).
    BrokenImage {
        /// Its name.
        image: String,
        /// Broken or mended.
        broken: bool,
    },
    /// Balancers stay in PENDING (or no longer).
    BalancersStuck(bool),
    /// What carries balancers fails (or works again): its balancers are in ERROR, and no failover helps. What they carry is
    /// still carried.
    ProviderFails {
        /// Its name, as the balancer service has it.
        provider: String,
        /// Failing or not.
        failing: bool,
    },
    /// The next servers find no host, so many of them.
    NoValidHost(u32),
    /// Calls of a service fail in these shares.
    Calls {
        /// Which service.
        service: Service,
        /// How often and how.
        trouble: Trouble,
    },
}

/// A part of the network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// What the servers of a zone are on.
    Zone(String),
    /// What the servers of a project are on.
    Project(ProjectId),
}

/// The services, as they fail apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Servers, groups, hypervisors.
    Compute,
    /// Ports, networks, security groups.
    Network,
    /// Balancers.
    Balancer,
    /// Projects, quotas, credentials.
    Identity,
    /// Volumes and access rules.
    Storage,
    /// Records.
    Names,
}

/// How often a service's calls fail, each as a share from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Trouble {
    /// Fails before it acts.
    pub unavailable: f64,
    /// Acts, and the reply is lost.
    pub reply_lost: f64,
    /// Refuses because of too many calls.
    pub throttled: f64,
    /// Answers late.
    pub slow: f64,
    /// How late.
    pub delay: TimeDelta,
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes through.
    Fine,
    /// It is not carried out.
    Unavailable,
    /// It is carried out, and nobody learns of it.
    ReplyLost,
    /// It is not carried out, and should come later.
    Throttled,
}

/// The faults in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Hypervisors that are down.
    pub hosts: BTreeSet<String>,
    /// Zones that are dark.
    pub zones: BTreeSet<String>,
    /// Parts of the network that are out.
    pub segments: BTreeSet<Segment>,
    /// Projects that get no more servers and volumes.
    pub full_projects: BTreeSet<ProjectId>,
    /// Projects whose credentials are refused.
    pub revoked: BTreeSet<ProjectId>,
    /// Servers whose disk is full, and since when.
    pub full_disks: BTreeMap<ServerId, DateTime<Utc>>,
    /// Servers whose clock is behind, and by how much.
    pub clocks: BTreeMap<ServerId, TimeDelta>,
    /// Servers whose kubelet is stopped, and since when.
    pub kubelets: BTreeMap<ServerId, DateTime<Utc>>,
    /// Servers whose member of etcd is stopped, and since when.
    pub etcd: BTreeMap<ServerId, DateTime<Utc>>,
    /// Images that do not boot.
    pub images: BTreeSet<String>,
    /// Whether balancers stay in PENDING.
    pub balancers_stuck: bool,
    /// What carries balancers and fails.
    pub providers: BTreeSet<String>,
    /// How many servers will find no host.
    pub no_valid_host: u32,
    /// Services whose calls fail.
    pub calls: BTreeMap<Service, Trouble>,
}

impl Faults {
    /// Draws how late the next call to a service is answered.
    pub fn delay(&self, service: Service, random: &mut StdRng) -> TimeDelta {
        let slow = self.calls.get(&service).filter(|trouble| trouble.slow > 0.0);
        let late = slow.filter(|trouble| random.random::<f64>() < trouble.slow);
        late.map(|trouble| trouble.delay).unwrap_or_default()
    }

    /// Draws what becomes of the next call to a service. Nothing is drawn while nothing is wrong with it, so that a
    /// fault in one service changes no other draw.
    pub fn draw(&self, service: Service, random: &mut StdRng) -> Fate {
        let Some(trouble) = self.calls.get(&service) else { return Fate::Fine };
        let drawn: f64 = random.random();
        let lost = trouble.unavailable + trouble.reply_lost;
        if drawn < trouble.unavailable {
            Fate::Unavailable
        } else if drawn < lost {
            Fate::ReplyLost
        } else if drawn < lost + trouble.throttled {
            Fate::Throttled
        } else {
            Fate::Fine
        }
    }
}
