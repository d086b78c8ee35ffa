//! The first line: which context, whether one may change anything, how the fleet is, who acts.

use ratatui::layout::Rect;

use crate::console::age;
use crate::console::elsewhere::{Elsewhere, Leader};
use crate::console::model::Model;
use crate::console::rows::cell::State;
use crate::console::rows::row::Row;
use crate::console::rows::shelf::Freshness;
use crate::console::rows::subject::Subject;
use crate::console::text;
use crate::console::theme::Role;
use crate::console::widgets::canvas::{Canvas, role_of};
use crate::settings::context::Writing;

/// The brakes that hold.
pub fn brakes(model: &Model) -> Vec<&Row> {
    let operations = model.fleet.shelf(Subject::Operation).rows();
    let holds = |row: &&Row| {
        row.cell("verb").text() == "brake" && !matches!(row.state, State::Ok | State::Crit | State::Off)
    };
    operations.filter(holds).collect()
}

/// Draws the header.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let base = canvas.style(Role::Header);
    canvas.fill(area, base);
    let surroundings = &model.surroundings;
    let role = match (&*surroundings.context, surroundings.sandbox, &*model.theme.name) {
        (_, _, "production") => Role::EnvProduction,
        (_, true, _) => Role::EnvSandbox,
        (name, false, _) if name.contains("prod") => Role::EnvProduction,
        _ => Role::EnvOther,
    };
    let mut parts: Vec<(String, Role)> = vec![(format!(" {} ", text::clean(&surroundings.context)), role)];
    parts.push(mode(model));
    if let Some(since) = model.frozen {
        parts.push((format!(" FROZEN {} ", age::short(model.now - since)), Role::ModeWrite));
    }
    let brakes = brakes(model);
    if let Some(first) = brakes.first() {
        let more = if brakes.len() > 1 { format!(" and {} more", brakes.len() - 1) } else { String::new() };
        parts.push((format!(" BRAKED {}{more} ", first.cell("target").text()), Role::ModeBrake));
    }
    if let Some(bulk) = &model.bulk {
        let all = bulk.done + bulk.running.len() + bulk.waiting.len();
        parts.push((format!(" WAVES {} of {all} done ", bulk.done), Role::ModeWrite));
    }
    let mut x = area.x;
    for (shown, role) in parts {
        let style = base.patch(canvas.style(role));
        x += canvas.put(x, area.y, &shown, area.right().saturating_sub(x), style);
        x += 1;
    }
    right(canvas, area, x, model);
}

fn mode(model: &Model) -> (String, Role) {
    match (model.gate.writing, &model.gate.armed) {
        (Writing::Always, _) => (" changes allowed ".to_owned(), Role::ModeWrite),
        (Writing::Armed, Some(armed)) if armed.until > model.now => {
            let left = age::countdown(armed.until - model.now);
            (format!(" ARMED {left} {} ", text::fit(&text::clean(&armed.reason), 24)), Role::ModeWrite)
        }
        _ => (" read-only ".to_owned(), Role::ModeRead),
    }
}

/// Who acts. It is the Lease that says so, of an engine that cannot be asked too.
fn engine(model: &Model) -> (String, State) {
    let short = |name: &String| text::fit(&text::clean(name), 24);
    match (&model.elsewhere, &model.facts) {
        (None, None) => ("engine elsewhere".to_owned(), State::Unknown),
        (None, Some(facts)) if facts.leads => ("engine leads".to_owned(), State::Ok),
        (Some(Elsewhere { leader: Leader::Named(leader), why: None }), _) => {
            (format!("engine {} leads", short(leader)), State::Ok)
        }
        (Some(Elsewhere { leader: Leader::Named(leader), .. }), None) => {
            (format!("engine {} leads", short(leader)), State::Unknown)
        }
        (Some(Elsewhere { leader: Leader::Nobody, .. }), None) => ("no engine leads".to_owned(), State::Warn),
        (Some(Elsewhere { leader: Leader::Unknown, .. }), None) => {
            ("the Lease cannot be read".to_owned(), State::Unknown)
        }
        (_, Some(facts)) => match &facts.holder {
            Some(holder) => (format!("engine stands by, {} leads", short(holder)), State::Unknown),
            None => ("engine waits for the Lease".to_owned(), State::Busy),
        },
    }
}

/// What stands at the right: the engine, and what is stale.
fn right(canvas: &mut Canvas<'_>, area: Rect, from: u16, model: &Model) {
    let mut told: Vec<(String, State)> = vec![engine(model)];
    for subject in Subject::ALL {
        match &model.fleet.shelf(subject).freshness {
            Freshness::Stale { since, .. } => {
                told.push((
                    format!("{} stale {}", subject.plural(), age::short(model.now - *since)),
                    State::Warn,
                ));
                break;
            }
            Freshness::Listing if matches!(subject, Subject::Node | Subject::Cluster) => {
                told.push((format!("reading {}", subject.plural()), State::Busy));
                break;
            }
            _ => {}
        }
    }
    // What is stale comes first: who leads can be looked up.
    let base = canvas.style(Role::Header);
    let mut end = area.right();
    for (shown, state) in told.into_iter().rev() {
        let width = text::width(&shown) as u16 + 3;
        if end < from + width + 1 {
            break;
        }
        end -= width;
        let style = base.patch(canvas.style(role_of(state)));
        canvas.put(end, area.y, canvas.glyph(state), 1, style);
        canvas.put(end + 2, area.y, &shown, width, style);
    }
}
