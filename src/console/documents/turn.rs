//! Observe, difference, act: what the loop of an object found and did.

use std::sync::Arc;

use crate::console::age;
use crate::console::elsewhere::{Elsewhere, Leader};
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::rows::row::Target;
use crate::engine::trace::LoopRecord;

/// What the last turn of an object's loop found and did.
pub fn lines(model: &Model, target: &Target) -> Vec<Line> {
    let Some(facts) = &model.facts else { return out_of_reach(model) };
    let record = facts.about.iter().find(|record| is_of(record, target));
    match record {
        Some(record) => turn(model, record),
        None => {
            vec![Line::of(Sense::Dim, "its loop had no turn since this engine began")]
        }
    }
}

/// Why nothing of the engine can be told.
pub fn out_of_reach(model: &Model) -> Vec<Line> {
    let who = match &model.elsewhere {
        None => "It runs in another process, which is being asked.".to_owned(),
        Some(Elsewhere { leader: Leader::Named(leader), why }) => {
            format!("{leader} leads in another process: {}", why.as_deref().unwrap_or("it tells nothing"))
        }
        Some(Elsewhere { leader: Leader::Unknown | Leader::Nobody, why }) => why.clone().unwrap_or_default(),
    };
    vec![
        Line::of(Sense::Strong, "The engine is out of reach."),
        Line::of(Sense::Plain, who),
        Line::of(Sense::Dim, "What it writes into objects is all here,"),
        Line::of(Sense::Dim, "what it keeps to itself (turns, queues, budgets, volumes) is not."),
    ]
}

/// Whether a turn was about an object.
pub fn is_of(record: &Arc<LoopRecord>, target: &Target) -> bool {
    record.key.kind.name() == target.kind
        && *record.key.name == *target.name
        && *record.key.namespace == *target.namespace
}

fn turn(model: &Model, record: &LoopRecord) -> Vec<Line> {
    let ago = age::short(model.now - record.at);
    let mut lines = vec![
        Line::heading("Observe").and(Sense::Dim, format!("  {ago} ago, took {} ms", record.took.as_millis())),
    ];
    if let Some(failure) = &record.failure {
        lines.push(Line::of(Sense::Plain, "  ").state(State::Crit, failure));
    } else if record.findings.is_empty() {
        let told = Line::of(Sense::Plain, "  ");
        lines.push(if record.waiting.is_empty() {
            told.state(State::Ok, "as wanted")
        } else {
            told.state(State::Busy, "nothing failed; it is on its way")
        });
    }
    lines.push(Line::blank());
    lines.push(Line::heading("Difference"));
    for finding in &record.findings {
        let since = age::short(model.now - finding.since);
        let line = Line::of(Sense::Plain, "  ").state(State::Warn, finding.kind.to_string());
        lines.push(line.and(Sense::Dim, format!("  {since}")));
    }
    for wait in &record.waiting {
        let left = wait.deadline - model.now;
        let until = if left.num_seconds() >= 0 {
            format!("  {:?}, at most {} more", wait.owner(), age::short(left))
        } else {
            format!("  {:?}, overdue by {}", wait.owner(), age::short(-left))
        };
        lines.push(
            Line::of(Sense::Plain, "  ")
                .state(State::Busy, format!("waits: {}", wait.on))
                .and(Sense::Dim, until),
        );
    }
    if record.findings.is_empty() && record.waiting.is_empty() {
        lines.push(Line::of(Sense::Dim, "  none"));
    }
    lines.push(Line::blank());
    lines.push(Line::heading("Act"));
    for step in &record.steps {
        let line = Line::of(Sense::Plain, "  ");
        lines.push(match &step.failure {
            Some(failure) => line.state(State::Crit, format!("{}: {failure}", step.what)),
            None if step.reports => line.and(Sense::Dim, &step.what),
            None => line.state(State::Ok, &step.what),
        });
    }
    if record.steps.is_empty() {
        lines.push(Line::of(Sense::Dim, "  nothing"));
    }
    if record.left > 0 {
        lines.push(Line::of(Sense::Dim, format!("  {} more steps wait for the next turn", record.left)));
    }
    let next = record.next - model.now;
    lines.push(Line::of(Sense::Dim, format!("  next look in {} at the latest", age::short(next))));
    lines
}
