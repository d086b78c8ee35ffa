//! What the console costs and how fast it is: `cargo bench --bench console` prints a table, and writes it as JSON to the file
//! in `KAASBOARD_BENCH_JSON`.
//!
//! A manager in this process holds the fleet of 2022 (1,207 clusters, 41,735 machines) and is served over TLS; the program
//! itself runs on a pseudo terminal, as a person has it, while 1,000 machines a second change. `KAASBOARD_BENCH_SCALE`
//! multiplies the fleet. What a process does within is measured beside it on the same rows, without a terminal.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark is a program of its own"
)]

mod fleet;
#[path = "../manager/fleet.rs"]
#[allow(dead_code, reason = "only its machines are wanted here")]
mod machines;
#[path = "../manager/process.rs"]
mod process;
mod report;
#[path = "../../tests/terminal/screen.rs"]
#[allow(dead_code, reason = "tests ask more of a terminal than this")]
mod screen;
mod terminal;
mod within;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{AsyncBufReadExt, TryStreamExt};
use kaasboard::cli::connect;
use kaasboard::manager::serve::kubeconfig;
use kaasboard::manager::serve::listener::Listener;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kaasboard::startup;
use kube::Client;

use fleet::Objects;
use report::Report;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often the raw list is read; the fastest counts.
const LISTS: usize = 3;

fn main() {
    let scale =
        std::env::var("KAASBOARD_BENCH_SCALE").ok().map_or(1.0, |text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("kubeconfig");
    let mut report = Report::new(scale);
    let objects = Objects::scaled(scale);
    let (manager, listed) = runtime.block_on(async {
        let manager = served(&objects, &file).await;
        within::measure(&manager, &mut report).await;
        let listed = raw_list(&file, objects.machines).await;
        (manager, listed)
    });
    report.beside("raw streaming list of all machines", "ms", listed.as_secs_f64() * 1000.0);
    let _entered = runtime.enter();
    let client = manager.client("default");
    terminal::measure(&runtime, &objects, &client, &file, listed, &mut report);
    report.finish();
}

/// A manager with the fleet in it, served over TLS as an API server is.
async fn served(objects: &Arc<Objects>, file: &Path) -> Manager {
    let store = Store::in_memory(Limits::default());
    let manager = Manager::start(Options { store, seed: 1 }).await;
    objects.make(&manager.client("default")).await;
    let token = startup::token().unwrap_or_else(|failure| panic!("{failure}"));
    let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into(), token).await.unwrap();
    kubeconfig::write(file, &listener.kubeconfig().unwrap()).unwrap();
    tokio::spawn(listener.serve(manager.remote(), std::future::pending()));
    manager
}

/// How long it takes to read all machines as they are sent, without looking into them.
async fn raw_list(file: &Path, machines: usize) -> Duration {
    let client: Client =
        connect::of_file(Some(file.to_owned()), None).await.unwrap_or_else(|failure| panic!("{failure}"));
    let mut fastest = Duration::MAX;
    for _ in 0..LISTS {
        let begun = Instant::now();
        let path = "/apis/kaasboard.dev/v1alpha1/machines?watch=true&sendInitialEvents=true\
                    &resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        let request = http::Request::get(path).body(Vec::new()).unwrap();
        let mut lines = client.request_stream(request).await.unwrap().lines();
        let mut events = 0;
        while let Some(line) = lines.try_next().await.unwrap() {
            if line.starts_with("{\"type\":\"BOOKMARK\"") {
                break;
            }
            events += 1;
        }
        assert_eq!(events, machines, "every machine is sent once");
        fastest = fastest.min(begun.elapsed());
    }
    fastest
}
