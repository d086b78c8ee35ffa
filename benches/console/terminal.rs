//! The program on a terminal: what a person waits for, and what goes through the connection.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kube::Client;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::fleet::Objects;
use crate::process;
use crate::report::{Report, median, p99};
use crate::screen::Screen;

/// How often the program is started.
const STARTS: usize = 5;
/// How often a key is pressed.
const KEYS: usize = 300;
/// Changes a second.
const CHANGES: f64 = 1_000.0;
/// For how long a stream is watched, and stillness.
const STREAM: Duration = Duration::from_secs(30);
const STILL: Duration = Duration::from_secs(60);
/// How long it takes until nothing moves any more: marks go after five seconds, and what runs ahead is caught up with.
const SETTLE: Duration = Duration::from_secs(15);
/// The size of the screen.
const SIZE: (u16, u16) = (120, 40);

pub fn measure(
    runtime: &Runtime,
    objects: &Arc<Objects>,
    client: &Client,
    kubeconfig: &Path,
    listed: Duration,
    report: &mut Report,
) {
    program(report);
    starts(kubeconfig, objects.machines, listed, report);
    let mut screen = console(kubeconfig);
    screen.shows("1 triage");
    screen.press("4");
    screen.shows(&format!("nodes {}", objects.machines));
    let process = screen.child.process_id().unwrap().to_string();
    let (before, begun) = (objects.changes(), Instant::now());
    let changing = runtime.spawn(objects.clone().change(client.clone(), CHANGES));
    screen.rest(SETTLE);
    keys(&mut screen, report);
    stream(&mut screen, &process, report);
    changing.abort();
    let changes = (objects.changes() - before) as f64 / begun.elapsed().as_secs_f64();
    report.beside("  changes a second meanwhile", "1/s", changes);
    still(&mut screen, &process, report);
    screen.press("q");
    screen.ended();
}

/// A console of the fleet for a person who has a configuration.
fn console(kubeconfig: &Path) -> Screen {
    let home = TempDir::new().unwrap();
    let directory = home.path().join(".config/kaasboard");
    std::fs::create_dir_all(&directory).unwrap();
    let manager = format!("manager = {{ kubeconfig = \"{}\" }}", kubeconfig.display());
    let config = format!("current = \"bench\"\n[contexts.bench]\n{manager}\nengine = \"never\"\n");
    std::fs::write(directory.join("config.toml"), config).unwrap();
    Screen::start_in(home, &[], SIZE.0, SIZE.1)
}

/// The program alone.
fn program(report: &mut Report) {
    let program = env!("CARGO_BIN_EXE_kaasboard");
    let mut times: Vec<f64> = (0..20)
        .map(|_| {
            let begun = Instant::now();
            let output = Command::new(program).arg("--version").output().unwrap();
            assert!(output.status.success());
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    report.within("--version, median", "ms", 6.0, median(&mut times));
    let size = std::fs::metadata(program).unwrap().len() as f64 / f64::from(1 << 20);
    report.within("binary", "MiB", 30.0, size);
}

/// From the start of the program to the first frame, the first rows, and all of them.
fn starts(kubeconfig: &Path, machines: usize, listed: Duration, report: &mut Report) {
    let (mut frames, mut rows, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mut screen = console(kubeconfig);
        let since = || begun.elapsed().as_secs_f64() * 1000.0;
        screen.press("4");
        screen.shows("1 triage");
        frames.push(since());
        screen.until("a first machine", |screen| screen.text().contains("-general-"));
        rows.push(since());
        screen.shows(&format!("nodes {machines}"));
        all.push(since());
        screen.press("q");
        screen.ended();
    }
    let listed = listed.as_secs_f64() * 1000.0;
    report.within("first frame after start, median", "ms", 150.0, median(&mut frames));
    report.within("first rows after start, median", "ms", 150.0, median(&mut rows));
    report.within("all machines after start, median", "ms", 1.15 * listed, median(&mut all));
}

/// From a key to what it changes on the screen, while the fleet changes.
fn keys(screen: &mut Screen, report: &mut Report) {
    screen.press("/");
    screen.until("the filter is open", |screen| last_line(screen).starts_with(" /"));
    let mut times = Vec::new();
    let mut written = String::new();
    for index in 0..KEYS {
        // A letter and its removal, so that the filter stays as short as people's.
        let key = if index % 2 == 0 { "c" } else { "\u{7f}" };
        written = if index % 2 == 0 { format!("{written}c") } else { String::new() };
        let begun = Instant::now();
        screen.press(key);
        screen.until("the letter is there", |screen| last_line(screen).trim_end() == format!(" /{written}"));
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        // People are slower than this, and no slower than that they meet the moments at which changes are taken in.
        screen.rest(Duration::from_millis(37));
    }
    screen.press("\u{1b}");
    screen.until("the filter is closed", |screen| !last_line(screen).starts_with(" /"));
    report.within("key to what it changes on the terminal, p99", "ms", 16.0, p99(&mut times));
    report.beside("  the median of them", "ms", median(&mut times));
}

fn last_line(screen: &Screen) -> String {
    screen.text().lines().last().unwrap_or_default().to_owned()
}

/// What goes through the connection while everything changes, and what it costs.
fn stream(screen: &mut Screen, process: &str, report: &mut Report) {
    for (key, what) in [("4", "nodes"), ("1", "triage")] {
        screen.press(key);
        screen.rest(Duration::from_secs(2));
        let (bytes, cpu) = (screen.bytes.load(Ordering::SeqCst), process::cpu(process));
        screen.rest(STREAM);
        let bytes = screen.bytes.load(Ordering::SeqCst) - bytes;
        let cpu = (process::cpu(process) - cpu).as_secs_f64() / STREAM.as_secs_f64() * 100.0;
        let a_second = bytes as f64 / STREAM.as_secs_f64() / 1024.0;
        report.within(&format!("steady stream, {what}"), "KiB/s", 2.0, a_second);
        report.beside("  CPU of the console meanwhile", "% of a core", cpu);
    }
    let memory = process::resident(process) as f64 / f64::from(1 << 20);
    report.within("memory of the console alone", "MiB", 100.0, memory);
}

/// What a screen costs on which nothing changes.
fn still(screen: &mut Screen, process: &str, report: &mut Report) {
    screen.rest(SETTLE);
    let (bytes, cpu) = (screen.bytes.load(Ordering::SeqCst), process::cpu(process));
    screen.rest(STILL);
    let bytes = screen.bytes.load(Ordering::SeqCst) - bytes;
    let cpu = (process::cpu(process) - cpu).as_secs_f64() / STILL.as_secs_f64() * 100.0;
    report.within("static screen in a minute", "bytes", 0.0, bytes as f64);
    report.within("CPU of it", "% of a core", 0.1, cpu);
}
