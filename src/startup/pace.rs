//! How fast the time of a sandbox goes.
//!
//! A fleet that comes up faster than the engine can follow is no faster: what is looked at every ten seconds is then looked at
//! all the time, and nothing else is done. So time may also go as fast as the engine keeps up with it: for ever, or until a
//! sandbox that began a while ago has come to the present.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};
use tokio::time::{Instant, sleep};

use crate::clock;
use crate::engine::context::Engine;

/// How the highest speed is written.
const MOST: &str = "max";
/// How often the speed is looked at, by the wall clock.
const LOOK: Duration = Duration::from_millis(100);
/// The fastest that time can go: beyond it clocks in seconds say nothing any more.
const FASTEST: f64 = 1000.0;
/// The speed to begin with where time goes as fast as the engine keeps up, and the highest there: beyond it the engine's own
/// calls, of some milliseconds each, look like minutes of waiting.
const FIRST: f64 = 20.0;
const HIGHEST: f64 = 60.0;
/// How late a turn may be: a part of the ten seconds after which a loop looks again at what it waits for.
const LATE: TimeDelta = TimeDelta::seconds(4);
/// From which share of all processors on they are busy, and below which there is room for more.
const BUSY: f64 = 0.9;
const ROOM: f64 = 0.75;
/// By how much time goes slower or faster at once.
const SLOWER: f64 = 0.8;
const FASTER: f64 = 1.1;

/// How fast the time of a sandbox goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many times as fast as the wall clock.
    Times(f64),
    /// As fast as the engine keeps up.
    Most,
    /// The same from a while ago until now, and then as the wall clock: a person who starts a sandbox finds a fleet that
    /// serves, and nothing on it is younger than the wall clock says.
    CatchUp,
}

/// So long before its start a sandbox begins that catches up: boots, joins and addons of a small fleet take six minutes.
pub(super) const BEGAN: TimeDelta = TimeDelta::minutes(8);

impl fmt::Display for Speed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Times(times) => write!(out, "{times} times as fast"),
            Self::Most => out.write_str("as fast as the engine keeps up"),
            Self::CatchUp => write!(
                out,
                "as the wall clock, after the {} minutes before now, which pass as fast as the engine keeps up",
                BEGAN.num_minutes()
            ),
        }
    }
}

/// Reads a speed as people write it: so many times as fast, or `max`.
///
/// # Errors
/// When it is neither.
pub fn speed(text: &str) -> Result<Speed, String> {
    if text == MOST { Ok(Speed::Most) } else { times(text).map(Speed::Times) }
}

/// Reads how many times as fast time goes.
///
/// # Errors
/// When it is no number, or out of reach.
pub fn times(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    if (1.0..=FASTEST).contains(&speed) { Ok(speed) } else { Err(format!("it goes from 1 to {FASTEST}")) }
}

/// Lets time go as fast as an engine keeps up with it until it is the present, and then as the wall clock.
pub(super) async fn catch_up(engine: Arc<Engine>) {
    keep(engine, clock::is_present).await;
    clock::hurry(1.0);
}

/// Lets time go as fast as an engine keeps up with it, until that is over.
pub(super) async fn keep(engine: Arc<Engine>, is_over: impl Fn() -> bool) {
    let processors = std::thread::available_parallelism().map_or(1.0, |count| count.get() as f64);
    let (mut speed, mut begun, mut spent) = (FIRST, Instant::now(), cpu());
    while !is_over() {
        clock::hurry(speed);
        sleep(LOOK).await;
        let (now, total) = (Instant::now(), cpu());
        let busy = (total - spent).as_secs_f64() / (now - begun).as_secs_f64() / processors;
        (begun, spent) = (now, total);
        let late = lateness(engine.queue.next_due(), clock::now());
        let waits = engine.budget.spent().values().any(|spent| spent.waiting > 0);
        speed = next(speed, late, Load { busy, waits });
    }
}

/// How late the turn is that is due first.
fn lateness(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    due.map_or_else(TimeDelta::zero, |due| (now - due).max(TimeDelta::zero()))
}

/// What keeps the engine from being faster.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// The share of all processors that it takes.
    busy: f64,
    /// Whether calls wait for their budget. It goes by the sandbox's time, so that more of that is all that helps.
    waits: bool,
}

fn next(speed: f64, late: TimeDelta, load: Load) -> f64 {
    if late > LATE && (load.busy > BUSY || !load.waits) {
        (speed * SLOWER).max(1.0)
    } else if load.busy < ROOM {
        (speed * FASTER).min(HIGHEST)
    } else {
        speed
    }
}

/// The processor time that this process has taken.
fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_slower_while_turns_are_late_and_faster_while_there_is_room() {
        let (in_time, late) = (TimeDelta::zero(), TimeDelta::seconds(5));
        let load = |busy| Load { busy, waits: false };
        let waiting = |busy| Load { busy, waits: true };
        assert_eq!(next(50.0, late, load(0.1)), 40.0);
        assert_eq!(next(50.0, late, load(0.95)), 40.0);
        assert_eq!(next(50.0, late, waiting(0.95)), 40.0);
        assert!(next(50.0, late, waiting(0.1)) > 50.0);
        assert_eq!(next(1.1, late, load(1.0)), 1.0);
        assert!(next(50.0, in_time, load(0.5)) > 50.0);
        assert_eq!(next(50.0, in_time, load(0.95)), 50.0);
        assert_eq!(next(HIGHEST, in_time, load(0.0)), HIGHEST);
    }

    #[test]
    fn a_speed_is_a_number_or_as_fast_as_it_goes() {
        assert_eq!(speed("max"), Ok(Speed::Most));
        assert_eq!(speed("20"), Ok(Speed::Times(20.0)));
        assert_eq!(speed("fast"), Err("\"fast\" is no number".to_owned()));
        assert_eq!(speed("0.5"), Err("it goes from 1 to 1000".to_owned()));
    }

    #[test]
    fn nothing_is_late_before_it_is_due() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(lateness(None, now), TimeDelta::zero());
        assert_eq!(lateness(Some(now + TimeDelta::seconds(9)), now), TimeDelta::zero());
        assert_eq!(lateness(Some(now - TimeDelta::seconds(9)), now), TimeDelta::seconds(9));
    }
}
