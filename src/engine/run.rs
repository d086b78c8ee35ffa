//! What runs while the engine does: watches, inventory, the Lease, and workers that take turns.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kube::Client;
use serde::de::DeserializeOwned;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::cache::Change;
use super::context::Engine;
use super::inventory::{self, Look, WHOLE};
use super::key::Key;
use super::records::{Records, follow};
use super::write::Record;
use super::{events, incidents, lease, triggers, turn};
use crate::clock;

/// How many turns are taken at a time: more than the budgets of all services let call at once, so that turns that wait for
/// one service leave room for those that need another, or none.
const WORKERS: usize = 128;
/// How often the cloud is read while something is under way, and while nothing is.
const BUSY: TimeDelta = TimeDelta::seconds(5);
const QUIET: TimeDelta = TimeDelta::seconds(30);
/// A cloud that takes long to be read is read less often: after so many times what it took, and as seldom as where nothing
/// is under way.
const RESTS: i32 = 3;
/// How often Incidents are made from findings.
const INCIDENTS: TimeDelta = TimeDelta::seconds(5);
/// Making Incidents of a fleet in trouble costs processor time: between two times there are so many times what the last one
/// took, and no more than this, however slowly the manager answers.
const SHARE: u32 = 8;
const LONGEST: Duration = Duration::from_secs(20);
/// How long a moment is in which a condition is looked at again.
const MOMENT: Duration = Duration::from_millis(20);

/// How an engine runs.
#[derive(Clone, Debug)]
pub struct Running {
    /// The name under which it holds the Lease: of this process alone.
    pub identity: String,
}

/// Runs the engine until the future is dropped. Turns are taken while the Lease is held. It ends by itself only if a part of
/// it that the others rely on panicked; then somebody else has to lead.
pub async fn run(engine: Arc<Engine>, running: Running) {
    let mut tasks = JoinSet::new();
    watch_all(&engine, &mut tasks);
    tasks.spawn(keep_lease(engine.clone(), running.identity.clone()));
    tasks.spawn(events::keep(engine.clone(), running.identity.clone()));
    tasks.spawn(keep_inventory(engine.clone()));
    tasks.spawn(keep_incidents(engine.clone()));
    let mut workers: HashSet<Id> = (0..WORKERS).map(|_| tasks.spawn(work(engine.clone())).id()).collect();
    while let Some(ended) = tasks.join_next().await {
        let Err(error) = ended else { continue };
        if !workers.remove(&error.id()) {
            tracing::error!(%error, "a part of the engine broke; the engine ends");
            return;
        }
        tracing::error!(%error, "a turn broke; the others go on");
        workers.insert(tasks.spawn(work(engine.clone())).id());
    }
}

/// Takes turns, one after the other, for ever.
async fn work(engine: Arc<Engine>) {
    ready(&engine).await;
    loop {
        while !engine.leadership.may_write() {
            sleep(MOMENT).await;
        }
        let mut begun = Begun { engine: &engine, key: engine.queue.next().await, ended: false };
        turn::take(&engine, &begun.key).await;
        begun.ended = true;
    }
}

/// A turn that was begun. If it breaks, its record has another turn after a pause.
struct Begun<'a> {
    engine: &'a Engine,
    key: Key,
    ended: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.engine.queue.failed(&self.key);
        }
    }
}

/// Until records and cloud were read once, nothing may be taken for absent.
async fn ready(engine: &Engine) {
    while !engine.records.are_complete() || !engine.inventory.is_complete() {
        sleep(MOMENT).await;
    }
}

async fn keep_lease(engine: Arc<Engine>, identity: String) {
    loop {
        if let Err(error) = engine.leadership.campaign(&engine.client, &identity).await {
            tracing::warn!(%error, "the Lease was not renewed");
        }
        sleep(lease::RETRY).await;
    }
}

async fn keep_inventory(engine: Arc<Engine>) {
    let mut whole_at = clock::now();
    loop {
        let begun = clock::now();
        // Until all was listed once no turn begins, so that a listing that failed is asked for again at the next look.
        let is_whole = begun >= whole_at || !engine.inventory.is_complete();
        let look = if is_whole { Look::Whole } else { Look::Changes };
        if look == Look::Whole {
            whole_at = begun + WHOLE;
        }
        let touched = inventory::refresh(&engine, look).await;
        let took = clock::now() - begun;
        triggers::of_cloud(&engine, &touched);
        // The records may be there later than the cloud at first.
        if is_whole || engine.leaks.suspects().is_none() {
            engine.leaks.look(&engine);
        }
        let until = |pause: TimeDelta| (begun + pause - clock::now()).max(TimeDelta::zero());
        if !engine.inventory.is_busy() {
            let _ = timeout(clock::real(until(QUIET)), engine.inventory.set_going()).await;
        }
        clock::sleep(until(BUSY).max((took * RESTS).min(QUIET))).await;
        // Where time goes fast, looking still takes its time, and others want the processor too.
        sleep(MOMENT).await;
    }
}

async fn keep_incidents(engine: Arc<Engine>) {
    ready(&engine).await;
    let mut pause = MOMENT;
    loop {
        clock::sleep(INCIDENTS).await;
        sleep(pause).await;
        let begun = Instant::now();
        if engine.leadership.may_write() {
            incidents::turn(&engine).await;
        }
        pause = (begun.elapsed() * SHARE).clamp(MOMENT, LONGEST);
    }
}

fn watch_all(engine: &Arc<Engine>, tasks: &mut JoinSet<()>) {
    watch(engine, tasks, |records| &records.tenants);
    watch(engine, tasks, |records| &records.releases);
    watch(engine, tasks, |records| &records.clusters);
    watch(engine, tasks, |records| &records.storage);
    watch(engine, tasks, |records| &records.balancers);
    watch(engine, tasks, |records| &records.etcds);
    watch(engine, tasks, |records| &records.control_planes);
    watch(engine, tasks, |records| &records.pools);
    watch(engine, tasks, |records| &records.addons);
    watch(engine, tasks, |records| &records.machines);
    watch(engine, tasks, |records| &records.operations);
    watch(engine, tasks, |records| &records.incidents);
}

fn watch<K>(engine: &Arc<Engine>, tasks: &mut JoinSet<()>, of: fn(&Records) -> &super::cache::Cache<K>)
where
    K: Record + DeserializeOwned,
{
    let (client, of_watch): (Client, Arc<Engine>) = (engine.client.clone(), engine.clone());
    let records = engine.records.clone();
    tasks.spawn(async move {
        let tell = |change: &Change<K>| K::changed(&of_watch, change);
        follow(client, &records, of, tell).await;
    });
}
