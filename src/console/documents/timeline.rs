//! What happened to an object and its parts, newest first: conditions, steps of loops, what people asked for.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{all, overview, turn};
use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::{Cell, State};
use crate::console::rows::row::Target;
use crate::console::rows::subject::Subject;

/// How many lines a timeline has at most.
const LINES: usize = 300;

/// What happened, newest first.
pub fn lines(model: &Model, target: &Target) -> Vec<Line> {
    let mut events: Vec<(DateTime<Utc>, Line)> = Vec::new();
    conditions(model, &mut events);
    turns(model, target, &mut events);
    operations(model, target, &mut events);
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let mut lines: Vec<Line> = Vec::new();
    let mut day = None;
    for (at, line) in events.into_iter().take(LINES) {
        if day != Some(at.date_naive()) {
            day = Some(at.date_naive());
            lines.push(Line::heading(at.format("%Y-%m-%d UTC").to_string()));
        }
        let mut told =
            Line::of(Sense::Dim, format!("{}  {:>4}  ", at.format("%H:%M:%S"), age::short(model.now - at)));
        told.pieces.extend(line.pieces);
        told.leads = line.leads;
        lines.push(told);
    }
    if model.facts.is_none() {
        lines.push(Line::blank());
        lines.extend(turn::out_of_reach(model));
    }
    lines
}

fn conditions(model: &Model, events: &mut Vec<(DateTime<Utc>, Line)>) {
    let Ok(value) = all::value(model.loaded.as_ref()) else { return };
    let list = value.pointer("/status/conditions").and_then(Value::as_array);
    for condition in list.into_iter().flatten() {
        let text = |key: &str| condition[key].as_str().unwrap_or_default();
        let Ok(at) = text("lastTransitionTime").parse() else { continue };
        let (type_, status) = (text("type"), text("status"));
        let told = match overview::judge(type_, status, text("reason")) {
            State::Ok => (State::Ok, overview::called(type_, status)),
            state => (state, format!("{type_} {status}")),
        };
        let line = Line::default().state(told.0, told.1);
        events.push((at, line.and(Sense::Dim, format!("  {}", text("reason")))));
    }
    let created = value.pointer("/metadata/creationTimestamp").and_then(Value::as_str);
    if let Some(at) = created.and_then(|created| created.parse().ok()) {
        events.push((at, Line::of(Sense::Plain, "created")));
    }
}

fn turns(model: &Model, target: &Target, events: &mut Vec<(DateTime<Utc>, Line)>) {
    let Some(facts) = &model.facts else { return };
    for record in &facts.about {
        for step in record.steps.iter().filter(|step| !step.reports || step.failure.is_some()) {
            let (state, told) = match &step.failure {
                Some(failure) => (State::Crit, format!("{}: {failure}", step.what)),
                None => (State::Busy, step.what.clone()),
            };
            let mut line = Line::default().state(state, told);
            if !turn::is_of(record, target) {
                line = line.and(Sense::Dim, format!("  {}", record.key));
            }
            events.push((record.at, line));
        }
        for finding in &record.findings {
            let line = Line::default().state(State::Warn, finding.kind.to_string());
            events.push((finding.since, line.and(Sense::Dim, format!("  {}", finding.object))));
        }
    }
}

fn operations(model: &Model, target: &Target, events: &mut Vec<(DateTime<Utc>, Line)>) {
    let path = target.path();
    for row in model.fleet.shelf(Subject::Operation).rows() {
        let about = row.cell("target").text();
        let Cell::Since(at) = row.cell("age") else { continue };
        let rest = about.strip_prefix(&path);
        // `c1` is not the beginning of `c10`; a count may follow the name.
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')) {
            continue;
        }
        let line = Line::of(Sense::Strong, row.cell("verb").text());
        let line = line.and(Sense::Plain, format!(" asked by {}  ", row.cell("requester").text()));
        let line = line.state(row.state, row.cell("state").text());
        events.push((
            *at,
            match &row.target {
                Some(target) => line.to(target.clone()),
                None => line,
            },
        ));
    }
}
