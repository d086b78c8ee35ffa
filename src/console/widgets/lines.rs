//! Lines of text with meaning.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::theme::Role;

/// Draws lines from the `offset`th on; the one at `cursor` stands out.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line], offset: usize, cursor: Option<usize>) {
    for (row, line) in lines.iter().skip(offset).take(usize::from(area.height)).enumerate() {
        let y = area.y + row as u16;
        one(canvas, area.x, y, area.width, line);
        if cursor == Some(offset + row) {
            let role = if line.leads.is_some() { Role::Cursor } else { Role::CursorAway };
            let style = canvas.style(role);
            canvas.fill(Rect { y, height: 1, ..area }, style);
        }
    }
}

/// Draws one line. Answers how many columns it took.
pub fn one(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, line: &Line) -> u16 {
    let end = x + width;
    let mut at = x;
    for piece in &line.pieces {
        let style = canvas.sense(piece.sense);
        if let Sense::State(state) = piece.sense {
            at += canvas.put(at, y, glyph_of(canvas, state), end.saturating_sub(at), style);
            at += canvas.put(at, y, " ", end.saturating_sub(at), style);
        }
        at += canvas.put(at, y, &piece.text, end.saturating_sub(at), style);
    }
    at - x
}

fn glyph_of(canvas: &Canvas<'_>, state: State) -> &'static str {
    canvas.glyph(state)
}
