//! Faults as people write them: in a scenario, and one by one while a sandbox runs.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::faults::{Fault, Segment, Service, Trouble};
use crate::api::duration::Duration;
use crate::api::time::Time;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;

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
    /// The network of a zone or of a cluster's project carries nothing; what runs there runs on.
    NetworkOut,
    /// A cluster's project gets no more servers and volumes.
    QuotaFull,
    /// The disk of a machine is full.
    DiskFull,
    /// The access list of the storage loses a machine.
    AccessLost,
    /// The storage refuses the credential of a cluster.
    CredentialRevoked,
    /// The clock of a machine is behind.
    ClockSkew,
    /// Servers from an image end in ERROR.
    BrokenImage,
    /// Balancers stay in PENDING.
    BalancersStuck,
    /// Balancers of a provider are in ERROR.
    ProviderFails,
    /// The next servers find no host.
    NoValidHost,
    /// Calls of a service fail before they act.
    ApiErrors,
    /// Calls of a service act, and their replies are lost.
    RepliesLost,
    /// A service refuses calls because there are too many.
    Throttling,
    /// A service answers late.
    Slow,
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
    /// A cluster's project: `cluster/tenant/name`.
    Project,
    /// A zone's name, or a cluster's project.
    Segment,
    /// An image's name.
    Image,
    /// The name of what carries balancers: amphora.
    Provider,
    /// A service of the cloud.
    Service,
    /// Nothing in particular.
    Nothing,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::ServerDies,
        Self::KubeletStops,
        Self::EtcdStops,
        Self::HostDown,
        Self::ZoneDown,
        Self::NetworkOut,
        Self::QuotaFull,
        Self::DiskFull,
        Self::AccessLost,
        Self::CredentialRevoked,
        Self::ClockSkew,
        Self::BrokenImage,
        Self::BalancersStuck,
        Self::ProviderFails,
        Self::NoValidHost,
        Self::ApiErrors,
        Self::RepliesLost,
        Self::Throttling,
        Self::Slow,
    ];

    /// Its name, as it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServerDies => "server-dies",
            Self::KubeletStops => "kubelet-stops",
            Self::EtcdStops => "etcd-stops",
            Self::HostDown => "host-down",
            Self::ZoneDown => "zone-down",
            Self::NetworkOut => "network-out",
            Self::QuotaFull => "quota-full",
            Self::DiskFull => "disk-full",
            Self::AccessLost => "access-lost",
            Self::CredentialRevoked => "credential-revoked",
            Self::ClockSkew => "clock-skew",
            Self::BrokenImage => "broken-image",
            Self::BalancersStuck => "balancers-stuck",
            Self::ProviderFails => "provider-fails",
            Self::NoValidHost => "no-valid-host",
            Self::ApiErrors => "api-errors",
            Self::RepliesLost => "replies-lost",
            Self::Throttling => "throttling",
            Self::Slow => "slow",
        }
    }

    /// What it is about.
    pub const fn about(self) -> About {
        match self {
            Self::ServerDies
            | Self::KubeletStops
            | Self::EtcdStops
            | Self::DiskFull
            | Self::AccessLost
            | Self::ClockSkew => About::Machine,
            Self::QuotaFull | Self::CredentialRevoked => About::Project,
            Self::NetworkOut => About::Segment,
            Self::HostDown => About::Host,
            Self::ZoneDown => About::Zone,
            Self::BrokenImage => About::Image,
            Self::ProviderFails => About::Provider,
            Self::BalancersStuck | Self::NoValidHost => About::Nothing,
            Self::ApiErrors | Self::RepliesLost | Self::Throttling | Self::Slow => About::Service,
        }
    }

    /// Whether it happens once, so that nothing of it can be ended.
    pub const fn is_once(self) -> bool {
        matches!(self, Self::ServerDies | Self::AccessLost)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// How late a slow service answers unless somebody says otherwise, and how far a clock is behind.
const LATE: Duration = Duration::seconds(10);
const BEHIND: Duration = Duration::minutes(15);

/// What a fault is about, as the world knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The server of the machine.
    pub server: Option<ServerId>,
    /// The cluster's project.
    pub project: Option<ProjectId>,
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
    /// Of slow: how late answers come; of clock-skew: how far the clock is behind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Duration>,
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
        Self { kind, target, lasts: None, share: None, count: None, by: None, since: None, problem: None }
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
    pub fn fault(&self, subject: &Subject, begins: bool) -> Option<Fault> {
        let target = || self.target.clone().unwrap_or_default();
        let (server, project) = (subject.server.clone(), subject.project.clone());
        Some(match self.kind {
            FaultKind::ServerDies => Fault::ServerDies(server.filter(|_| begins)?),
            FaultKind::AccessLost => Fault::AccessLost(server.filter(|_| begins)?),
            FaultKind::KubeletStops => Fault::KubeletStops { server: server?, stopped: begins },
            FaultKind::EtcdStops => Fault::EtcdStops { server: server?, stopped: begins },
            FaultKind::DiskFull => Fault::DiskFull { server: server?, full: begins },
            FaultKind::ClockSkew => {
                let behind = self.by.unwrap_or(BEHIND).to_chrono();
                Fault::ClockSkew { server: server?, behind: if begins { behind } else { TimeDelta::zero() } }
            }
            FaultKind::QuotaFull => Fault::QuotaFull { project: project?, full: begins },
            FaultKind::CredentialRevoked => Fault::CredentialsRevoked { project: project?, revoked: begins },
            FaultKind::NetworkOut => {
                let of = project.map_or_else(|| Segment::Zone(target()), Segment::Project);
                Fault::NetworkOut { of, out: begins }
            }
            FaultKind::HostDown => Fault::HostDown { host: target(), down: begins },
            FaultKind::ZoneDown => Fault::ZoneDown { zone: target(), down: begins },
            FaultKind::BrokenImage => Fault::BrokenImage { image: target(), broken: begins },
            FaultKind::BalancersStuck => Fault::BalancersStuck(begins),
            FaultKind::ProviderFails => Fault::ProviderFails { provider: target(), failing: begins },
            FaultKind::NoValidHost => Fault::NoValidHost(if begins { self.count.unwrap_or(1) } else { 0 }),
            FaultKind::ApiErrors | FaultKind::RepliesLost | FaultKind::Throttling | FaultKind::Slow => {
                return None;
            }
        })
    }

    /// Adds to the trouble of a service what this fault does to its calls.
    pub fn add_to(&self, trouble: &mut Trouble) {
        let share = self.share.unwrap_or(1.0);
        match self.kind {
            FaultKind::ApiErrors => trouble.unavailable = trouble.unavailable.max(share),
            FaultKind::RepliesLost => trouble.reply_lost = trouble.reply_lost.max(share),
            FaultKind::Throttling => trouble.throttled = trouble.throttled.max(share),
            FaultKind::Slow => {
                trouble.slow = trouble.slow.max(share);
                trouble.delay = trouble.delay.max(self.by.unwrap_or(LATE).to_chrono());
            }
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
