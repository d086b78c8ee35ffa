//! The book of a play: what the seed decides, what happened, and what was found wrong. Everything that can go wrong asks it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use kaasboard::clock;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::history::History;

/// Something that must not be, and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Of which invariant, as ENGINE.md numbers them.
    pub invariant: &'static str,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.invariant, self.what)
    }
}

/// What becomes of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes through.
    Fine,
    /// It goes through, and takes its time.
    Slow(Duration),
    /// It is refused: the service is not there.
    Down,
    /// It is refused: too many calls.
    Throttled(Duration),
    /// It is refused: something else is under way.
    Conflict,
    /// It goes through, and the reply is lost.
    Lost,
    /// It goes through so much later, and nobody is told.
    Late(Duration),
    /// The process ends before it goes out.
    DiesBefore,
    /// The process ends before the reply comes in.
    DiesAfter,
}

/// How much goes wrong by itself, as chances of one call.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// That a call has another fate than the usual.
    pub calls: f64,
    /// That a watch breaks, or is late, with a change.
    pub watches: f64,
}

/// What was asked of others, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that change something, and writes.
    pub changes: BTreeMap<String, u32>,
    /// Calls that ask for one thing and not for a whole listing.
    pub reads: BTreeMap<String, u32>,
}

/// The pages of the book.
pub struct Pages {
    pub random: StdRng,
    pub weather: Weather,
    /// How many troubles there were, of how many that may be.
    pub troubles: u32,
    pub limit: u32,
    /// How many there were of which sort.
    pub sorts: BTreeMap<String, u32>,
    /// Whether the process is to end at once.
    pub is_doomed: bool,
    pub deaths: u32,
    pub history: History,
    pub violation: Option<Violation>,
    pub counts: Counts,
}

/// The book. Clones are the same book.
#[derive(Clone)]
pub struct Book(Arc<Mutex<Pages>>);

impl fmt::Debug for Book {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Book")
    }
}

impl Book {
    pub fn new(seed: u64, limit: u32) -> Self {
        Self(Arc::new(Mutex::new(Pages {
            random: StdRng::seed_from_u64(seed),
            weather: Weather::default(),
            troubles: 0,
            limit,
            sorts: BTreeMap::new(),
            is_doomed: false,
            deaths: 0,
            history: History::new(clock::now()),
            violation: None,
            counts: Counts::default(),
        })))
    }

    pub fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws a number.
    pub fn draw(&self, from: std::ops::Range<u32>) -> u32 {
        self.pages().random.random_range(from)
    }

    /// Draws one of several.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.pages().random.random_range(0..from.len())) }
    }

    /// Draws whether something is so.
    pub fn chance(&self, chance: f64) -> bool {
        self.pages().random.random_bool(chance)
    }

    /// Draws whether something goes wrong now. Beyond the limit nothing does, which is how a play is made shorter.
    pub fn trouble(&self, chance: f64) -> bool {
        let mut pages = self.pages();
        if chance <= 0.0 || !pages.random.random_bool(chance) || pages.troubles >= pages.limit {
            return false;
        }
        pages.troubles += 1;
        true
    }

    /// Counts a trouble, by the first word of what it is called.
    pub fn suffers(&self, what: impl fmt::Debug) {
        let sort = format!("{what:?}");
        let sort = sort.split(|char: char| !char.is_alphanumeric()).find(|word| !word.is_empty());
        *self.pages().sorts.entry(sort.unwrap_or_default().to_owned()).or_default() += 1;
    }

    /// Draws the fate of a call. Only what makes something new can come about late.
    pub fn fate(&self, changes: bool, makes: bool) -> Fate {
        let chance = self.pages().weather.calls;
        if !self.trouble(chance) {
            return Fate::Fine;
        }
        let seconds = |from, to| Duration::from_secs(u64::from(self.draw(from..to)));
        let fate = match self.draw(0..if changes { 20 } else { 10 }) {
            0..3 => Fate::Down,
            3..5 => Fate::Slow(seconds(1, 30)),
            5..7 => Fate::Throttled(seconds(1, 120)),
            7 | 8 => Fate::Down,
            9 => Fate::DiesBefore,
            10 | 11 => Fate::Conflict,
            12..15 if makes => Fate::Late(seconds(1, 80)),
            12..17 => Fate::Lost,
            _ => Fate::DiesAfter,
        };
        self.suffers(fate);
        fate
    }

    /// Something happened.
    pub fn say(&self, what: impl fmt::Display) {
        self.pages().history.say(what);
    }

    /// Something must not be, and is. The first that is found counts.
    pub fn violate(&self, invariant: &'static str, what: impl fmt::Display) {
        let mut pages = self.pages();
        if pages.violation.is_none() {
            let violation = Violation { invariant, what: what.to_string() };
            pages.history.say(format_args!("VIOLATED {violation}"));
            pages.violation = Some(violation);
        }
    }

    /// The process ends.
    pub fn doom(&self) {
        self.pages().is_doomed = true;
    }

    /// Counts a change, or a question about one thing.
    pub fn count(&self, changes: bool, what: &str) {
        let mut pages = self.pages();
        let counts = if changes { &mut pages.counts.changes } else { &mut pages.counts.reads };
        *counts.entry(what.to_owned()).or_default() += 1;
    }
}

/// Whether so much time has passed since something.
pub fn longer_than(since: DateTime<Utc>, seconds: i64) -> bool {
    (clock::now() - since).num_seconds() > seconds
}
