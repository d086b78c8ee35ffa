//! What is done about what was asked already, and who is on an incident. A single key changes nothing: it asks on one
//! line before.

use super::{acts, plans};
use crate::api::operation::Operation;
use crate::api::operation_status::OperationPhase;
use crate::console::effect::{Effect, Name, Write};
use crate::console::model::{Model, Tone};
use crate::console::overlay::{Overlay, Sure};
use crate::console::rows::row::{Row, Target};
use crate::console::rows::subject::Subject;

/// The Operation that is selected.
fn operation(model: &Model) -> Result<&Row, String> {
    let row = acts::current(model).filter(|row| row.subject == Subject::Operation);
    row.ok_or_else(|| "select an Operation in the journal (8)".to_owned())
}

/// The Operation that is selected, if it has not ended.
///
/// # Errors
/// When there is none, or it has.
pub fn going(model: &Model) -> Result<&Row, String> {
    let row = operation(model)?;
    let phase = row.cell("state").text();
    match phase {
        "Done" | "Failed" | "Cancelled" => Err(format!("it ended already: {phase}")),
        _ => Ok(row),
    }
}

/// The Operation that is selected, if it waits for an approval.
///
/// # Errors
/// When there is none, or it does not.
pub fn planned(model: &Model) -> Result<&Row, String> {
    let row = operation(model)?;
    let phase = row.cell("state").text();
    if phase == "Planned" { Ok(row) } else { Err(format!("it waits for no approval: {phase}")) }
}

/// Asks whether an Operation is to stop, or a brake to be released.
pub fn cancel(model: &mut Model) -> Vec<Effect> {
    let asked = going(model).map(|row| {
        let what = format!("{} {}", row.cell("verb").text(), row.cell("target").text());
        let question = match row.cell("verb").text() {
            "brake" => format!("release the {what}?"),
            _ => format!("stop {what} at its next safe point?"),
        };
        let name = row.target.as_ref().map(name_of);
        (question, name, format!("{} stops at its next safe point", row.name()))
    });
    match asked {
        Ok((question, Some(name), told)) => ask(model, question, Write::Cancel(vec![name]), told),
        Ok(_) => {}
        Err(why) => model.tell(Tone::Bad, why),
    }
    Vec::new()
}

fn name_of(target: &Target) -> Name {
    Name { namespace: target.namespace.to_string(), name: target.name.to_string() }
}

fn ask(model: &mut Model, question: String, write: Write, told: impl Into<String>) {
    model.overlay = Some(Overlay::Sure(Sure { question, write, told: told.into() }));
}

/// A planned Operation, of oneself or of somebody else: its plan is shown before it is approved.
pub fn approve(model: &mut Model) -> Vec<Effect> {
    match proposed(model) {
        Ok(proposal) => plans::look_at(model, proposal),
        Err(why) => model.tell(Tone::Bad, why),
    }
    Vec::new()
}

/// The Operation that is selected, with its plan as it was read.
fn proposed(model: &Model) -> Result<(Operation, String), String> {
    let row = planned(model)?;
    let loaded = model.loaded.as_ref().filter(|loaded| row.target.as_ref() == Some(&loaded.target));
    let value = loaded.and_then(|loaded| loaded.value.as_ref()?.as_ref().ok());
    let read = value.and_then(|value| serde_json::from_value::<Operation>((**value).clone()).ok());
    let operation = read.ok_or_else(|| "open it first (enter), to see its plan; then approve".to_owned())?;
    let phase = operation.status.as_ref().and_then(|status| status.phase);
    match (&operation.spec.approved, phase) {
        (Some(approval), _) => Err(format!("{} approved it already", approval.by)),
        (None, Some(OperationPhase::Planned)) if operation.spec.plan_only => {
            Err("only its plan was asked for: ask anew to have it done".to_owned())
        }
        (None, Some(OperationPhase::Planned)) => Ok((operation, row.cell("target").text().to_owned())),
        (None, _) => Err("it is no longer as it was read: look again".to_owned()),
    }
}

/// Asks whether one is on the incident, or no longer.
pub fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let row = model.current().filter(|row| row.subject == Subject::Incident).cloned();
    let Some(row) = row else {
        model.tell(Tone::Bad, "select an incident (1)");
        return Vec::new();
    };
    let person = model.surroundings.person.clone();
    let (what, by) = (row.cell("what").text(), row.cell("by").text());
    let mine = by == person;
    let (question, told) = match by {
        _ if mine => (format!("leave it to others: {what}?"), "you are no longer on it"),
        "" => (format!("say that you are on it: {what}?"), "you are on it"),
        other => (format!("take it over from {other}: {what}?"), "you are on it"),
    };
    let by = (!mine).then_some(person);
    ask(model, question, Write::Acknowledge { incident: row.name().to_owned(), by }, told);
    Vec::new()
}

/// The kind of what is no object of the manager, but known to the engine alone.
const LEAK: &str = "Leak";

/// The command that shows an object, or that asks for an Operation again.
pub fn command_line(model: &Model, target: &Target) -> String {
    match model.fleet.find(target).filter(|row| row.subject == Subject::Operation) {
        Some(row) => {
            let reason = match row.cell("reason").text() {
                "" => String::new(),
                reason => format!(" --reason '{}'", reason.replace('\'', "'\\''")),
            };
            format!("kaasboard {}{reason}", row.cell("command").text())
        }
        None if target.kind == LEAK => format!("kaasboard get leaks {}", target.name),
        None => format!("kaasboard explain {}", target.path()),
    }
}
