//! Deterministic simulation: the engine's turns under a scheduler that draws from a seed, in virtual time, on a bad day.
//!
//! `KAASBOARD_SEEDS=A..B` chooses the seeds (without B), `KAASBOARD_SEED=N` replays one and prints its history,
//! `KAASBOARD_TROUBLES=N` lets only so many things go wrong, `KAASBOARD_PLANTED=NAME` plants one bug alone, with `KAASBOARD_SEED` in that play.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it found by printing and panicking"
)]

mod blunder;
mod book;
mod cloud;
mod day;
mod drama;
mod ending;
mod fleet;
mod gate;
mod history;
mod invariants;
mod ledger;
mod mishaps;
mod people;
mod play;
mod pools;
mod search;
mod stage;
mod witness;

use std::env;
use std::ops::Range;

use blunder::BUGS;
use drama::Script;
use search::search;

/// The seeds of every run: they take seven minutes on two cores. `.ci/run` has an hour for everything.
const SEEDS: Range<u64> = 0..200;

/// The seeds among which one has to find a planted bug.
const PLANTED: Range<u64> = 0..8;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is to be a number: {text}")))
}

fn seeds() -> Range<u64> {
    let Ok(text) = env::var("KAASBOARD_SEEDS") else { return SEEDS };
    let ends = text.split_once("..").and_then(|(from, to)| Some(from.parse().ok()?..to.parse().ok()?));
    ends.unwrap_or_else(|| panic!("KAASBOARD_SEEDS is to be like 0..200: {text}"))
}

#[test]
fn no_seed_breaks_an_invariant() {
    let report = search(seeds(), Script::whole, false);
    println!("{report}");
    let told: Vec<String> =
        report.failures.values().take(3).map(|failure| failure.clone().shortest().told()).collect();
    assert!(report.failures.is_empty(), "{report}\n{}", told.join("\n"));
}

#[test]
fn replay() {
    let Some(seed) = number("KAASBOARD_SEED") else {
        return println!("NOT RUN: KAASBOARD_SEED names no seed");
    };
    let limit =
        number("KAASBOARD_TROUBLES").map_or(u32::MAX, |limit| u32::try_from(limit).unwrap_or(u32::MAX));
    let planted = env::var("KAASBOARD_PLANTED").ok();
    let planted = planted.and_then(|name| BUGS.iter().find(|bug| format!("{bug:?}").contains(&name)));
    let script = planted.map_or(Script::whole(seed), |bug| Script::with(bug, seed));
    let outcome = Script { limit: limit.min(script.limit), ..script }.play();
    println!("{}\n{outcome}", outcome.history);
    assert_eq!(outcome.violation, None);
}

#[test]
fn the_same_seed_has_the_same_history() {
    let (first, second) = (Script::whole(3).play(), Script::whole(3).play());
    let differs = first.history.lines().zip(second.history.lines()).find(|(one, other)| one != other);
    assert_eq!(differs, None);
    assert_eq!((first.steps, first.history.len()), (second.steps, second.history.len()));
}

#[test]
fn each_planted_bug_is_found() {
    let chosen = env::var("KAASBOARD_PLANTED").unwrap_or_default();
    let mut missed = Vec::new();
    for bug in BUGS.iter().filter(|bug| format!("{bug:?}").contains(&chosen)) {
        let report = search(PLANTED, |seed| Script::with(bug, seed), true);
        let violations = report.failures.values().filter_map(|failure| failure.outcome.violation.as_ref());
        let found: Vec<_> = violations.map(|violation| violation.invariant).collect();
        println!("{bug:?}: {found:?} after {} plays, {} steps", report.plays, report.steps);
        if !found.contains(&bug.breaks) {
            missed.push(format!("{bug:?} breaks {found:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}
