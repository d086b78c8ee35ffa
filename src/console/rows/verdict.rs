//! How clusters and machines are, in the words and colours of their rows.

use chrono::{DateTime, TimeDelta, Utc};

use super::cell::{Cell, State};
use super::objects::text;
use super::words::Words;
use crate::api::cluster::KubernetesCluster;
use crate::api::cluster_status::{ClusterPhase, ClusterStatus, Counts};
use crate::api::condition::{Condition, ConditionStatus, Conditions};
use crate::api::conditions as types;
use crate::api::machine::{Machine, Scheduling};
use crate::api::machine_status::{MachinePhase, MachineStatus};
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
                // It serves, and nobody would heal it: that must not look like all the others.
                None if cluster.spec.paused => Verdict::new(State::Busy, "Paused"),
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
                // The engine says so only where nothing else is wrong, and nothing that served is missing.
                (true, false) if condition.reason == types::SCALING_UP => (State::Busy, "Scaling"),
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

/// Whether a machine was not ready since it was made, and the engine does not call it failed: nobody misses it yet.
fn is_new(machine: &Machine, status: &MachineStatus) -> bool {
    /// A server alone takes longer to boot.
    const SOON: TimeDelta = TimeDelta::seconds(20);
    let is_false = |condition: &Condition| condition.status == ConditionStatus::False;
    let failed = status.conditions.get(types::HEALTH_CHECK_SUCCEEDED).is_some_and(is_false);
    let made = machine.metadata.creation_timestamp.as_ref().map(|made| Time::from(made).at());
    let ready = status.conditions.get(types::READY).filter(|ready| is_false(ready));
    let since = ready.map(|ready| ready.last_transition_time.at());
    !failed && made.zip(since).is_some_and(|(made, since)| since - made < SOON)
}

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
            Some(condition) if condition.status == ConditionStatus::False && is_new(machine, status) => {
                Verdict::by(State::Busy, "Starting", condition)
            }
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

    /// A fleet that comes up is no alarm; a machine that served and does not any more is one, and so is one that never comes.
    #[test]
    fn a_machine_that_was_never_ready_is_starting_until_the_engine_gives_it_up() {
        let made = crate::clock::now();
        let of = |ready_since: TimeDelta, given_up: bool| {
            let spec = serde_json::from_value(serde_json::json!({
                "clusterName": "shop", "role": "control-plane", "template": { "release": "v1.34.2-1", "flavor": "m1" },
            }));
            let mut machine = Machine::new("w", spec.unwrap());
            machine.metadata.creation_timestamp = Some(Time::from(made).into());
            let mut status = MachineStatus { phase: Some(MachinePhase::Running), ..MachineStatus::default() };
            let mut set = |type_: &str, status_: ConditionStatus, since: DateTime<Utc>| {
                status.conditions.set(Condition {
                    type_: type_.to_owned(),
                    status: status_,
                    observed_generation: None,
                    last_transition_time: since.into(),
                    reason: "Test".to_owned(),
                    message: String::new(),
                });
            };
            set(types::READY, ConditionStatus::False, made + ready_since);
            set(types::API_SERVER_HEALTHY, ConditionStatus::False, made + TimeDelta::minutes(3));
            let checked = if given_up { ConditionStatus::False } else { ConditionStatus::True };
            set(types::HEALTH_CHECK_SUCCEEDED, checked, made);
            machine.status = Some(status);
            let verdict = super::machine(&machine);
            (verdict.state, verdict.word)
        };
        assert_eq!(of(TimeDelta::seconds(1), false), (State::Busy, "Starting"));
        assert_eq!(of(TimeDelta::minutes(9), false), (State::Crit, "NotReady"));
        assert_eq!(of(TimeDelta::seconds(1), true), (State::Crit, "NotReady"));
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
        silent.conditions.set(condition(
            types::REMOTE_CONNECTION_PROBE,
            ConditionStatus::Unknown,
            "ContactLost",
        ));
        assert!(is_down(&silent));
    }

    #[test]
    fn a_cluster_that_grows_is_scaling_and_one_that_lost_something_degraded() {
        let of = |reason: &str| {
            let spec = serde_json::from_value(serde_json::json!({
                "release": "v1.34.2", "etcd": { "replicas": 3, "flavor": "m1" },
                "controlPlane": { "replicas": 3, "flavor": "m1" }, "workers": [],
                "network": { "backend": "backend" }, "storage": { "quotaGiB": 100 },
            }));
            let mut cluster = KubernetesCluster::new("shop", spec.unwrap());
            let counts = [(Role::ControlPlane, counts(3, 3)), (Role::Worker, counts(21, 20))];
            let mut status = ClusterStatus {
                counts: counts.into_iter().collect(),
                phase: Some(ClusterPhase::Provisioned),
                ..ClusterStatus::default()
            };
            status.initialization.control_plane_initialized = true;
            for type_ in [types::WORKERS_AVAILABLE, types::AVAILABLE] {
                status.conditions.set(condition(type_, ConditionStatus::False, reason));
            }
            cluster.status = Some(status);
            let verdict = super::cluster(&cluster);
            (verdict.state, verdict.word)
        };
        assert_eq!(of(types::SCALING_UP), (State::Busy, "Scaling"));
        assert_eq!(of("TooFewServe"), (State::Warn, "Degraded"));
    }

    fn condition(type_: &str, status: ConditionStatus, reason: &str) -> Condition {
        Condition {
            type_: type_.to_owned(),
            status,
            observed_generation: None,
            last_transition_time: DateTime::<Utc>::MIN_UTC.into(),
            reason: reason.to_owned(),
            message: String::new(),
        }
    }
}
