//! Kubernetes Events: what the loops do, told on the objects, so that `kubectl describe` and `kubectl events` show it.
//!
//! An Event is `Successful` or `Failed` with the act and what it was done to: `SuccessfulCreateServer`. The same again is not
//! another Event but one more in its series, as Kubernetes' own controllers count them. All of it is best effort: a loop
//! never waits for an Event, and of too many the rest is left out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::{Event, EventSeries};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Resource};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use super::cache::Cache;
use super::context::Engine;
use super::key::{Key, Kind};
use super::trace::{LoopRecord, Taken};
use crate::api::names::{ENGINE, GROUP, VERSION};
use crate::api::time::Time;

/// How many wait to be written; what comes on top is left out.
const WAITING: usize = 1024;
/// How many are written a second over a while, and at once after a quiet time. An Event lives for an hour, so that this
/// bounds how many there are.
const RATE: f64 = 5.0;
const BURST: f64 = 2000.0;
/// How many series are remembered.
const REMEMBERED: usize = 4096;
/// How often a series is written anew.
const SERIES_PAUSE: Duration = Duration::from_secs(30);
/// After so long without another one a series is over (Kubernetes' `events.k8s.io` does the same).
const SERIES_OVER: Duration = Duration::from_secs(360);
/// For the API server to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest sentence of an Event, which the API server asks for.
const NOTE_MAX: usize = 1024;
/// The longest words of an Event.
const WORD_MAX: usize = 128;
/// Where Events about objects without a namespace are.
const NO_NAMESPACE: &str = "default";

/// Something that was done or failed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Noted {
    key: Key,
    uid: String,
    failed: bool,
    act: String,
    note: String,
    at: DateTime<Utc>,
}

/// The way of Events from the loops to the API server.
#[derive(Debug)]
pub struct Events {
    sender: mpsc::Sender<Noted>,
    receiver: Mutex<Option<mpsc::Receiver<Noted>>>,
}

impl Default for Events {
    fn default() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        Self { sender, receiver: Mutex::new(Some(receiver)) }
    }
}

/// Notes what a turn did. Nothing waits for that.
pub fn note(engine: &Engine, record: &LoopRecord) {
    let told = record.steps.iter().filter(|step| !step.reports || step.failure.is_some());
    for step in told {
        let Some(uid) = uid(engine, &record.key) else { return };
        // One too many is left out.
        let _ = engine.events.sender.try_send(noted(&record.key, uid, step, record.at));
    }
}

fn noted(key: &Key, uid: String, step: &Taken, at: DateTime<Utc>) -> Noted {
    let act = step.id.split('/').next().unwrap_or_default().to_owned();
    let note = match &step.failure {
        Some(failure) => format!("{}: {failure}", step.what),
        None => step.what.clone(),
    };
    Noted { key: key.clone(), uid, failed: step.failure.is_some(), act, note, at }
}

/// Writes Events for ever.
pub async fn keep(engine: Arc<Engine>, identity: String) {
    let receiver = engine.events.receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut receiver) = receiver else { return };
    let mut writer = Writer { identity, known: HashMap::new(), tokens: BURST, filled: Instant::now() };
    while let Some(noted) = receiver.recv().await {
        if !writer.may_write() {
            continue;
        }
        match timeout(PATIENCE, writer.write(&engine, &noted)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(record = %noted.key, %error, "an Event was not written"),
            Err(_) => tracing::debug!(record = %noted.key, "an Event was not written in time"),
        }
    }
}

/// A series that can go on.
#[derive(Debug)]
struct Known {
    name: String,
    count: i32,
    last: Instant,
    written: Instant,
}

#[derive(Debug)]
struct Writer {
    identity: String,
    known: HashMap<(String, String, String), Known>,
    tokens: f64,
    filled: Instant,
}

impl Writer {
    fn may_write(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.filled).as_secs_f64() * RATE).min(BURST);
        self.filled = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }

    async fn write(&mut self, engine: &Engine, noted: &Noted) -> Result<(), kube::Error> {
        let namespace = if noted.key.namespace.is_empty() { NO_NAMESPACE } else { &noted.key.namespace };
        let api: Api<Event> = Api::namespaced(engine.client.clone(), namespace);
        let identity = (noted.uid.clone(), reason(noted), noted.note.clone());
        let now = Instant::now();
        self.known.retain(|_, known| now - known.last < SERIES_OVER);
        if let Some(known) = self.known.get_mut(&identity) {
            known.count += 1;
            known.last = now;
            if now - known.written < SERIES_PAUSE {
                return Ok(());
            }
            known.written = now;
            let series = EventSeries { count: known.count, last_observed_time: micro(noted.at) };
            let who = PatchParams { field_manager: Some(ENGINE.to_owned()), ..PatchParams::default() };
            let change = Patch::Merge(json!({ "series": series }));
            return api.patch(&known.name, &who, &change).await.map(|_| ());
        }
        let event = self.event(namespace, noted, engine.draw(rand::RngExt::random));
        let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
        let name = event.metadata.name.clone().unwrap_or_default();
        api.create(&who, &event).await?;
        if self.known.len() < REMEMBERED {
            self.known.insert(identity, Known { name, count: 1, last: now, written: now });
        }
        Ok(())
    }

    fn event(&self, namespace: &str, noted: &Noted, drawn: u64) -> Event {
        let regarding = ObjectReference {
            api_version: Some(format!("{GROUP}/{VERSION}")),
            kind: Some(noted.key.kind.name().to_owned()),
            name: Some(noted.key.name.clone()),
            namespace: (!noted.key.namespace.is_empty()).then(|| noted.key.namespace.clone()),
            uid: Some(noted.uid.clone()),
            ..ObjectReference::default()
        };
        Event {
            metadata: ObjectMeta {
                name: Some(format!("{}.{drawn:016x}", noted.key.name)),
                namespace: Some(namespace.to_owned()),
                ..ObjectMeta::default()
            },
            action: Some(clipped(&camel(&noted.act), WORD_MAX)),
            event_time: Some(micro(noted.at)),
            note: Some(clipped(&noted.note, NOTE_MAX)),
            reason: Some(reason(noted)),
            regarding: Some(regarding),
            reporting_controller: Some(format!("{GROUP}/{ENGINE}")),
            reporting_instance: Some(clipped(&self.identity, WORD_MAX)),
            type_: Some(if noted.failed { "Warning" } else { "Normal" }.to_owned()),
            ..Event::default()
        }
    }
}

/// `SuccessfulCreateServer`.
fn reason(noted: &Noted) -> String {
    let word = if noted.failed { "Failed" } else { "Successful" };
    clipped(&format!("{word}{}", camel(&noted.act)), WORD_MAX)
}

/// `create-server` as `CreateServer`.
fn camel(act: &str) -> String {
    let upper = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    act.split('-').map(upper).collect()
}

fn clipped(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}

fn micro(at: DateTime<Utc>) -> MicroTime {
    let time: k8s_openapi::apimachinery::pkg::apis::meta::v1::Time = Time::from(at).into();
    MicroTime(time.0)
}

/// The uid of a record. An Event about one that is gone would be about nobody.
fn uid(engine: &Engine, key: &Key) -> Option<String> {
    let records = &engine.records;
    match key.kind {
        Kind::Tenant => of(&records.tenants, key),
        Kind::Release => of(&records.releases, key),
        Kind::KubernetesCluster => of(&records.clusters, key),
        Kind::StorageTenant => of(&records.storage, key),
        Kind::LoadBalancer => of(&records.balancers, key),
        Kind::Etcd => of(&records.etcds, key),
        Kind::ControlPlane => of(&records.control_planes, key),
        Kind::MachineDeployment => of(&records.pools, key),
        Kind::Addon => of(&records.addons, key),
        Kind::Machine => of(&records.machines, key),
        Kind::Operation => of(&records.operations, key),
        Kind::Incident => of(&records.incidents, key),
    }
}

fn of<K: Resource<DynamicType = ()>>(cache: &Cache<K>, key: &Key) -> Option<String> {
    cache.get(&key.namespace, &key.name)?.meta().uid.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_become_words() {
        assert_eq!(camel("create-server"), "CreateServer");
        assert_eq!(camel("delete"), "Delete");
        assert_eq!(clipped("größe", 3), "gr");
    }
}
