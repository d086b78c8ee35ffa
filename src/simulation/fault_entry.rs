//! Faults as people write them: in a scenario, and one by one while a sandbox runs.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::faults::{Fault, Service, Trouble};
use crate::api::duration::Duration;
use crate::api::time::Time;
use crate::cloud::types::compute::ServerId;

/// What can be made to go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The server of a machine crashes, for good.
    ServerDies,
    /// The kubelet of a machine stops; what it started goes on.
    KubeletStops,
    /// The member of etcd on a machine stops, and keeps its data.
    EtcdStops,
    /// A hypervisor goes down with all that is on it.
    HostDown,
    /// A zone goes dark.
    ZoneDown,
    /// Servers from an image end in ERROR.
    BrokenImage,
    /// Balancers stay in PENDING.
    BalancersStuck,
    /// The next servers find no host.
    NoValidHost,
    /// Calls of a service fail before they act.
    ApiErrors,
    /// Calls of a service act, and their replies are lost.
    RepliesLost,
    /// A service refuses calls because there are too many.
    Throttling,
}

/// What a fault is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A machine: `machine/tenant/name`, or `role/tenant/cluster` for the first of a role.
    Machine,
    /// A hypervisor's name.
    Host,
    /// A zone's name.
    Zone,
    /// An image's name.
    Image,
    /// A service of the cloud.
    Service,
    /// Nothing in particular.
    Nothing,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::ServerDies,
        Self::KubeletStops,
        Self::EtcdStops,
        Self::HostDown,
        Self::ZoneDown,
        Self::BrokenImage,
        Self::BalancersStuck,
        Self::NoValidHost,
        Self::ApiErrors,
        Self::RepliesLost,
        Self::Throttling,
    ];

    /// Its name, as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerDies => "server-dies",
            Self::KubeletStops => "kubelet-stops",
            Self::EtcdStops => "etcd-stops",
            Self::HostDown => "host-down",
            Self::ZoneDown => "zone-down",
            Self::BrokenImage => "broken-image",
            Self::BalancersStuck => "balancers-stuck",
            Self::NoValidHost => "no-valid-host",
            Self::ApiErrors => "api-errors",
            Self::RepliesLost => "replies-lost",
            Self::Throttling => "throttling",
        }
    }

    /// What it is about.
    pub const fn about(self) -> About {
        match self {
            Self::ServerDies | Self::KubeletStops | Self::EtcdStops => About::Machine,
            Self::HostDown => About::Host,
            Self::ZoneDown => About::Zone,
            Self::BrokenImage => About::Image,
            Self::BalancersStuck | Self::NoValidHost => About::Nothing,
            Self::ApiErrors | Self::RepliesLost | Self::Throttling => About::Service,
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// A fault as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FaultEntry {
    /// What goes wrong.
    pub kind: FaultKind,
    /// With what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// For how long; left out, until it is taken away.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Duration>,
    /// Of calls: which share of them, from 0 to 1; left out, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Of no-valid-host: how many servers; left out, one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Since when it is so. The sandbox writes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Why it is not so. The sandbox writes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Why a fault is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EntryError {
    /// What it is about is missing.
    #[error("{kind} needs a target")]
    NoTarget {
        /// Which.
        kind: FaultKind,
    },
    /// It is about nothing in particular.
    #[error("{kind} takes no target")]
    Target {
        /// Which.
        kind: FaultKind,
    },
    /// There is no such service.
    #[error("{name:?} is no service; there are: compute, network, balancer, identity, storage, names")]
    Service {
        /// What was written.
        name: String,
    },
    /// The share is none.
    #[error("a share goes from 0 to 1, not {share}")]
    Share {
        /// What was written.
        share: f64,
    },
}

impl FaultEntry {
    /// A fault without anything but its kind and target.
    pub fn new(kind: FaultKind, target: Option<String>) -> Self {
        Self { kind, target, lasts: None, share: None, count: None, since: None, problem: None }
    }

    /// What people wrote of it, without what the sandbox did.
    pub fn written(&self) -> Self {
        Self { since: None, problem: None, ..self.clone() }
    }

    /// A name for it that the keys of a ConfigMap can be.
    pub fn name(&self) -> String {
        let target = self.target.as_deref().unwrap_or_default();
        let plain = |char: char| if char.is_ascii_alphanumeric() || char == '-' { char } else { '.' };
        let target: String = target.chars().map(plain).collect();
        if target.is_empty() { self.kind.to_string() } else { format!("{}.{target}", self.kind) }
    }

    /// Checks what can be checked without a world.
    ///
    /// # Errors
    /// When the target does not fit the kind, or the share is none.
    pub fn check(&self) -> Result<(), EntryError> {
        let kind = self.kind;
        match (kind.about(), &self.target) {
            (About::Nothing, Some(_)) => return Err(EntryError::Target { kind }),
            (About::Nothing, None) => {}
            (_, None) => return Err(EntryError::NoTarget { kind }),
            (About::Service, Some(name)) => {
                service(name)?;
            }
            (_, Some(_)) => {}
        }
        match self.share {
            Some(share) if !(0.0..=1.0).contains(&share) => Err(EntryError::Share { share }),
            _ => Ok(()),
        }
    }

    /// Until when it lasts, once it began.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        Some(self.since?.at() + self.lasts?.to_chrono())
    }

    /// The fault as the world takes it, begun or ended. Nothing for what cannot be ended, and for calls, whose troubles add
    /// up over all faults.
    pub fn fault(&self, server: Option<ServerId>, begins: bool) -> Option<Fault> {
        let target = || self.target.clone().unwrap_or_default();
        Some(match self.kind {
            FaultKind::ServerDies => Fault::ServerDies(server.filter(|_| begins)?),
            FaultKind::KubeletStops => Fault::KubeletStops { server: server?, stopped: begins },
            FaultKind::EtcdStops => Fault::EtcdStops { server: server?, stopped: begins },
            FaultKind::HostDown => Fault::HostDown { host: target(), down: begins },
            FaultKind::ZoneDown => Fault::ZoneDown { zone: target(), down: begins },
            FaultKind::BrokenImage => Fault::BrokenImage { image: target(), broken: begins },
            FaultKind::BalancersStuck => Fault::BalancersStuck(begins),
            FaultKind::NoValidHost => Fault::NoValidHost(if begins { self.count.unwrap_or(1) } else { 0 }),
            FaultKind::ApiErrors | FaultKind::RepliesLost | FaultKind::Throttling => return None,
        })
    }

    /// Adds to the trouble of a service what this fault does to its calls.
    pub fn add_to(&self, trouble: &mut Trouble) {
        let share = self.share.unwrap_or(1.0);
        match self.kind {
            FaultKind::ApiErrors => trouble.unavailable = trouble.unavailable.max(share),
            FaultKind::RepliesLost => trouble.reply_lost = trouble.reply_lost.max(share),
            FaultKind::Throttling => trouble.throttled = trouble.throttled.max(share),
            _ => {}
        }
    }

    /// The service whose calls it is about.
    pub fn service(&self) -> Option<Service> {
        match self.kind.about() {
            About::Service => service(self.target.as_deref()?).ok(),
            _ => None,
        }
    }
}

/// A service by its name.
fn service(name: &str) -> Result<Service, EntryError> {
    Ok(match name {
        "compute" => Service::Compute,
        "network" => Service::Network,
        "balancer" => Service::Balancer,
        "identity" => Service::Identity,
        "storage" => Service::Storage,
        "names" => Service::Names,
        _ => return Err(EntryError::Service { name: name.to_owned() }),
    })
}

/// All services by their names.
pub const SERVICES: [&str; 6] = ["compute", "network", "balancer", "identity", "storage", "names"];
