//! A frame with a title around something.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::console::text;
use crate::console::theme::Role;

/// The room below which nothing of a note can be understood.
const NOTE_LEAST: u16 = 12;

/// Draws a line above an area, with a title and a note at its end. Answers what is left below it.
///
/// A line above costs one row; a box would cost two rows and two columns, which 24 × 80 do not have.
pub fn titled(canvas: &mut Canvas<'_>, area: Rect, title: &str, note: &str, focused: bool) -> Rect {
    if area.height == 0 || area.width < 4 {
        return Rect::default();
    }
    let (border, heading) =
        if focused { (Role::BorderFocus, Role::Title) } else { (Role::Border, Role::Dim) };
    let (border, heading) = (canvas.style(border), canvas.style(heading));
    let rule = "─".repeat(usize::from(area.width));
    canvas.put(area.x, area.y, &rule, area.width, border);
    let mut x = area.x + 1;
    x += canvas.put(x, area.y, &format!(" {title} "), area.width.saturating_sub(2), heading);
    let room = area.right().saturating_sub(x + 2);
    // A note that is cut still says that there is something to know.
    if !note.is_empty() && room > NOTE_LEAST {
        let dim = canvas.style(Role::Dim);
        let note = text::fit(note, usize::from(room - 3));
        canvas.put_right(x + 1, area.y, &format!(" {note} "), room, dim);
    }
    Rect { y: area.y + 1, height: area.height - 1, ..area }
}

/// A box over the screen, in its middle, with a title. Answers what is inside.
pub fn window(canvas: &mut Canvas<'_>, title: &str, width: u16, height: u16) -> Rect {
    let screen = canvas.buffer.area;
    let width = width.min(screen.width);
    let height = height.min(screen.height);
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    canvas.clear(area);
    let border = canvas.style(Role::BorderFocus);
    let rule = "─".repeat(usize::from(width.saturating_sub(2)));
    canvas.put(area.x, area.y, &format!("╭{rule}╮"), width, border);
    for y in area.y + 1..area.bottom().saturating_sub(1) {
        canvas.put(area.x, y, "│", 1, border);
        canvas.put(area.right().saturating_sub(1), y, "│", 1, border);
    }
    canvas.put(area.x, area.bottom().saturating_sub(1), &format!("╰{rule}╯"), width, border);
    let heading = canvas.style(Role::Title);
    canvas.put(area.x + 2, area.y, &format!(" {title} "), width.saturating_sub(4), heading);
    Rect { x: area.x + 2, y: area.y + 1, width: width.saturating_sub(4), height: height.saturating_sub(2) }
}
