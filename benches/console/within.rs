//! What happens within the console, without a terminal: filters, frames, and the bytes that they become.

use std::time::Instant;

use chrono::TimeDelta;
use crossterm::event::{KeyCode, KeyEvent};
use kaasboard::clock;
use kaasboard::console::action::{Action, Place};
use kaasboard::console::files::Files;
use kaasboard::console::fleet::News;
use kaasboard::console::gate::Gate;
use kaasboard::console::keymap::Keymap;
use kaasboard::console::message::Message;
use kaasboard::console::model::{Model, Surroundings};
use kaasboard::console::paint::Painter;
use kaasboard::console::palette::Depth;
use kaasboard::console::rows::cell::Cell;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::run::Parts;
use kaasboard::console::seat::Seat;
use kaasboard::console::snapshot::Snapshot;
use kaasboard::console::theme::Theme;
use kaasboard::console::update::{apply, keys};
use kaasboard::console::view::{self, Look};
use kaasboard::manager::server::Manager;
use kaasboard::settings::context::{Confirm, Writing};
use kaasboard::settings::places::Places;

use crate::report::{Report, p99};

/// Filters as people write them, letter by letter.
const FILTERS: [&str; 5] = ["c0012-gen", "ready=false", "tenant:team-01 az1", "-f c12gen3", "!worker"];
/// Names as people begin to write them in the palette.
const NAMES: [&str; 4] = ["c0012-general", "worker", "node c0812", "team-077"];
/// How often each is written.
const ROUNDS: usize = 4;
/// The size of the screen that budgets speak of.
const SIZE: (u16, u16) = (120, 40);

pub async fn measure(manager: &Manager, report: &mut Report) {
    let mut console = console(manager).await;
    let model = &mut console.model;
    keys::run(model, Action::Open(Place::Pane(Subject::Node)));
    filters(model, report);
    palette(model, report);
    frames(model, report);
}

async fn console(manager: &Manager) -> Snapshot {
    let parts = Parts {
        client: manager.client("default"),
        engine: Seat::default(),
        notices: None,
        surroundings: Surroundings {
            context: "bench".to_owned(),
            sandbox: false,
            confirm: Confirm::Ask,
            person: "mia@bastion".to_owned(),
            tenant: None,
            welcome: None,
        },
        gate: Gate { writing: Writing::Never, armed: None },
        keymap: Keymap::built_in("default").unwrap(),
        theme: Theme::built_in("default").unwrap(),
        depth: Depth::Sixteen,
        ascii: false,
        files: Files::of(&Places::find().unwrap()),
        story: None,
    };
    Snapshot::begin(parts, SIZE).await.unwrap()
}

fn press(model: &mut Model, code: KeyCode) {
    apply::update(model, Message::Key(KeyEvent::from(code)), clock::now());
}

/// How long a letter of a filter takes over all machines.
fn filters(model: &mut Model, report: &mut Report) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        for filter in FILTERS {
            press(model, KeyCode::Char('/'));
            for letter in filter.chars() {
                let begun = Instant::now();
                press(model, KeyCode::Char(letter));
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            press(model, KeyCode::Esc);
        }
    }
    report.within("filter a keystroke over all machines, p99", "ms", 10.0, p99(&mut times));
    let most = times.last().copied().unwrap_or_default();
    report.beside("  the slowest of them", "ms", most);
}

/// How long a letter of a name takes in the palette, over all objects.
fn palette(model: &mut Model, report: &mut Report) {
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        for name in NAMES {
            press(model, KeyCode::Char(':'));
            for letter in name.chars() {
                let begun = Instant::now();
                press(model, KeyCode::Char(letter));
                times.push(begun.elapsed().as_secs_f64() * 1000.0);
            }
            press(model, KeyCode::Esc);
        }
    }
    report.within("palette a keystroke over all objects, p99", "ms", 16.0, p99(&mut times));
    let most = times.last().copied().unwrap_or_default();
    report.beside("  the slowest of them", "ms", most);
}

/// How long frames take, and how many bytes they are.
fn frames(model: &mut Model, report: &mut Report) {
    let look = Look { styles: Theme::built_in("default").unwrap().styles(Depth::Sixteen), ascii: false };
    let (mut times, mut whole) = (Vec::new(), 0);
    let places = [
        Place::Triage,
        Place::Pane(Subject::Tenant),
        Place::Pane(Subject::Cluster),
        Place::Pane(Subject::Node),
        Place::Journal,
    ];
    for place in places.into_iter().cycle().take(100) {
        keys::run(model, Action::Open(place));
        let begun = Instant::now();
        apply::update(model, Message::Tick, clock::now());
        let frame = view::draw(model, &look);
        let mut painter = Painter::default();
        let bytes = painter.paint(frame).unwrap().len();
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        whole = whole.max(bytes);
    }
    report.within("state prepared, drawn and painted whole, p99", "ms", 16.0, p99(&mut times));
    report.within("full repaint 120x40, 16 colours, largest screen", "bytes", 8192.0, whole as f64);
    one_cell(model, &look, report);
}

/// What one changed value costs: when it changes, and when its mark goes.
fn one_cell(model: &mut Model, look: &Look, report: &mut Report) {
    keys::run(model, Action::Open(Place::Pane(Subject::Node)));
    apply::update(model, Message::Tick, clock::now());
    let mut painter = Painter::default();
    painter.paint(view::draw(model, look)).unwrap();
    let table = model.table(Subject::Node).unwrap();
    let slot = table.visible()[5];
    let mut row = model.fleet.shelf(Subject::Node).at(slot).unwrap().clone();
    let cluster = Subject::Node.column("cluster").unwrap();
    row.cells[cluster] = Cell::Text("c9999".into());
    // At the same moment: an age that goes on is another change.
    let now = model.now;
    apply::update(model, Message::News(vec![News::Put(Box::new(row))]), now);
    let changed = painter.paint(view::draw(model, look)).unwrap().len();
    assert!(changed > 0, "the change is seen");
    model.fleet.unmark(now + TimeDelta::minutes(1));
    let faded = painter.paint(view::draw(model, look)).unwrap().len();
    report.within("one changed cell", "bytes", 80.0, changed.max(faded) as f64);
}
