//! Whether what an Operation asked for is so.

use chrono::{DateTime, Utc};

use super::observation::machine::MachineView;
use super::observation::node::Cordon;
use super::observation::operation::{OperationView, PoolSubject, Subject};
use super::operation_verbs::{is_held, pausable};
use super::policy::Policy;
use crate::api::machine::Scheduling;
use crate::api::operation::Verb;
use crate::api::operation_status::{Outcome, Progress};
use crate::api::role::PoolRole;

/// How far an Operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// What was asked is so.
    Done,
    /// It will never be so.
    Failed(Outcome),
    /// It goes on.
    Goes(Progress),
}

/// How far a running Operation is.
pub fn watch(view: &OperationView, policy: &Policy, now: DateTime<Utc>) -> State {
    // What was written last may not be in what was read yet.
    let started = view.record.status.started_at.map_or(view.record.meta.created, |time| time.at());
    let is_fresh = now < started + policy.settle.to_chrono();
    let missing = || failed("TargetMissing", "its target is gone");
    match (view.record.spec.verb, &view.subject) {
        (Verb::Brake, _) => goes(0, 1, "it holds until it is cancelled"),
        (Verb::Heal | Verb::Delete, Subject::Missing) => State::Done,
        (Verb::Heal, Subject::Machine(subject)) => heal(&subject.machine),
        (Verb::Delete, _) => goes(0, 1, "it is being taken down"),
        (Verb::Scale, Subject::Pool(subject)) => scale(view, subject, is_fresh),
        (Verb::Drain, Subject::Machine(subject)) => drain(&subject.machine, is_fresh),
        (Verb::Uncordon, Subject::Machine(subject)) => {
            let cordoned = subject.machine.node().is_some_and(|node| node.cordon == Cordon::Ours);
            let open = subject.machine.spec.scheduling == Scheduling::Open;
            if open && !cordoned { State::Done } else { goes(0, 1, "the node is still cordoned") }
        }
        (Verb::Pause, subject) => paused(subject, true).unwrap_or_else(missing),
        (Verb::Resume, subject) => paused(subject, false).unwrap_or_else(missing),
        (Verb::Approve, Subject::Operation(target)) => {
            let is_there = target.spec.approved.is_some();
            if is_there { State::Done } else { goes(0, 1, "the approval is being written") }
        }
        (Verb::Cancel, Subject::Operation(target)) => {
            if target.spec.cancelled {
                State::Done
            } else {
                goes(0, 1, "it is being cancelled")
            }
        }
        (Verb::Retry | Verb::Fence | Verb::Kubeconfig, _) => State::Done,
        (_, Subject::Missing) => missing(),
        _ => failed("NotSupported", "this engine does not carry out this verb"),
    }
}

fn goes(done: u32, total: u32, now: &str) -> State {
    State::Goes(Progress { done, total, summary: format!("{done}/{total}"), now: Some(now.to_owned()) })
}

fn failed(reason: &str, message: &str) -> State {
    State::Failed(Outcome { reason: reason.to_owned(), message: message.to_owned() })
}

/// The steps of a replacement: marked, its successor named, taken down, gone.
fn heal(machine: &MachineView) -> State {
    let total = 3;
    match &machine.status.remediation {
        _ if machine.meta.deleting.is_some() => {
            let left = machine.status.deletion.as_ref().and_then(|deletion| deletion.pods_left);
            goes(2, total, &format!("it is being taken down, {} pods left", left.unwrap_or(0)))
        }
        None => goes(0, total, "it waits for its turn"),
        Some(begun) => match &begun.replacement {
            Some(name) => goes(1, total, &format!("{name} is to take its place")),
            None => goes(1, total, "it makes room for its replacement"),
        },
    }
}

fn scale(view: &OperationView, subject: &PoolSubject, is_fresh: bool) -> State {
    let pool = &subject.pool;
    let wanted = view.record.spec.arguments.replicas.unwrap_or(pool.spec.replicas);
    let truth = if is_held(subject) { held_count(subject) } else { Some(pool.spec.replicas) };
    if truth != Some(wanted) {
        return if is_fresh {
            goes(0, wanted, "the count is being written")
        } else {
            failed("Superseded", "somebody else changed the count since")
        };
    }
    let needs_pool = pool.spec.role == PoolRole::Ingress;
    let count = |machines: usize| u32::try_from(machines).unwrap_or(u32::MAX);
    let serving = count(pool.machines.iter().filter(|machine| machine.serves(needs_pool)).count());
    let all = count(pool.machines.len());
    if pool.spec.replicas == wanted && serving == wanted && all == wanted {
        State::Done
    } else {
        goes(serving.min(wanted), wanted, &format!("{serving} machines serve, {all} are there"))
    }
}

fn held_count(subject: &PoolSubject) -> Option<u32> {
    let (spec, pool) = (&subject.cluster.spec, &subject.pool.spec);
    match pool.role {
        PoolRole::Worker => spec.workers.iter().find(|worker| worker.name == pool.pool)?.replicas,
        PoolRole::Ingress => spec.ingress.as_ref()?.replicas,
    }
}

fn drain(machine: &MachineView, is_fresh: bool) -> State {
    if machine.spec.scheduling != Scheduling::Drained && !is_fresh {
        return failed("Superseded", "somebody else let pods come again");
    }
    let Some(load) = machine.load.value() else { return goes(0, 1, "what is on the node could not be read") };
    let left = load.pods.iter().filter(|pod| !pod.bound && !pod.finished).count();
    let closed = machine.node().is_none_or(|node| node.cordon != Cordon::No);
    if closed && left == 0 && machine.spec.scheduling == Scheduling::Drained {
        State::Done
    } else {
        goes(0, 1, &format!("{left} pods are leaving the node"))
    }
}

fn paused(subject: &Subject, wanted: bool) -> Option<State> {
    let (_, paused) = pausable(subject)?;
    let now = if wanted { "it is being paused" } else { "it is being resumed" };
    Some(if paused == wanted { State::Done } else { goes(0, 1, now) })
}
