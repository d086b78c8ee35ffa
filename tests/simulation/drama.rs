//! One whole play: a fleet comes up, things go wrong for a while, and then all has to be well again.

use std::fmt;

use chrono::{DateTime, TimeDelta};
use kaasboard::clock::{self, Epoch};

use crate::blunder::Planted;
use crate::book::{Violation, Weather};
use crate::ending::{self, Silence};
use crate::fleet::Small;
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

/// Which play, and how much of it.
#[derive(Clone, Copy, Debug)]
pub struct Script {
    pub seed: u64,
    /// How many troubles there may be.
    pub limit: u32,
    pub planted: Option<Planted>,
}

/// How a play ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub violation: Option<Violation>,
    pub history: String,
    pub steps: u64,
    pub troubles: u32,
    pub deaths: u32,
    pub minutes: i64,
}

impl Script {
    pub fn whole(seed: u64) -> Self {
        Self { seed, limit: u32::MAX, planted: None }
    }

    /// Plays it in virtual time, on a runtime of its own.
    pub fn play(self) -> Outcome {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let _epoch = Epoch::begin(DateTime::from_timestamp(1_750_000_000, 0).unwrap());
            let began = clock::now();
            let fleet = Small::drawn(self.seed);
            let mut play = Play::begin(self.seed, self.limit, &fleet, self.planted).await;
            play.book.say(format_args!("{fleet}"));
            act(&mut play).await;
            if play.is_wrong() {
                play.epilogue().await;
            }
            let pages = play.book.pages();
            Outcome {
                violation: pages.violation.clone(),
                history: pages.history.to_string(),
                steps: play.steps,
                troubles: pages.troubles,
                deaths: pages.deaths,
                minutes: (clock::now() - began).num_minutes(),
            }
        })
    }
}

async fn act(play: &mut Play) {
    let (mut mishaps, mut people) = (Mishaps::default(), People::new());
    trouble(play, &mut mishaps, &mut people).await;
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
            return play.book.violate("I14", format_args!("not as wanted after {CONVERGES}: {missing:?}"));
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
async fn trouble(play: &mut Play, mishaps: &mut Mishaps, people: &mut People) {
    let calls = *play.book.pick(&[0.0, 0.01, 0.03, 0.06]).unwrap_or(&0.0);
    let watches = *play.book.pick(&[0.0, 0.002, 0.01]).unwrap_or(&0.0);
    play.book.pages().weather = Weather { calls, watches };
    let acts = i64::from(play.book.draw(60..420));
    // Most days begin when the fleet is up; some while it comes up.
    let begins = if play.book.chance(0.6) { play.book.draw(300..720) } else { play.book.draw(0..300) };
    let lasts = TimeDelta::seconds(i64::from(begins + play.book.draw(600..2400)));
    let end = clock::now() + lasts;
    let mut next = clock::now() + TimeDelta::seconds(i64::from(begins));
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
        next = clock::now()
            + TimeDelta::seconds(i64::from(play.book.draw(10..u32::try_from(acts).unwrap_or(60))));
        if play.book.trouble(1.0) {
            match play.book.draw(0..20) {
                0 => play.book.doom(),
                1..11 => mishaps.happen(&play.stage),
                _ => people.act(&play.stage).await,
            }
        }
    }
    if mishaps::is_well(&play.stage) {
        play.book.say("the day ends, and nothing is broken");
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, troubles, deaths, minutes, .. } = self;
        write!(out, "{steps} steps, {minutes} minutes, {troubles} troubles, {deaths} deaths")
    }
}
