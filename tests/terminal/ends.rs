//! However it ends, the terminal is given back, and nothing goes on running.

use std::io::Write as _;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::screen::{SANDBOX, Screen};

/// How long the end may take, on machines that have much else to do. Nobody waits for it longer than a second on others.
const SOON: Duration = Duration::from_secs(10);

fn started() -> Screen {
    let screen = Screen::start(SANDBOX, 100, 30);
    screen.shows("1 triage");
    assert!(!screen.is_given_back());
    screen
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let mut screen = started();
        let begun = Instant::now();
        screen.signal(signal);
        assert_eq!(screen.ended(), 0, "{signal}");
        assert!(begun.elapsed() < SOON, "{signal}: {:?}", begun.elapsed());
        screen.until("the terminal is given back", Screen::is_given_back);
    }
}

#[test]
fn a_connection_that_breaks_ends_it() {
    let mut screen = started();
    screen.close();
    screen.ended();
}

#[test]
fn it_is_suspended_and_comes_back() {
    let mut screen = started();
    screen.press("\u{1a}");
    screen.until("it is stopped", |screen| screen.state() == Some('T'));
    screen.until("the terminal is given back", Screen::is_given_back);
    screen.signal("CONT");
    screen.until("it is there again", |screen| !screen.is_given_back() && screen.text().contains("1 triage"));
    screen.press("3");
    screen.shows("CLUSTER");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn a_screen_on_which_nothing_happens_writes_nothing() {
    let mut screen = Screen::start(SANDBOX, 100, 30);
    screen.shows("1 triage");
    screen.press("8z");
    screen.shows("FROZEN");
    // Until the message of the start is gone, and ages are told in minutes.
    screen.rest(Duration::from_secs(4));
    let before = screen.bytes.load(Ordering::SeqCst);
    screen.rest(Duration::from_millis(500));
    let written = screen.bytes.load(Ordering::SeqCst) - before;
    assert!(written < 200, "{written} bytes within half a second of nothing");
    screen.press("q");
    assert_eq!(screen.ended(), 0);
}

#[test]
fn without_a_terminal_it_says_so() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_kaasboard")).arg("sandbox").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("the console needs a terminal"), "{told}");
    assert!(output.stdout.is_empty());
}

/// Over a connection that stands still nobody reads: a signal ends it all the same.
#[tokio::test]
async fn a_signal_ends_it_although_the_terminal_takes_nothing() {
    let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_kaasboard"));
    command.args(SANDBOX);
    command.env_clear();
    for (name, value) in
        [("HOME", home.path().to_str().unwrap()), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]
    {
        command.env(name, value);
    }
    let mut child = pty.slave.spawn_command(command).unwrap();
    let mut keys = pty.master.take_writer().unwrap();
    // Each draws the whole screen anew, until no more goes into the connection.
    for _ in 0..120 {
        keys.write_all(b"3\x0c4\x0c").unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let pid = child.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < SOON, "it goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(status.signal(), Some("Terminated"), "it did not wait for the terminal");
}
