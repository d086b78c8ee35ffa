//! The palette.

use crate::console::model::Model;
use crate::console::overlay::{Entry, Palette};
use crate::console::text;
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, input};

/// Draws the palette.
pub fn draw(canvas: &mut Canvas<'_>, _model: &Model, palette: &Palette) {
    let screen = canvas.buffer.area;
    let height = screen.height.saturating_sub(4).clamp(6, 20);
    let inner = frame::window(canvas, "palette", screen.width.min(90), height);
    let style = canvas.style(Role::Key);
    canvas.put(inner.x, inner.y, ":", 1, style);
    input::draw(canvas, inner.x + 1, inner.y, inner.width.saturating_sub(1), &palette.input);
    let rows = usize::from(inner.height.saturating_sub(2));
    let first = palette.at.saturating_sub(rows.saturating_sub(1));
    for (line, (index, entry)) in palette.found.iter().enumerate().skip(first).take(rows).enumerate() {
        let y = inner.y + 2 + line as u16;
        draw_entry(canvas, inner.x, y, inner.width, entry);
        if index == palette.at {
            let style = canvas.style(Role::Cursor);
            canvas.fill(ratatui::layout::Rect { x: inner.x, y, width: inner.width, height: 1 }, style);
        }
    }
    if palette.found.is_empty() {
        let style = canvas.style(Role::Dim);
        canvas.put(inner.x, inner.y + 2, "nothing is called so", inner.width, style);
    }
}

fn draw_entry(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, entry: &Entry) {
    let name_style = canvas.style(if entry.refused.is_some() { Role::Dim } else { Role::Strong });
    let used = canvas.put(x, y, &entry.name, width, name_style).max(24.min(width));
    let told = match &entry.refused {
        Some(why) => format!("{} ({why})", entry.told),
        None => entry.told.clone(),
    };
    let keys = entry.keys.clone().unwrap_or_default();
    let keys_width = text::width(&keys) as u16;
    let dim = canvas.style(Role::Dim);
    let room = width.saturating_sub(used + 1 + keys_width + 1);
    canvas.put(x + used + 1, y, &told, room, dim);
    let key_style = canvas.style(Role::Key);
    canvas.put_right(x, y, &keys, width, key_style);
}
