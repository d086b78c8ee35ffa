//! The most important of what is known of an object: its values, its conditions, what belongs to it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{all, incident, operation};
use crate::api::conditions::REASON_WAITING;
use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::{Cell, State};
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;

/// How wide the words before values are.
const WORD: usize = 13;

/// The overview of an object.
pub fn lines(model: &Model, target: &Target) -> Vec<Line> {
    let row = model.fleet.find(target);
    let mut lines = Vec::new();
    if row.is_none_or(|row| row.subject != Subject::Incident) {
        lines.push(Line::of(Sense::Strong, &*target.name).and(Sense::Dim, format!("  {}", target.path())));
    }
    match row.map(|row| row.subject) {
        Some(Subject::Incident) => lines.extend(incident::lines(model)),
        Some(Subject::Operation) => lines.extend(operation::lines(model)),
        Some(Subject::Leak) => lines.extend(row.map(|row| leak(model, row)).unwrap_or_default()),
        _ => {
            lines.extend(row.map(|row| values(model, row)).unwrap_or_default());
            lines.extend(rest(model));
        }
    }
    lines
}

/// What a row alone tells.
pub fn of_row(model: &Model, row: &Row) -> Vec<Line> {
    let mut lines = vec![Line::of(Sense::Strong, row.cell("name").text())];
    lines.extend(values(model, row));
    lines
}

/// What is known of a thing without a record, and how sure it is.
fn leak(model: &Model, row: &Row) -> Vec<Line> {
    let mut lines = values(model, row);
    lines.push(Line::blank());
    let told = if row.state == State::Warn {
        "Nothing destroys it by itself. A deletion looks for its record once more, and wants its plan approved."
    } else {
        "It may belong to work that is under way. Of what stays so it is told as a leak."
    };
    lines.push(Line::of(Sense::Dim, told));
    lines
}

/// The values of a row, one a line.
fn values(model: &Model, row: &Row) -> Vec<Line> {
    let columns = row.subject.columns().iter().zip(&row.cells);
    let told = columns.filter(|(column, cell)| column.key != "name" && **cell != Cell::None);
    told.map(|(column, cell)| {
        let word = Line::of(Sense::Dim, format!("{:<WORD$}", column.title.to_lowercase()));
        match cell {
            Cell::State(state, text) => {
                let since = row.since.map(|since| format!("  for {}", age::short(model.now - since)));
                word.state(*state, &**text).and(Sense::Dim, since.unwrap_or_default())
            }
            cell => {
                let line = word.and(Sense::Plain, cell.shown(model.now));
                match linked(model, row, column.key) {
                    Some(target) => line.to(target),
                    None => line,
                }
            }
        }
    })
    .collect()
}

/// The object that a value names.
fn linked(model: &Model, row: &Row, key: &str) -> Option<Target> {
    let links = &row.links;
    let find = |subject: Subject, namespace: &str, name: &str| {
        model.fleet.shelf(subject).named(namespace, name).and_then(|row| row.target.clone())
    };
    match (key, &links.tenant, &links.cluster) {
        ("tenant", Some(tenant), _) => find(Subject::Tenant, "", tenant),
        ("cluster", Some(tenant), Some(cluster)) => find(Subject::Cluster, tenant, cluster),
        _ => None,
    }
}

/// What the object itself tells beyond its row.
fn rest(model: &Model) -> Vec<Line> {
    let value = match all::value(model.loaded.as_ref()) {
        Ok(value) => value,
        Err(line) => return vec![Line::blank(), line],
    };
    let mut lines = Vec::new();
    for (word, pointer) in [
        ("api", "/status/endpoints/api/url"),
        ("ingress", "/status/endpoints/ingress/host"),
        ("project", "/status/projectId"),
        ("server id", "/status/serverId"),
        ("port id", "/status/portId"),
        ("iqn", "/status/initiator"),
        ("last failure", "/status/lastFailure/message"),
        ("replaced by", "/status/remediation/replacement"),
        ("fence", "/status/remediation/fence"),
        ("contacts", "/spec/contacts"),
    ] {
        if let Some(text) = value.pointer(pointer).and_then(told) {
            lines.push(Line::of(Sense::Dim, format!("{word:<WORD$}")).and(Sense::Plain, text));
        }
    }
    lines.extend(members(value));
    lines.extend(conditions(value, model.now));
    lines
}

/// A value in words: a text, a number, a list of texts.
fn told(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(told).collect();
            (!texts.is_empty()).then(|| texts.join(", "))
        }
        Value::Null | Value::Object(_) => None,
    }
}

/// The members of a balancer's pools, or of etcd.
fn members(value: &Value) -> Vec<Line> {
    let Some(members) = value.pointer("/status/members").and_then(Value::as_array) else { return Vec::new() };
    if members.is_empty() {
        return Vec::new();
    }
    let text = |member: &Value, key: &str| member[key].as_str().unwrap_or_default().to_owned();
    let mut lines = vec![Line::blank(), Line::heading("Members")];
    for member in members {
        let status = text(member, "operatingStatus");
        let healthy = member["healthy"].as_bool();
        let state = match (status.as_str(), healthy) {
            ("ONLINE", _) | (_, Some(true)) => State::Ok,
            ("ERROR", _) | (_, Some(false)) => State::Crit,
            _ => State::Unknown,
        };
        let name = if member["machine"].is_string() { text(member, "machine") } else { text(member, "name") };
        let mut word = if status.is_empty() { "member".to_owned() } else { status };
        if member["draining"] == true {
            word.push_str(", draining");
        }
        if member["leader"] == true {
            word.push_str(", leader");
        }
        let line = Line::of(Sense::Plain, "  ").state(state, word).and(Sense::Plain, format!("  {name}"));
        lines.push(line.and(Sense::Dim, format!("  {}", text(member, "address"))));
    }
    lines
}

/// What a condition says about its object. Some are well when they are False; one that waits for its turn is no fault.
pub fn judge(type_: &str, status: &str, reason: &str) -> State {
    match (status, is_inverse(type_)) {
        ("True", false) | ("False", true) => State::Ok,
        ("False", false) if reason == REASON_WAITING => State::Busy,
        ("False", false) => State::Crit,
        ("True", true) => State::Busy,
        _ => State::Unknown,
    }
}

/// What it is called: one that is well because it does not hold would else be read as holding.
pub fn called(type_: &str, status: &str) -> String {
    if is_inverse(type_) && status == "False" { format!("not {type_}") } else { type_.to_owned() }
}

/// Whether a condition is one of those that are well when they are False.
fn is_inverse(type_: &str) -> bool {
    matches!(
        type_,
        "Deleting" | "Paused" | "RollingOut" | "ScalingUp" | "ScalingDown" | "Remediating" | "Progressing"
    )
}

/// The conditions, what is wrong first.
pub fn conditions(value: &Value, now: DateTime<Utc>) -> Vec<Line> {
    let Some(conditions) = value.pointer("/status/conditions").and_then(Value::as_array) else {
        return Vec::new();
    };
    let text = |condition: &Value, key: &str| condition[key].as_str().unwrap_or_default().to_owned();
    let mut told: Vec<(State, Line, Option<Line>)> = Vec::new();
    for condition in conditions {
        let (type_, status) = (text(condition, "type"), text(condition, "status"));
        let reason = text(condition, "reason");
        let state = judge(&type_, &status, &reason);
        let name = called(&type_, &status);
        let since: Option<DateTime<Utc>> = text(condition, "lastTransitionTime").parse().ok();
        let since = since.map(|since| age::short(now - since)).unwrap_or_default();
        let line = Line::of(Sense::Plain, "  ")
            .state(state, format!("{name:<24}"))
            .and(Sense::Dim, format!(" {since:>4}  "))
            .and(Sense::Plain, if state == State::Ok { String::new() } else { reason });
        let message = text(condition, "message");
        let more = (state != State::Ok && !message.is_empty())
            .then(|| Line::of(Sense::Dim, format!("      {message}")));
        told.push((state, line, more));
    }
    told.sort_by_key(|(state, ..)| *state);
    let mut lines = vec![Line::blank(), Line::heading("Conditions")];
    for (_, line, more) in told {
        lines.push(line);
        lines.extend(more);
    }
    lines
}
