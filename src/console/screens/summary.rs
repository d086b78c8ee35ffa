//! What stands above the incidents: how the whole fleet is, in lines instead of thousands of rows. And above the loops: what
//! each kind has in its queue.

use ratatui::layout::Rect;

use crate::console::action::Place;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::rows::facts::short;
use crate::console::rows::shelf::Freshness;
use crate::console::rows::subject::Subject;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, lines};

/// How many columns the queue of one kind takes.
const QUEUE: u16 = 34;

/// What is said of each state.
const fn word(state: State) -> &'static str {
    match state {
        State::Crit => "down",
        State::Warn => "degraded",
        State::Unknown => "unknown",
        State::Busy => "changing",
        State::Off => "held",
        State::Ok => "OK",
    }
}

/// Draws what stands above the table.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    match model.view.place {
        Place::Loops => queues(canvas, area, model),
        Place::Budget => budget(canvas, area),
        _ => fleet(canvas, area, model),
    }
}

fn fleet(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let subjects = [Subject::Cluster, Subject::Node, Subject::Balancer];
    if area.height == 1 {
        let mut line = Line::of(Sense::Plain, " ");
        for subject in subjects {
            line.pieces.extend(tally(model, subject, false).pieces);
            line = line.and(Sense::Plain, "  ");
        }
        lines::one(canvas, area.x, area.y, area.width, &line);
        return;
    }
    let mut all: Vec<Line> = subjects.into_iter().map(|subject| tally(model, subject, true)).collect();
    let widest = all.iter().map(Line::width).max().unwrap_or(0);
    if widest > usize::from(area.width) {
        // A number that is cut off would be read as a smaller one.
        all.iter_mut().for_each(close_up);
    }
    all.push(doing(model));
    lines::draw(canvas, area, &all, 0, None);
}

/// How many of a subject are how, worst first.
fn tally(model: &Model, subject: Subject, aligned: bool) -> Line {
    let tally = model.fleet.tally(subject);
    let name = subject.plural();
    let mut line = if aligned {
        Line::of(Sense::Dim, format!(" {name:<15}")).and(Sense::Strong, format!("{:>6}  ", tally.total))
    } else {
        Line::of(Sense::Dim, format!("{name} ")).and(Sense::Strong, format!("{} ", tally.total))
    };
    if tally.total == 0 {
        return match &model.fleet.shelf(subject).freshness {
            Freshness::Live => line.and(Sense::Dim, "none"),
            Freshness::Listing => line.and(Sense::Dim, "being read"),
            Freshness::Stale { .. } | Freshness::Absent { .. } => line.state(State::Unknown, "not read"),
        };
    }
    for state in State::ALL {
        let count = tally.of(state);
        if count > 0 && (aligned || matches!(state, State::Crit | State::Warn | State::Ok)) {
            line = line.state(state, format!("{count} {}  ", word(state)));
        }
    }
    line
}

/// Takes the space between states away.
fn close_up(line: &mut Line) {
    for piece in &mut line.pieces {
        if matches!(piece.sense, Sense::State(_)) && piece.text.ends_with("  ") {
            piece.text.pop();
        }
    }
}

/// What people asked for that is under way.
fn doing(model: &Model) -> Line {
    let operations = model.fleet.tally(Subject::Operation);
    let line = Line::of(Sense::Dim, format!(" {:<15}", "asked for"));
    let running = operations.of(State::Busy);
    let waiting = operations.of(State::Unknown);
    let line = line.and(Sense::Strong, format!("{running:>6}  ")).and(Sense::Plain, "under way");
    match waiting {
        0 => line,
        _ => line.and(Sense::Plain, "  ").state(State::Unknown, format!("{waiting} wait for approval (8)")),
    }
}

fn queues(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let Some(facts) = &model.facts else {
        let all = crate::console::documents::turn::out_of_reach(model);
        return lines::draw(canvas, area, &all, 0, None);
    };
    let inner = frame::titled(canvas, area, "queues", &format!("{} turns taken", facts.taken), false);
    let per_line = usize::from((area.width / QUEUE).max(1));
    let mut loads: Vec<_> = facts.loads.iter().collect();
    // Where there is no room for all, those that are well are left out.
    loads.sort_by_key(|(_, load)| std::cmp::Reverse((load.failing, load.due + load.running)));
    let told: Vec<Line> = loads
        .chunks(per_line)
        .map(|chunk| {
            let mut line = Line::default();
            for (kind, load) in chunk {
                line = line.and(Sense::Dim, format!(" {:<9}", short(*kind)));
                let due = format!("{:>5} due ", load.due + load.running);
                line = line.and(if load.due > 0 { Sense::Strong } else { Sense::Plain }, due);
                line = if load.failing > 0 {
                    line.state(State::Crit, format!("{:<5} fail ", load.failing))
                } else {
                    line.and(Sense::Dim, format!("{:>6} later ", load.later))
                };
            }
            line
        })
        .collect();
    lines::draw(canvas, inner, &told, 0, None);
}

fn budget(canvas: &mut Canvas<'_>, area: Rect) {
    let told = vec![
        Line::of(
            Sense::Dim,
            " What the engine asks of each service of the cloud. Calls beyond a service's budget wait;",
        ),
        Line::of(Sense::Dim, " a service that answers 429 rests for as long as it says."),
    ];
    lines::draw(canvas, area, &told, 0, None);
}
