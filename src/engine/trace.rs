//! What came of each turn, for whoever watches: the last of each record, and the latest of all.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::key::Key;
use crate::planning::finding::Finding;
use crate::planning::waiting::Waiting;

/// How many turns with something to tell are kept beyond the last of each record: some minutes of a busy fleet.
const LATEST: usize = 4096;

/// One turn of a loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopRecord {
    /// Whose.
    pub key: Key,
    /// When it began.
    pub at: DateTime<Utc>,
    /// What was not as it should be.
    pub findings: Vec<Finding>,
    /// What was not done, and why.
    pub waiting: Vec<Waiting>,
    /// What was done, in order; the last may have failed.
    pub steps: Vec<Taken>,
    /// How many more steps were planned and wait for the next turn.
    pub left: usize,
    /// Why there was no plan, if there was none.
    pub failure: Option<String>,
    /// How long it took.
    pub took: Duration,
    /// When the record is looked at next.
    pub next: DateTime<Utc>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// Its id.
    pub id: String,
    /// What it does, for people.
    pub what: String,
    /// Whether it only wrote down what was observed.
    pub reports: bool,
    /// What went wrong, if something did.
    pub failure: Option<String>,
}

impl LoopRecord {
    /// Whether there is more to tell than that all is well.
    pub fn tells(&self) -> bool {
        self.failure.is_some() || self.steps.iter().any(|step| !step.reports || step.failure.is_some())
    }
}

/// What came of the turns.
#[derive(Debug)]
pub struct Trace {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    last: HashMap<Key, Arc<LoopRecord>>,
    finding: BTreeMap<Key, Arc<LoopRecord>>,
    latest: VecDeque<Arc<LoopRecord>>,
    turns: u64,
}

impl Default for Trace {
    fn default() -> Self {
        Self { inner: Mutex::default(), changed: watch::Sender::new(0) }
    }
}

impl Trace {
    /// Keeps a turn.
    pub fn keep(&self, record: LoopRecord) {
        let record = Arc::new(record);
        let mut inner = self.inner();
        inner.turns += 1;
        if record.tells() {
            inner.latest.push_back(record.clone());
            if inner.latest.len() > LATEST {
                inner.latest.pop_front();
            }
        }
        if record.findings.is_empty() {
            inner.finding.remove(&record.key);
        } else {
            inner.finding.insert(record.key.clone(), record.clone());
        }
        inner.last.insert(record.key.clone(), record);
        let turns = inner.turns;
        drop(inner);
        self.changed.send_replace(turns);
    }

    /// Drops what is known of a record that is no more.
    pub fn forget(&self, key: &Key) {
        let mut inner = self.inner();
        inner.last.remove(key);
        inner.finding.remove(key);
    }

    /// The last turn of a record.
    pub fn last(&self, key: &Key) -> Option<Arc<LoopRecord>> {
        self.inner().last.get(key).cloned()
    }

    /// The last turn of every record.
    pub fn all(&self) -> Vec<Arc<LoopRecord>> {
        self.inner().last.values().cloned().collect()
    }

    /// The last turns of some records.
    pub fn select(&self, wanted: impl Fn(&Key) -> bool) -> Vec<Arc<LoopRecord>> {
        let inner = self.inner();
        inner.last.iter().filter(|(key, _)| wanted(key)).map(|(_, record)| record.clone()).collect()
    }

    /// The last turns of the records that something is wrong with.
    pub fn finding(&self) -> Vec<Arc<LoopRecord>> {
        self.inner().finding.values().cloned().collect()
    }

    /// The latest turns that did something or failed, the newest last.
    pub fn latest(&self) -> Vec<Arc<LoopRecord>> {
        self.inner().latest.iter().cloned().collect()
    }

    /// How many turns there were.
    pub fn turns(&self) -> u64 {
        self.inner().turns
    }

    /// Tells the number of turns whenever there was one.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
