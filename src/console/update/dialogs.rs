//! The keys of what stands over the screen.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use super::{acts, bulk, faults, palette};
use crate::api::operation::Verb;
use crate::api::operation_status::Risk;
use crate::console::action::Action;
use crate::console::effect::{Approve, Effect, Name, Write};
use crate::console::message::Proposal;
use crate::console::model::{Model, Tone};
use crate::console::overlay::{Button, Overlay, PlanDialog, Question};
use crate::settings::context::Confirm;

/// The longest text that can be written into an input.
const WRITTEN_MAX: usize = 512;

/// A key that writes into an input, or that only an input knows. Answers nothing if the keymap is to say what it means.
pub fn typed(model: &mut Model, event: &KeyEvent) -> Option<Vec<Effect>> {
    let chord = event.modifiers.intersects(KeyModifiers::ALT)
        || (event.modifiers.contains(KeyModifiers::CONTROL) && event.code == KeyCode::Char('c'));
    match (event.code, &model.overlay) {
        (KeyCode::Esc | KeyCode::Enter, _) => return None,
        (KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown, _) => return None,
        (KeyCode::Tab, Some(Overlay::Palette(_))) => return Some(palette::complete(model)),
        (KeyCode::Tab | KeyCode::BackTab, _) => return None,
        _ if chord => return None,
        _ => {}
    }
    let request = to_input_request(&Event::Key(*event))?;
    let input = input(model)?;
    if input.value().chars().count() < WRITTEN_MAX || !matches!(event.code, KeyCode::Char(_)) {
        input.handle(request);
    }
    written(model);
    Some(Vec::new())
}

/// The input that is written into.
fn input(model: &mut Model) -> Option<&mut Input> {
    match model.overlay.as_mut()? {
        Overlay::Palette(palette) => Some(&mut palette.input),
        Overlay::Filter { input, .. } => Some(input),
        Overlay::Question(Question { at_reason: true, reason, .. }) => Some(reason),
        Overlay::Question(Question { count, .. }) => count.as_mut(),
        Overlay::Plan(dialog) => dialog.typed.as_mut().map(|(_, input)| input),
        Overlay::Help { .. } | Overlay::Faults(_) | Overlay::Columns { .. } => None,
    }
}

/// What follows when an input changed.
fn written(model: &mut Model) {
    match &mut model.overlay {
        Some(Overlay::Palette(_)) => palette::search(model),
        Some(Overlay::Filter { .. }) => filter(model),
        Some(Overlay::Question(question)) => question.mistake = None,
        _ => {}
    }
}

fn filter(model: &mut Model) {
    let subject = model.focus();
    let Some(Overlay::Filter { input, mistake, .. }) = &mut model.overlay else { return };
    let Some(table) = model.tables.get_mut(&subject) else { return };
    *mistake = table.set_filter(input.value()).err().map(|error| error.to_string());
}

/// Pasted text goes into an input, on one line, or nowhere.
pub fn paste(model: &mut Model, pasted: &str) {
    let line: String = pasted.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = line.trim().to_owned();
    let Some(input) = input(model) else {
        return model.tell(Tone::Note, "pasted text goes into inputs only: press / or : first");
    };
    for letter in line.chars().take(WRITTEN_MAX.saturating_sub(input.value().chars().count())) {
        input.handle(tui_input::InputRequest::InsertChar(letter));
    }
    written(model);
}

/// An action while something stands over the screen. Answers nothing if it is none of its own.
pub fn run(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    let step: isize = match action {
        Action::RowNext => 1,
        Action::RowPrevious => -1,
        Action::PageNext | Action::HalfNext => 10,
        Action::PagePrevious | Action::HalfPrevious => -10,
        Action::RowFirst => isize::MIN / 2,
        Action::RowLast => isize::MAX / 2,
        _ => 0,
    };
    let columns = model.focus().columns().len();
    let overlay = model.overlay.as_mut()?;
    if step != 0 {
        match overlay {
            Overlay::Help { offset } => *offset = offset.saturating_add_signed(step).min(400),
            Overlay::Palette(palette) => palette.at = moved(palette.at, step, palette.found.len()),
            Overlay::Faults(menu) => menu.at = moved(menu.at, step, menu.faults.len()),
            Overlay::Columns { at } => *at = moved(*at, step, columns),
            Overlay::Plan(dialog) => dialog.offset = dialog.offset.saturating_add_signed(step).min(2000),
            Overlay::Question(question) if question.count.is_some() => question.at_reason = step > 0,
            Overlay::Question(_) | Overlay::Filter { .. } => {}
        }
        return Some(Vec::new());
    }
    match action {
        Action::Cancel | Action::Back => Some(cancel(model)),
        Action::Quit if matches!(overlay, Overlay::Help { .. }) => Some(cancel(model)),
        Action::Choose => {
            if let Overlay::Columns { at } = overlay {
                let at = *at;
                super::moves::toggle_column(model, at);
                return Some(Vec::new());
            }
            choose(overlay);
            Some(Vec::new())
        }
        Action::Confirm | Action::RowOpen => Some(confirm(model)),
        _ if matches!(overlay, Overlay::Help { .. }) => {
            model.overlay = None;
            None
        }
        _ => Some(Vec::new()),
    }
}

fn moved(at: usize, step: isize, count: usize) -> usize {
    at.saturating_add_signed(step).min(count.saturating_sub(1))
}

fn choose(overlay: &mut Overlay) {
    match overlay {
        Overlay::Plan(dialog) => {
            dialog.button = if dialog.button == Button::Cancel { Button::Confirm } else { Button::Cancel };
        }
        Overlay::Question(question) if question.count.is_some() => question.at_reason = !question.at_reason,
        _ => {}
    }
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    match model.overlay.take() {
        Some(Overlay::Filter { before, .. }) => {
            let subject = model.focus();
            if let Some(table) = model.tables.get_mut(&subject) {
                // What was right before is right again.
                let _ = table.set_filter(&before);
            }
            Vec::new()
        }
        Some(Overlay::Plan(dialog)) => withdraw(model, &dialog),
        _ => Vec::new(),
    }
}

/// Takes back what was only proposed, so that nothing is left behind.
fn withdraw(model: &mut Model, dialog: &PlanDialog) -> Vec<Effect> {
    let proposals = dialog.proposals.iter().flatten();
    let names: Vec<Name> =
        proposals.filter_map(|proposal| name_of(proposal.planned.as_ref().ok()?)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    model.tell(Tone::Note, "left as it was");
    model.gate.permit(Write::Cancel(names), model.now).into_iter().collect()
}

fn name_of(operation: &crate::api::operation::Operation) -> Option<Name> {
    let meta = &operation.metadata;
    Some(Name { namespace: meta.namespace.clone()?, name: meta.name.clone()? })
}

fn confirm(model: &mut Model) -> Vec<Effect> {
    match model.overlay.clone() {
        Some(Overlay::Palette(palette)) => match palette.found.get(palette.at) {
            Some(entry) => palette::choose(model, entry.clone()),
            None => Vec::new(),
        },
        Some(Overlay::Filter { mistake: None, .. } | Overlay::Help { .. } | Overlay::Columns { .. }) => {
            model.overlay = None;
            Vec::new()
        }
        Some(Overlay::Filter { .. }) | None => Vec::new(),
        Some(Overlay::Faults(menu)) => match menu.faults.get(menu.at) {
            Some((told, wish)) => faults::inject(model, told, wish.clone()),
            None => Vec::new(),
        },
        Some(Overlay::Question(mut question)) => {
            if !question.at_reason {
                question.at_reason = true;
                model.overlay = Some(Overlay::Question(question));
                return Vec::new();
            }
            acts::propose(model, &question).unwrap_or_else(|mistake| {
                question.at_reason = question.count.is_none();
                question.mistake = Some(mistake);
                model.overlay = Some(Overlay::Question(question));
                Vec::new()
            })
        }
        Some(Overlay::Plan(dialog)) => confirm_plan(model, &dialog),
    }
}

/// The plans are there: they are shown, with Cancel chosen.
pub fn planned(model: &mut Model, proposals: Vec<Proposal>) {
    let type_name = model.surroundings.confirm == Confirm::TypeName;
    let Some(Overlay::Plan(dialog)) = &mut model.overlay else {
        return model.tell(Tone::Note, "planned; it waits for approval in the journal (8)");
    };
    let dangerous = dialog.verb == Verb::Delete
        || proposals.iter().filter_map(|proposal| proposal.planned.as_ref().ok()).any(|operation| {
            let plan = operation.status.as_ref().and_then(|status| status.plan.as_ref());
            plan.is_some_and(|plan| plan.steps.iter().any(|step| step.risk == Risk::Destroys))
        });
    if dangerous && (type_name || dialog.verb == Verb::Delete) {
        let name = match proposals.as_slice() {
            [one] => one.about.rsplit('/').next().unwrap_or_default().to_owned(),
            many => many.len().to_string(),
        };
        dialog.typed = Some((name, Input::default()));
    }
    dialog.proposals = Some(proposals);
}

/// What can be approved of a dialog: plans without a veto.
pub fn approvable(model: &Model, dialog: &PlanDialog) -> Vec<Approve> {
    let planned = dialog.proposals.iter().flatten().filter_map(|proposal| proposal.planned.as_ref().ok());
    let free = planned.filter(|operation| {
        let plan = operation.status.as_ref().and_then(|status| status.plan.as_ref());
        plan.is_some_and(|plan| plan.vetoes.is_empty())
    });
    free.filter_map(|operation| acts::approval(model, operation)).collect()
}

fn confirm_plan(model: &mut Model, dialog: &PlanDialog) -> Vec<Effect> {
    let typed_right = dialog.typed.as_ref().map(|(name, input)| input.value() == name);
    let wants = match typed_right {
        // Typing the name is the answer; the button then needs no choosing.
        Some(true) => true,
        Some(false) if dialog.button == Button::Confirm => {
            model.tell(Tone::Bad, "the name that was typed is another one");
            return Vec::new();
        }
        Some(false) => false,
        None => dialog.button == Button::Confirm,
    };
    if !wants {
        return cancel(model);
    }
    let approvals = approvable(model, dialog);
    if approvals.is_empty() {
        model.tell(Tone::Bad, "nothing of it may be done; the plan says why");
        return Vec::new();
    }
    model.overlay = None;
    if approvals.len() > 1 {
        return bulk::begin(model, approvals);
    }
    model.tell(Tone::Good, "approved: follow it in the journal (8)");
    model.gate.permit(Write::Approve(approvals), model.now).into_iter().collect()
}
