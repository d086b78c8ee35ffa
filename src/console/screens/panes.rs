//! The tables with their frames, and what is said where there is nothing to show.

use ratatui::layout::Rect;

use crate::console::age;
use crate::console::model::Model;
use crate::console::piece::{Line, Sense};
use crate::console::rows::cell::State;
use crate::console::rows::shelf::Freshness;
use crate::console::rows::subject::Subject;
use crate::console::table::Table;
use crate::console::widgets::canvas::Canvas;
use crate::console::widgets::{frame, lines, table};

/// Draws one table.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, subject: Subject, focused: bool) {
    let Some(state) = model.table(subject) else { return };
    let shelf = model.fleet.shelf(subject);
    let inner = frame::titled(canvas, area, &title(model, state), &note(model, subject), focused);
    if state.visible().is_empty() {
        let told = empty(model, state);
        let area = Rect { y: inner.y + u16::from(inner.height > 2), x: inner.x + 2, ..inner };
        let area = area.intersection(inner);
        return lines::draw(canvas, area, &told, 0, None);
    }
    table::draw(canvas, inner, state, shelf, focused, model.now);
}

fn title(model: &Model, table: &Table) -> String {
    let total = model.fleet.shelf(table.subject).len();
    let shown = table.visible().len();
    let mut title = table.subject.plural().to_owned();
    let over = model.fleet.tally(table.subject).of(State::Off);
    if table.subject == Subject::Incident && total > 0 && over == total && is_read(model) {
        title = format!("no incidents: {over} over");
    } else if shown == total {
        title.push_str(&format!(" {total}"));
    } else {
        title.push_str(&format!(" {shown} of {total}"));
    }
    if !table.filter().is_empty() {
        title.push_str(&format!("  /{}", crate::console::text::clean(table.filter())));
    }
    if !table.marks.is_empty() {
        title.push_str(&format!("  {} marked", table.marks.len()));
    }
    title
}

fn note(model: &Model, subject: Subject) -> String {
    match &model.fleet.shelf(subject).freshness {
        Freshness::Stale { since, why } => format!("stale {}: {why}", age::short(model.now - *since)),
        Freshness::Listing => "being read".to_owned(),
        Freshness::Live | Freshness::Absent { .. } => String::new(),
    }
}

/// What is said where there are no rows: whether that is good, and what to do.
fn empty(model: &Model, table: &Table) -> Vec<Line> {
    let subject = table.subject;
    let shelf = model.fleet.shelf(subject);
    let needs_engine = matches!(subject, Subject::Volume | Subject::Loop | Subject::Service | Subject::Leak);
    if needs_engine && model.facts.is_none() {
        return crate::console::documents::turn::out_of_reach(model);
    }
    if !shelf.is_empty() {
        let told = if table.filter().is_empty() {
            "nothing of it here: esc goes back".to_owned()
        } else {
            format!("no row passes the filter {:?}: / changes it", table.filter())
        };
        return vec![Line::of(Sense::Dim, told)];
    }
    match (&shelf.freshness, subject) {
        (Freshness::Absent { why }, _) => vec![Line::of(Sense::Dim, why)],
        (Freshness::Listing, _) if !needs_engine => vec![Line::of(Sense::Dim, "being read …")],
        (Freshness::Stale { why, .. }, _) if subject != Subject::Incident => unread(subject, why),
        (_, Subject::Incident) => all_well(model),
        (_, Subject::Operation) => vec![Line::of(Sense::Dim, "nobody asked for anything yet")],
        (_, Subject::Leak) => {
            vec![Line::default().state(State::Ok, "everything in the cloud that is ours has a record here")]
        }
        (_, Subject::Loop) => vec![Line::of(Sense::Dim, "no loop had anything to do lately")],
        (_, Subject::Volume) => vec![Line::of(Sense::Dim, "the storage holds no volumes of these clusters")],
        (_, other) => vec![Line::of(Sense::Dim, format!("there are no {}", other.plural()))],
    }
}

/// What is said of what could not be read: neither that there is none of it, nor that it is well.
fn unread(subject: Subject, why: &str) -> Vec<Line> {
    vec![
        Line::default().state(State::Unknown, format!("{} not read: {why}", subject.plural())),
        Line::of(
            Sense::Dim,
            "it is tried again; `kaasboard doctor` looks at everything between here and there",
        ),
    ]
}

/// What has to be known before anybody may say that all is well.
const TOLD_WELL: [Subject; 2] = [Subject::Incident, Subject::Cluster];

fn is_read(model: &Model) -> bool {
    TOLD_WELL.iter().all(|subject| model.fleet.shelf(*subject).freshness == Freshness::Live)
}

fn all_well(model: &Model) -> Vec<Line> {
    // What was not read is not well.
    for subject in TOLD_WELL {
        let why = match &model.fleet.shelf(subject).freshness {
            Freshness::Live => continue,
            Freshness::Listing => "being read …",
            Freshness::Stale { why, .. } | Freshness::Absent { why } => why,
        };
        return unread(subject, why);
    }
    let clusters = model.fleet.tally(Subject::Cluster);
    let line = if clusters.of(State::Ok) == clusters.total {
        Line::default()
            .state(State::Ok, format!("no incidents: {} of {} clusters OK", clusters.total, clusters.total))
    } else {
        Line::default().state(
            State::Busy,
            format!(
                "no incidents; {} of {} clusters OK, {} are being changed",
                clusters.of(State::Ok),
                clusters.total,
                clusters.of(State::Busy)
            ),
        )
    };
    vec![line]
}
