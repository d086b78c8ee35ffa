//! Plans: shown, approved, or taken back.

use tui_input::Input;

use super::bulk;
use crate::api::operation::{Operation, OperationSpec};
use crate::api::operation_status::OperationPhase;
use crate::api::request::Request;
use crate::console::effect::{Approve, Effect, Name, Write};
use crate::console::message::Proposal;
use crate::console::model::{Model, Tone};
use crate::console::overlay::{Button, Overlay, PlanDialog};
use crate::settings::context::Confirm;

/// The plans of a request are there. They are shown to whoever waits for them; if nobody does, they are taken back.
pub fn planned(model: &mut Model, request: u64, proposals: Vec<Proposal>) -> Vec<Effect> {
    match &model.overlay {
        Some(Overlay::Plan(dialog)) if dialog.request == Some(request) => {
            show(model, proposals);
            Vec::new()
        }
        _ => withdraw(model, &proposals),
    }
}

/// Shows the plan of an Operation that was proposed before.
pub fn look_at(model: &mut Model, (operation, about): (Operation, String)) {
    model.overlay = Some(Overlay::Plan(PlanDialog {
        verb: operation.spec.verb,
        request: None,
        proposals: None,
        asked: 1,
        button: Button::Cancel,
        typed: None,
        offset: 0,
    }));
    show(model, vec![Proposal { about, planned: Ok(Box::new(operation)) }]);
}

fn show(model: &mut Model, proposals: Vec<Proposal>) {
    let by_name = model.surroundings.confirm == Confirm::TypeName;
    let Some(Overlay::Plan(dialog)) = &mut model.overlay else { return };
    dialog.button = Button::Cancel;
    dialog.typed = to_type(&proposals, by_name).map(|name| (name, Input::default()));
    dialog.proposals = Some(proposals);
}

/// What has to be typed: the name of one, or how many there are.
fn to_type(proposals: &[Proposal], by_name: bool) -> Option<String> {
    let planned = proposals.iter().filter_map(|proposal| proposal.planned.as_ref().ok());
    let names: Vec<String> = planned
        .filter_map(|operation| {
            let plan = operation.status.as_ref().and_then(|status| status.plan.as_ref());
            Request::of(&operation.spec).to_type(plan, by_name).map(str::to_owned)
        })
        .collect();
    match (names.as_slice(), proposals.len()) {
        ([], _) => None,
        ([one], 1) => Some(one.clone()),
        (_, many) => Some(many.to_string()),
    }
}

/// Something was typed: the right name chooses the button, and anything else takes that back.
pub fn typed(dialog: &mut PlanDialog) {
    let right = dialog.typed.as_ref().is_some_and(|(name, input)| input.value() == name);
    dialog.button = if right { Button::Confirm } else { Button::Cancel };
}

/// What can be done of a dialog: plans without a veto.
pub fn ready(dialog: &PlanDialog) -> Vec<(&str, &Operation)> {
    let proposals = dialog.proposals.iter().flatten();
    let planned =
        proposals.filter_map(|proposal| Some((&*proposal.about, &**proposal.planned.as_ref().ok()?)));
    planned
        .filter(|(_, operation)| {
            let plan = operation.status.as_ref().and_then(|status| status.plan.as_ref());
            plan.is_some_and(|plan| plan.vetoes.is_empty())
        })
        .collect()
}

/// Does what the chosen button says.
pub fn confirm(model: &mut Model, dialog: &PlanDialog) -> Vec<Effect> {
    if dialog.button == Button::Cancel {
        return cancel(model, dialog);
    }
    if dialog.typed.as_ref().is_some_and(|(name, input)| input.value() != name) {
        model.tell(Tone::Bad, "the name that was typed is another one");
        return Vec::new();
    }
    let (looked_at, planned): (Vec<_>, Vec<_>) =
        ready(dialog).into_iter().partition(|(_, operation)| operation.spec.plan_only);
    if !looked_at.is_empty() {
        return file(model, &looked_at);
    }
    let approvals: Vec<Approve> =
        planned.iter().filter_map(|(_, operation)| approval(model, operation)).collect();
    match approvals.len() {
        0 => {
            model.tell(Tone::Bad, "nothing of it may be done; the plan says why");
            Vec::new()
        }
        1 => end(model, Write::Approve(approvals), "approved: follow it in the journal (8)"),
        _ => bulk::begin(model, approvals),
    }
}

/// What needs no approval is filed anew, to be done; those with which it was looked at go.
fn file(model: &mut Model, looked_at: &[(&str, &Operation)]) -> Vec<Effect> {
    let anew = |operation: &Operation| {
        let mut anew = operation.clone();
        anew.metadata = kube::api::ObjectMeta {
            generate_name: operation.metadata.generate_name.clone(),
            namespace: operation.metadata.namespace.clone(),
            ..Default::default()
        };
        anew.spec = OperationSpec { plan_only: false, ..anew.spec };
        anew.status = None;
        anew
    };
    let operations =
        looked_at.iter().map(|(about, operation)| ((*about).to_owned(), anew(operation))).collect();
    let looked_at = looked_at.iter().filter_map(|(_, operation)| name_of(operation)).collect();
    end(model, Write::File { operations, looked_at }, "filed: follow it in the journal (8)")
}

/// The end of a dialog, if the gate lets it through.
fn end(model: &mut Model, write: Write, told: &str) -> Vec<Effect> {
    match model.gate.permit(write, model.now) {
        Ok(effect) => {
            model.overlay = None;
            model.tell(Tone::Good, told);
            vec![effect]
        }
        Err(refusal) => {
            model.tell(Tone::Bad, refusal.to_string());
            Vec::new()
        }
    }
}

/// Leaves the dialog. What it proposed itself is taken back; what is somebody else's stays.
pub fn cancel(model: &mut Model, dialog: &PlanDialog) -> Vec<Effect> {
    model.overlay = None;
    let proposals: &[Proposal] = match (&dialog.request, &dialog.proposals) {
        (Some(_), Some(proposals)) => proposals,
        _ => &[],
    };
    model.tell(Tone::Note, "left as it was");
    withdraw(model, proposals)
}

/// Takes back what was only proposed, so that nothing is left behind.
fn withdraw(model: &mut Model, proposals: &[Proposal]) -> Vec<Effect> {
    let planned = proposals.iter().filter_map(|proposal| proposal.planned.as_ref().ok());
    let open = planned.filter(|operation| {
        let phase = operation.status.as_ref().and_then(|status| status.phase);
        !phase.is_some_and(OperationPhase::is_final)
    });
    let names: Vec<Name> = open.filter_map(|operation| name_of(operation)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let count = names.len();
    match model.gate.permit(Write::Cancel(names), model.now) {
        Ok(effect) => vec![effect],
        Err(refusal) => {
            model.tell(Tone::Bad, format!("{refusal}; {count} planned wait in the journal (8)"));
            Vec::new()
        }
    }
}

fn name_of(operation: &Operation) -> Option<Name> {
    let meta = &operation.metadata;
    Some(Name { namespace: meta.namespace.clone()?, name: meta.name.clone()? })
}

/// The approval of a plan.
fn approval(model: &Model, operation: &Operation) -> Option<Approve> {
    let plan = operation.status.as_ref()?.plan.as_ref()?;
    let by = model.surroundings.person.clone();
    Some(Approve { name: name_of(operation)?, plan_hash: plan.hash.clone(), by })
}
