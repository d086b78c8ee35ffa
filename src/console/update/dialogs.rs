//! The keys of what stands over the screen.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::to_input_request;

use super::{acts, faults, palette, plans};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::model::{Model, Tone};
use crate::console::overlay::{Button, Overlay, Question};
use crate::console::screens::{help, plan};

/// The longest text that can be written into an input.
const WRITTEN_MAX: usize = 512;

/// A key that writes into an input, or that only an input knows. Answers nothing if the keymap is to say what it means.
pub fn typed(model: &mut Model, event: &KeyEvent) -> Option<Vec<Effect>> {
    if matches!(model.overlay, Some(Overlay::Sure(_))) {
        return Some(answered(model, event));
    }
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

/// The answer to a question of one line: `y` is yes, and everything else is no.
fn answered(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    let Some(Overlay::Sure(sure)) = model.overlay.take() else { return Vec::new() };
    let plain = event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    if plain && matches!(event.code, KeyCode::Char('y' | 'Y')) {
        return acts::permit(model, sure.write, &sure.told);
    }
    model.tell(Tone::Note, "left as it was");
    Vec::new()
}

/// The input that is written into.
fn input(model: &mut Model) -> Option<&mut Input> {
    match model.overlay.as_mut()? {
        Overlay::Palette(palette) => Some(&mut palette.input),
        Overlay::Filter { input, .. } => Some(input),
        Overlay::Question(Question { at_reason: true, reason, .. }) => Some(reason),
        Overlay::Question(Question { count, .. }) => count.as_mut(),
        Overlay::Plan(dialog) => dialog.typed.as_mut().map(|(_, input)| input),
        Overlay::Help { .. } | Overlay::Faults(_) | Overlay::Columns { .. } | Overlay::Sure(_) => None,
    }
}

/// What follows when an input changed.
fn written(model: &mut Model) {
    match &mut model.overlay {
        Some(Overlay::Palette(_)) => palette::search(model),
        Some(Overlay::Filter { .. }) => filter(model),
        Some(Overlay::Question(question)) => question.mistake = None,
        Some(Overlay::Plan(dialog)) => plans::typed(dialog),
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
    let last = if step == 0 { 0 } else { last(model) };
    let overlay = model.overlay.as_mut()?;
    if step != 0 {
        match overlay {
            Overlay::Help { offset } => *offset = offset.saturating_add_signed(step).min(last),
            Overlay::Palette(palette) => palette.at = moved(palette.at, step, palette.found.len()),
            Overlay::Faults(menu) => menu.at = moved(menu.at, step, menu.offers.len()),
            Overlay::Columns { at } => *at = moved(*at, step, columns),
            Overlay::Plan(dialog) => dialog.offset = dialog.offset.saturating_add_signed(step).min(last),
            Overlay::Question(question) if question.count.is_some() => question.at_reason = step > 0,
            Overlay::Question(_) | Overlay::Filter { .. } | Overlay::Sure(_) => {}
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

/// How far down one can scroll what stands over the screen.
fn last(model: &Model) -> usize {
    match &model.overlay {
        Some(Overlay::Help { .. }) => help::last(model),
        Some(Overlay::Plan(dialog)) => {
            dialog.proposals.as_ref().map_or(0, |proposals| plan::last(proposals, model.size))
        }
        _ => 0,
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
        Overlay::Faults(menu) => menu.ends = !menu.ends,
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
        Some(Overlay::Plan(dialog)) => plans::cancel(model, &dialog),
        _ => Vec::new(),
    }
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
        Some(Overlay::Faults(menu)) => faults::choose(model, &menu),
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
        Some(Overlay::Plan(dialog)) => plans::confirm(model, &dialog),
        Some(Overlay::Sure(_)) => Vec::new(),
    }
}
