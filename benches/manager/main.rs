//! What the embedded API server costs and how fast it is: `cargo bench --bench manager` prints a table, and writes it as
//! JSON to the file in `KAASBOARD_BENCH_JSON`.
//!
//! One fleet of 41,735 Machines of realistic size and 20,000 other objects; `KAASBOARD_BENCH_SCALE` multiplies both. The
//! client is kube's, in the same process, so that its share of the work is in every figure that does not say "raw".
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark is a program of its own"
)]

mod fleet;
mod load;
mod process;
mod report;

use std::time::{Duration, Instant};

use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::errors::StoreError;
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use fleet::Fleet;
use report::Report;

/// So many objects are written to the durable store: each costs its share of an fsync, whatever the number.
const DURABLE: usize = 20_000;

fn main() {
    let scale =
        std::env::var("KAASBOARD_BENCH_SCALE").ok().map_or(1.0, |text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut report = Report::new("manager", scale);
    runtime.block_on(async {
        in_memory(&Fleet::scaled(scale), &mut report).await;
        durable(&Fleet::of(DURABLE, 0), &mut report).await;
    });
    report.finish();
}

async fn in_memory(fleet: &Fleet, report: &mut Report) {
    let idle = process::resident("self");
    let manager = start(Store::in_memory(Limits::default())).await;
    let client = manager.client("default");
    load::define(&client).await;

    report.rate("creates, in memory", 10_000.0, load::create_machines(&client, fleet).await);
    load::create_others(&client, fleet).await;
    // Each Machine gets its status, as the engine writes it, so that its size is that of one that lives.
    report.rate("updates of status, in memory", 10_000.0, load::update_status(&client, fleet).await);
    report.rate("applies of status, in memory", 0.0, load::apply_status(&client, fleet).await);
    report.size("memory for all of it, MiB", 200.0, process::resident("self") - idle);
    report.rate("reads of one object", 0.0, load::read_machines(&client, fleet).await);

    report.time("list all, raw", 0.3, load::list_raw(&client, None).await);
    report.time("list all, typed", 0.0, load::list_typed(&client).await);
    report.time("first 500, raw", 0.0, load::list_raw(&client, Some(500)).await);
    report.time("streaming initial list, raw", 0.0, load::stream_raw(&client, fleet).await);
    report.time(
        "streaming initial list to a reflector",
        1.0,
        load::stream_to_reflector(&client, fleet).await,
    );
    report.watching(load::watch(&client, fleet).await);
}

async fn durable(fleet: &Fleet, report: &mut Report) {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = place.path().join("manager.db");
    let store = Store::open_file(&file, Limits::default()).unwrap();
    {
        let manager = start(store.clone()).await;
        let client = manager.client("default");
        load::define(&client).await;
        report.rate("creates, durable", 2_000.0, load::create_machines(&client, fleet).await);
        report.rate("updates of status, durable", 2_000.0, load::update_status(&client, fleet).await);
        report.rate("creates one after the other, durable", 0.0, load::create_singly(&client).await);
    }
    drop(store);
    report.size("file of 20,000 Machines, MiB", 0.0, std::fs::metadata(&file).unwrap().len());
    // The manager's own work may hold the store a moment longer than the manager.
    let again = loop {
        let begun = Instant::now();
        match Store::open_file(&file, Limits::default()) {
            Ok(store) => {
                report.time("opening that file", 0.0, begun.elapsed());
                break store;
            }
            Err(StoreError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(error) => panic!("cannot open the store again: {error}"),
        }
    };
    drop(again);
}

async fn start(store: Store) -> Manager {
    Manager::start(Options { store, seed: 1 }).await
}
