//! Why the engine does what it does, or does nothing: the chain from what is seen to the decision. Every line leads to
//! its object.

use std::sync::Arc;

use super::{all, incident, overview, turn};
use crate::api::reference::ObjectReference;
use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::rows::objects::kind_of;
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;
use crate::engine::trace::LoopRecord;

/// The chain of evidence about an object.
pub fn lines(model: &Model, target: &Target) -> Vec<Line> {
    let row = model.fleet.find(target);
    if row.is_some_and(|row| row.subject == Subject::Incident) {
        return incident::lines(model);
    }
    let mut lines = vec![verdict(row, target)];
    lines.extend(brakes(model, row));
    lines.push(Line::blank());
    lines.push(Line::heading("What is seen"));
    match all::value(model.loaded.as_ref()) {
        Ok(value) => lines.extend(overview::conditions(value, model.now).into_iter().skip(2)),
        Err(line) => lines.push(line),
    }
    let Some(facts) = &model.facts else {
        lines.push(Line::blank());
        lines.extend(turn::out_of_reach(model));
        return lines;
    };
    let own: Vec<&Arc<LoopRecord>> =
        facts.about.iter().filter(|record| turn::is_of(record, target)).collect();
    let others: Vec<&Arc<LoopRecord>> = facts
        .about
        .iter()
        .filter(|record| {
            !turn::is_of(record, target) && (!record.findings.is_empty() || record.failure.is_some())
        })
        .collect();
    lines.push(Line::blank());
    lines.push(Line::heading("What its loop decided"));
    let before = lines.len();
    own.iter().for_each(|record| decision(model, record, &mut lines));
    if own.is_empty() {
        lines.push(Line::of(Sense::Dim, "  its loop had no turn since this engine began"));
    } else if lines.len() == before {
        lines.push(Line::of(Sense::Dim, "  nothing is to be done, and nothing is waited for"));
    }
    if !others.is_empty() {
        lines.push(Line::blank());
        lines.push(Line::heading("What else is wrong around it"));
        others.iter().take(20).for_each(|record| decision(model, record, &mut lines));
    }
    lines.extend(incidents(model, row));
    lines
}

fn verdict(row: Option<&Row>, target: &Target) -> Line {
    let Some(row) = row else { return Line::of(Sense::Dim, format!("{} is not known here", target.path())) };
    let state = row.subject.state_column().and_then(|index| row.cells.get(index));
    let word = state.map(|cell| cell.text().to_owned()).unwrap_or_default();
    let why = row.cell("why").text().to_owned();
    let line = Line::of(Sense::Strong, row.name()).and(Sense::Plain, " is ").state(row.state, word);
    if why.is_empty() { line } else { line.and(Sense::Plain, format!(" because of {why}")) }
}

/// What one turn found, waits for and did.
fn decision(model: &Model, record: &LoopRecord, lines: &mut Vec<Line>) {
    if let Some(failure) = &record.failure {
        lines.push(Line::of(Sense::Plain, "  ").state(State::Crit, format!("{}: {failure}", record.key)));
    }
    for finding in &record.findings {
        let since = age::short(model.now - finding.since);
        let line = Line::of(Sense::Plain, "  ").state(State::Warn, finding.kind.to_string());
        lines.push(leading(
            model,
            line.and(Sense::Dim, format!("  {since}  {}", finding.object)),
            &finding.object,
        ));
    }
    for wait in &record.waiting {
        let line = Line::of(Sense::Plain, "  ").state(State::Busy, format!("waits: {}", wait.on));
        let left = wait.deadline - model.now;
        let until = if left.num_seconds() < 0 {
            "overdue".to_owned()
        } else {
            format!("at most {} more", age::short(left))
        };
        let owner = format!("  {}, {:?} can end it", until, wait.owner());
        lines.push(leading(model, line.and(Sense::Dim, owner), &wait.object));
    }
    for step in record.steps.iter().filter(|step| !step.reports) {
        let (state, told) = match &step.failure {
            Some(failure) => (State::Crit, format!("{}: {failure}", step.what)),
            None => (State::Ok, format!("did: {}", step.what)),
        };
        lines.push(Line::of(Sense::Plain, "  ").state(state, told));
    }
}

/// A line that leads to the object it is about.
fn leading(model: &Model, line: Line, object: &ObjectReference) -> Line {
    let subject = Subject::ALL.into_iter().find(|subject| kind_of(*subject) == object.kind);
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let row = subject.and_then(|subject| model.fleet.shelf(subject).named(namespace, &object.name));
    match row.and_then(|row| row.target.clone()) {
        Some(target) => line.to(target),
        None => line,
    }
}

/// The brakes that may hold it.
fn brakes(model: &Model, row: Option<&Row>) -> Vec<Line> {
    let links = row.map(|row| row.links.clone()).unwrap_or_default();
    let zone = row.map(|row| row.cell("zone").text().to_owned()).unwrap_or_default();
    let holds = |brake: &&Row| {
        let about = brake.cell("target").text();
        about == "everything"
            || links.tenant.as_ref().is_some_and(|tenant| about == format!("tenant/{tenant}"))
            || links
                .cluster
                .as_ref()
                .zip(links.tenant.as_ref())
                .is_some_and(|(cluster, tenant)| about == format!("kubernetescluster/{tenant}/{cluster}"))
            || (!zone.is_empty() && about == format!("zone {zone}"))
    };
    let lines = super::super::screens::header::brakes(model).into_iter().filter(holds);
    lines
        .map(|brake| {
            let line = Line::default().state(State::Warn, format!("braked: {}", brake.cell("target").text()));
            let line = line.and(
                Sense::Dim,
                format!("  by {}: {}", brake.cell("requester").text(), brake.cell("reason").text()),
            );
            match &brake.target {
                Some(target) => line.to(target.clone()),
                None => line,
            }
        })
        .collect()
}

/// The incidents that are open, which may be about it.
fn incidents(model: &Model, row: Option<&Row>) -> Vec<Line> {
    let Some(row) = row.filter(|row| row.state != State::Ok) else { return Vec::new() };
    let places = [row.cell("zone").text(), row.cell("host").text(), row.cell("version").text(), row.name()];
    let open = model.fleet.shelf(Subject::Incident).rows().filter(|incident| incident.state != State::Off);
    let told: Vec<Line> = open
        .filter(|incident| {
            let cause = incident.cell("cause").text();
            places.iter().any(|place| !place.is_empty() && cause.ends_with(place))
        })
        .filter_map(|incident| {
            let line = Line::of(Sense::Plain, "  ").state(incident.state, incident.cell("what").text());
            let line = line.and(Sense::Dim, format!("  shared by {}", incident.cell("cause").text()));
            Some(line.to(incident.target.clone()?))
        })
        .collect();
    if told.is_empty() {
        return told;
    }
    let mut lines = vec![Line::blank(), Line::heading("Incidents that reach it")];
    lines.extend(told);
    lines
}
