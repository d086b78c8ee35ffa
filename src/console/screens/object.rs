//! What is known of one object: beside the table, or on the full screen with all its parts.

use ratatui::layout::Rect;

use crate::console::action::{Action, Tab};
use crate::console::documents::turn;
use crate::console::keymap::Scope;
use crate::console::mask;
use crate::console::model::Model;
use crate::console::rows::row::Target;
use crate::console::text;
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, lines};
use crate::console::wrap::wrap;

/// Draws what is known of the object.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    match &model.view.detail {
        Some((target, tab)) => full(canvas, area, model, target, *tab),
        None => {
            let inner = frame::titled(canvas, area, "selected", "", false);
            let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
            let wrapped = wrap(&model.document.lines, inner.width);
            lines::draw(canvas, inner, &wrapped, 0, None);
        }
    }
}

fn full(canvas: &mut Canvas<'_>, area: Rect, model: &Model, target: &Target, tab: Tab) {
    let mut x = area.x + 1;
    for known in Tab::of(target.kind) {
        let key = model.keymap.keys_of(&[Scope::Detail], Action::Detail(known)).unwrap_or_default();
        let shown = format!(" {key} {} ", known.title());
        let style = canvas.style(if known == tab { Role::ButtonChosen } else { Role::Dim });
        x += canvas.put(x, area.y, &shown, area.right().saturating_sub(x), style);
    }
    let inner = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(1),
    };
    let document = &model.document;
    lines::draw(canvas, inner, &document.lines, document.offset, Some(document.at));
    let total = document.lines.len();
    if total > usize::from(inner.height) {
        let note = format!(" {}/{total} ", document.at + 1);
        let style = canvas.style(Role::Dim);
        let width = text::width(&note) as u16;
        canvas.put(area.right().saturating_sub(width), area.y, &note, width, style);
    }
}

/// Draws what the loop of the selected object did.
pub fn aside(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let inner = frame::titled(canvas, area, "its loop: observe, difference, act", "", false);
    let inner = Rect { x: inner.x + 1, width: inner.width.saturating_sub(1), ..inner };
    let Some(target) = model.target() else { return };
    let mut told = turn::lines(model, &target);
    mask::in_lines(&mut told, model);
    let wrapped = wrap(&told, inner.width);
    lines::draw(canvas, inner, &wrapped, 0, None);
}
