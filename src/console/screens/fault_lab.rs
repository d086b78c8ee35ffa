//! The fault lab of a sandbox.

use crate::console::overlay::FaultMenu;
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::frame;

/// Draws the faults that can be tried.
pub fn draw(canvas: &mut Canvas<'_>, menu: &FaultMenu) {
    let height = (menu.faults.len() as u16 + 4).min(canvas.buffer.area.height);
    let inner = frame::window(canvas, "fault lab: what goes wrong", 76, height);
    let rows = usize::from(inner.height.saturating_sub(2));
    let first = menu.at.saturating_sub(rows.saturating_sub(1));
    for (line, (index, (told, _))) in menu.faults.iter().enumerate().skip(first).take(rows).enumerate() {
        let style = canvas.style(if index == menu.at { Role::Cursor } else { Role::Text });
        let y = inner.y + line as u16;
        canvas.put(
            inner.x,
            y,
            &format!(" {told:<width$}", width = usize::from(inner.width.saturating_sub(1))),
            inner.width,
            style,
        );
    }
    let dim = canvas.style(Role::Dim);
    canvas.put(
        inner.x,
        inner.bottom().saturating_sub(1),
        "enter lets it happen    esc leaves it",
        inner.width,
        dim,
    );
}
