//! Asking the engine for something. Nothing here changes anything by itself: it goes through the gate as an Operation, and is
//! planned and looked at before it is done.

use std::collections::HashSet;

use chrono::TimeDelta;
use kube::api::ObjectMeta;
use tui_input::Input;

use super::{brakes, journal};
use crate::api::names::SYSTEM_NAMESPACE;
use crate::api::operation::{Arguments, Operation, OperationSpec, Verb};
use crate::api::reference::ObjectReference;
use crate::api::request::word;
use crate::console::action::{Act, Place};
use crate::console::effect::{Effect, Write};
use crate::console::model::{Model, Tone, View};
use crate::console::overlay::{Button, Overlay, PlanDialog, Question};
use crate::console::rows::cell::Cell;
use crate::console::rows::row::Row;
use crate::console::rows::subject::Subject;
use crate::console::table::Narrowing;
use crate::planning::operation::needs_approval;

/// How long it stays that something was changed, and how it is taken back.
const PINNED: TimeDelta = TimeDelta::seconds(20);

/// Begins to ask for something.
pub fn begin(model: &mut Model, act: Act) -> Vec<Effect> {
    if let Err(refusal) = model.gate.check(model.now) {
        model.tell(Tone::Bad, refusal.to_string());
        return Vec::new();
    }
    match act {
        Act::Ask(verb) => {
            ask(model, verb);
            Vec::new()
        }
        Act::BrakeAll | Act::BrakeZone | Act::BrakeTenant | Act::BrakeCluster => brakes::brake(model, act),
        Act::CancelOperation => journal::cancel(model),
        Act::ApproveOperation => journal::approve(model),
        Act::Acknowledge => journal::acknowledge(model),
    }
}

/// Why an action cannot be used now; nothing if it can. Help and palette ask this of every action at each key, so that no
/// row is copied for it.
pub fn refusal(model: &Model, act: Act) -> Option<String> {
    if let Err(refusal) = model.gate.check(model.now) {
        return Some(refusal.to_string());
    }
    match act {
        Act::Ask(Verb::Scale) => pool(model).err(),
        Act::Ask(verb) => (!applies(model, verb)).then(|| misfit(verb)),
        Act::BrakeAll => None,
        Act::BrakeZone | Act::BrakeTenant | Act::BrakeCluster => brakes::reach(model, act).err(),
        Act::CancelOperation => journal::going(model).err(),
        Act::ApproveOperation => journal::planned(model).err(),
        Act::Acknowledge => (model.focus() != Subject::Incident).then(|| "select an incident (1)".to_owned()),
    }
}

/// The row that actions on one object are about: what is on the full screen, or under the cursor. Marks do not count.
pub fn current(model: &Model) -> Option<&Row> {
    match (&model.view.detail, model.focus()) {
        (Some((target, _)), _) => model.fleet.find(target),
        (None, Subject::Loop) => model.fleet.find(model.current()?.target.as_ref()?),
        (None, _) => model.current(),
    }
}

/// The rows that other actions are about: one object on the full screen, the marked rows, or the one under the cursor.
fn chosen(model: &Model) -> Vec<&Row> {
    if model.view.detail.is_some() {
        return current(model).into_iter().collect();
    }
    let subject = model.focus();
    let shelf = model.fleet.shelf(subject);
    let rows = model.table(subject).map(|table| table.chosen(shelf)).unwrap_or_default();
    if subject == Subject::Loop {
        let targets = rows.into_iter().filter_map(|row| row.target.as_ref());
        return targets.filter_map(|target| model.fleet.find(target)).collect();
    }
    rows
}

/// The kinds that a verb is about.
const fn kinds(verb: Verb) -> &'static [Subject] {
    match verb {
        Verb::Heal | Verb::Drain | Verb::Uncordon | Verb::Fence => &[Subject::Node],
        Verb::Scale => &[Subject::Pool],
        Verb::Pause | Verb::Resume => &[Subject::Cluster, Subject::Pool, Subject::Node, Subject::Balancer],
        Verb::Retry => &[Subject::Node, Subject::Pool],
        Verb::Delete => &[Subject::Cluster, Subject::Leak],
        _ => &[],
    }
}

/// Whether a verb has something to be about. The rows of a table are all of one subject, so that one tells for all.
fn applies(model: &Model, verb: Verb) -> bool {
    let fits = |row: &Row| kinds(verb).contains(&row.subject);
    match (&model.view.detail, model.focus()) {
        (None, Subject::Loop) => chosen(model).into_iter().any(fits),
        _ => current(model).is_some_and(fits),
    }
}

fn misfit(verb: Verb) -> String {
    let names: Vec<&str> = kinds(verb).iter().map(|subject| subject.plural()).collect();
    format!("{} is about {}: select one", word(verb), names.join(", "))
}

/// The rows that a verb would be about, or why there are none.
fn rows_for(model: &Model, verb: Verb) -> Result<Vec<Row>, String> {
    if verb == Verb::Scale {
        return Ok(vec![pool(model)?.clone()]);
    }
    let rows = chosen(model).into_iter().filter(|row| kinds(verb).contains(&row.subject));
    let fitting: Vec<Row> = rows.cloned().collect();
    if fitting.is_empty() { Err(misfit(verb)) } else { Ok(fitting) }
}

/// The one pool that scaling means.
fn pool(model: &Model) -> Result<&Row, String> {
    let several = || "scale one pool at a time: each has a count of its own".to_owned();
    let mut seen = HashSet::new();
    let mut found: Option<&Row> = None;
    for row in chosen(model) {
        if !seen.insert((&row.links.tenant, &row.links.cluster, &row.links.pool)) {
            continue;
        }
        if seen.len() > 1 && row.subject == Subject::Cluster {
            return Err(several());
        }
        match (pool_of(model, row), found) {
            (Some(_), Some(_)) => return Err(several()),
            (Some(pool), None) => found = Some(pool),
            (None, _) => {}
        }
    }
    found.ok_or_else(|| misfit(Verb::Scale))
}

/// The pool that scaling a row means.
fn pool_of<'a>(model: &'a Model, row: &'a Row) -> Option<&'a Row> {
    let links = &row.links;
    let mut pools = model
        .fleet
        .shelf(Subject::Pool)
        .rows()
        .filter(|pool| pool.links.cluster == links.cluster && pool.links.tenant == links.tenant);
    match row.subject {
        Subject::Pool => Some(row),
        Subject::Node => {
            links.pool.as_ref()?;
            pools.find(|pool| pool.links.pool == links.pool)
        }
        Subject::Cluster => {
            let mut workers = pools.filter(|pool| pool.cell("role").text() == "worker");
            workers.next().filter(|_| workers.next().is_none())
        }
        _ => None,
    }
}

fn ask(model: &mut Model, verb: Verb) {
    let rows = match rows_for(model, verb) {
        Ok(rows) => rows,
        Err(_) if verb == Verb::Scale && model.focus() == Subject::Cluster => return choose_pool(model),
        Err(why) => return model.tell(Tone::Bad, why),
    };
    let count = (verb == Verb::Scale).then(|| match rows.first().map(|row| row.cell("ready")) {
        Some(Cell::Of(_, wanted)) => Input::new(wanted.to_string()),
        _ => Input::default(),
    });
    let reason = Input::new(model.gate.reason().to_owned());
    let at_reason = count.is_none();
    model.overlay = Some(Overlay::Question(Question { verb, rows, count, reason, at_reason, mistake: None }));
}

/// A cluster of several pools: the person says which.
fn choose_pool(model: &mut Model) {
    let Some(row) = model.current().cloned() else { return };
    let narrowing = Narrowing { links: row.links.clone(), only: None };
    let crumbs = vec![row.name().to_owned()];
    super::moves::go(model, View { place: Place::Pane(Subject::Pool), detail: None, narrowing, crumbs });
    model.tell(Tone::Note, "choose the pool that is scaled");
}

/// The Operations that the answers to a question make, or what is wrong with the answers.
///
/// # Errors
/// What is wrong with the answers.
pub fn propose(model: &mut Model, question: &Question) -> Result<Vec<Effect>, String> {
    let replicas = match &question.count {
        Some(input) => {
            let count = input.value().trim().parse::<u32>();
            Some(count.map_err(|_| format!("{:?} is no count: write a whole number", input.value()))?)
        }
        None => None,
    };
    let reason = question.reason.value().trim();
    let operations: Vec<(String, Operation)> = question
        .rows
        .iter()
        .filter_map(|row| {
            let target = row.reference()?;
            let about = target.to_string();
            let arguments = Arguments { replicas, ..Arguments::default() };
            let mut operation = operation_of(model, question.verb, Some(target), arguments, reason);
            // What needs no approval would be done at once; its plan is looked at first all the same.
            operation.spec.plan_only = !needs_approval(question.verb);
            Some((about, operation))
        })
        .collect();
    let asked = operations.len();
    let request = model.requests + 1;
    let write = Write::Propose { request, operations };
    let effect = model.gate.permit(write, model.now).map_err(|refusal| refusal.to_string())?;
    model.requests = request;
    model.overlay = Some(Overlay::Plan(PlanDialog {
        verb: question.verb,
        request: Some(request),
        proposals: None,
        asked,
        button: Button::Cancel,
        typed: None,
        offset: 0,
    }));
    Ok(vec![effect])
}

/// An Operation as it is written down. Its name is drawn by the manager.
pub fn operation_of(
    model: &Model,
    verb: Verb,
    target: Option<ObjectReference>,
    arguments: Arguments,
    reason: &str,
) -> Operation {
    let namespace = target.as_ref().and_then(|target| target.namespace.clone());
    let metadata = ObjectMeta {
        generate_name: Some(format!("{}-", word(verb))),
        namespace: Some(namespace.unwrap_or_else(|| SYSTEM_NAMESPACE.to_owned())),
        ..ObjectMeta::default()
    };
    let spec = OperationSpec {
        verb,
        target,
        arguments,
        requester: model.surroundings.person.clone(),
        reason: reason.to_owned(),
        plan_only: false,
        approved: None,
        cancelled: false,
    };
    Operation { metadata, spec, status: None }
}

/// Lets a write through the gate, and tells of it.
pub fn permit(model: &mut Model, write: Write, told: &str) -> Vec<Effect> {
    match model.gate.permit(write, model.now) {
        Ok(effect) => {
            model.tell(Tone::Note, told);
            if let Some(notice) = &mut model.notice {
                notice.until = model.now + PINNED;
                notice.pinned = true;
            }
            vec![effect]
        }
        Err(refusal) => {
            model.tell(Tone::Bad, refusal.to_string());
            Vec::new()
        }
    }
}
