//! Asking the engine for something. Nothing here changes anything by itself: it goes through the gate as an Operation, and is
//! planned and looked at before it is done.

use chrono::TimeDelta;
use kube::api::ObjectMeta;
use tui_input::Input;

use crate::api::names::SYSTEM_NAMESPACE;
use crate::api::operation::{Arguments, BrakeScope, Operation, OperationSpec, Verb};
use crate::api::reference::ObjectReference;
use crate::api::text::CloudName;
use crate::console::action::{Act, Place};
use crate::console::effect::{Approve, Effect, Name, Write};
use crate::console::model::{Model, Tone, View};
use crate::console::overlay::{Button, Overlay, PlanDialog, Question};
use crate::console::rows::cell::Cell;
use crate::console::rows::objects::kind_of;
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;
use crate::console::table::Narrowing;

/// How long a notice about a brake stays.
const BRAKE_NOTICE: TimeDelta = TimeDelta::seconds(20);

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
        Act::BrakeAll => brake(model, BrakeScope::All),
        Act::BrakeZone => brake(model, BrakeScope::Zone),
        Act::BrakeTenant => brake(model, BrakeScope::Tenant),
        Act::BrakeCluster => brake(model, BrakeScope::Cluster),
        Act::CancelOperation => cancel(model),
        Act::ApproveOperation => approve(model),
        Act::Acknowledge => acknowledge(model),
    }
}

/// Why an action cannot be used now; nothing if it can.
pub fn refusal(model: &Model, act: Act) -> Option<String> {
    if let Err(refusal) = model.gate.check(model.now) {
        return Some(refusal.to_string());
    }
    match act {
        Act::Ask(verb) => rows_for(model, verb).err(),
        Act::BrakeAll => None,
        Act::BrakeZone | Act::BrakeTenant | Act::BrakeCluster => brake_of(model, act).err(),
        Act::CancelOperation | Act::ApproveOperation => {
            operation(model).is_none().then(|| "select an Operation in the journal (8)".to_owned())
        }
        Act::Acknowledge => (model.focus() != Subject::Incident).then(|| "select an incident (1)".to_owned()),
    }
}

/// The rows that actions are about: one object on the full screen, the marked rows, or the one under the cursor.
fn chosen(model: &Model) -> Vec<Row> {
    if let Some((target, _)) = &model.view.detail {
        return model.fleet.find(target).cloned().into_iter().collect();
    }
    let subject = model.focus();
    let shelf = model.fleet.shelf(subject);
    let rows = model.table(subject).map(|table| table.chosen(shelf)).unwrap_or_default();
    if subject == Subject::Loop {
        let targets = rows.into_iter().filter_map(|row| row.target.as_ref());
        return targets.filter_map(|target| model.fleet.find(target).cloned()).collect();
    }
    rows.into_iter().cloned().collect()
}

/// The kinds that a verb is about.
const fn kinds(verb: Verb) -> &'static [Subject] {
    match verb {
        Verb::Heal | Verb::Drain | Verb::Uncordon | Verb::Fence => &[Subject::Node],
        Verb::Scale => &[Subject::Pool],
        Verb::Pause | Verb::Resume => &[Subject::Cluster, Subject::Pool, Subject::Node, Subject::Balancer],
        Verb::Retry => &[Subject::Node, Subject::Pool],
        Verb::Delete => &[Subject::Cluster],
        _ => &[],
    }
}

/// The rows that a verb would be about, or why there are none.
fn rows_for(model: &Model, verb: Verb) -> Result<Vec<Row>, String> {
    let rows = chosen(model);
    let rows: Vec<Row> =
        if verb == Verb::Scale { rows.iter().filter_map(|row| pool_of(model, row)).collect() } else { rows };
    let wanted = kinds(verb);
    let fitting: Vec<Row> = rows.into_iter().filter(|row| wanted.contains(&row.subject)).collect();
    if fitting.is_empty() {
        let names: Vec<&str> = wanted.iter().map(|subject| subject.plural()).collect();
        let verb = format!("{verb:?}").to_lowercase();
        return Err(format!("{verb} is about {}: select one", names.join(", ")));
    }
    if verb == Verb::Scale && fitting.len() > 1 {
        return Err("scale one pool at a time: each has a count of its own".to_owned());
    }
    Ok(fitting)
}

/// The pool that scaling a row means.
fn pool_of(model: &Model, row: &Row) -> Option<Row> {
    let pools = model.fleet.shelf(Subject::Pool).rows();
    match row.subject {
        Subject::Pool => Some(row.clone()),
        Subject::Node => {
            let links = &row.links;
            row.links.pool.as_ref()?;
            pools
                .into_iter()
                .find(|pool| {
                    pool.links.pool == links.pool
                        && pool.links.cluster == links.cluster
                        && pool.links.tenant == links.tenant
                })
                .cloned()
        }
        Subject::Cluster => {
            let of = |pool: &&Row| {
                pool.links.cluster == row.links.cluster && pool.links.tenant == row.links.tenant
            };
            let workers: Vec<&Row> =
                pools.filter(of).filter(|pool| pool.cell("role").text() == "worker").collect();
            match workers.as_slice() {
                [only] => Some((*only).clone()),
                _ => None,
            }
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
            Some((about, operation_of(model, question.verb, Some(target), arguments, reason)))
        })
        .collect();
    let asked = operations.len();
    let write = Write::Propose { operations, at_once: false };
    let effect = model.gate.permit(write, model.now).map_err(|refusal| refusal.to_string())?;
    let dialog = PlanDialog {
        verb: question.verb,
        proposals: None,
        asked,
        button: Button::Cancel,
        typed: None,
        offset: 0,
    };
    model.overlay = Some(Overlay::Plan(dialog));
    Ok(vec![effect])
}

/// An Operation as it is written down. Its name is drawn by the manager.
fn operation_of(
    model: &Model,
    verb: Verb,
    target: Option<ObjectReference>,
    arguments: Arguments,
    reason: &str,
) -> Operation {
    let word = format!("{verb:?}").to_lowercase();
    let namespace = target.as_ref().and_then(|target| target.namespace.clone());
    let metadata = ObjectMeta {
        generate_name: Some(format!("{word}-")),
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

/// What a brake would be about, and how far it reaches.
fn brake_of(model: &Model, act: Act) -> Result<(Option<ObjectReference>, Arguments, String), String> {
    let row = chosen(model).into_iter().next();
    let links = row.as_ref().map(|row| row.links.clone()).unwrap_or_default();
    let scope = |scope: BrakeScope| Arguments { scope: Some(scope), ..Arguments::default() };
    let reference = |subject: Subject, namespace: &str, name: &str| {
        let target = Target { kind: kind_of(subject), namespace: namespace.into(), name: name.into() };
        model.fleet.find(&target).and_then(Row::reference)
    };
    match act {
        Act::BrakeAll => Ok((None, scope(BrakeScope::All), "everything".to_owned())),
        Act::BrakeZone => {
            let zone =
                row.as_ref().map(|row| row.cell("zone").text().to_owned()).filter(|zone| !zone.is_empty());
            let zone = zone.ok_or("select a node in the zone that is to be braked")?;
            let named = CloudName::try_from(zone.clone()).map_err(|error| error.to_string())?;
            Ok((None, Arguments { zone: Some(named), ..scope(BrakeScope::Zone) }, format!("zone {zone}")))
        }
        Act::BrakeTenant => {
            let tenant = links.tenant.ok_or("select something of the tenant that is to be braked")?;
            let target = reference(Subject::Tenant, "", &tenant);
            Ok((
                Some(target.ok_or("the tenant is not known")?),
                scope(BrakeScope::Tenant),
                format!("tenant {tenant}"),
            ))
        }
        _ => {
            let (Some(tenant), Some(cluster)) = (links.tenant, links.cluster) else {
                return Err("select something of the cluster that is to be braked".to_owned());
            };
            let target = reference(Subject::Cluster, &tenant, &cluster);
            let about = format!("cluster {tenant}/{cluster}");
            Ok((Some(target.ok_or("the cluster is not known")?), scope(BrakeScope::Cluster), about))
        }
    }
}

/// A brake holds from the moment it is seen: whoever brakes has no time to lose, and it is undone by one key.
fn brake(model: &mut Model, scope: BrakeScope) -> Vec<Effect> {
    let act = match scope {
        BrakeScope::All => Act::BrakeAll,
        BrakeScope::Zone => Act::BrakeZone,
        BrakeScope::Tenant => Act::BrakeTenant,
        BrakeScope::Cluster => Act::BrakeCluster,
    };
    let (target, arguments, about) = match brake_of(model, act) {
        Ok(found) => found,
        Err(why) => {
            model.tell(Tone::Bad, why);
            return Vec::new();
        }
    };
    let reason = match model.gate.reason() {
        "" => "braked from the console".to_owned(),
        reason => reason.to_owned(),
    };
    let operation = operation_of(model, Verb::Brake, target, arguments, &reason);
    let write = Write::Propose { operations: vec![(about.clone(), operation)], at_once: true };
    permit(model, write, &format!("braking {about}; release it in the journal (8) with K"))
}

/// Lets a write through the gate, and tells of it.
fn permit(model: &mut Model, write: Write, told: &str) -> Vec<Effect> {
    match model.gate.permit(write, model.now) {
        Ok(effect) => {
            model.tell(Tone::Note, told);
            if let Some(notice) = &mut model.notice {
                notice.until = model.now + BRAKE_NOTICE;
            }
            vec![effect]
        }
        Err(refusal) => {
            model.tell(Tone::Bad, refusal.to_string());
            Vec::new()
        }
    }
}

/// The Operation that is selected.
fn operation(model: &Model) -> Option<Row> {
    chosen(model).into_iter().find(|row| row.subject == Subject::Operation)
}

fn name_of(row: &Row) -> Option<Name> {
    let target = row.target.as_ref()?;
    Some(Name { namespace: target.namespace.to_string(), name: target.name.to_string() })
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    let Some(name) = operation(model).as_ref().and_then(name_of) else {
        model.tell(Tone::Bad, "select an Operation in the journal (8)");
        return Vec::new();
    };
    let told = format!("{} stops at its next safe point", name.name);
    permit(model, Write::Cancel(vec![name]), &told)
}

/// A planned Operation, of oneself or of somebody else: its plan is shown before it is approved.
fn approve(model: &mut Model) -> Vec<Effect> {
    let Some(row) = operation(model) else {
        model.tell(Tone::Bad, "select an Operation in the journal (8)");
        return Vec::new();
    };
    let value = model.loaded.as_ref().filter(|loaded| row.target.as_ref() == Some(&loaded.target));
    let value = value.and_then(|loaded| loaded.value.as_ref()?.as_ref().ok());
    let read = value.and_then(|value| serde_json::from_value::<Operation>((**value).clone()).ok());
    let Some(operation) = read else {
        model.tell(Tone::Note, "open it first (enter), to see its plan; then approve");
        return Vec::new();
    };
    let about = row.cell("target").text().to_owned();
    let dialog = PlanDialog {
        verb: operation.spec.verb,
        proposals: None,
        asked: 1,
        button: Button::Cancel,
        typed: None,
        offset: 0,
    };
    model.overlay = Some(Overlay::Plan(dialog));
    let proposal = crate::console::message::Proposal { about, planned: Ok(Box::new(operation)) };
    super::dialogs::planned(model, vec![proposal]);
    Vec::new()
}

/// The approval of a plan.
pub fn approval(model: &Model, operation: &Operation) -> Option<Approve> {
    let plan = operation.status.as_ref()?.plan.as_ref()?;
    let name =
        Name { namespace: operation.metadata.namespace.clone()?, name: operation.metadata.name.clone()? };
    Some(Approve { name, plan_hash: plan.hash.clone(), by: model.surroundings.person.clone() })
}

fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let row = model.current().filter(|row| row.subject == Subject::Incident).cloned();
    let Some(row) = row else {
        model.tell(Tone::Bad, "select an incident (1)");
        return Vec::new();
    };
    let person = model.surroundings.person.clone();
    let mine = row.cell("by").text() == person;
    let by = (!mine).then_some(person);
    let told = if mine { "you are no longer on it" } else { "you are on it" };
    permit(model, Write::Acknowledge { incident: row.name().to_owned(), by }, told)
}

/// The command that shows an object, or that asked for an Operation.
pub fn command_line(model: &Model, target: &Target) -> String {
    let row = model.fleet.find(target);
    match row {
        Some(row) if row.subject == Subject::Operation => {
            let reason = row.cell("reason").text();
            let reason = if reason.is_empty() {
                String::new()
            } else {
                format!(" --reason '{}'", reason.replace('\'', "'\\''"))
            };
            format!("kaasboard {} {}{reason}", row.cell("verb").text(), row.cell("target").text())
        }
        _ => format!("kaasboard explain {}", target.path()),
    }
}
