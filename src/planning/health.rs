//! Whether a machine works, by the evidence that its role admits.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observation::machine::MachineView;
use super::observation::node::NodeView;
use super::policy::Policy;
use crate::api::cluster_policy::HealingPolicy;
use crate::api::condition::ConditionStatus;
use crate::api::conditions::{API_SERVER_HEALTHY, ETCD_MEMBER_HEALTHY, INFRASTRUCTURE_READY};
use crate::api::role::Role;
use crate::cloud::types::compute::ServerStatus;
use crate::cloud::types::observed::Observed;

/// One reason to believe that a machine failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// Its node is not ready, and its kubelet renews its Lease no more.
    NodeSilent,
    /// Its node is not ready, and when its kubelet renewed its Lease could not be read.
    LeaseUnread,
    /// Its server is off.
    ServerOff,
    /// Its server failed.
    ServerFailed,
    /// Its server is gone.
    ServerGone,
    /// It never joined.
    NeverJoined,
    /// Its API server does not answer by its own address.
    ApiServerSilent,
    /// Its member of etcd does not answer by its own address.
    MemberSilent,
    /// A person asked to replace it.
    Asked {
        /// Who.
        by: String,
    },
}

/// Whether a machine works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works.
    Healthy {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It is coming up, and has time left.
    Starting,
    /// Something speaks against it, but not for long enough.
    Suspect {
        /// What.
        evidence: Evidence,
        /// Since when.
        since: DateTime<Utc>,
        /// From when on it counts as broken.
        until: DateTime<Utc>,
    },
    /// It failed.
    Broken {
        /// By what that is known.
        evidence: Vec<Evidence>,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// What it is could not be found out. That is no evidence.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Verdict {
    /// By what it is known that it failed by itself, and since when. What a person asked for is no failure.
    pub fn failure(&self) -> Option<(&[Evidence], DateTime<Utc>)> {
        let Self::Broken { evidence, since } = self else { return None };
        let failed = evidence.iter().any(|one| !matches!(one, Evidence::Asked { .. }));
        failed.then_some((evidence.as_slice(), *since))
    }

    /// Whether it failed.
    pub fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { .. })
    }
}

/// Evidence, since when it is there, and from when on it counts.
struct Mark {
    evidence: Evidence,
    since: DateTime<Utc>,
    counts_from: DateTime<Utc>,
}

/// Judges a machine. A user cluster whose API does not answer is no evidence about its workers: then only what the
/// cloud says of the server counts.
pub fn judge(view: &MachineView, healing: &HealingPolicy, policy: &Policy, now: DateTime<Utc>) -> Verdict {
    let marks: Vec<Mark> = [asked(view), server(view, policy, now), inside(view, healing, policy, now)]
        .into_iter()
        .flatten()
        .collect();
    let counting = || marks.iter().filter(|mark| mark.counts_from <= now);
    if let Some(since) = counting().map(|mark| mark.since).min() {
        let evidence = counting().map(|mark| mark.evidence.clone()).collect();
        return Verdict::Broken { evidence, since };
    }
    if let Some(mark) = marks.into_iter().min_by_key(|mark| mark.counts_from) {
        return Verdict::Suspect { evidence: mark.evidence, since: mark.since, until: mark.counts_from };
    }
    works(view)
}

/// What a machine is that nothing speaks against.
fn works(view: &MachineView) -> Verdict {
    let (sign, what) = match view.spec.role {
        Role::Worker | Role::Ingress => (view.node.as_ref().map(|node| node.is_some()), "the node"),
        Role::ControlPlane => (view.answers.clone(), "the API server"),
        Role::Etcd => (view.answers.clone(), "the member of etcd"),
    };
    match sign {
        Observed::Unknown { why } => Verdict::Unknown { why: format!("{what} could not be asked: {why}") },
        Observed::Known { value: false, .. } => Verdict::Starting,
        Observed::Known { value: true, .. } => {
            Verdict::Healthy { since: view.node().map_or(view.meta.created, |node| node.ready_since) }
        }
    }
}

fn asked(view: &MachineView) -> Option<Mark> {
    let order = view.spec.remediate.as_ref()?;
    let at = order.at.at();
    Some(Mark { evidence: Evidence::Asked { by: order.by.clone() }, since: at, counts_from: at })
}

/// What the cloud says of the server of a machine that had joined. What befalls it earlier is part of making it.
fn server(view: &MachineView, policy: &Policy, now: DateTime<Utc>) -> Option<Mark> {
    if !view.has_joined() {
        return None;
    }
    let servers = view.servers.value()?;
    let mark = |evidence, since| Some(Mark { evidence, since, counts_from: since });
    match servers.as_slice() {
        [] => {
            let since = since_not_true(view, INFRASTRUCTURE_READY).unwrap_or(now);
            let counts_from = since + policy.gone_after.to_chrono();
            Some(Mark { evidence: Evidence::ServerGone, since, counts_from })
        }
        [server] => match server.status {
            ServerStatus::Error => mark(Evidence::ServerFailed, server.updated),
            ServerStatus::ShutOff => mark(Evidence::ServerOff, server.updated),
            ServerStatus::Deleted => mark(Evidence::ServerGone, server.updated),
            ServerStatus::Build | ServerStatus::Active | ServerStatus::Reboot | ServerStatus::Other(_) => {
                None
            }
        },
        _ => None,
    }
}

/// What the machine's own node, API server or member says.
fn inside(view: &MachineView, healing: &HealingPolicy, policy: &Policy, now: DateTime<Utc>) -> Option<Mark> {
    match view.spec.role {
        Role::Worker | Role::Ingress => match view.node.value()? {
            Some(node) => node_silent(node, healing, policy, now),
            None => never_joined(view, healing),
        },
        Role::ControlPlane => silent(view, Evidence::ApiServerSilent, API_SERVER_HEALTHY, healing, now),
        Role::Etcd => silent(view, Evidence::MemberSilent, ETCD_MEMBER_HEALTHY, healing, now),
    }
}

/// A node that is not ready counts only if its kubelet is silent as well: the Lease says so more freshly. A kubelet that was
/// silent from the beginning has none.
fn node_silent(
    node: &NodeView,
    healing: &HealingPolicy,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Option<Mark> {
    if node.is_ready() {
        return None;
    }
    let since = node.ready_since;
    let Observed::Known { value: renewed, .. } = &node.lease_renewed else {
        // What could not be read counts for nothing, and is read again soon.
        let counts_from = now + policy.pending_look.to_chrono();
        return Some(Mark { evidence: Evidence::LeaseUnread, since, counts_from });
    };
    let silent_from = renewed.unwrap_or(since) + policy.lease_old.to_chrono();
    if renewed.is_none() && now < silent_from {
        return None;
    }
    let counts_from = silent_from.max(since + healing.unhealthy_after.to_chrono());
    Some(Mark { evidence: Evidence::NodeSilent, since, counts_from })
}

fn never_joined(view: &MachineView, healing: &HealingPolicy) -> Option<Mark> {
    if view.has_joined() || view.meta.deleting.is_some() {
        return None;
    }
    let since = view.running_since()?;
    let counts_from = since + healing.join_timeout.to_chrono();
    Some(Mark { evidence: Evidence::NeverJoined, since, counts_from })
}

/// An API server or a member that answered once and says now that it does not work.
fn silent(
    view: &MachineView,
    evidence: Evidence,
    condition: &str,
    healing: &HealingPolicy,
    now: DateTime<Utc>,
) -> Option<Mark> {
    if !view.has_joined() || *view.answers.value()? {
        return None;
    }
    let since = since_not_true(view, condition).unwrap_or(now);
    Some(Mark { evidence, since, counts_from: since + healing.unhealthy_after.to_chrono() })
}

/// Since when a condition of the machine is no longer true.
fn since_not_true(view: &MachineView, condition: &str) -> Option<DateTime<Utc>> {
    let condition = view.status.conditions.get(condition)?;
    (condition.status == ConditionStatus::False).then(|| condition.last_transition_time.at())
}

impl fmt::Display for Evidence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NodeSilent => out.write_str("its node is not ready and its kubelet is silent"),
            Self::LeaseUnread => {
                out.write_str("its node is not ready, and whether its kubelet is silent could not be read")
            }
            Self::ServerOff => out.write_str("its server is off"),
            Self::ServerFailed => out.write_str("its server is in ERROR"),
            Self::ServerGone => out.write_str("its server is gone"),
            Self::NeverJoined => out.write_str("it did not join"),
            Self::ApiServerSilent => out.write_str("its API server does not answer"),
            Self::MemberSilent => out.write_str("its member of etcd does not answer"),
            Self::Asked { by } => write!(out, "{by} asked to replace it"),
        }
    }
}
