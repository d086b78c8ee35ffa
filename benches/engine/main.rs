//! What the engine costs with a whole fleet in one process: `cargo bench --bench engine` prints a table, and writes it as
//! JSON to the file in `KAASBOARD_BENCH_JSON`.
//!
//! Each size runs in a process of its own: the fleet of 2020 (860 clusters, 27,900 machines) at a tenth and at its own size,
//! and that of 2022 (1,207 clusters, 41,735 machines). `KAASBOARD_BENCH_SCALE` chooses one size, 1.0 is the fleet of 2020.
//! Boots are compressed: the sandbox's time goes as fast as the engine keeps up until all clusters are available, and then as fast as
//! the wall clock's, in which the cost of standing still is measured; then ten times as fast for a minute, in which each
//! record is looked at once, as it is in ten minutes.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a benchmark is a program of its own"
)]

#[path = "../manager/process.rs"]
mod process;

use std::process::Command;
use std::time::{Duration, Instant};

use kaasboard::api::conditions::AVAILABLE;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::pace::Speed;
use kaasboard::startup::{self, Sandbox, Seeds};
use kube::ResourceExt;
use serde_json::{Value, json};

/// The program's own allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long a fleet may take to come up.
const PATIENCE: Duration = Duration::from_secs(1800);
/// How long it is left alone before standing still is measured, and for how long that is.
const SETTLE: Duration = Duration::from_secs(30);
const STILL: Duration = Duration::from_secs(60);
/// How fast the sandbox's time goes while the looks at what stands still are measured: each record has one in ten minutes.
const LOOKS: f64 = 10.0;
/// The sizes: share of the fleet of 2020.
const SCALES: [f64; 3] = [0.1, 1.0, 1.5];

/// The columns: name in JSON, title, goal at full size.
const COLUMNS: [(&str, &str, &str); 9] = [
    ("clusters", "clusters", ""),
    ("machines", "machines", ""),
    ("wallSeconds", "all available, s", "300"),
    ("cpuSeconds", "CPU for that, s", ""),
    ("callsPerMachine", "cloud calls/machine", ""),
    ("memoryMib", "memory, MiB", "1024"),
    ("stillPercent", "standing still, % core", "5"),
    ("looksPercent", "with its looks, % core", "5"),
    ("looksTurns", "turns/s then", ""),
];

fn main() {
    if let Ok(scale) = std::env::var("KAASBOARD_BENCH_SCALE") {
        let measured = one(scale.parse().expect("a number"));
        println!("{measured}");
        return;
    }
    let all: Vec<Value> = SCALES.into_iter().map(in_own_process).collect();
    for (key, title, goal) in COLUMNS {
        let cells: Vec<String> = all.iter().map(|size| format!("{:>10.1}", number(size, key))).collect();
        println!("{title:<24} {} {:>8} {:>9.2}", cells.join(" "), goal, exponent(&all, key));
    }
    if let Ok(file) = std::env::var("KAASBOARD_BENCH_JSON") {
        let report = json!({ "benchmark": "engine", "sizes": all });
        std::fs::write(&file, format!("{report:#}\n"))
            .expect("the file of KAASBOARD_BENCH_JSON can be written");
    }
}

fn number(size: &Value, key: &str) -> f64 {
    size[key].as_f64().unwrap_or(f64::NAN)
}

/// By which power of the machines it grows, from the smallest to the largest size.
fn exponent(all: &[Value], key: &str) -> f64 {
    let (first, last) = (all.first().unwrap(), all.last().unwrap());
    let grown = number(last, key) / number(first, key);
    grown.ln() / (number(last, "machines") / number(first, "machines")).ln()
}

fn in_own_process(scale: f64) -> Value {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).env("KAASBOARD_BENCH_SCALE", scale.to_string()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().last().unwrap_or_default();
    serde_json::from_str(line)
        .unwrap_or_else(|_| panic!("size {scale}: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

/// The fleet of a size.
fn fleet(scale: f64) -> Fleet {
    let (clusters, machines) = if scale > 1.0 {
        (1207.0 * scale / 1.5, 41_735.0 * scale / 1.5)
    } else {
        (860.0 * scale, 27_900.0 * scale)
    };
    let tenants = (110.0 * scale.min(1.0)).max(1.0);
    Fleet::parse(&format!(
        "seed = 1\ntenants = {}\nclusters = {}\nmachines = {}\navailability_zones = 3\nhypervisors = {}\n\
         etcd_members = {{ 3 = 0.65, 5 = 0.35 }}\n[role_share]\ncontrol_plane = 0.072\nworker = 0.706\n\
         ingress = 0.107\netcd = 0.115\n[pods]\nper_machine_mean = 7.35\n[versions]\n\"v1.33.6\" = 0.25\n\
         \"v1.34.2\" = 0.75\n",
        tenants as u32,
        clusters as u32,
        machines as u32,
        (machines / 12.0) as u32,
    ))
    .expect("the sizes make a fleet")
}

fn one(scale: f64) -> Value {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let fleet = fleet(scale);
    runtime.block_on(async {
        let first = kaasboard::clock::now();
        let (begun, cpu) = (Instant::now(), process::cpu("self"));
        let mut sandbox = startup::sandbox(&fleet, Speed::Most, Seeds::fixed())
            .await
            .unwrap_or_else(|failure| panic!("{failure}"));
        let mut told = Instant::now();
        while available(&sandbox) < fleet.clusters as usize {
            assert!(begun.elapsed() < PATIENCE, "{} of {} available", available(&sandbox), fleet.clusters);
            if told.elapsed() > Duration::from_secs(10) {
                told = Instant::now();
                let engine = &sandbox.working.engine;
                eprintln!(
                    "{:6.0} s ({} min of the sandbox): {} available, {} machines, {} turns, {} calls, {} MiB",
                    begun.elapsed().as_secs_f64(),
                    (kaasboard::clock::now() - first).num_minutes(),
                    available(&sandbox),
                    engine.records.machines.count(),
                    engine.trace.turns(),
                    engine.budget.calls(),
                    process::resident("self") >> 20
                );
                late(&sandbox, fleet.clusters as usize);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (wall, spent) = (begun.elapsed(), process::cpu("self") - cpu);
        let calls = sandbox.working.engine.budget.calls();
        sandbox.working.end_hurry();
        tokio::time::sleep(SETTLE).await;
        let cpu = process::cpu("self");
        tokio::time::sleep(STILL).await;
        let still = (process::cpu("self") - cpu).as_secs_f64() / STILL.as_secs_f64();
        let (cpu, turns) = (process::cpu("self"), sandbox.working.engine.trace.turns());
        kaasboard::clock::hurry(LOOKS);
        tokio::time::sleep(STILL).await;
        let passed = STILL.as_secs_f64() * LOOKS;
        let looks = (process::cpu("self") - cpu).as_secs_f64() / passed;
        let turns = (sandbox.working.engine.trace.turns() - turns) as f64 / passed;
        json!({
            "scale": scale,
            "clusters": fleet.clusters,
            "machines": fleet.machines,
            "wallSeconds": wall.as_secs_f64(),
            "cpuSeconds": spent.as_secs_f64(),
            "callsPerMachine": calls as f64 / f64::from(fleet.machines),
            "memoryMib": process::resident("self") as f64 / f64::from(1 << 20),
            "stillPercent": still * 100.0,
            "looksPercent": looks * 100.0,
            "looksTurns": turns,
        })
    })
}

fn available(sandbox: &Sandbox) -> usize {
    let clusters = sandbox.working.engine.records.clusters.all();
    let is_available =
        |status: &kaasboard::api::cluster_status::ClusterStatus| status.conditions.is_true(AVAILABLE);
    clusters.iter().filter(|cluster| cluster.status.as_ref().is_some_and(is_available)).count()
}

/// Says of the last few clusters what they wait for.
fn late(sandbox: &Sandbox, all: usize) {
    const FEW: usize = 3;
    if available(sandbox) + FEW < all {
        return;
    }
    for cluster in sandbox.working.engine.records.clusters.all() {
        let Some(status) = &cluster.status else { continue };
        if !status.conditions.is_true(AVAILABLE) {
            let conditions = serde_json::to_string(&status.conditions).unwrap();
            eprintln!("         {}: {conditions}", cluster.name_any());
        }
    }
}
