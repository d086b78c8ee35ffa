//! The plan of an Operation as it is written down: steps, hash, vetoes, and what it touches.

use chrono::{DateTime, Utc};

use super::naming;
use super::observation::operation::{OperationView, Subject};
use super::operation_verbs::Intent;
use super::step::Step;
use super::step_record::RecordStep;
use crate::api::operation::Verb;
use crate::api::operation_status::{OperationPlan, PlannedStep, Touches, Veto};
use crate::api::reference::ObjectReference;

/// The most steps that a plan lists.
pub(super) const STEPS_MAX: usize = 500;

/// The most vetoes that a plan lists.
const VETOES_MAX: usize = 100;

/// The longest sentence of a plan.
const SENTENCE_MAX: usize = 1024;

/// The longest id of a step.
const ID_MAX: usize = 253;

/// A reason not to do it.
pub fn veto(reason: &str, message: &str, object: Option<ObjectReference>) -> Veto {
    Veto { reason: reason.to_owned(), message: short(message, SENTENCE_MAX), object }
}

/// Writes the plan down. If it is what was written before, the time stays what it was.
pub fn write(
    view: &OperationView,
    intent: &Intent,
    before: Option<&OperationPlan>,
    now: DateTime<Utc>,
) -> OperationPlan {
    let preview: Vec<&Step> =
        intent.preview.iter().flat_map(|plan| &plan.steps).filter(|step| !step.only_reports()).collect();
    let own: Vec<Step> = intent.edits.iter().cloned().map(Step::from).collect();
    let mut steps: Vec<PlannedStep> = own.iter().map(|step| planned(step, false)).collect();
    let is_later = |step: &&Step| !preview.iter().any(|known| known.id() == step.id());
    let later = intent.forecast.iter().filter(is_later);
    let foreseen: Vec<&Step> = preview.iter().copied().chain(later).collect();
    steps.extend(foreseen.iter().map(|step| planned(step, true)));
    let reversible = own.iter().all(Step::reversible) && foreseen.iter().all(|step| step.reversible());
    steps.truncate(STEPS_MAX);
    let written = OperationPlan {
        hash: hash(&own, &preview),
        planned_at: now.into(),
        steps,
        vetoes: intent.vetoes.iter().take(VETOES_MAX).cloned().collect(),
        touches: touches(view, &foreseen),
        reversible,
        undo: intent.undo.clone(),
    };
    match before {
        Some(before) if OperationPlan { planned_at: before.planned_at, ..written.clone() } == *before => {
            before.clone()
        }
        _ => written,
    }
}

/// The hash of what the plan would do: all of its own edits, and what is gone after the loops' next pass. What merely comes
/// and goes in a cluster, pods for instance, does not make another plan of it.
fn hash(own: &[Step], preview: &[&Step]) -> String {
    let mut parts: Vec<String> = own.iter().map(|step| format!("{} {step:?}", step.id())).collect();
    let removes = |step: &&&Step| match step {
        Step::Record(step) => matches!(**step, RecordStep::DeleteMachine { .. }),
        Step::Cloud(_) | Step::Inside(_) | Step::Edit(_) => false,
    };
    let mut removed: Vec<String> = preview.iter().filter(removes).map(|step| step.id()).collect();
    removed.sort();
    parts.extend(removed);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    format!("sha256:{}", naming::hash(&parts))
}

fn planned(step: &Step, forecast: bool) -> PlannedStep {
    let object = match step {
        Step::Edit(step) => Some(step.object.clone()),
        Step::Cloud(_) | Step::Inside(_) | Step::Record(_) => None,
    };
    PlannedStep {
        id: short(&step.id(), ID_MAX),
        text: short(&step.to_string(), SENTENCE_MAX),
        object,
        risk: step.risk(),
        reversible: step.reversible(),
        forecast,
        calls: step.nature().calls,
    }
}

fn touches(view: &OperationView, preview: &[&Step]) -> Touches {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let calls = preview.iter().map(|step| step.nature().calls).sum();
    let one = Touches { tenants: 1, clusters: 1, calls, ..Touches::default() };
    match &view.subject {
        Subject::Missing
        | Subject::Fleet
        | Subject::Operation(_)
        | Subject::Leak(..)
        | Subject::Other { .. } => Touches::default(),
        Subject::Host(machines) => Touches { machines: count(machines.len()), ..Touches::default() },
        Subject::Cluster(cluster) => {
            let machines = cluster.status.counts.values().map(|counts| counts.current).sum();
            // Only who takes a cluster down takes its volumes along.
            let volumes = if view.record.spec.verb == Verb::Delete { view.volumes } else { 0 };
            Touches { machines, volumes, ..one }
        }
        Subject::Pool(subject) => {
            let wanted = view.record.spec.arguments.replicas.unwrap_or(subject.pool.spec.replicas);
            Touches { machines: subject.pool.spec.replicas.abs_diff(wanted), ..one }
        }
        Subject::Machine(subject) => {
            let load = subject.machine.load.value();
            let moving = |load: &super::observation::node::Load| {
                load.pods.iter().filter(|pod| !pod.bound && !pod.finished).count()
            };
            let (pods, volumes) =
                load.map_or((0, 0), |load| (count(moving(load)), count(load.volumes.len())));
            Touches { machines: 1, pods, volumes, ..one }
        }
        Subject::Balancer(_) => one,
    }
}

/// A text cut to so many bytes at a character's edge.
fn short(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}
