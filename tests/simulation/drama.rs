//! One whole play: a fleet comes up, things go wrong for a while, and then all has to be well again.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use kaasboard::clock::{self, Epoch};
use tokio::time::timeout;

use crate::blunder::{Bug, Planted};
use crate::book::{Violation, Weather};
use crate::day::{Day, Event};
use crate::ending::{self, Silence};
use crate::mishaps::{self, Mishaps};
use crate::people::People;
use crate::play::Play;

/// How long after the last fault all may take to be as wanted: the longest pause after failures, a heal with a drain,
/// and a balancer, one after the other, with room.
const CONVERGES: TimeDelta = TimeDelta::minutes(120);
/// How long the last reports and cleanings up may take then.
const SETTLES: TimeDelta = TimeDelta::minutes(15);
/// How long the rest is that is watched.
const RESTS: TimeDelta = TimeDelta::minutes(20);

/// Longer than any play, on the virtual clock.
const FOREVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Which play, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub seed: u64,
    /// How many troubles there may be.
    pub limit: u32,
    pub day: Day,
    pub planted: Option<Planted>,
}

/// How a play ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub violation: Option<Violation>,
    pub history: String,
    pub steps: u64,
    pub troubles: u32,
    /// How many of which sort.
    pub sorts: BTreeMap<String, u32>,
    pub deaths: u32,
    pub minutes: i64,
}

impl Script {
    pub fn whole(seed: u64) -> Self {
        Self { seed, limit: u32::MAX, day: Day::Usual, planted: None }
    }

    /// A play with a planted bug, on a day on which it shows.
    pub fn with(bug: &Bug, seed: u64) -> Self {
        let limit = if bug.day == Day::Quiet { 0 } else { u32::MAX };
        Self { seed, limit, day: bug.day, planted: Some(bug.planted) }
    }

    /// Plays it in virtual time, on a runtime of its own.
    pub fn play(self) -> Outcome {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let _epoch = Epoch::begin(DateTime::from_timestamp(1_750_000_000, 0).unwrap());
            let began = clock::now();
            let fleet = self.day.fleet(self.seed);
            let mut play = Play::begin(self.seed, self.limit, &fleet, self.planted).await;
            play.book.say(format_args!("{fleet}"));
            // Virtual time goes on as soon as all wait: who waits for what never comes is found out at once.
            if timeout(FOREVER, act(&mut play, self.day)).await.is_err() {
                play.book.violate("I14", "a turn waits for what never comes");
            }
            if play.is_wrong() {
                play.epilogue().await;
            }
            let pages = play.book.pages();
            Outcome {
                violation: pages.violation.clone(),
                history: pages.history.to_string(),
                steps: play.steps,
                troubles: pages.troubles,
                sorts: pages.sorts.clone(),
                deaths: pages.deaths,
                minutes: (clock::now() - began).num_minutes(),
            }
        })
    }
}

async fn act(play: &mut Play, day: Day) {
    let (mut mishaps, mut people) = (Mishaps::default(), People::new());
    trouble(play, day, &mut mishaps, &mut people).await;
    play.book.pages().weather = Weather::default();
    mishaps.mend(&play.stage, true);
    people.calm(&play.stage).await;
    play.book.say("from here on nothing goes wrong any more");
    let end = clock::now() + CONVERGES;
    loop {
        let pause = (clock::now() + TimeDelta::seconds(60)).min(end);
        play.until(pause, |_| false).await;
        people.calm(&play.stage).await;
        if play.is_wrong() {
            return;
        }
        let missing = ending::missing(play);
        if missing.is_empty() {
            break;
        }
        if clock::now() >= end {
            return play.book.violate(
                "I14",
                format_args!(
                    "not as wanted after {CONVERGES}: {missing:?}; the loops wait: {}",
                    ending::waits(play)
                ),
            );
        }
    }
    play.book.say("all is as wanted");
    play.until(clock::now() + SETTLES, |_| false).await;
    play.book.pages().counts = Default::default();
    play.book.say("all is to be at rest");
    play.until(clock::now() + RESTS, |_| false).await;
    let minutes = u32::try_from(RESTS.num_minutes()).unwrap_or(u32::MAX);
    if let Some(what) = ending::unrest(play, minutes).filter(|_| !play.is_wrong()) {
        play.book.violate("I15", what);
    }
    let missing = ending::missing(play);
    if !missing.is_empty() && !play.is_wrong() {
        play.book.violate("I14", format_args!("no longer as wanted: {missing:?}"));
    }
}

/// The bad day itself.
async fn trouble(play: &mut Play, day: Day, mishaps: &mut Mishaps, people: &mut People) {
    let calls = *play.book.pick(&[0.0, 0.01, 0.03, 0.06]).unwrap_or(&0.0);
    let watches = *play.book.pick(&[0.0, 0.002, 0.01]).unwrap_or(&0.0);
    if day == Day::Usual {
        play.book.pages().weather = Weather { calls, watches };
    }
    let acts = play.book.draw(60..420);
    let seconds = |seconds: u32| TimeDelta::seconds(i64::from(seconds));
    let begins = day.begins(&play.book);
    let mut next = clock::now() + seconds(begins);
    let end = next + seconds(play.book.draw(day.lasts()));
    let mut silence = Silence::default();
    while clock::now() < end && !play.is_wrong() {
        let soon = (clock::now() + TimeDelta::seconds(10)).min(end);
        play.until(soon, |_| false).await;
        mishaps.mend(&play.stage, false);
        people.tend(&play.stage, false).await;
        silence.listen(play);
        if next > clock::now() {
            continue;
        }
        next = clock::now() + seconds(play.book.draw(day.pause(acts)));
        if play.book.trouble(1.0) {
            let event = day.draw(&play.book);
            happen(play, day, event, mishaps, people).await;
        }
    }
    if mishaps::is_well(&play.stage) {
        play.book.say("the day ends, and nothing is broken");
    }
}

async fn happen(play: &mut Play, day: Day, event: Event, mishaps: &mut Mishaps, people: &mut People) {
    match event {
        Event::Death => {
            play.book.suffers("Death");
            play.book.doom();
        }
        Event::Breaks(mishap) => {
            play.book.suffers(mishap);
            mishaps.happen(&play.stage, mishap, day.outage());
        }
        Event::Does(deed) => {
            play.book.suffers(deed);
            people.act(&play.stage, deed, day.hold()).await;
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, troubles, deaths, minutes, .. } = self;
        write!(out, "{steps} steps, {minutes} minutes, {troubles} troubles, {deaths} deaths")
    }
}
