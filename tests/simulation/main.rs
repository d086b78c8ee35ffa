//! Deterministic simulation: the engine's turns under a scheduler that draws from a seed, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

mod fleet;
mod history;
mod play;
mod stage;

use chrono::{DateTime, TimeDelta};
use kaasboard::api::condition::Conditions;
use kaasboard::api::conditions::AVAILABLE;
use kaasboard::clock::{self, Epoch};
use kaasboard::simulation::world::state::Remains;
use play::Play;

/// Plays in virtual time, on a runtime of its own.
fn in_virtual_time<T>(play: impl Future<Output = T>) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let _epoch = Epoch::begin(DateTime::from_timestamp(1_750_000_000, 0).unwrap());
        play.await
    })
}

fn are_available(play: &Play) -> bool {
    let Some(process) = &play.process else { return false };
    let all = process.engine.records.clusters.all();
    let is_available = |conditions: &Conditions| conditions.is_true(AVAILABLE);
    !all.is_empty()
        && all.iter().all(|cluster| cluster.status.as_ref().is_some_and(|one| is_available(&one.conditions)))
}

fn are_gone(play: &Play) -> bool {
    play.process.as_ref().is_some_and(|process| process.engine.records.clusters.count() == 0)
}

#[test]
fn a_cluster_comes_up_and_is_deleted_and_nothing_of_it_is_left() {
    let left = in_virtual_time(async {
        let fleet = fleet::Small { clusters: vec![(1, 2, 2)] };
        let mut play = Play::begin(1, &fleet).await;
        assert!(play.until(clock::now() + TimeDelta::minutes(30), are_available).await, "{}", play.history);
        let (project, before) = play.stage.left_of("c1").await;
        assert!(before.servers == 6 && project.is_some(), "{before:?}\n{}", play.history);
        play.stage.delete("c1").await;
        assert!(play.until(clock::now() + TimeDelta::minutes(30), are_gone).await, "{}", play.history);
        play.stage.cloud.world().remains(&project.unwrap())
    });
    assert_eq!(left, Remains::default());
}
