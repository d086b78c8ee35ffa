//! The columns of a table, to show and to hide.

use crate::console::model::Model;
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::frame;

/// Draws the columns with what is shown of them.
pub fn draw(canvas: &mut Canvas<'_>, model: &Model, at: usize) {
    let subject = model.focus();
    let Some(table) = model.table(subject) else { return };
    let columns = subject.columns();
    let title = format!("columns of {}", subject.plural());
    let inner = frame::window(canvas, &title, 58, columns.len() as u16 + 4);
    let rows = usize::from(inner.height.saturating_sub(2));
    let first = at.saturating_sub(rows.saturating_sub(1));
    for (line, (index, column)) in columns.iter().enumerate().skip(first).take(rows).enumerate() {
        let sign = if table.hidden.contains(&index) { "[ ]" } else { "[x]" };
        let more = if column.expendable == 0 { "always there" } else { "" };
        let width = usize::from(inner.width.saturating_sub(1));
        let told = format!(" {sign} {:<14} {:<12} {more}", column.title, column.key);
        let style = canvas.style(if index == at { Role::Cursor } else { Role::Text });
        canvas.put(inner.x, inner.y + line as u16, &format!("{told:<width$}"), inner.width, style);
    }
    let dim = canvas.style(Role::Dim);
    let told = "space shows or hides, enter leaves; what there is no room for is left out";
    canvas.put(inner.x, inner.bottom().saturating_sub(1), told, inner.width, dim);
}
