//! A server's inside: what its user data starts, and the node that it has become.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::start::{ApiServer, Start, StartError};
use crate::simulation::world::ground::{GroundServer, Life, Reach};

/// The share of a whole boot after which a member of etcd runs: it needs nobody.
const ETCD_BOOT: i32 = 7;
/// The share of a whole boot that is left when the first control plane node answers.
const INIT_BOOT: i32 = 7;
/// How often kubelet renews its Lease (`nodeLeaseDurationSeconds` of 40, a quarter of it).
const RENEWS_EVERY: TimeDelta = TimeDelta::seconds(10);

/// A server's inside.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// The server; the last that was seen of it.
    pub(super) server: GroundServer,
    /// What it starts.
    pub(super) start: Result<Start, StartError>,
    /// The node that it has become.
    pub(super) node: Option<NodeState>,
    /// What keeps it from coming to life, as its console shows it.
    pub(super) said: Option<String>,
}

/// The node of a server that has joined.
#[derive(Clone, Debug)]
pub(super) struct NodeState {
    /// Its name.
    pub(super) name: String,
    /// When it joined.
    pub(super) joined: DateTime<Utc>,
    /// Its API server, on a control plane node.
    pub(super) server: Option<ApiServer>,
    /// Whether the cluster still has the Node object. A kubelet that runs does not make it again.
    pub(super) is_listed: bool,
    /// What the Node object says.
    pub(super) shown: Shown,
    /// Since when its condition Ready is as shown.
    pub(super) since: DateTime<Utc>,
    /// Whether the Node object says that its disk is full.
    pub(super) full: bool,
    /// Since when a CNI has set up its network. What it set up stays, whatever becomes of the CNI's pod.
    pub(super) network: Option<DateTime<Utc>>,
    /// The revision of the Node object at which it was last as it should be.
    pub(super) revision: u64,
    /// When its Lease says that it was renewed.
    pub(super) renewed: DateTime<Utc>,
}

/// What a Node's condition Ready says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It has no network yet.
    NoNetwork,
    /// It is ready.
    Ready,
    /// Nothing is heard of it.
    Unknown,
}

impl Body {
    /// When what it starts runs, if nothing else keeps it: its share of a whole boot after its server's first second.
    pub(super) fn ready_at(&self, boot: TimeDelta) -> Option<DateTime<Utc>> {
        let (Life::Alive { since }, Reach::Open { since: reached }) = (self.server.life, self.server.reach)
        else {
            return None;
        };
        let share = match self.start.as_ref().ok()? {
            Start::Etcd(_) => boot / ETCD_BOOT,
            Start::Init(_) => boot - boot / INIT_BOOT,
            Start::Join(_) => boot * 4 / 7,
        };
        Some((since + share).max(reached.unwrap_or(since)))
    }

    /// Since when its server's programs run and the network leads to them; nothing if they do not, or it does not.
    fn reached_since(&self) -> Option<DateTime<Utc>> {
        match (self.server.life, self.server.reach) {
            (Life::Alive { since }, Reach::Open { since: reached }) => {
                Some(reached.map_or(since, |at| at.max(since)))
            }
            _ => None,
        }
    }

    /// Whether its server's programs run and can be reached.
    pub(super) fn is_reached(&self) -> bool {
        self.reached_since().is_some()
    }

    /// Since when something is heard of its kubelet; nothing if it is not.
    pub(super) fn kubelet_since(&self) -> Option<DateTime<Utc>> {
        self.reached_since().filter(|_| self.server.kubelet_stopped.is_none())
    }

    /// Since when its kubelet is silent; nothing if it is not, or never ran.
    pub(super) fn silent_since(&self) -> Option<DateTime<Utc>> {
        let cut = match self.server.reach {
            Reach::Cut { since } => Some(since),
            Reach::Open { .. } => None,
        };
        let stopped = self.server.kubelet_stopped.into_iter().chain(cut);
        match self.server.life {
            Life::Dead { since } | Life::Gone { since } => stopped.chain([since]).min(),
            Life::Alive { .. } => stopped.min(),
            Life::Waiting => None,
        }
    }

    /// Where its API server listens, if it has one that runs.
    pub(super) fn api_server(&self) -> Option<&ApiServer> {
        self.node.as_ref().filter(|_| self.is_reached()).and_then(|node| node.server.as_ref())
    }

    /// Whether the server has, or had, an address.
    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.server.addresses.contains(&address)
    }
}

impl NodeState {
    /// When its kubelet last renewed its Lease by a time until which it ran.
    pub(super) fn last_renewal(&self, until: DateTime<Utc>) -> DateTime<Utc> {
        let ran = (until - self.joined).max(TimeDelta::zero());
        let ticks = ran.num_milliseconds() / RENEWS_EVERY.num_milliseconds();
        let ticks = i32::try_from(ticks).unwrap_or(i32::MAX);
        self.joined + RENEWS_EVERY * ticks
    }
}
