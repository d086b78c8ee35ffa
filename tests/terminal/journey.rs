//! A person's first minutes at a real terminal.

use std::fs;
use std::sync::atomic::Ordering;

use tempfile::TempDir;

use crate::screen::{SANDBOX, Screen};

#[test]
fn a_person_starts_it_looks_around_breaks_something_and_leaves() {
    let mut screen = Screen::start(SANDBOX, 120, 40);
    screen.shows("1 triage");
    screen.shows("engine leads");
    screen.press("3");
    screen.shows("c0012");
    screen.press("j\r");
    // The way here: other words stand on the screen before it too, and an escape that meets the next key is another key.
    screen.shows("journal   c00");
    screen.press("\u{1b}");
    screen.until("the way is gone", |screen| !screen.text().contains("journal   c00"));
    screen.shows("CONTROL");
    screen.press("/c0007\r");
    screen.shows("clusters 1 of 12  /c0007");
    screen.press("?");
    screen.shows("keys that work here");
    screen.press("\u{1b}");
    screen.until("help is closed", |screen| !screen.text().contains("keys that work here"));
    screen.press(":go.jour\r");
    screen.shows("nobody asked for anything yet");
    screen.press("3");
    screen.shows("CONTROL");
    screen.press("Pmaintenance\r");
    screen.shows("Approve and pause");
    screen.press("\t\r");
    screen.press("8");
    screen.shows("mia@");
    screen.shows("maintenance");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
    screen.until("the terminal is given back", Screen::is_given_back);
}

#[test]
fn any_size_is_survived() {
    let mut screen = Screen::start(SANDBOX, 80, 24);
    screen.shows("1 tri");
    for (columns, rows) in [(1, 1), (300, 100), (39, 9), (80, 24), (2, 60), (200, 3), (120, 40)] {
        screen.resize(columns, rows);
        screen.press("3421");
    }
    screen.shows("1 triage");
    screen.shows("load balancers");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

/// Somebody drags the corner of a window in which the program has just been started.
#[test]
fn a_size_that_changes_while_it_starts_is_not_missed() {
    let mut screen = Screen::start(SANDBOX, 80, 24);
    screen.until("it takes the terminal", |screen| screen.bytes.load(Ordering::SeqCst) > 0);
    screen.resize(120, 40);
    screen.shows("1 triage");
    screen.shows("load balancers");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn files_of_a_person_count_while_it_runs_and_mistakes_are_told() {
    let mut screen = Screen::start(SANDBOX, 120, 40);
    screen.shows("1 triage");
    let directory = screen.home().join(".config/kaasboard");
    fs::create_dir_all(&directory).unwrap();
    fs::write(
        directory.join("keymap.toml"),
        "inherits = \"default\"\n[keys.global]\n\"x\" = \"go.cluster\"\n",
    )
    .unwrap();
    screen.shows("did you mean \"go.clusters\"?");
    fs::write(
        directory.join("keymap.toml"),
        "inherits = \"default\"\n[keys.global]\n\"x\" = \"go.clusters\"\n# more\n",
    )
    .unwrap();
    screen.shows("the keymap was read again");
    screen.press("x");
    screen.shows("clusters 12");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn pasted_keys_are_no_keys() {
    let mut screen = Screen::start(SANDBOX, 120, 40);
    screen.shows("1 triage");
    screen.press("\u{1b}[200~q3:act.delete\rq\u{1b}[201~");
    screen.shows("pasted text goes into inputs only");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

/// Whoever starts it looks at a fleet that serves, and not at servers that boot for minutes.
#[test]
fn a_sandbox_is_there_before_a_server_could_have_booted() {
    let home = TempDir::new().unwrap();
    let fleet = home.path().join("fleet.toml");
    fs::write(&fleet, FLEET).unwrap();
    let mut screen = Screen::start_in(home, &["sandbox", "--fleet", fleet.to_str().unwrap()], 120, 40);
    screen.press("3");
    screen.shows("● Available");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

const FLEET: &str = "\
seed = 1
tenants = 1
clusters = 1
machines = 9
availability_zones = 3
hypervisors = 9
etcd_members = { 3 = 1.0 }
[role_share]
control_plane = 0.13
worker = 0.37
ingress = 0.12
etcd = 0.38
[pods]
per_machine_mean = 7.35
[versions]
'v1.34.2' = 1.0
";
