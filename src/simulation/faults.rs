//! What can go wrong with the cloud, by command, by a scenario, or drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rand::RngExt;
use rand::rngs::StdRng;

use crate::cloud::types::compute::ServerId;

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
    /// Servers whose kubelet is stopped, and since when.
    pub kubelets: BTreeMap<ServerId, DateTime<Utc>>,
    /// Servers whose member of etcd is stopped, and since when.
    pub etcd: BTreeMap<ServerId, DateTime<Utc>>,
    /// Images that do not boot.
    pub images: BTreeSet<String>,
    /// Whether balancers stay in PENDING.
    pub balancers_stuck: bool,
    /// How many servers will find no host.
    pub no_valid_host: u32,
    /// Services whose calls fail.
    pub calls: BTreeMap<Service, Trouble>,
}

impl Faults {
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
