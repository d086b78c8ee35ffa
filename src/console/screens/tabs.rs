//! The second line: the screens with how many things are on each, and the way here.

use ratatui::layout::Rect;

use crate::console::action::{Action, Place};
use crate::console::keymap::Scope;
use crate::console::model::Model;
use crate::console::rows::cell::State;
use crate::console::rows::subject::Subject;
use crate::console::text;
use crate::console::theme::Role;
use crate::console::widgets::canvas::{Canvas, role_of};

const PLACES: [(Place, &str, &str); 8] = [
    (Place::Triage, "triage", "tri"),
    (Place::Pane(Subject::Tenant), "tenants", "ten"),
    (Place::Pane(Subject::Cluster), "clusters", "clu"),
    (Place::Pane(Subject::Node), "nodes", "nod"),
    (Place::Pane(Subject::Volume), "volumes", "vol"),
    (Place::Pane(Subject::Balancer), "balancers", "lbs"),
    (Place::Loops, "loops", "loo"),
    (Place::Journal, "journal", "jou"),
];

/// One tab: where it begins, how wide it is, where it leads, what it says.
struct Tab {
    x: u16,
    width: u16,
    place: Place,
    shown: String,
    trouble: Option<State>,
}

/// The screen whose tab is at a column.
pub fn at(model: &Model, column: u16) -> Option<Place> {
    let tabs = tabs(model);
    tabs.into_iter().find(|tab| (tab.x..tab.x + tab.width).contains(&column)).map(|tab| tab.place)
}

/// Draws the tabs.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let mut end = area.x;
    for tab in tabs(model) {
        let chosen = tab.place == model.view.place;
        let mut style = canvas.style(if chosen { Role::ButtonChosen } else { Role::Footer });
        if let (Some(state), false) = (tab.trouble, chosen) {
            style = style.patch(canvas.style(role_of(state)));
        }
        canvas.put(tab.x, area.y, &tab.shown, tab.width, style);
        end = tab.x + tab.width;
    }
    if !model.view.crumbs.is_empty() {
        let way = text::clean(&model.view.crumbs.join(" › "));
        let style = canvas.style(Role::Link);
        let room = area.right().saturating_sub(end + 2);
        canvas.put(end + 2, area.y, &way, room, style);
    }
}

fn tabs(model: &Model) -> Vec<Tab> {
    let wide = model.size.0 >= 100;
    let mut x = 0;
    let mut all = Vec::new();
    for (place, name, short) in PLACES {
        let key = model.keymap.keys_of(&[Scope::Global], Action::Open(place)).unwrap_or_default();
        let subject = crate::console::model::subject_of(place);
        let tally = model.fleet.tally(subject);
        let count = match place {
            Place::Triage => tally.total - tally.of(State::Off),
            _ => tally.total,
        };
        let word = if wide { name } else { short };
        let shown = match place {
            Place::Loops | Place::Journal => format!(" {key} {word} "),
            _ => format!(" {key} {word} {count} "),
        };
        let trouble = match place {
            Place::Triage if tally.of(State::Crit) > 0 => Some(State::Crit),
            Place::Triage if tally.of(State::Warn) > 0 => Some(State::Warn),
            _ => None,
        };
        let width = text::width(&shown) as u16;
        if x + width > model.size.0 {
            break;
        }
        all.push(Tab { x, width, place, shown, trouble });
        x += width;
    }
    all
}
