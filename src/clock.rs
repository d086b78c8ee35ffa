//! The only reader of time.
//!
//! [`now`] follows tokio's clock, so a paused runtime (`#[tokio::test(start_paused = true)]`) pauses
//! the timestamps we write as well, and an hour of virtual time costs no real time. [`Epoch`] also fixes
//! the date at which virtual time begins, so that a seeded run writes the same timestamps every time.

use std::cell::Cell;
use std::sync::{LazyLock, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

thread_local! {
    static EPOCH: Cell<Option<(DateTime<Utc>, Instant)>> = const { Cell::new(None) };
}

/// One moment on both clocks: the wall clock's and the machine's steady one. Times are counted from it, so that two
/// looks at a paused clock show the same.
static ANCHOR: LazyLock<RwLock<(DateTime<Utc>, std::time::Instant)>> =
    LazyLock::new(|| RwLock::new(moment()));

/// The longest that is slept at once by a clock in a hurry.
const SLICE: std::time::Duration = std::time::Duration::from_millis(250);

/// How the time of a process goes that is in a hurry.
static PACE: RwLock<Option<Pace>> = RwLock::new(None);

/// From when on time goes how fast. What it shows then and what it would show unhurried differ as soon as it hurried
/// before.
#[derive(Clone, Copy, Debug)]
struct Pace {
    unhurried: DateTime<Utc>,
    shown: DateTime<Utc>,
    speed: f64,
    /// Whether it was set back, and hurries no further than to the present.
    set_back: bool,
}

impl Pace {
    fn behind(unhurried: DateTime<Utc>, by: TimeDelta) -> Self {
        Self { unhurried, shown: unhurried - by, speed: 1.0, set_back: true }
    }

    fn from_then_on(before: Option<Self>, unhurried: DateTime<Utc>, speed: f64) -> Self {
        let shown = before.map_or(unhurried, |before| before.at(unhurried));
        Self { unhurried, shown, speed, set_back: before.is_some_and(|before| before.set_back) }
    }

    fn at(self, unhurried: DateTime<Utc>) -> DateTime<Utc> {
        let shown = self.shown + scaled(unhurried - self.unhurried, self.speed);
        if self.set_back { shown.min(unhurried) } else { shown }
    }
}

/// By how much the wall clock may have been set differently before times are counted from it anew.
const LARGEST_DRIFT: TimeDelta = TimeDelta::milliseconds(500);

/// The current time: counted by tokio's clock from a moment at which the wall clock was read.
///
/// Where nothing is paused it follows the wall clock, also when somebody sets that; in a sandbox whose time goes faster it
/// runs ahead of it.
pub fn now() -> DateTime<Utc> {
    let unhurried = unhurried();
    PACE.read().unwrap_or_else(PoisonError::into_inner).map_or(unhurried, |pace| pace.at(unhurried))
}

/// From now on the time of this process goes `speed` times as fast as the wall clock: for sandboxes. It goes on from
/// where it is, also when it was in another hurry before.
pub fn hurry(speed: f64) {
    let unhurried = unhurried();
    let mut pace = PACE.write().unwrap_or_else(PoisonError::into_inner);
    *pace = Some(Pace::from_then_on(*pace, unhurried, speed));
}

/// Lets the time of this process begin so long ago. In a hurry it goes on from there, and no further than to the present.
pub fn set_back(by: TimeDelta) {
    let unhurried = unhurried();
    *PACE.write().unwrap_or_else(PoisonError::into_inner) = Some(Pace::behind(unhurried, by));
}

/// Whether a clock that was set back has come to the present.
pub fn is_present() -> bool {
    let unhurried = unhurried();
    let pace = PACE.read().unwrap_or_else(PoisonError::into_inner);
    pace.is_none_or(|pace| pace.at(unhurried) >= unhurried)
}

/// Waits so long by this clock, also when its time goes faster or slower meanwhile.
pub async fn sleep(time: TimeDelta) {
    let until = now() + time;
    let mut left = time;
    loop {
        tokio::time::sleep(slice(left)).await;
        left = until - now();
        if !is_hurried() || left <= TimeDelta::zero() {
            return;
        }
    }
}

/// So much of a wait as can be slept at once. A clock in a hurry may go faster soon, so that whoever waits by it looks at it
/// again.
pub fn slice(time: TimeDelta) -> std::time::Duration {
    if is_hurried() { real(time).min(SLICE) } else { real(time) }
}

fn is_hurried() -> bool {
    PACE.read().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// How long something takes by the wall clock that takes so long by this one.
pub fn real(time: TimeDelta) -> std::time::Duration {
    let speed = PACE.read().unwrap_or_else(PoisonError::into_inner).map_or(1.0, |pace| pace.speed);
    scaled(time, 1.0 / speed).to_std().unwrap_or_default()
}

fn scaled(time: TimeDelta, by: f64) -> TimeDelta {
    match time.num_nanoseconds() {
        Some(nanoseconds) => TimeDelta::nanoseconds((nanoseconds as f64 * by) as i64),
        None => time,
    }
}

fn unhurried() -> DateTime<Utc> {
    let steady = Instant::now();
    if let Some((date, since)) = EPOCH.get() {
        return date + between(since, steady);
    }
    let (date, since) = *ANCHOR.read().unwrap_or_else(PoisonError::into_inner);
    let counted = date + between(Instant::from_std(since), steady);
    let (wall, machine) = moment();
    let is_paused = between(Instant::from_std(machine), steady).abs() > LARGEST_DRIFT;
    if is_paused || (wall - counted).abs() <= LARGEST_DRIFT {
        return counted;
    }
    *ANCHOR.write().unwrap_or_else(PoisonError::into_inner) = (wall, machine);
    wall
}

fn moment() -> (DateTime<Utc>, std::time::Instant) {
    (Utc::now(), std::time::Instant::now())
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_stands_still_and_goes_on_as_it_is_told() {
        let before = now();
        for _ in 0..1000 {
            assert_eq!(now(), before);
        }
        tokio::time::advance(Duration::from_secs(3600)).await;
        assert_eq!(now() - before, TimeDelta::hours(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_epoch_begins_where_it_is_told_and_ends_when_it_is_dropped() {
        let date = DateTime::from_timestamp(1_000_000, 0).unwrap();
        let wall = now();
        {
            let _epoch = Epoch::begin(date);
            tokio::time::advance(Duration::from_secs(5)).await;
            assert_eq!(now(), date + TimeDelta::seconds(5));
        }
        assert_eq!(now(), wall + TimeDelta::seconds(5));
    }

    #[test]
    fn another_pace_goes_on_from_where_time_is() {
        let after = |seconds: i64| DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap();
        let fast = Pace::from_then_on(None, after(0), 40.0);
        assert_eq!(fast.at(after(10)), after(400));
        let slow = Pace::from_then_on(Some(fast), after(10), 2.0);
        assert_eq!((slow.at(after(10)), slow.at(after(15))), (after(400), after(410)));
        let fast = Pace::from_then_on(Some(slow), after(15), 40.0);
        assert_eq!((fast.at(after(15)), fast.at(after(16))), (after(410), after(450)));
    }

    #[test]
    fn a_clock_that_was_set_back_comes_to_the_present_and_stays_there() {
        let after = |seconds: i64| DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap();
        let behind = Pace::behind(after(0), TimeDelta::seconds(400));
        assert_eq!(behind.at(after(1)), after(-399));
        let fast = Pace::from_then_on(Some(behind), after(0), 41.0);
        assert_eq!((fast.at(after(5)), fast.at(after(10))), (after(-195), after(10)));
        assert_eq!(fast.at(after(20)), after(20), "it does not run ahead");
        let slow = Pace::from_then_on(Some(fast), after(20), 1.0);
        assert_eq!(slow.at(after(30)), after(30));
    }
}
