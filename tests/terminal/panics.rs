//! A mistake in the program while the console runs: the terminal is given back, the mistake is told, and all ends.

use std::time::Duration;

use kaasboard::cli::console;
use kaasboard::console::run;
use kaasboard::settings::places::Places;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::pace::Speed;
use kaasboard::startup::{self, Seeds};
use tempfile::TempDir;

use crate::screen::Screen;

/// How long the console is left alone before the mistake.
const CALM: Duration = Duration::from_secs(2);
/// What the mistake says.
const MISTAKE: &str = "a mistake on purpose";

/// A file in the home directory of whoever is to make it.
const WANTED: &str = "a-mistake-is-wanted";

/// Runs a test once more, on a terminal of its own and with a mistake wanted, and looks what it leaves behind.
fn on_a_terminal(test: &str) {
    let (program, home) = (std::env::current_exe().unwrap(), TempDir::new().unwrap());
    std::fs::write(home.path().join(WANTED), "").unwrap();
    let mut screen = Screen::start_program(&program, home, &["--exact", test, "--nocapture"], 100, 30);
    screen.shows("1 triage");
    screen.until("the terminal is given back", Screen::is_given_back);
    screen.shows("kaasboard has a mistake in it");
    screen.shows(MISTAKE);
    assert_ne!(screen.ended(), 0);
    let (begun, ended) = screen.wholes();
    assert!(begun > 0 && ended > begun, "{begun} begun, {ended} ended");
    assert!(!screen.text().contains("1 triage"), "nothing is drawn any more:\n{}", screen.text());
}

/// Whether this process is the one on the terminal.
fn is_wanted() -> bool {
    std::env::var_os("HOME").is_some_and(|home| std::path::Path::new(&home).join(WANTED).exists())
}

#[test]
fn a_panic_beside_the_console_ends_it_and_gives_the_terminal_back() {
    if !is_wanted() {
        return on_a_terminal("panics::a_panic_beside_the_console_ends_it_and_gives_the_terminal_back");
    }
    console_and(async {
        tokio::spawn(mistake());
        std::future::pending().await
    });
}

#[test]
fn a_panic_within_the_console_gives_the_terminal_back() {
    if !is_wanted() {
        return on_a_terminal("panics::a_panic_within_the_console_gives_the_terminal_back");
    }
    console_and(mistake());
}

async fn mistake() {
    tokio::time::sleep(CALM).await;
    panic!("{MISTAKE}");
}

/// The console as the program runs it, and something else in the same task.
fn console_and(other: impl Future<Output = ()>) {
    startup::report_panics();
    let runtime = startup::runtime().unwrap_or_else(|failure| panic!("{failure}"));
    let outcome = runtime.block_on(async {
        let places = Places::find().unwrap();
        let sandbox = startup::sandbox(&Fleet::small().unwrap(), Speed::Times(1.0), Seeds::fixed()).await;
        let sandbox = sandbox.unwrap_or_else(|failure| panic!("{failure}"));
        let settings = startup::settings(&places).unwrap_or_else(|failure| panic!("{failure}"));
        let parts = console::parts_of(&places, &settings, Some(&sandbox)).await;
        let parts = parts.unwrap_or_else(|failure| panic!("{failure}"));
        tokio::select! {
            outcome = run::run(parts) => outcome,
            () = other => Ok(()),
        }
    });
    std::process::exit(i32::from(outcome.is_err()));
}
