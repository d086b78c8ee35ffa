//! Each picture as SVG and as text, drawn anew and compared with its file.
//!
//! `KAASBOARD_SCREENSHOTS=write cargo test --test console screenshots` writes the files. With `play` in place of `write`, the
//! real engine plays the night anew before that.

use std::fs;
use std::path::{Path, PathBuf};

use kaasboard::console::message::Message;
use kaasboard::console::palette::Depth;
use kaasboard::console::still;
use kaasboard::console::theme::Theme;
use kaasboard::console::view::{self, Look};

use super::album::Album;
use super::night::{self, Night};

/// Says that the files are to be written.
const VARIABLE: &str = "KAASBOARD_SCREENSHOTS";

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

const SHOTS: [Shot; 22] = [
    shot("triage", ""),
    Shot { size: (80, 24), ..shot("triage-80x24", "") },
    Shot { depth: Depth::Sixteen, ..shot("triage-16-colours", "") },
    Shot { depth: Depth::Mono, ..shot("triage-no-colour", "") },
    Shot { depth: Depth::Mono, ascii: true, ..shot("triage-ascii", "") },
    Shot { theme: "light", ..shot("triage-light", "") },
    shot("tenants", "2"),
    shot("clusters", "3"),
    Shot { size: (200, 60), ..shot("clusters-200x60", "3") },
    shot("nodes", "4 s s s s"),
    Shot { size: (80, 24), ..shot("nodes-80x24", "4 s s s s") },
    shot("volumes", "5"),
    shot("balancers", "6"),
    shot("loops", "7"),
    shot("budget", "0"),
    shot("journal", "8"),
    shot("overview", "3 d"),
    shot("tree", "3 o"),
    shot("timeline", "4 s s s s t"),
    shot("explain", "4 s s s s e"),
    shot("help", "4 ?"),
    shot("plan", "4 / r o l e = w o r k e r enter D d i s k enter"),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots")
}

fn drawn(shot: &Shot) -> [(String, String); 2] {
    let mut album = Album::open(Night::kept());
    album.tell(Message::Resize(shot.size.0, shot.size.1));
    album.press(shot.keys);
    let styles = Theme::built_in(shot.theme).unwrap().styles(shot.depth);
    let buffer = view::draw(&album.model, &Look { styles, ascii: shot.ascii });
    [
        (format!("{}.svg", shot.name), still::svg(&buffer, shot.theme == "light")),
        (format!("{}.txt", shot.name), still::text(&buffer)),
    ]
}

#[tokio::test(start_paused = true)]
async fn screenshots_are_what_the_console_shows() {
    let wanted = std::env::var(VARIABLE).unwrap_or_default();
    if wanted == "play" {
        night::play().await;
    }
    let all: Vec<(String, String)> = SHOTS.iter().flat_map(drawn).collect();
    if matches!(wanted.as_str(), "write" | "play") {
        fs::create_dir_all(directory()).unwrap();
        for (name, now) in &all {
            fs::write(directory().join(name), now).unwrap();
        }
    }
    let is_stale = |(name, now): &&(String, String)| {
        fs::read_to_string(directory().join(name)).ok().as_ref() != Some(now)
    };
    let stale: Vec<&String> = all.iter().filter(is_stale).map(|(name, _)| name).collect();
    assert!(
        stale.is_empty(),
        "stale: {stale:?}; `{VARIABLE}=write cargo test --test console screenshots` writes them: look at what changed"
    );
    for file in fs::read_dir(directory()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        // Those of real services are drawn by `tests/openstack`.
        let is_known = name.starts_with("openstack-") || all.iter().any(|(known, _)| *known == name);
        assert!(is_known, "{name} is no screenshot any more");
    }
}
