//! What is going on around an object: brakes, outages, room.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::cloud::types::compute::Hypervisor;
use crate::cloud::types::observed::Observed;

/// What is going on around an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Surroundings {
    /// What holds everything here, if something does.
    pub hold: Option<Hold>,
    /// The machines of the fleet.
    pub fleet: FleetHealth,
    /// The zones and how many of their machines fail.
    pub zones: Vec<GroupHealth>,
    /// The networks and how many of their machines fail.
    pub networks: Vec<GroupHealth>,
    /// The hypervisors by their names, shared because there are thousands; unknown where the cloud does not tell.
    pub hosts: Observed<Arc<BTreeMap<String, Hypervisor>>>,
    /// Why it is not known which zones and hypervisors are out, where the cloud would tell and does not.
    pub blind: Option<String>,
    /// Why the project gets no servers for now, if it does not.
    pub no_room: Option<NoRoom>,
}

impl Surroundings {
    /// Whether a hypervisor is up, as far as that is known.
    pub fn host_is_up(&self, host: &str) -> Option<bool> {
        self.hosts.value()?.get(host).map(|known| known.up)
    }
}

/// Why nothing may be done although it could.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The object's spec or its cluster's says so.
    Paused {
        /// Since when, as far as that is known.
        since: DateTime<Utc>,
    },
    /// A brake.
    Braked {
        /// Since when.
        since: DateTime<Utc>,
        /// The Operation and who asked for it.
        by: String,
    },
}

/// The machines of the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FleetHealth {
    /// All.
    pub machines: u32,
    /// Those that failed within the policy's window.
    pub newly_broken: u32,
}

/// The machines of a zone or network, of all clusters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupHealth {
    /// The name of the zone or network.
    pub name: String,
    /// Its machines.
    pub machines: u32,
    /// Those that fail.
    pub broken: u32,
    /// Since when the first of them does.
    pub since: Option<DateTime<Utc>>,
    /// Whether it can be used.
    pub standing: Standing,
}

/// Whether a zone or network can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// As far as is known it can.
    Open,
    /// The cloud gives no new servers to it. That says nothing about those it has.
    Closed,
    /// None of its hypervisors reports.
    Out,
    /// Somebody keeps the engine from acting there.
    Braked,
}

/// Why a project gets no servers for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoRoom {
    /// What the cloud said, with its figures.
    pub told: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// When it is tried again.
    pub until: DateTime<Utc>,
}
