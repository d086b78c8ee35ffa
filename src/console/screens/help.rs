//! The keys that work here, from the live keymap.

use crate::console::action::Action;
use crate::console::keymap::Scope;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::update::acts;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, lines};

/// How many lines of the screen stay free above and below.
const AROUND: u16 = 2;

/// Draws the help.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, offset: usize) {
    let screen = canvas.buffer.area;
    let title = "keys that work here (down shows more, esc closes)";
    let inner = frame::window(canvas, title, screen.width.min(96), screen.height.saturating_sub(AROUND));
    let told = told(model);
    // The terminal may have grown since somebody scrolled.
    let last = told.len().saturating_sub(usize::from(inner.height));
    lines::draw(canvas, inner, &told, offset.min(last), None);
}

/// How far the help can be scrolled down.
pub fn last(model: &Model) -> usize {
    // The frame has a line above and below.
    let rows = usize::from(model.size.1.saturating_sub(AROUND + 2));
    told(model).len().saturating_sub(rows)
}

fn told(model: &Model) -> Vec<Line> {
    let scopes = if model.view.detail.is_some() {
        [Scope::Detail, Scope::Global]
    } else {
        [Scope::Table, Scope::Global]
    };
    let mut lines = Vec::new();
    for scope in scopes {
        let heading = match scope {
            Scope::Global => "everywhere",
            Scope::Table => "in tables",
            Scope::Detail => "in what is known of one object",
            Scope::Dialog => "in dialogs",
        };
        lines.push(Line::heading(heading));
        let mut bound: Vec<(String, Action, String)> = model
            .keymap
            .bound(scope)
            .map(|(keys, binding)| (keys, binding.action, binding.told().to_owned()))
            .collect();
        bound.sort_by_key(|(_, action, _)| *action);
        let mut index = 0;
        while index < bound.len() {
            let (_, action, told) = bound[index].clone();
            let same = bound[index..].iter().take_while(|(_, other, _)| *other == action);
            let keys: Vec<&str> = same.map(|(keys, ..)| keys.as_str()).collect();
            index += keys.len();
            let refused = match action {
                Action::Act(act) => acts::refusal(model, act),
                _ => None,
            };
            let line = Line::of(Sense::Key, format!("  {:<22}", keys.join(", "))).and(Sense::Plain, told);
            lines.push(match refused {
                Some(why) => line.and(Sense::Dim, format!("  ({why})")),
                None => line,
            });
        }
        lines.push(Line::blank());
    }
    lines.push(Line::heading("filters"));
    for (written, means) in [
        ("/web", "in any column; !web is not there"),
        ("/ver<1.34 ready=false", "compare columns: = != : < <= > >="),
        ("/since<30m tenant:shop", "ages, parts of texts"),
        ("/-l app=web", "labels"),
        ("/-f wb3", "letters in their order"),
    ] {
        lines.push(Line::of(Sense::Key, format!("  {written:<24}")).and(Sense::Plain, means));
    }
    lines
}
