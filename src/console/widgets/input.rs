//! A line that is being written.

use ratatui::style::Modifier;
use tui_input::Input;

use super::canvas::Canvas;
use crate::console::text;
use crate::console::theme::Role;

/// Draws what is written, with the place where the next letter goes.
pub fn draw(canvas: &mut Canvas<'_>, x: u16, y: u16, width: u16, input: &Input) {
    let style = canvas.style(Role::Input);
    let room = usize::from(width.saturating_sub(1));
    let skipped = input.visual_scroll(room);
    let mut column = 0;
    let mut shown = String::new();
    for letter in text::clean(input.value()).chars() {
        let wide = text::width(letter.encode_utf8(&mut [0; 4]));
        if column >= skipped && column + wide <= skipped + room {
            shown.push(letter);
        }
        column += wide;
    }
    canvas.put(x, y, &shown, width, style);
    let at = x + input.visual_cursor().saturating_sub(skipped).min(room) as u16;
    if let Some(cell) = canvas.buffer.cell_mut((at, y)) {
        cell.modifier |= Modifier::REVERSED;
    }
}
