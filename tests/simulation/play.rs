//! A play: a scheduler in place of the engine's own, in which a seed decides what happens next.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::clock;
use kaasboard::engine::inventory::{self, Look};
use kaasboard::engine::{incidents, triggers};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::fleet::Small;
use crate::history::History;
use crate::stage::{Process, Stage};

/// How many turns are under way at a time, at most.
const FLIGHTS: usize = 3;
/// The shortest time that passes: enough for all that is ready to run.
const MOMENT: Duration = Duration::from_millis(1);
/// A turn that is under way for longer waits for time to pass.
const PATIENCE: u32 = 200;

/// A play under way.
pub struct Play {
    pub stage: Stage,
    pub process: Option<Process>,
    pub history: History,
    pub random: StdRng,
    pub turns: u64,
    look_at: DateTime<Utc>,
    whole_at: DateTime<Utc>,
    incidents_at: DateTime<Utc>,
    polls: u32,
}

impl Play {
    /// Sets the stage and starts the first process.
    pub async fn begin(seed: u64, fleet: &Small) -> Self {
        let mut stage = Stage::set(seed, fleet).await;
        let process = Some(stage.start());
        let now = clock::now();
        Self {
            stage,
            process,
            history: History::new(now),
            random: StdRng::seed_from_u64(seed),
            turns: 0,
            look_at: now,
            whole_at: now,
            incidents_at: now,
            polls: 0,
        }
    }

    /// Plays until a time, or until `done` says so. Answers whether it did.
    pub async fn until(&mut self, end: DateTime<Utc>, done: impl Fn(&Self) -> bool) -> bool {
        loop {
            if done(self) {
                return true;
            }
            if clock::now() >= end {
                return false;
            }
            self.step(end).await;
        }
    }

    /// One step: something that is due happens, or time passes.
    pub async fn step(&mut self, end: DateTime<Utc>) {
        let now = clock::now();
        let Some(process) = &mut self.process else { return };
        let under_way = process.flights.len();
        let due = if process.is_ready() { process.engine.queue.due(now) } else { Vec::new() };
        if self.look_at <= now && self.random.random_bool(0.5) {
            self.look().await;
        } else if self.incidents_at <= now && process.is_ready() && under_way == 0 {
            self.incidents_at = now + TimeDelta::seconds(self.random.random_range(5..30));
            incidents::turn(&process.engine).await;
        } else if !due.is_empty() && under_way < FLIGHTS && (under_way == 0 || self.random.random_bool(0.3)) {
            let key = due[self.random.random_range(0..due.len())].clone();
            process.begin(key);
        } else if under_way > 0 {
            self.go_on().await;
        } else {
            self.wait(now, end).await;
        }
        self.pump().await;
    }

    /// Reads the cloud.
    async fn look(&mut self) {
        let Some(process) = &self.process else { return };
        let now = clock::now();
        let look = if now >= self.whole_at { Look::Whole } else { Look::Changes };
        if look == Look::Whole {
            self.whole_at = now + TimeDelta::seconds(self.random.random_range(60..300));
        }
        let touched = inventory::refresh(&process.engine, look).await;
        triggers::of_cloud(&process.engine, &touched);
        let pause = if process.engine.inventory.is_busy() { 5..15 } else { 15..60 };
        self.look_at = now + TimeDelta::seconds(self.random.random_range(pause));
    }

    /// One of the turns under way goes on for a while.
    async fn go_on(&mut self) {
        let Some(process) = &mut self.process else { return };
        let which = self.random.random_range(0..process.flights.len());
        let times = self.random.random_range(1..=6_u32);
        for _ in 0..times {
            let flight = &mut process.flights[which];
            self.polls += 1;
            let polled = poll_fn(|context| Poll::Ready(flight.rest.as_mut().poll(context))).await;
            if polled.is_ready() {
                let flight = process.flights.remove(which);
                self.turns += 1;
                self.polls = 0;
                if let Some(record) = process.engine.trace.last(&flight.key) {
                    self.history.turn(&record);
                }
                return;
            }
            yield_now().await;
        }
        if self.polls > PATIENCE {
            self.polls = 0;
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Lets time pass until something is due.
    async fn wait(&mut self, now: DateTime<Utc>, end: DateTime<Utc>) {
        let Some(process) = &self.process else { return };
        let next = process.engine.queue.next_due().unwrap_or(end);
        let next = next.min(self.look_at).min(self.incidents_at).min(end);
        let late = if self.random.random_bool(0.2) { self.random.random_range(0..3000) } else { 0 };
        let time = (next - now).max(TimeDelta::zero()) + TimeDelta::milliseconds(late);
        sleep(time.to_std().unwrap_or_default().max(MOMENT)).await;
    }

    /// Lets watches bring what they have, most of the time.
    async fn pump(&mut self) {
        if self.random.random_bool(0.7) {
            sleep(MOMENT).await;
        } else {
            yield_now().await;
        }
    }
}
