//! The question before an Operation is proposed.

use crate::console::overlay::Question;
use crate::console::piece::{Line, Sense};
use crate::console::theme::Role;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, input, lines};

/// How many objects are named one by one.
const NAMED: usize = 6;

/// Draws the question.
pub fn draw(canvas: &mut Canvas<'_>, question: &Question) {
    let verb = format!("{:?}", question.verb).to_lowercase();
    let named = question.rows.len().min(NAMED) as u16;
    let more = u16::from(question.rows.len() > NAMED);
    let height = named + more + u16::from(question.count.is_some()) + 7;
    let inner = frame::window(canvas, &verb, 76, height);
    let mut told: Vec<Line> = question
        .rows
        .iter()
        .take(NAMED)
        .map(|row| {
            let path = row.target.as_ref().map(|target| target.path()).unwrap_or_default();
            Line::default().state(row.state, path)
        })
        .collect();
    if more > 0 {
        told.push(Line::of(Sense::Dim, format!("and {} more", question.rows.len() - NAMED)));
    }
    lines::draw(canvas, inner, &told, 0, None);
    let mut y = inner.y + named + more + 1;
    let fields = [
        ("count", question.count.as_ref(), !question.at_reason),
        ("reason", Some(&question.reason), question.at_reason),
    ];
    for (word, field, active) in fields {
        let Some(field) = field else { continue };
        let style = canvas.style(if active { Role::Key } else { Role::Dim });
        canvas.put(inner.x, y, word, 8, style);
        if active {
            input::draw(canvas, inner.x + 8, y, inner.width.saturating_sub(8), field);
        } else {
            let plain = canvas.style(Role::Text);
            canvas.put(
                inner.x + 8,
                y,
                &crate::console::text::clean(field.value()),
                inner.width.saturating_sub(8),
                plain,
            );
        }
        y += 1;
    }
    let (told, role) = match &question.mistake {
        Some(mistake) => (mistake.as_str(), Role::Error),
        None => ("enter shows the plan: nothing is done yet    esc leaves it", Role::Dim),
    };
    let style = canvas.style(role);
    canvas.put(inner.x, y + 1, told, inner.width, style);
}
