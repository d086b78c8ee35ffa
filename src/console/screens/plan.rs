//! Plans to be looked at before they are approved.

use crate::console::documents::operation;
use crate::console::message::Proposal;
use crate::console::overlay::{Button, PlanDialog};
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::theme::Role;
use crate::console::update::plans;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, input, lines};

/// Draws the dialog.
pub fn draw(canvas: &mut Canvas<'_>, dialog: &PlanDialog) {
    let screen = canvas.buffer.area;
    let verb = format!("{:?}", dialog.verb).to_lowercase();
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
    let told = told(proposals);
    let height = (told.len() as u16 + 6).min(screen.height.saturating_sub(2));
    let inner = frame::window(canvas, &format!("{verb}: the plan"), screen.width.min(100), height);
    let body = ratatui::layout::Rect { height: inner.height.saturating_sub(3), ..inner };
    let most = told.len().saturating_sub(usize::from(body.height));
    lines::draw(canvas, body, &told, dialog.offset.min(most), None);
    buttons(canvas, inner, dialog, most > dialog.offset.min(most));
}

/// All plans, one below the other.
fn told(proposals: &[Proposal]) -> Vec<Line> {
    let mut told = Vec::new();
    for proposal in proposals {
        told.push(Line::of(Sense::Strong, &proposal.about));
        match &proposal.planned {
            Ok(planned) => match planned.status.as_ref().and_then(|status| status.plan.as_ref()) {
                Some(plan) => told.extend(operation::plan(plan)),
                None => told.push(Line::default().state(State::Crit, outcome(planned))),
            },
            Err(why) => told.push(Line::default().state(State::Crit, why)),
        }
        told.push(Line::blank());
    }
    told.pop();
    told
}

/// Why there is no plan, as the Operation says it.
fn outcome(operation: &crate::api::operation::Operation) -> String {
    let outcome = operation.status.as_ref().and_then(|status| status.outcome.as_ref());
    outcome.map_or_else(|| "there is no plan".to_owned(), |outcome| outcome.message.clone())
}

fn buttons(canvas: &mut Canvas<'_>, inner: ratatui::layout::Rect, dialog: &PlanDialog, more: bool) {
    let ready = plans::ready(dialog);
    let approvable = ready.len();
    let at_once = ready.iter().all(|(_, operation)| operation.spec.plan_only);
    let verb = format!("{:?}", dialog.verb).to_lowercase();
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
    let labels = match approvable {
        0 => vec![("Cancel".to_owned(), true)],
        many if at_once => vec![
            ("Cancel".to_owned(), dialog.button == Button::Cancel),
            (
                if many == 1 { format!("Do it: {verb}") } else { format!("Do all {many}: {verb}") },
                dialog.button == Button::Confirm,
            ),
        ],
        1 => vec![
            ("Cancel".to_owned(), dialog.button == Button::Cancel),
            (format!("Approve and {verb}"), dialog.button == Button::Confirm),
        ],
        many => vec![
            ("Cancel".to_owned(), dialog.button == Button::Cancel),
            (format!("Approve {many}, in waves"), dialog.button == Button::Confirm),
        ],
    };
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
