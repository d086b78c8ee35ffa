//! Many Operations at once are approved in waves, and the first that fails stops the rest.

use crate::console::effect::{Approve, Effect, Name, Write};
use crate::console::model::{Bulk, Model, Tone};
use crate::console::rows::cell::State;
use crate::console::rows::row::{Row, Target};

/// How many are approved in the first wave, and by how much each wave is larger than the one before.
const FIRST: usize = 1;
const GROWTH: usize = 4;

/// Begins with the first wave.
pub fn begin(model: &mut Model, approvals: Vec<Approve>) -> Vec<Effect> {
    if model.bulk.is_some() {
        model
            .tell(Tone::Bad, "others are being done in waves (see the first line): wait until they are done");
        return Vec::new();
    }
    model.overlay = None;
    let waiting = approvals.into_iter().map(|approve| (approve.name, approve.plan_hash)).collect();
    model.bulk = Some(Bulk { waiting, wave: FIRST, ..Bulk::default() });
    next_wave(model)
}

/// Goes on with the next wave once all of this one are done, or stops.
pub fn follow(model: &mut Model) -> Vec<Effect> {
    let Some(bulk) = &model.bulk else { return Vec::new() };
    let row = |name: &Name| {
        let target = Target {
            kind: "Operation",
            namespace: name.namespace.as_str().into(),
            name: name.name.as_str().into(),
        };
        model.fleet.find(&target)
    };
    let rows: Vec<(&Name, Option<&Row>)> = bulk.running.iter().map(|name| (name, row(name))).collect();
    if rows.iter().any(|(_, row)| row.is_some_and(|row| matches!(phase(row), "Failed" | "Cancelled"))) {
        return halt(model, "one failed", Vec::new());
    }
    // What was approved, and is vetoed since, would wait for ever, and would be done some day when nobody thinks of it.
    let is_held = |(_, row): &&(&Name, Option<&Row>)| row.is_some_and(|row| row.state == State::Warn);
    let held: Vec<Name> = rows.iter().filter(is_held).map(|(name, _)| (*name).clone()).collect();
    if let Some(first) = rows.iter().find(is_held).and_then(|(_, row)| *row) {
        let why = format!("{} is {}", first.cell("target").text(), first.cell("outcome").text());
        return halt(model, &why, held);
    }
    if rows.iter().any(|(_, row)| row.is_none_or(|row| phase(row) != "Done")) {
        return Vec::new();
    }
    if let Some(bulk) = &mut model.bulk {
        bulk.done += bulk.running.len();
        bulk.running.clear();
        bulk.wave *= GROWTH;
    }
    next_wave(model)
}

/// How far an Operation is, in its own word.
fn phase(row: &Row) -> &str {
    row.cell("state").text()
}

fn next_wave(model: &mut Model) -> Vec<Effect> {
    let by = model.surroundings.person.clone();
    let Some(bulk) = &mut model.bulk else { return Vec::new() };
    if bulk.waiting.is_empty() {
        let told = format!("all {} are done", bulk.done);
        model.bulk = None;
        model.tell_done(told);
        return Vec::new();
    }
    let wave: Vec<(Name, String)> = bulk.waiting.drain(..bulk.wave.min(bulk.waiting.len())).collect();
    bulk.running = wave.iter().map(|(name, _)| name.clone()).collect();
    let told = format!("wave of {} approved, {} done, {} to come", wave.len(), bulk.done, bulk.waiting.len());
    let approvals = wave.into_iter().map(|(name, plan_hash)| Approve { name, plan_hash, by: by.clone() });
    match model.gate.permit(Write::Approve(approvals.collect()), model.now) {
        Ok(effect) => {
            model.tell_done(told);
            vec![effect]
        }
        Err(refusal) => {
            let told = format!("{refusal}; the rest stays planned, in the journal (8)");
            model.bulk = None;
            model.tell(Tone::Bad, told);
            Vec::new()
        }
    }
}

/// An approval could not be written. Nobody would wait for what it was about to end.
pub fn refused(model: &mut Model, names: &[Name], why: &str) -> Vec<Effect> {
    let concerned =
        model.bulk.as_ref().is_some_and(|bulk| names.iter().any(|name| bulk.running.contains(name)));
    if concerned {
        return halt(model, why, Vec::new());
    }
    model.tell(Tone::Bad, why);
    Vec::new()
}

/// Something went wrong: what was not approved yet is taken back, and what is held.
fn halt(model: &mut Model, why: &str, held: Vec<Name>) -> Vec<Effect> {
    let Some(bulk) = model.bulk.take() else { return Vec::new() };
    let rest: Vec<Name> = held.into_iter().chain(bulk.waiting.into_iter().map(|(name, _)| name)).collect();
    let count = rest.len();
    let told = format!("{why}: {} done", bulk.done);
    if rest.is_empty() {
        model.tell(Tone::Bad, told);
        return Vec::new();
    }
    match model.gate.permit(Write::Cancel(rest), model.now) {
        Ok(effect) => {
            model.tell(Tone::Bad, format!("{told}, {count} not begun and taken back (journal: 8)"));
            vec![effect]
        }
        Err(refusal) => {
            model.tell(Tone::Bad, format!("{told}; {refusal}; {count} stay planned, in the journal (8)"));
            Vec::new()
        }
    }
}
