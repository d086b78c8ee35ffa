//! Whose turn it is, and when.
//!
//! A record is in the queue once, however often it is asked for, and never has two turns at a time: what is asked
//! for during a turn comes after it. It is ours and not kube's because it is shown: how many wait, for how long, and
//! after how many failures; and because a simulation test draws from it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::key::{Key, Kind};
use crate::clock;

/// The pause after the first failure of a turn; it doubles with each further one.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(1);
/// The longest pause after failures: what was mended is noticed within it.
const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// How often pauses double, so that the arithmetic stays small.
const MOST_DOUBLINGS: u32 = 9;

/// Whose turn it is, and when.
#[derive(Debug, Default)]
pub struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    due: BTreeSet<(DateTime<Utc>, Key)>,
    times: HashMap<Key, DateTime<Utc>>,
    running: HashSet<Key>,
    again: HashMap<Key, DateTime<Utc>>,
    failures: HashMap<Key, u32>,
}

impl Inner {
    fn put(&mut self, key: Key, at: DateTime<Utc>) {
        if let Some(before) = self.times.get(&key).copied() {
            if before <= at {
                return;
            }
            self.due.remove(&(before, key.clone()));
        }
        self.times.insert(key.clone(), at);
        self.due.insert((at, key));
    }

    fn take(&mut self, key: &Key) -> bool {
        let Some(at) = self.times.remove(key) else { return false };
        self.due.remove(&(at, key.clone()));
        self.running.insert(key.clone())
    }
}

/// What a kind has in the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Records whose turn is due.
    pub due: usize,
    /// Records that are looked at again later.
    pub later: usize,
    /// Turns that are being taken.
    pub running: usize,
    /// Records whose last turn failed.
    pub failing: usize,
}

impl Queue {
    /// Asks for a turn at once.
    pub fn ask(&self, key: Key) {
        self.ask_at(key, clock::now());
    }

    /// Asks for a turn at a time; one that is asked for earlier stays.
    pub fn ask_at(&self, key: Key, at: DateTime<Utc>) {
        let mut inner = self.inner();
        if inner.running.contains(&key) {
            let again = inner.again.entry(key).or_insert(at);
            *again = (*again).min(at);
            return;
        }
        inner.put(key, at);
        drop(inner);
        self.changed.notify_one();
    }

    /// The records whose turn is due, the longest waiting first.
    pub fn due(&self, now: DateTime<Utc>) -> Vec<Key> {
        self.inner().due.iter().take_while(|(at, _)| *at <= now).map(|(_, key)| key.clone()).collect()
    }

    /// When the next turn is due.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.inner().due.first().map(|(at, _)| *at)
    }

    /// Begins the turn of a record that is in the queue. False if it is not.
    pub fn begin(&self, key: &Key) -> bool {
        self.inner().take(key)
    }

    /// Waits for the next turn, and begins it.
    pub async fn next(&self) -> Key {
        loop {
            let changed = self.changed.notified();
            let wait = {
                let mut inner = self.inner();
                let first = inner.due.first().cloned();
                let now = clock::now();
                match first {
                    Some((at, key)) if at <= now => {
                        inner.take(&key);
                        // Another worker may take the one behind it.
                        self.changed.notify_one();
                        return key;
                    }
                    Some((at, _)) => clock::slice(at - now),
                    None => Duration::MAX,
                }
            };
            // Where nothing is due, only a change ends the wait; a timer needs an end that a clock can show.
            let longest = Duration::from_secs(3600);
            let _ = tokio::time::timeout(wait.min(longest), changed).await;
        }
    }

    /// Ends a turn that went well: the record is looked at again at `next`.
    pub fn done(&self, key: &Key, next: DateTime<Utc>) {
        self.inner().failures.remove(key);
        self.end(key, next);
    }

    /// Ends a turn that failed: the record is looked at again after a pause. Answers when.
    pub fn failed(&self, key: &Key) -> DateTime<Utc> {
        let failures = {
            let mut inner = self.inner();
            let failures = inner.failures.entry(key.clone()).or_default();
            *failures = failures.saturating_add(1);
            *failures
        };
        let pause = (FIRST_PAUSE * (1 << (failures - 1).min(MOST_DOUBLINGS))).min(LONGEST_PAUSE);
        let next = clock::now() + pause;
        self.end(key, next);
        next
    }

    /// Ends the last turn of a record that is no more.
    pub fn forget(&self, key: &Key) {
        let mut inner = self.inner();
        inner.failures.remove(key);
        inner.running.remove(key);
        // Another record of the same name may have come since.
        if let Some(at) = inner.again.remove(key) {
            inner.put(key.clone(), at);
            drop(inner);
            self.changed.notify_one();
        }
    }

    /// How often a record's last turns failed.
    pub fn failures(&self, key: &Key) -> u32 {
        self.inner().failures.get(key).copied().unwrap_or(0)
    }

    /// What a kind has in the queue.
    pub fn load(&self, kind: Kind) -> Load {
        let (inner, now) = (self.inner(), clock::now());
        let mine = |key: &&Key| key.kind == kind;
        let due = inner.times.iter().filter(|(key, at)| key.kind == kind && **at <= now).count();
        Load {
            due,
            later: inner.times.keys().filter(mine).count() - due,
            running: inner.running.iter().filter(mine).count(),
            failing: inner.failures.keys().filter(mine).count(),
        }
    }

    /// Whether nothing is being done and nothing is due.
    pub fn is_idle(&self, now: DateTime<Utc>) -> bool {
        let inner = self.inner();
        inner.running.is_empty() && inner.due.first().is_none_or(|(at, _)| *at > now)
    }

    fn end(&self, key: &Key, next: DateTime<Utc>) {
        let mut inner = self.inner();
        inner.running.remove(key);
        let again = inner.again.remove(key);
        inner.put(key.clone(), again.map_or(next, |at| at.min(next)));
        drop(inner);
        self.changed.notify_one();
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> Key {
        Key::new(Kind::Machine, "shop", name)
    }

    #[tokio::test(start_paused = true)]
    async fn a_record_has_one_turn_at_a_time_and_what_is_asked_meanwhile_comes_after() {
        let queue = Queue::default();
        queue.ask(key("a"));
        queue.ask(key("a"));
        assert_eq!(queue.next().await, key("a"));
        queue.ask(key("a"));
        assert!(queue.due(clock::now()).is_empty());
        queue.done(&key("a"), clock::now() + TimeDelta::hours(1));
        assert_eq!(queue.due(clock::now()), [key("a")]);
        assert_eq!(queue.next().await, key("a"));
        let before = clock::now();
        queue.done(&key("a"), before + TimeDelta::minutes(7));
        assert_eq!(queue.next().await, key("a"));
        assert_eq!((clock::now() - before).num_minutes(), 7);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_make_the_pause_longer_until_a_turn_goes_well() {
        let queue = Queue::default();
        queue.ask(key("a"));
        let mut pauses = Vec::new();
        for _ in 0..11 {
            let taken = queue.next().await;
            pauses.push((queue.failed(&taken) - clock::now()).num_seconds());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(queue.load(Kind::Machine), Load { later: 1, failing: 1, ..Load::default() });
        let taken = queue.next().await;
        queue.done(&taken, clock::now());
        assert_eq!(queue.failures(&taken), 0);
    }
}
