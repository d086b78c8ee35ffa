//! A play: a scheduler in place of the engine's own, in which a seed decides what happens next.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::clock;
use kaasboard::engine::context::Engine;
use kaasboard::engine::inventory::{self, Look};
use kaasboard::engine::key::Key;
use kaasboard::engine::{incidents, triggers, turn};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use crate::blunder::Planted;
use crate::book::Book;
use crate::fleet::Small;
use crate::invariants;
use crate::stage::{Process, Stage};

/// How many turns are under way at a time, at most.
const FLIGHTS: usize = 4;
/// The shortest time that passes: enough for all that is ready to run.
const MOMENT: Duration = Duration::from_millis(1);

/// How many steps are told of what follows a violation.
const EPILOGUE: u32 = 50;
/// How often what pools are like is remembered.
const POOLS: TimeDelta = TimeDelta::seconds(10);

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Errand {
    Turn(Key),
    Look,
    Incidents,
}

/// Something that was begun and is not over.
struct Flight {
    errand: Errand,
    rest: Pin<Box<dyn Future<Output = ()>>>,
    bell: Arc<Bell>,
}

/// Rings when a flight can go on.
struct Bell {
    rung: AtomicBool,
    any: Arc<Notify>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Relaxed);
        self.any.notify_one();
    }
}

/// What can be done next.
enum Choice {
    GoOn(usize),
    Begin(Errand),
}

/// A play under way.
pub struct Play {
    pub stage: Stage,
    pub book: Book,
    pub process: Option<Process>,
    pub steps: u64,
    flights: Vec<Flight>,
    any: Arc<Notify>,
    look_at: DateTime<Utc>,
    whole_at: DateTime<Utc>,
    incidents_at: DateTime<Utc>,
    starts_at: DateTime<Utc>,
    pools_at: DateTime<Utc>,
    seen: (u64, u64),
}

impl Play {
    /// Sets the stage and starts the first process.
    pub async fn begin(seed: u64, limit: u32, fleet: &Small, planted: Option<Planted>) -> Self {
        let book = Book::new(seed, limit);
        let stage = Stage::set(seed, book.clone(), fleet, planted).await;
        let now = clock::now();
        Self {
            stage,
            book,
            process: None,
            steps: 0,
            flights: Vec::new(),
            any: Arc::default(),
            look_at: now,
            whole_at: now,
            incidents_at: now,
            starts_at: now,
            pools_at: now,
            seen: (0, 0),
        }
    }

    /// Plays until a time, or until `done` says so, or until something is wrong. Answers whether `done` said so.
    pub async fn until(&mut self, end: DateTime<Utc>, done: impl Fn(&Self) -> bool) -> bool {
        while !self.is_wrong() && clock::now() < end {
            if done(self) {
                return true;
            }
            self.step(end).await;
        }
        !self.is_wrong() && done(self)
    }

    pub fn is_wrong(&self) -> bool {
        self.book.pages().violation.is_some()
    }

    /// Lets what is under way come to its end, so that the history tells what it was.
    pub async fn epilogue(&mut self) {
        for _ in 0..EPILOGUE {
            self.step(clock::now() + TimeDelta::seconds(1)).await;
        }
    }

    /// One step: something that can go on goes on, something that is due begins, or time passes.
    pub async fn step(&mut self, end: DateTime<Utc>) {
        self.steps += 1;
        if std::mem::take(&mut self.book.pages().is_doomed) {
            self.die();
        }
        if self.process.is_none() && self.starts_at <= clock::now() {
            self.start();
        }
        let mut choices = self.choices();
        if choices.is_empty() {
            self.wait(end).await;
        } else {
            let count = u32::try_from(choices.len()).unwrap_or(u32::MAX);
            let which = self.book.draw(0..count) as usize;
            match choices.swap_remove(which) {
                Choice::GoOn(flight) => self.go_on(flight).await,
                Choice::Begin(errand) => self.start_errand(errand),
            }
        }
        // Most of the time others have their turn before the next step: watches, the insides, the manager itself.
        if self.book.chance(0.5) {
            sleep(MOMENT).await
        } else {
            yield_now().await
        }
        let now = self.stage.witness.ledger.revision();
        if now != self.seen {
            self.seen = now;
            invariants::look(&self.stage);
        }
        if self.pools_at <= clock::now() {
            self.pools_at = clock::now() + POOLS;
            self.stage.witness.pools.look(&self.stage.witness);
        }
    }

    fn start(&mut self) {
        let now = clock::now();
        (self.look_at, self.whole_at, self.incidents_at) = (now, now, now);
        self.process = Some(self.stage.start());
    }

    /// The process ends in the middle of whatever it does.
    pub fn die(&mut self) {
        self.book.say("the process dies");
        self.book.pages().deaths += 1;
        self.flights.clear();
        self.process = None;
        self.starts_at = clock::now() + TimeDelta::seconds(i64::from(self.book.draw(0..60)));
    }

    fn choices(&self) -> Vec<Choice> {
        let Some(process) = &self.process else { return Vec::new() };
        let now = clock::now();
        let rung = |flight: &Flight| flight.bell.rung.load(Ordering::Relaxed);
        let mut choices: Vec<Choice> =
            (0..self.flights.len()).filter(|index| rung(&self.flights[*index])).map(Choice::GoOn).collect();
        let is_under_way = |errand| self.flights.iter().any(|flight| flight.errand == errand);
        if self.look_at <= now && !is_under_way(Errand::Look) {
            choices.push(Choice::Begin(Errand::Look));
        }
        if process.is_ready() && self.flights.len() < FLIGHTS {
            if self.incidents_at <= now && !is_under_way(Errand::Incidents) {
                choices.push(Choice::Begin(Errand::Incidents));
            }
            let due = process.engine.queue.due(now);
            choices.extend(self.book.pick(&due).cloned().map(|key| Choice::Begin(Errand::Turn(key))));
        }
        choices
    }

    fn start_errand(&mut self, errand: Errand) {
        let Some(process) = &self.process else { return };
        let engine = process.engine.clone();
        let rest: Pin<Box<dyn Future<Output = ()>>> = match &errand {
            Errand::Turn(key) => {
                if !engine.queue.begin(key) {
                    return;
                }
                let key = key.clone();
                Box::pin(async move { turn::take(&engine, &key).await })
            }
            Errand::Look => {
                let now = clock::now();
                let is_whole = now >= self.whole_at || !engine.inventory.is_complete();
                let look = if is_whole { Look::Whole } else { Look::Changes };
                if look == Look::Whole {
                    self.whole_at = now + TimeDelta::seconds(i64::from(self.book.draw(60..300)));
                }
                Box::pin(async move { read(&engine, look).await })
            }
            Errand::Incidents => Box::pin(async move { incidents::turn(&engine).await }),
        };
        let bell = Arc::new(Bell { rung: AtomicBool::new(true), any: self.any.clone() });
        self.flights.push(Flight { errand, rest, bell });
    }

    /// One of the flights goes on for a while.
    async fn go_on(&mut self, which: usize) {
        for _ in 0..self.book.draw(1..6) {
            let flight = &mut self.flights[which];
            if !flight.bell.rung.swap(false, Ordering::Relaxed) {
                return;
            }
            let waker = Waker::from(flight.bell.clone());
            if flight.rest.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                let flight = self.flights.swap_remove(which);
                return self.end(flight.errand);
            }
            yield_now().await;
        }
    }

    fn end(&mut self, errand: Errand) {
        let Some(process) = &self.process else { return };
        let now = clock::now();
        let later = |from, to| now + TimeDelta::seconds(i64::from(self.book.draw(from..to)));
        match errand {
            Errand::Turn(key) => {
                if let Some(record) = process.engine.trace.last(&key) {
                    self.book.pages().history.turn(&record);
                    invariants::turn(&self.book, &record);
                }
            }
            Errand::Look => {
                let is_busy = process.engine.inventory.is_busy();
                self.look_at = if is_busy { later(5, 15) } else { later(15, 60) };
            }
            Errand::Incidents => self.incidents_at = later(5, 30),
        }
    }

    /// Lets time pass until something is due or can go on.
    async fn wait(&mut self, end: DateTime<Utc>) {
        let now = clock::now();
        let next = match &self.process {
            None => self.starts_at,
            Some(process) => {
                let is_under_way = |errand| self.flights.iter().any(|flight| flight.errand == errand);
                let look = Some(self.look_at).filter(|_| !is_under_way(Errand::Look));
                let is_free = process.is_ready() && self.flights.len() < FLIGHTS;
                let incidents =
                    Some(self.incidents_at).filter(|_| is_free && !is_under_way(Errand::Incidents));
                let due = process.engine.queue.next_due().filter(|_| is_free);
                [look, incidents, due].into_iter().flatten().min().unwrap_or(end)
            }
        };
        let late = if self.book.chance(0.2) { i64::from(self.book.draw(0..3000)) } else { 0 };
        let time = (next.min(end) - now).max(TimeDelta::zero()) + TimeDelta::milliseconds(late);
        let _ = timeout(time.to_std().unwrap_or_default().max(MOMENT), self.any.notified()).await;
    }
}

async fn read(engine: &Arc<Engine>, look: Look) {
    let touched = inventory::refresh(engine, look).await;
    triggers::of_cloud(engine, &touched);
}
