//! Plans to be looked at before they are approved.

use ratatui::layout::Rect;

use crate::api::request::word;
use crate::console::documents::operation;
use crate::console::message::Proposal;
use crate::console::overlay::{Button, PlanDialog};
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::theme::Role;
use crate::console::update::plans;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, input, lines};
use crate::console::wrap::wrap;

/// The widest that a plan is read at ease.
const WIDEST: u16 = 100;
/// What stands below the plan: a space, what is typed, the buttons.
const BELOW: u16 = 3;
/// The lines of the frame; a side has as many columns.
const FRAME: u16 = 2;

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, dialog: &PlanDialog) {
    let screen = canvas.buffer.area;
    let verb = word(dialog.verb);
    let Some(proposals) = &dialog.proposals else {
        let inner = frame::window(canvas, &verb, 60, 5);
        let told = if dialog.asked == 1 {
            "the engine plans …".to_owned()
        } else {
            format!("the engine plans {} …", dialog.asked)
        };
        let style = canvas.style(Role::Busy);
        canvas.put(inner.x, inner.y + 1, &told, inner.width, style);
        return;
    };
    let told = told(proposals, screen);
    let window = window(told.len(), screen);
    let inner = frame::window(canvas, &format!("{verb}: the plan"), window.0, window.1);
    let body = Rect { height: inner.height.saturating_sub(BELOW), ..inner };
    // The terminal may have grown since somebody scrolled.
    let offset = dialog.offset.min(told.len().saturating_sub(usize::from(body.height)));
    lines::draw(canvas, body, &told, offset, None);
    buttons(canvas, inner, dialog, told.len() > offset + usize::from(body.height));
}

/// The width and height of the dialog for so many lines.
fn window(lines: usize, screen: Rect) -> (u16, u16) {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    let height = lines.saturating_add(BELOW + FRAME + 1).min(screen.height.saturating_sub(2));
    (screen.width.min(WIDEST), height)
}

/// How far plans can be scrolled down.
pub fn last(proposals: &[Proposal], size: (u16, u16)) -> usize {
    let screen = Rect::new(0, 0, size.0, size.1);
    let lines = told(proposals, screen).len();
    let (_, height) = window(lines, screen);
    lines.saturating_sub(usize::from(height.saturating_sub(BELOW + FRAME)))
}

/// All plans, one below the other.
fn told(proposals: &[Proposal], screen: Rect) -> Vec<Line> {
    let mut told = Vec::new();
    for proposal in proposals {
        told.push(Line::of(Sense::Strong, &proposal.about));
        match &proposal.planned {
            Ok(planned) => match planned.status.as_ref().and_then(|status| status.plan.as_ref()) {
                Some(plan) => told.extend(operation::plan(planned.spec.verb, plan)),
                None => told.push(Line::default().state(State::Crit, outcome(planned))),
            },
            Err(why) => told.push(Line::default().state(State::Crit, why)),
        }
        told.push(Line::blank());
    }
    told.pop();
    // The frame has a column and a space on both sides.
    wrap(&told, screen.width.min(WIDEST).saturating_sub(2 * FRAME))
}

/// Why there is no plan, as the Operation says it.
fn outcome(operation: &crate::api::operation::Operation) -> String {
    let outcome = operation.status.as_ref().and_then(|status| status.outcome.as_ref());
    outcome.map_or_else(|| "there is no plan".to_owned(), |outcome| outcome.message.clone())
}

fn buttons(canvas: &mut Canvas<'_>, inner: Rect, dialog: &PlanDialog, more: bool) {
    let ready = plans::ready(dialog);
    let approvable = ready.len();
    let at_once = ready.iter().all(|(_, operation)| operation.spec.plan_only);
    let verb = word(dialog.verb);
    let y = inner.bottom().saturating_sub(2);
    if more {
        let style = canvas.style(Role::Dim);
        canvas.put_right(inner.x, y, "more below (down)", inner.width, style);
    }
    if let Some((name, written)) = &dialog.typed
        && approvable > 0
    {
        let style = canvas.style(Role::Crit);
        let used = canvas.put(inner.x, y, &format!("type {name} to {verb}: "), inner.width, style);
        input::draw(canvas, inner.x + used, y, inner.width.saturating_sub(used), written);
    }
    let does = match approvable {
        0 => None,
        1 => Some(format!("Approve and {verb}")),
        many if at_once => Some(format!("Approve and {verb} all {many}")),
        many => Some(format!("Approve {many}, in waves")),
    };
    let confirms = dialog.button == Button::Confirm && does.is_some();
    let mut labels = vec![("Cancel".to_owned(), !confirms)];
    labels.extend(does.map(|does| (does, confirms)));
    let mut x = inner.x;
    for (label, chosen) in labels {
        let style = canvas.style(if chosen { Role::ButtonChosen } else { Role::Button });
        let shown = if chosen { format!("[ {label} ]") } else { format!("  {label}  ") };
        x += canvas.put(x, y + 1, &shown, inner.right().saturating_sub(x), style) + 2;
    }
    let dim = canvas.style(Role::Dim);
    let told = if approvable == 0 {
        "nothing of it may be done now"
    } else {
        "tab chooses, enter confirms, esc leaves it"
    };
    canvas.put(x, y + 1, told, inner.right().saturating_sub(x), dim);
}
