//! What is going on around an object: brakes, pauses, outages, room.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::context::Scene;
use crate::api::conditions::PAUSED;
use crate::api::machine::Machine;
use crate::api::machine_status::FailureCause;
use crate::api::time::Time;
use crate::engine::context::Engine;
use crate::planning::brake::{self, Reached};
use crate::planning::observation::surroundings::{NoRoom, Standing, Surroundings};

/// What is going on around an object of a cluster. `paused` is what its own spec says; `paused_since` since when that was
/// seen; `zone` that of a machine.
pub fn of_part(
    engine: &Engine,
    scene: &Scene,
    paused: bool,
    seen: Option<DateTime<Utc>>,
    zone: Option<&str>,
) -> Surroundings {
    let cluster = &scene.record;
    let cluster_seen = paused_since(&cluster.status.conditions);
    let since = if paused {
        Some(seen.unwrap_or_else(crate::clock::now))
    } else {
        cluster.spec.paused.then(|| cluster_seen.unwrap_or_else(crate::clock::now))
    };
    let reached = Reached { tenant: &cluster.meta.namespace, cluster: Some(&cluster.meta.name), zone };
    Surroundings { no_room: no_room(&scene.machines), ..of(engine, reached, since) }
}

/// What is going on around something.
pub fn of(engine: &Engine, reached: Reached<'_>, paused: Option<DateTime<Utc>>) -> Surroundings {
    let choices = engine.inventory.choices();
    let census = engine.fleet.census(&engine.records, &choices, &engine.policy);
    let brakes = engine.brakes.on();
    let braked = brake::zones(&brakes);
    let mut zones = census.zones.clone();
    for zone in zones.iter_mut().filter(|zone| braked.contains(&zone.name.as_str())) {
        zone.standing = Standing::Braked;
    }
    Surroundings {
        hold: brake::hold(&brakes, reached, paused),
        fleet: census.fleet,
        zones,
        networks: census.networks.clone(),
        hosts: choices.hosts.clone(),
        blind: choices.blind.clone(),
        no_room: None,
    }
}

/// Since when the condition Paused is so.
pub fn paused_since(conditions: &crate::api::condition::Conditions) -> Option<DateTime<Utc>> {
    conditions.get(PAUSED).filter(|_| conditions.is_true(PAUSED)).map(|one| one.last_transition_time.at())
}

/// Why the project gets no servers for now: what its machines were told last.
fn no_room(machines: &[Arc<Machine>]) -> Option<NoRoom> {
    let failures = machines.iter().filter_map(|machine| machine.status.as_ref()?.last_failure.as_ref());
    let full: Vec<(&str, DateTime<Utc>, DateTime<Utc>)> = failures
        .filter_map(|failure| match failure.cause {
            FailureCause::Quota | FailureCause::NoValidHost => {
                Some((failure.message.as_str(), failure.at.at(), failure.retry_at.map(Time::at)?))
            }
            FailureCause::Invalid
            | FailureCause::Cloud
            | FailureCause::OutcomeUnknown
            | FailureCause::NeverJoined => None,
        })
        .collect();
    let (told, since, _) = full.iter().min_by_key(|(_, at, _)| *at)?;
    let until = full.iter().map(|(.., until)| *until).max()?;
    Some(NoRoom { told: (*told).to_owned(), since: *since, until })
}
