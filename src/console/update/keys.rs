//! What a key means, and doing it.

use crossterm::event::{KeyEvent, KeyEventKind};

use super::{acts, dialogs, faults, journal, moves, palette};
use crate::console::action::{Action, Place};
use crate::console::effect::Effect;
use crate::console::key::Key;
use crate::console::keymap::{Meaning, Scope};
use crate::console::message::Reload;
use crate::console::model::{Model, Tone};
use crate::console::overlay::Overlay;
use crate::console::theme::{BUILT_IN, Theme};

/// Where the next key counts, the most special place first.
pub fn scopes(model: &Model) -> &'static [Scope] {
    match (&model.overlay, &model.view.detail) {
        (Some(Overlay::Help { .. }), _) => &[Scope::Dialog, Scope::Detail, Scope::Global],
        (Some(_), _) => &[Scope::Dialog],
        (None, Some(_)) => &[Scope::Detail, Scope::Global],
        (None, None) => &[Scope::Table, Scope::Global],
    }
}

/// A key was pressed.
pub fn pressed(model: &mut Model, event: &KeyEvent) -> Vec<Effect> {
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    // Dialogs and inputs know many keys, and must not hold the terminal back from the shell.
    let suspend = Meaning::Action(Action::Suspend);
    if model.keymap.meaning(&[Scope::Global], &[Key::of(event)]) == suspend {
        return vec![Effect::Suspend];
    }
    if let Some(effects) = dialogs::typed(model, event) {
        model.pressed.clear();
        return effects;
    }
    model.pressed.push(Key::of(event));
    match model.keymap.meaning(scopes(model), &model.pressed) {
        Meaning::Action(action) => {
            model.pressed.clear();
            run(model, action)
        }
        Meaning::More(_) => Vec::new(),
        Meaning::Nothing => {
            model.pressed.clear();
            Vec::new()
        }
    }
}

/// Does what an action says.
pub fn run(model: &mut Model, action: Action) -> Vec<Effect> {
    if model.overlay.is_some()
        && let Some(effects) = dialogs::run(model, action)
    {
        return effects;
    }
    match action {
        Action::Quit => {
            model.ended = true;
            vec![Effect::Quit]
        }
        Action::Suspend => vec![Effect::Suspend],
        Action::Redraw => vec![Effect::Redraw],
        Action::OpenPalette => {
            palette::open(model, "");
            Vec::new()
        }
        Action::Arm => {
            palette::open(model, "write 15m ");
            Vec::new()
        }
        Action::Disarm => disarm(model),
        Action::OpenHelp => {
            model.overlay = Some(Overlay::Help { offset: 0 });
            Vec::new()
        }
        Action::Open(Place::Faults) => faults::open(model),
        Action::Freeze => {
            model.frozen = if model.frozen.is_some() { None } else { Some(model.now) };
            Vec::new()
        }
        Action::Zoom => {
            model.zoomed = !model.zoomed;
            Vec::new()
        }
        Action::ThemeNext => {
            next_theme(model);
            Vec::new()
        }
        Action::MouseToggle => {
            model.mouse = !model.mouse;
            model.tell(Tone::Note, if model.mouse { "mouse on" } else { "mouse off" });
            vec![Effect::Mouse(model.mouse)]
        }
        Action::CopyName | Action::CopyCommand => copy(model, action),
        Action::Act(act) => acts::begin(model, act),
        Action::Confirm | Action::Cancel | Action::Choose => Vec::new(),
        other => moves::run(model, other),
    }
}

fn disarm(model: &mut Model) -> Vec<Effect> {
    model.gate.armed = None;
    match model.gate.check(model.now) {
        Ok(()) => {
            model.tell(Tone::Bad, "this context always allows changes: write = \"always\" in config.toml");
        }
        Err(_) => model.tell(Tone::Note, "read-only"),
    }
    Vec::new()
}

fn next_theme(model: &mut Model) {
    let at = BUILT_IN.iter().position(|(name, _)| *name == model.theme.name);
    let next = at.map_or(0, |at| (at + 1) % BUILT_IN.len());
    take_theme(model, BUILT_IN[next].0);
}

/// Takes a theme that is compiled in.
pub fn take_theme(model: &mut Model, name: &str) {
    match Theme::built_in(name) {
        Ok(theme) => super::apply::update(
            model,
            crate::console::message::Message::Reloaded(Reload::Theme(Box::new(theme))),
            model.now,
        ),
        Err(error) => {
            model.tell(Tone::Bad, error.to_string());
            Vec::new()
        }
    };
}

fn copy(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(target) = model.target() else {
        model.tell(Tone::Note, "there is nothing here to copy");
        return Vec::new();
    };
    let text = match action {
        Action::CopyName => target.name.to_string(),
        _ => journal::command_line(model, &target),
    };
    model.tell(Tone::Note, format!("copied: {text}"));
    vec![Effect::Copy(text)]
}
