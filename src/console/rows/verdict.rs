//! How clusters and machines are, in the words and colours of their rows.

use chrono::{DateTime, Utc};

use super::cell::{Cell, State};
use super::objects::text;
use super::words::Words;
use crate::api::cluster::KubernetesCluster;
use crate::api::cluster_status::{ClusterPhase, ClusterStatus, Counts};
use crate::api::condition::{Condition, ConditionStatus, Conditions};
use crate::api::conditions as types;
use crate::api::machine::{Machine, Scheduling};
use crate::api::machine_status::MachinePhase;
use crate::api::role::Role;
use crate::api::time::Time;

/// How an object is, since when, and why.
pub(super) struct Verdict {
    pub(super) state: State,
    word: &'static str,
    pub(super) since: Option<DateTime<Utc>>,
    why: Option<String>,
}

impl Verdict {
    pub(super) fn new(state: State, word: &'static str) -> Self {
        Self { state, word, since: None, why: None }
    }

    pub(super) fn by(state: State, word: &'static str, condition: &Condition) -> Self {
        let since = Some(condition.last_transition_time.at());
        Self { state, word, since, why: Some(condition.reason.clone()) }
    }

    pub(super) fn cell(&self, words: &mut Words) -> Cell {
        Cell::State(self.state, words.word(self.word))
    }

    pub(super) fn why(&self, words: &mut Words) -> Cell {
        text(words, self.why.as_deref())
    }
}

/// The first of these conditions that does not hold.
pub(super) fn failing<'a>(conditions: &'a Conditions, wanted: &[&str]) -> Option<&'a Condition> {
    let found = wanted.iter().filter_map(|type_| conditions.get(type_));
    found
        .min_by_key(|condition| condition.status != ConditionStatus::False)
        .filter(|condition| condition.status != ConditionStatus::True)
}

/// What a cluster stands on.
const PARTS: [&str; 8] = [
    types::ETCD_HEALTHY,
    types::CONTROL_PLANE_AVAILABLE,
    types::LOAD_BALANCER_READY,
    types::WORKERS_AVAILABLE,
    types::INGRESS_AVAILABLE,
    types::STORAGE_TENANT_READY,
    types::ADDONS_HEALTHY,
    types::REMOTE_CONNECTION_PROBE,
];

/// Whether nobody can use a cluster: its API does not answer, or a role that is to serve has nobody left. A machine that is
/// missing of many, or one more that was asked for and is not there yet, takes nothing away.
fn is_down(status: &ClusterStatus) -> bool {
    let probe = status.conditions.get(types::REMOTE_CONNECTION_PROBE);
    let is_silent = probe.is_some_and(|probe| probe.status != ConditionStatus::True);
    let serving = [Role::ControlPlane, Role::Worker, Role::Ingress];
    let has_none = |counts: &Counts| counts.desired > 0 && counts.ready == 0;
    is_silent || serving.iter().any(|role| status.counts.get(role).is_some_and(has_none))
}

pub(super) fn cluster(cluster: &KubernetesCluster) -> Verdict {
    if let Some(deleted) = &cluster.metadata.deletion_timestamp {
        return Verdict { since: Some(Time::from(deleted).at()), ..Verdict::new(State::Busy, "Deleting") };
    }
    let Some(status) = &cluster.status else { return Verdict::new(State::Busy, "Pending") };
    let was_up = status.initialization.control_plane_initialized;
    match status.conditions.get(types::AVAILABLE) {
        Some(condition) if condition.status == ConditionStatus::True => {
            match failing(&status.conditions, &PARTS) {
                Some(part) => Verdict::by(State::Warn, "Degraded", part),
                None => Verdict::new(State::Ok, "Available"),
            }
        }
        Some(condition) if condition.status == ConditionStatus::Unknown => {
            Verdict::by(State::Unknown, "Unknown", condition)
        }
        Some(condition) if was_up => {
            let cause = failing(&status.conditions, &PARTS).unwrap_or(condition);
            // One that never was available is not down: it is still coming up.
            let served = matches!(status.phase, Some(ClusterPhase::Provisioned | ClusterPhase::Upgrading));
            let (state, word) = match (served, is_down(status)) {
                (false, _) => (State::Busy, "Provisioning"),
                (true, true) => (State::Crit, "Unavailable"),
                (true, false) => (State::Warn, "Degraded"),
            };
            // Since it cannot be used, which is longer ago than what its cause is now.
            let since = Some(condition.last_transition_time.at());
            Verdict { since, ..Verdict::by(state, word, cause) }
        }
        Some(condition) => Verdict::by(State::Busy, "Provisioning", condition),
        None => Verdict::new(State::Busy, "Pending"),
    }
}

/// By what a machine is well.
const HEALTH: [&str; 5] = [
    types::HEALTH_CHECK_SUCCEEDED,
    types::NODE_HEALTHY,
    types::API_SERVER_HEALTHY,
    types::ETCD_MEMBER_HEALTHY,
    types::READY,
];

pub(super) fn machine(machine: &Machine) -> Verdict {
    let Some(status) = &machine.status else { return Verdict::new(State::Busy, "Pending") };
    let sick = failing(&status.conditions, &HEALTH);
    if let Some(remediation) = &status.remediation {
        let since = Some(remediation.since.at());
        let why = sick.map(|condition| condition.reason.clone());
        return Verdict { since, why, ..Verdict::new(State::Warn, "Replacing") };
    }
    if let Some(deleted) = &machine.metadata.deletion_timestamp {
        return Verdict { since: Some(Time::from(deleted).at()), ..Verdict::new(State::Busy, "Deleting") };
    }
    match status.phase {
        Some(MachinePhase::Failed) => {
            let why = status.last_failure.as_ref().map(|failure| format!("{:?}", failure.cause));
            let since = status.last_failure.as_ref().map(|failure| failure.at.at());
            Verdict { since, why, ..Verdict::new(State::Crit, "Failed") }
        }
        Some(MachinePhase::Pending) | None => Verdict::new(State::Busy, "Pending"),
        Some(MachinePhase::Provisioning) => Verdict::new(State::Busy, "Provisioning"),
        Some(MachinePhase::Provisioned) => Verdict::new(State::Busy, "Joining"),
        Some(MachinePhase::Unknown) => Verdict::new(State::Unknown, "Unknown"),
        Some(MachinePhase::Deleting) => Verdict::new(State::Busy, "Deleting"),
        Some(MachinePhase::Running) => match sick {
            Some(condition) if condition.status == ConditionStatus::False => {
                Verdict::by(State::Crit, "NotReady", condition)
            }
            Some(condition) => Verdict::by(State::Unknown, "Unknown", condition),
            None if machine.spec.scheduling == Scheduling::Open => Verdict::new(State::Ok, "Ready"),
            None => Verdict::new(State::Off, "Cordoned"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(desired: u32, ready: u32) -> Counts {
        Counts { desired, ready, ..Counts::default() }
    }

    /// Whoever is called at night is called because nobody can use a cluster, and not because it grows.
    #[test]
    fn a_cluster_is_down_when_nobody_is_left_who_serves() {
        let of = |control: u32, workers: u32| {
            let all = [(Role::ControlPlane, counts(3, control)), (Role::Worker, counts(20, workers))];
            ClusterStatus { counts: all.into_iter().collect(), ..ClusterStatus::default() }
        };
        assert!(!is_down(&of(3, 20)));
        assert!(!is_down(&of(3, 18)), "it grows, or a machine failed");
        assert!(!is_down(&of(1, 20)), "one API server is enough");
        assert!(is_down(&of(0, 20)));
        assert!(is_down(&of(3, 0)));
        let mut silent = of(3, 20);
        silent.conditions.set(Condition {
            type_: types::REMOTE_CONNECTION_PROBE.to_owned(),
            status: ConditionStatus::Unknown,
            observed_generation: None,
            last_transition_time: DateTime::<Utc>::MIN_UTC.into(),
            reason: "ContactLost".to_owned(),
            message: String::new(),
        });
        assert!(is_down(&silent));
    }
}
