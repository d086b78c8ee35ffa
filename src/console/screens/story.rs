//! What is told beside the screen while a story plays.

use ratatui::layout::Rect;

use crate::console::model::Model;
use crate::console::text;
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::frame;

/// Draws the words, and what they point at.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let Some(narration) = &model.narration else { return };
    let note = narration.point.as_ref().map(|point| format!("look at: {}", text::clean(point)));
    let inner = frame::titled(canvas, area, "story", &note.unwrap_or_default(), true);
    let room = usize::from(inner.width.saturating_sub(2));
    let style = canvas.style(Role::Strong);
    let lines = text::wrap(&text::clean(&narration.text), room);
    for (row, line) in lines.iter().take(usize::from(inner.height)).enumerate() {
        canvas.put(inner.x + 1, inner.y + row as u16, line, inner.width - 1, style);
    }
}
