//! Who runs the engine, for commands.

use chrono::{DateTime, Utc};
use kube::Client;

use super::failure::Failure;
use super::objects::unanswered;
use crate::clock;
use crate::engine::leader::{self, Leader};

/// The engine that holds the Lease, or nothing if none does.
///
/// # Errors
/// When the manager does not answer.
pub async fn leader(client: &Client) -> Result<Option<Leader>, Failure> {
    leader::leader(client).await.map_err(|error| unanswered(error.into()))
}

/// The time by the engine's clock, as far as the Lease tells it: a sandbox's runs ahead of ours.
///
/// # Errors
/// When the manager does not answer.
pub async fn now(client: &Client) -> Result<DateTime<Utc>, Failure> {
    let renewed = leader(client).await?.map(|leader| leader.renewed);
    Ok(renewed.map_or_else(clock::now, |renewed| renewed.max(clock::now())))
}
