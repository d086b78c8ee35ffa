//! An Incident: what it is, how far it reaches, what is done about it, and how each of its objects is.

use super::all;
use crate::api::incident::Incident;
use crate::api::reference::ObjectReference;
use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::row::Row;
use crate::console::rows::subject::Subject;
use crate::console::text;
use crate::console::update::moves::is_part_of;

/// How wide the words before values are.
const WORD: usize = 13;

/// What an incident is, how far it reaches, and what is done about it.
pub fn lines(model: &Model) -> Vec<Line> {
    let value = match all::value(model.loaded.as_ref()) {
        Ok(value) => value,
        Err(line) => return vec![line],
    };
    let Ok(incident) = serde_json::from_value::<Incident>(value.clone()) else {
        return vec![Line::of(Sense::Removed, "it cannot be read: it is not as our kind says")];
    };
    let status = incident.status.unwrap_or_default();
    let word = |word: &str| Line::of(Sense::Dim, format!("{word:<WORD$}"));
    let mut lines = vec![word("what").and(Sense::Strong, &status.what)];
    if let Some(cause) = &status.cause {
        let kind = format!("{:?}", cause.kind).to_lowercase();
        lines.push(word("cause").and(Sense::Plain, format!("{kind} {}, which all of it shares", cause.name)));
    }
    if let Some(since) = status.since {
        let line = word("since").and(Sense::Plain, format!("{since}"));
        lines.push(line.and(Sense::Dim, format!("  {} ago", age::short(model.now - since.at()))));
    }
    if let Some(until) = status.until {
        lines.push(word("over").and(Sense::Plain, until.to_string()));
    }
    let reach = |reach: crate::api::incident::Reach| {
        let counted = [
            (reach.clusters, "cluster"),
            (reach.tenants, "tenant"),
            (reach.nodes, "node"),
            (reach.vips, "VIP"),
        ];
        text::counted(&counted)
    };
    let is_over = status.until.is_some();
    if !is_over {
        let doing = status.doing.unwrap_or_else(|| "nothing yet".to_owned());
        lines.push(word("engine").and(Sense::Plain, doing));
        let trend = status.trend.map(|trend| format!("  {trend:?}").to_lowercase()).unwrap_or_default();
        lines.push(word("reaches").and(Sense::Plain, reach(status.reach)).and(Sense::Dim, trend));
    }
    if is_over || status.worst != status.reach {
        lines.push(word("at worst").and(Sense::Dim, reach(status.worst)));
    }
    let nobody = if is_over { "nobody" } else { "nobody yet: a says that you are" };
    let who = incident.spec.acknowledged_by.unwrap_or_else(|| nobody.to_owned());
    lines.push(word("who").and(Sense::Plain, who));
    if let Some(note) = incident.spec.note {
        lines.push(word("note").and(Sense::Plain, note));
    }
    lines.extend(objects(model, &status.objects));
    lines
}

/// Its objects, each with how it is now.
fn objects(model: &Model, objects: &[ObjectReference]) -> Vec<Line> {
    let mut lines = vec![Line::blank(), Line::heading(format!("Objects ({} named)", objects.len()))];
    for object in objects {
        let subject = Subject::ALL
            .into_iter()
            .find(|subject| crate::console::rows::objects::kind_of(*subject) == object.kind);
        let row = subject.and_then(|subject| {
            model.fleet.shelf(subject).named(object.namespace.as_deref().unwrap_or_default(), &object.name)
        });
        let line = Line::of(Sense::Plain, "  ");
        lines.push(match row {
            Some(row) => {
                let line = told(line, row).and(Sense::Link, format!("  {object}"));
                match &row.target {
                    Some(target) => line.to(target.clone()),
                    None => line,
                }
            }
            None if subject.is_some() => line.and(Sense::Dim, format!("gone  {object}")),
            // Of kinds that have no table, nothing more is known here: their cluster tells of them.
            None => {
                let line = line.and(Sense::Plain, object.to_string());
                let mut clusters = model.fleet.shelf(Subject::Cluster).rows();
                let cluster = clusters.find(|row| is_part_of(row, object.namespace.as_deref(), &object.name));
                match cluster.and_then(|row| row.target.clone()) {
                    Some(target) => line.to(target),
                    None => line,
                }
            }
        });
    }
    lines
}

/// How an object is now, and why.
fn told(line: Line, row: &Row) -> Line {
    let state = row.subject.state_column().and_then(|index| row.cells.get(index));
    let word = state.map(|cell| cell.text().to_owned()).unwrap_or_default();
    match row.cell("why").text() {
        "" => line.state(row.state, word),
        why => line.state(row.state, format!("{word}: {why}")),
    }
}
