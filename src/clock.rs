//! The only reader of time.
//!
//! [`now`] follows tokio's clock, so a paused runtime (`#[tokio::test(start_paused = true)]`) pauses
//! the timestamps we write as well, and an hour of virtual time costs no real time. [`Epoch`] also fixes
//! the date at which virtual time begins, so that a seeded run writes the same timestamps every time.

use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

thread_local! {
    static EPOCH: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
}

/// The current time: the wall clock, moved by as much as tokio's clock differs from the machine's.
pub fn now() -> DateTime<Utc> {
    if let Some((date, since)) = EPOCH.get() {
        return date + between(since, Instant::now());
    }
    let machine = std::time::Instant::now();
    Utc::now() + between(Instant::from_std(machine), Instant::now())
}

/// The current time at the resolution of Kubernetes' `metav1.Time`: whole seconds.
pub fn now_in_seconds() -> DateTime<Utc> {
    let now = now();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}

/// The time from `earlier` to `later`, negative if they are the other way round.
fn between(earlier: Instant, later: Instant) -> TimeDelta {
    let forward = later.checked_duration_since(earlier);
    let backward = earlier.checked_duration_since(later);
    let ahead = TimeDelta::from_std(forward.unwrap_or_default()).unwrap_or(TimeDelta::MAX);
    let behind = TimeDelta::from_std(backward.unwrap_or_default()).unwrap_or(TimeDelta::MAX);
    ahead - behind
}

/// While this lives, [`now`] on this thread counts from a chosen date instead of from the wall clock.
///
/// It is per thread, because seeded runs use tokio's current-thread runtime and several of them may run
/// side by side.
#[derive(Debug)]
pub struct Epoch {
    before: Option<(DateTime<Utc>, Instant)>,
}

impl Epoch {
    /// Lets this thread's time begin at `date`.
    pub fn begin(date: DateTime<Utc>) -> Self {
        Self { before: EPOCH.replace(Some((date, Instant::now()))) }
    }
}

impl Drop for Epoch {
    fn drop(&mut self) {
        EPOCH.set(self.before);
    }
}
