//! The search: many seeds, spread over threads; of a play that goes wrong, the shortest beginning that does.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::drama::{Outcome, Script};

/// So many lines at the end of a history are printed of a play that went wrong.
const LINES: usize = 150;

/// After how many plays it is told how far the search is.
const PROGRESS: u64 = 100;

/// A play that went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    pub script: Script,
    pub outcome: Outcome,
}

/// What a search came to.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub plays: u64,
    pub steps: u64,
    pub troubles: u64,
    pub deaths: u64,
    /// How many troubles of which sort.
    pub sorts: BTreeMap<String, u64>,
    pub minutes: i64,
    pub failures: BTreeMap<u64, Failure>,
}

/// Plays all seeds; with `first`, only until one goes wrong.
pub fn search(seeds: std::ops::Range<u64>, script: impl Fn(u64) -> Script + Sync, first: bool) -> Report {
    let next = AtomicU64::new(seeds.start);
    let report = Mutex::new(Report::default());
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let stop = first && !lock(&report).failures.is_empty();
            if seed >= seeds.end || stop {
                return;
            }
            let script = script(seed);
            let outcome = script.play();
            lock(&report).add(script, outcome);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(work);
        }
    });
    report.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Report {
    fn add(&mut self, script: Script, outcome: Outcome) {
        self.plays += 1;
        self.steps += outcome.steps;
        self.troubles += u64::from(outcome.troubles);
        self.deaths += u64::from(outcome.deaths);
        self.minutes += outcome.minutes;
        for (sort, count) in &outcome.sorts {
            *self.sorts.entry(sort.clone()).or_default() += u64::from(*count);
        }
        if let Some(violation) = &outcome.violation {
            println!("seed {}: {violation}", script.seed);
            self.failures.insert(script.seed, Failure { script, outcome });
        }
        if self.plays.is_multiple_of(PROGRESS) {
            println!("{} plays, {} violations", self.plays, self.failures.len());
        }
    }
}

fn lock(report: &Mutex<Report>) -> std::sync::MutexGuard<'_, Report> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Failure {
    /// The shortest beginning of the play that goes wrong in the same way: so many troubles and no more.
    pub fn shortest(self) -> Self {
        let wanted = self.outcome.violation.as_ref().map(|violation| violation.invariant);
        let (mut least, mut most) = (0, self.outcome.troubles);
        let mut best = self;
        while least < most {
            let limit = least + (most - least) / 2;
            let script = Script { limit, ..best.script };
            let outcome = script.play();
            if outcome.violation.as_ref().map(|violation| violation.invariant) == wanted {
                (most, best) = (outcome.troubles.min(limit), Self { script, outcome });
            } else {
                least = limit + 1;
            }
        }
        best
    }

    /// What happened, for people, and how to see it again.
    pub fn told(&self) -> String {
        let Self { script, outcome } = self;
        let lines: Vec<&str> = outcome.history.lines().collect();
        let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
        let violation = outcome.violation.as_ref().map(ToString::to_string).unwrap_or_default();
        format!(
            "seed {} violates {violation}\nwith its first {} troubles: {outcome}\n{last}\n\
             all of it: KAASBOARD_SEED={} KAASBOARD_TROUBLES={} cargo test --test simulation replay -- --nocapture\n",
            script.seed, outcome.troubles, script.seed, script.limit
        )
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { plays, steps, troubles, deaths, sorts, minutes, failures } = self;
        writeln!(out, "plays | steps | troubles | deaths | virtual hours | violations")?;
        let hours = minutes / 60;
        writeln!(out, "{plays} | {steps} | {troubles} | {deaths} | {hours} | {}", failures.len())?;
        let sorts: Vec<String> = sorts.iter().map(|(sort, count)| format!("{sort} {count}")).collect();
        writeln!(out, "troubles: {}", sorts.join(", "))?;
        let mut broken: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for (seed, failure) in failures {
            let invariant = failure.outcome.violation.as_ref().map_or("", |violation| violation.invariant);
            broken.entry(invariant).or_default().push(*seed);
        }
        broken.iter().try_for_each(|(invariant, seeds)| writeln!(out, "{invariant}: seeds {seeds:?}"))
    }
}
