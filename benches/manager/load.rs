//! What is done to the manager, and how long it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http::Request;
use k8s_openapi::api::core::v1::Namespace;
use kaasboard::api::crds;
use kaasboard::api::machine::Machine;
use kube::Client;
use kube::api::{Api, ListParams, Patch, PatchParams, PostParams};
use kube::runtime::{WatchStreamExt, reflector, watcher};
use serde_json::{Value, json};

use crate::fleet::{self, Fleet};
use crate::process;
use crate::report::Watching;

/// Requests in flight: about what an engine's loops have.
const IN_FLIGHT: usize = 64;
/// Objects created one after the other, each waiting for the one before.
const SINGLY: usize = 200;
/// Watchers of the last measurement.
const WATCHERS: usize = 100;
/// Changes that they are told, and in which time.
const CHANGES: usize = 5_000;
const PACE: Duration = Duration::from_secs(5);

const MACHINES: &str = "/apis/kaasboard.dev/v1alpha1/machines";

fn machines(client: &Client, index: usize) -> Api<Machine> {
    Api::namespaced(client.clone(), &fleet::namespace(index))
}

/// Our definitions.
pub async fn define(client: &Client) {
    for definition in crds::all().expect("our definitions are sound") {
        Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
    }
}

/// So many a second were done, by tasks of their own as an engine's loops are.
async fn rate<F>(count: usize, each: impl Fn(usize) -> F + Send + Sync + 'static) -> f64
where
    F: Future<Output = ()> + Send,
{
    let begun = Instant::now();
    let (next, each) = (Arc::new(AtomicUsize::new(0)), Arc::new(each));
    let workers = (0..IN_FLIGHT).map(|_| {
        let (next, each) = (next.clone(), each.clone());
        tokio::spawn(async move {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    break;
                }
                each(index).await;
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    count as f64 / begun.elapsed().as_secs_f64()
}

pub async fn create_machines(client: &Client, fleet: &Fleet) -> f64 {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    for name in fleet.namespaces() {
        let namespace = serde_json::from_value(json!({"metadata": {"name": name}})).unwrap();
        namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    }
    let client = client.clone();
    rate(fleet.machines, move |index| create(client.clone(), index)).await
}

async fn create(client: Client, index: usize) {
    let machine: Machine = serde_json::from_value(fleet::machine(index)).unwrap();
    machines(&client, index).create(&PostParams::default(), &machine).await.unwrap();
}

/// Creates a few, each after the one before was acknowledged.
pub async fn create_singly(client: &Client) -> f64 {
    let begun = Instant::now();
    for index in 0..SINGLY {
        let map = json!({"metadata": {"name": format!("single-{index}"), "namespace": "default"}});
        post(client, "/api/v1/namespaces/default/configmaps", &map).await;
    }
    SINGLY as f64 / begun.elapsed().as_secs_f64()
}

async fn post(client: &Client, path: &str, object: &Value) {
    let request =
        Request::post(path).header("content-type", "application/json").body(object.to_string().into_bytes());
    client.request::<Value>(request.unwrap()).await.unwrap();
}

pub async fn create_others(client: &Client, fleet: &Fleet) -> f64 {
    let client = client.clone();
    rate(fleet.others, move |index| create_other(client.clone(), index)).await
}

async fn create_other(client: Client, index: usize) {
    let (plural, object) = fleet::other(index);
    let group = if plural == "leases" { "apis/coordination.k8s.io/v1" } else { "api/v1" };
    post(&client, &format!("/{group}/namespaces/{}/{plural}", fleet::namespace(index)), &object).await;
}

/// Replaces each status once by a merge patch, as small loops do.
pub async fn update_status(client: &Client, fleet: &Fleet) -> f64 {
    let client = client.clone();
    rate(fleet.machines, move |index| patch_status(client.clone(), index, 1)).await
}

async fn patch_status(client: Client, index: usize, change: usize) {
    let patch = Patch::Merge(json!({"status": fleet::status(index, change)}));
    let who = PatchParams { field_manager: Some("kaasboard-engine".to_owned()), ..PatchParams::default() };
    machines(&client, index).patch_status(&fleet::name(index), &who, &patch).await.unwrap();
}

/// Applies each status once on the server.
pub async fn apply_status(client: &Client, fleet: &Fleet) -> f64 {
    let client = client.clone();
    rate(fleet.machines, move |index| apply(client.clone(), index)).await
}

async fn apply(client: Client, index: usize) {
    let object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Machine", "metadata": {"name": fleet::name(index)},
        "status": fleet::status(index, 2),
    });
    let who = PatchParams::apply("kaasboard-engine").force();
    machines(&client, index).patch_status(&fleet::name(index), &who, &Patch::Apply(object)).await.unwrap();
}

pub async fn read_machines(client: &Client, fleet: &Fleet) -> f64 {
    let client = client.clone();
    rate(fleet.machines, move |index| read(client.clone(), index)).await
}

async fn read(client: Client, index: usize) {
    machines(&client, index).get(&fleet::name(index)).await.unwrap();
}

/// Reads the bytes of a list.
pub async fn list_raw(client: &Client, limit: Option<usize>) -> Duration {
    let begun = Instant::now();
    let limit = limit.map(|limit| format!("?limit={limit}")).unwrap_or_default();
    let request = Request::get(format!("{MACHINES}{limit}")).body(Vec::new()).unwrap();
    let mut lines = client.request_stream(request).await.unwrap();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let read = futures::AsyncReadExt::read(&mut lines, &mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        bytes += read;
    }
    assert!(bytes > 1000, "a list has bytes");
    begun.elapsed()
}

pub async fn list_typed(client: &Client) -> Duration {
    let begun = Instant::now();
    let list = Api::<Machine>::all(client.clone()).list(&ListParams::default()).await.unwrap();
    let took = begun.elapsed();
    drop(list);
    took
}

/// Reads the events of a streaming list up to the bookmark that ends it, without looking into them.
pub async fn stream_raw(client: &Client, fleet: &Fleet) -> Duration {
    let begun = Instant::now();
    let query =
        "watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let request = Request::get(format!("{MACHINES}?{query}")).body(Vec::new()).unwrap();
    let mut lines = client.request_stream(request).await.unwrap().lines();
    let mut events = 0;
    while let Some(line) = lines.try_next().await.unwrap() {
        if line.starts_with("{\"type\":\"BOOKMARK\"") {
            break;
        }
        events += 1;
    }
    assert_eq!(events, fleet.machines, "every Machine is sent once");
    begun.elapsed()
}

pub async fn stream_to_reflector(client: &Client, fleet: &Fleet) -> Duration {
    let begun = Instant::now();
    let (reader, writer) = reflector::store();
    let events = watcher(Api::<Machine>::all(client.clone()), watcher::Config::default().streaming_lists());
    let events = events.reflect(writer).applied_objects().for_each(async |_| {});
    let all = tokio::spawn(events);
    reader.wait_until_ready().await.unwrap();
    assert_eq!(reader.len(), fleet.machines, "the store is whole");
    all.abort();
    begun.elapsed()
}

/// A hundred watchers of all Machines, and a steady flow of changes.
pub async fn watch(client: &Client, fleet: &Fleet) -> Watching {
    let (_, writing) = change(client, fleet, 3).await;
    let received = Arc::new(AtomicUsize::new(0));
    let now =
        Api::<Machine>::all(client.clone()).list_metadata(&ListParams::default().limit(1)).await.unwrap();
    let version = now.metadata.resource_version.unwrap();
    let watchers: Vec<_> = (0..WATCHERS)
        .map(|_| tokio::spawn(receive(client.clone(), version.clone(), Arc::clone(&received))))
        .collect();
    let begun = Instant::now();
    let (changes, cpu) = change(client, fleet, 4).await;
    let all = WATCHERS * CHANGES;
    while received.load(Ordering::Relaxed) < all && begun.elapsed() < PACE * 4 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let events = received.load(Ordering::Relaxed);
    assert_eq!(events, all, "every watcher is told every change");
    watchers.iter().for_each(tokio::task::JoinHandle::abort);
    Watching {
        watchers: WATCHERS,
        changes,
        events: events as f64 / begun.elapsed().as_secs_f64(),
        cpu,
        writing,
    }
}

/// Receives events for ever, and looks whether they come in order, each once.
async fn receive(client: Client, version: String, received: Arc<AtomicUsize>) {
    let request =
        Request::get(format!("{MACHINES}?watch=true&resourceVersion={version}")).body(Vec::new()).unwrap();
    let mut lines = client.request_stream(request).await.unwrap().lines();
    let mut last: u64 = version.parse().unwrap();
    while let Some(line) = lines.try_next().await.unwrap() {
        let version = resource_version(&line);
        assert!(version > last, "{version} comes after {last}: {}", &line[..80]);
        last = version;
        received.fetch_add(1, Ordering::Relaxed);
    }
}

fn resource_version(line: &str) -> u64 {
    let rest = line.split_once("\"resourceVersion\":\"").expect("an event has a version").1;
    rest.split('"').next().and_then(|version| version.parse().ok()).expect("a version is a number")
}

/// Makes the changes at their pace; how many a second there were, and which share of a core all that cost.
async fn change(client: &Client, fleet: &Fleet, change: usize) -> (f64, f64) {
    let (begun, cpu) = (Instant::now(), process::cpu("self"));
    for index in 0..CHANGES {
        let due = begun + PACE.mul_f64(index as f64 / CHANGES as f64);
        if let Some(early) = due.checked_duration_since(Instant::now()) {
            tokio::time::sleep(early).await;
        }
        patch_status(client.clone(), index % fleet.machines, change + index / fleet.machines).await;
    }
    let took = begun.elapsed().as_secs_f64();
    (CHANGES as f64 / took, (process::cpu("self") - cpu).as_secs_f64() / took)
}
