//! An Operation: who asked for what, its plan, how far it is.

use super::all;
use crate::api::operation::{Operation, Verb};
use crate::api::operation_status::{OperationPlan, Risk};
use crate::api::request::without_steps;
use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::text;

/// How wide the words before values are.
const WORD: usize = 13;

fn word(word: &str) -> Line {
    Line::of(Sense::Dim, format!("{word:<WORD$}"))
}

/// What is known of the Operation that was read.
pub fn lines(model: &Model) -> Vec<Line> {
    let value = match all::value(model.loaded.as_ref()) {
        Ok(value) => value,
        Err(line) => return vec![line],
    };
    let Ok(operation) = serde_json::from_value::<Operation>(value.clone()) else {
        return vec![Line::of(Sense::Removed, "it cannot be read: it is not as our kind says")];
    };
    let spec = &operation.spec;
    let status = operation.status.clone().unwrap_or_default();
    let mut lines = vec![word("asked by").and(Sense::Plain, &spec.requester)];
    if !spec.reason.is_empty() {
        lines.push(word("why").and(Sense::Plain, &spec.reason));
    }
    if let Some(approved) = &spec.approved {
        lines.push(word("approved by").and(Sense::Plain, &approved.by));
    }
    if let Some(phase) = status.phase {
        lines.push(word("phase").and(Sense::Strong, format!("{phase:?}")));
    }
    if let Some(progress) = &status.progress {
        let now = progress.now.clone().unwrap_or_default();
        lines.push(word("progress").and(Sense::Plain, format!("{}  {now}", progress.summary)));
    }
    for (name, at) in [("began", status.started_at), ("ended", status.finished_at)] {
        if let Some(at) = at {
            let ago = format!("  {} ago", age::short(model.now - at.at()));
            lines.push(word(name).and(Sense::Plain, at.to_string()).and(Sense::Dim, ago));
        }
    }
    if let Some(outcome) = &status.outcome {
        lines.push(word("result").and(Sense::Plain, format!("{}: {}", outcome.reason, outcome.message)));
    }
    if let Some(plan) = &status.plan {
        lines.push(Line::blank());
        lines.extend(self::plan(spec.verb, plan));
    }
    lines
}

/// A plan: what would be done, what it touches, and what speaks against it.
pub fn plan(verb: Verb, plan: &OperationPlan) -> Vec<Line> {
    let touches = plan.touches;
    let mut lines = Vec::new();
    for veto in &plan.vetoes {
        let about = veto.object.as_ref().map(|object| format!("{object}: ")).unwrap_or_default();
        let line = Line::default().state(State::Crit, "why not: ");
        lines.push(line.and(Sense::Plain, format!("{about}{}", veto.message)));
    }
    if !plan.vetoes.is_empty() {
        lines.push(Line::blank());
    }
    lines.push(Line::heading("Plan"));
    for (number, step) in plan.steps.iter().enumerate() {
        let line = Line::of(Sense::Dim, format!("{:>3}. ", number + 1));
        let sense = match step.risk {
            Risk::None => Sense::Plain,
            Risk::Disturbs => Sense::State(State::Warn),
            Risk::Destroys => Sense::State(State::Crit),
        };
        let line = line.and(sense, &step.text);
        lines.push(if step.forecast { line.and(Sense::Dim, "  (later, if nothing changes)") } else { line });
    }
    if plan.steps.is_empty() {
        lines.push(Line::of(Sense::Dim, format!("     {}", without_steps(verb))));
    }
    lines.push(Line::blank());
    let counted = [
        (touches.tenants, "tenant"),
        (touches.clusters, "cluster"),
        (touches.machines, "machine"),
        (touches.pods, "pod"),
        (touches.volumes, "volume"),
        (touches.calls, "cloud call"),
    ];
    lines.push(Line::of(Sense::Dim, "touches  ").and(Sense::Plain, text::counted(&counted)));
    let undo = match (&plan.undo, plan.reversible) {
        (Some(command), _) => format!("undone by: {command}"),
        (None, true) => "can be undone".to_owned(),
        (None, false) => "cannot be undone".to_owned(),
    };
    lines.push(Line::of(Sense::Dim, "undo     ").and(Sense::Plain, undo));
    lines
}
