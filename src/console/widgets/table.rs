//! A table of rows.

use chrono::{DateTime, Utc};
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::canvas::{Canvas, role_of};
use crate::console::rows::cell::Cell;
use crate::console::rows::row::Row;
use crate::console::rows::shelf::Shelf;
use crate::console::table::Table;
use crate::console::theme::Role;

/// A column that there is room for: its index, where it begins, how wide it is.
type Placed = (usize, u16, u16);

/// Draws the headings and as many rows as there is room for.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    table: &Table,
    shelf: &Shelf,
    focused: bool,
    now: DateTime<Utc>,
) {
    if area.height == 0 || area.width < 4 {
        return;
    }
    let columns = place(table, area);
    headings(canvas, area, table, &columns);
    let rows = usize::from(area.height.saturating_sub(1));
    let visible = table.visible().iter().enumerate().skip(table.offset).take(rows);
    for (line, (index, slot)) in visible.enumerate() {
        let Some(row) = shelf.at(*slot) else { continue };
        let y = area.y + 1 + line as u16;
        let marked = table.marks.contains(&row.id);
        draw_row(canvas, &columns, y, row, &|column| shelf.is_marked(*slot, column), now);
        if marked {
            let style = canvas.style(Role::Mark);
            canvas.put(area.x, y, if canvas.ascii { "*" } else { "▌" }, 1, style);
        }
        if index == table.position() {
            let style = canvas.style(if focused { Role::Cursor } else { Role::CursorAway });
            canvas.fill(Rect { y, height: 1, ..area }, style);
        }
    }
}

/// Which columns there is room for, and where. The most expendable are left out first; what is left over goes to the columns
/// that grow.
fn place(table: &Table, area: Rect) -> Vec<Placed> {
    let all = table.subject.columns();
    let mut chosen: Vec<usize> = (0..all.len()).filter(|index| !table.hidden.contains(index)).collect();
    let room = area.width.saturating_sub(1);
    let needed = |chosen: &[usize]| chosen.iter().map(|index| all[*index].width + 1).sum::<u16>();
    while needed(&chosen) > room {
        let droppable = chosen.iter().enumerate().filter(|(_, index)| all[**index].expendable > 0);
        let Some((position, _)) =
            droppable.max_by_key(|(position, index)| (all[**index].expendable, *position))
        else {
            break;
        };
        chosen.remove(position);
    }
    let growing = chosen.iter().filter(|index| all[**index].grows).count() as u16;
    let spare = room.saturating_sub(needed(&chosen));
    let each = spare.checked_div(growing).unwrap_or(0);
    let mut odd = spare.checked_rem(growing).unwrap_or(0);
    let mut x = area.x + 1;
    let mut placed = Vec::with_capacity(chosen.len());
    for index in chosen {
        let column = &all[index];
        let mut width = column.width;
        if column.grows {
            width += each + u16::from(odd > 0);
            odd = odd.saturating_sub(1);
        }
        let width = width.min(area.right().saturating_sub(x));
        if width == 0 {
            break;
        }
        placed.push((index, x, width));
        x += width + 1;
    }
    placed
}

fn headings(canvas: &mut Canvas<'_>, area: Rect, table: &Table, columns: &[Placed]) {
    let style = canvas.style(Role::Heading);
    for (index, x, width) in columns {
        let column = &table.subject.columns()[*index];
        let sorted = table.sort.0 == *index;
        let arrow = match (sorted, table.sort.1, canvas.ascii) {
            (false, ..) => "",
            (true, false, false) => "▲",
            (true, true, false) => "▼",
            (true, false, true) => "^",
            (true, true, true) => "v",
        };
        // An arrow that there is no room for would hide the heading's last letter.
        let title = if column.title.len() + arrow.chars().count() <= usize::from(*width) {
            format!("{}{arrow}", column.title)
        } else {
            column.title.to_owned()
        };
        if column.right {
            canvas.put_right(*x, area.y, &title, *width, style);
        } else {
            canvas.put(*x, area.y, &title, *width, style);
        }
    }
}

fn draw_row(
    canvas: &mut Canvas<'_>,
    columns: &[Placed],
    y: u16,
    row: &Row,
    is_marked: &dyn Fn(usize) -> bool,
    now: DateTime<Utc>,
) {
    for (index, x, width) in columns {
        let Some(cell) = row.cells.get(*index) else { continue };
        let column = &row.subject.columns()[*index];
        let mut style = style_of(canvas, cell, column.key);
        if is_marked(*index) {
            style = style.patch(canvas.style(Role::Changed));
        }
        match cell {
            Cell::State(state, word) => {
                let glyph = canvas.glyph(*state);
                canvas.put(*x, y, glyph, *width, style);
                canvas.put(*x + 2, y, word, width.saturating_sub(2), style);
            }
            cell if column.right => canvas.put_right(*x, y, &cell.shown(now), *width, style),
            cell => {
                canvas.put(*x, y, &cell.shown(now), *width, style);
            }
        }
    }
}

fn style_of(canvas: &Canvas<'_>, cell: &Cell, key: &str) -> Style {
    match cell {
        Cell::State(state, _) => canvas.style(role_of(*state)),
        Cell::Of(part, whole)
            if part < whole && key != "clusters" && key != "machines" && key != "volumes" =>
        {
            canvas.style(Role::Warn)
        }
        Cell::Since(_) => canvas.style(Role::Dim),
        Cell::Text(_) if key == "name" || key == "what" => canvas.style(Role::Strong),
        Cell::Text(_) if key == "why" || key == "dns" || key == "host" => canvas.style(Role::Dim),
        _ => canvas.style(Role::Text),
    }
}
