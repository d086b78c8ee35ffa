//! The pictures in `screenshots/`, as SVG and as text: the same story from the same seeds at the same time, drawn anew and
//! compared with the files. `KAASBOARD_SCREENSHOTS=write cargo test --test console screenshots` writes them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kaasboard::clock::Epoch;
use kaasboard::console::message::Message;
use kaasboard::console::palette::Depth;
use kaasboard::console::rows::cell::State;
use kaasboard::console::rows::subject::Subject;
use kaasboard::console::theme::Theme;
use kaasboard::console::view::{self, Look};
use kaasboard::console::{key, still};
use kaasboard::settings::context::Writing;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::fleet::Fleet;

use crate::stage::{Stage, fleet};

/// Says that the files are to be written.
const VARIABLE: &str = "KAASBOARD_SCREENSHOTS";
/// When the story begins: a night like any other.
const NIGHT: &str = "2026-03-14T02:40:00Z";
/// How long nothing happens before it.
const CALM: Duration = Duration::from_secs(300);
/// How many clusters there are: enough to see all that screens can show.
const CLUSTERS: u32 = 5;

/// A picture: its file, what leads there from the start screen, and how it is drawn.
struct Shot {
    name: &'static str,
    keys: &'static str,
    size: (u16, u16),
    theme: &'static str,
    depth: Depth,
    ascii: bool,
}

const fn shot(name: &'static str, keys: &'static str) -> Shot {
    Shot { name, keys, size: (120, 40), theme: "default", depth: Depth::True, ascii: false }
}

const SHOTS: [Shot; 19] = [
    shot("triage", ""),
    Shot { size: (80, 24), ..shot("triage-80x24", "") },
    Shot { depth: Depth::Sixteen, ..shot("triage-16-colours", "") },
    Shot { depth: Depth::Mono, ascii: true, ..shot("triage-ascii", "") },
    Shot { theme: "light", ..shot("triage-light", "") },
    shot("tenants", "2"),
    shot("clusters", "3"),
    Shot { size: (200, 60), ..shot("clusters-200x60", "3") },
    shot("nodes", "4 s s s s"),
    shot("balancers", "6"),
    shot("loops", "7"),
    shot("budget", "0"),
    shot("journal", "8"),
    shot("overview", "3 d"),
    shot("tree", "3 o"),
    shot("timeline", "1 enter s s s s t"),
    shot("explain", "1 enter s s s s e"),
    shot("help", "4 ?"),
    shot("plan", "4 H m a i n t e n a n c e enter"),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

/// The story: a fleet that is well, until a hypervisor goes down.
async fn story() -> Stage {
    let fleet = Fleet { tenants: 3, ..fleet(CLUSTERS) };
    let mut stage = Stage::of(&fleet, (120, 40), Writing::Always).await;
    stage.console.rest(CALM).await;
    let host =
        stage.console.model.fleet.shelf(Subject::Node).rows().find(|row| row.cell("role").text() == "worker");
    let host = host.unwrap().cell("host").text().to_owned();
    stage.world().inject(Fault::HostDown { host, down: true });
    stage
        .until("the engine replaces what was on it", |stage| {
            let nodes = stage.console.model.fleet.shelf(Subject::Node);
            nodes.rows().any(|row| row.cell("state").text() == "Replacing")
        })
        .await;
    stage.console.rest(Duration::from_secs(40)).await;
    stage
}

/// Goes to a screen from the start, whatever was open before.
async fn go(stage: &mut Stage, shot: &Shot) {
    let model = &mut stage.console.model;
    (model.overlay, model.notice) = (None, None);
    model.history = Default::default();
    for table in model.tables.values_mut() {
        table.sort = table.subject.first_sort();
    }
    stage.tell(Message::Resize(shot.size.0, shot.size.1)).await;
    stage.press("1").await;
    for key in key::sequence(shot.keys).unwrap_or_default() {
        stage.console.press(key.event()).await;
        stage.console.hear().await;
    }
    if shot.name == "plan" {
        stage.console.answer().await;
        stage.console.hear().await;
    }
}

fn drawn(stage: &Stage, shot: &Shot) -> [(String, String); 2] {
    let styles = Theme::built_in(shot.theme).unwrap().styles(shot.depth);
    let buffer = view::draw(&stage.console.model, &Look { styles, ascii: shot.ascii });
    [
        (format!("{}.svg", shot.name), still::svg(&buffer, shot.theme == "light")),
        (format!("{}.txt", shot.name), still::text(&buffer)),
    ]
}

#[tokio::test(start_paused = true)]
async fn screenshots_are_what_the_console_shows() {
    let _night = Epoch::begin(NIGHT.parse().unwrap());
    let mut stage = story().await;
    assert!(stage.console.model.fleet.tally(Subject::Incident).of(State::Crit) > 0, "{}", stage.screen());
    let write = std::env::var(VARIABLE).is_ok_and(|value| value == "write");
    let mut stale = Vec::new();
    for shot in &SHOTS {
        go(&mut stage, shot).await;
        for (name, now) in drawn(&stage, shot) {
            let file = directory().join(&name);
            if write {
                fs::create_dir_all(directory()).unwrap();
                fs::write(&file, now).unwrap();
            } else if fs::read_to_string(&file).ok().as_ref() != Some(&now) {
                stale.push(name);
            }
        }
    }
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; `{VARIABLE}=write cargo test --test console screenshots` writes them, and look at what changed"
    );
    let known: Vec<String> =
        SHOTS.iter().flat_map(|shot| [format!("{}.svg", shot.name), format!("{}.txt", shot.name)]).collect();
    let files = fs::read_dir(directory()).unwrap();
    for file in files {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name} is no screenshot any more");
    }
}
