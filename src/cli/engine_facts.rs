//! What the engine tells of itself, for commands: asked of the engine that the Lease in the manager names.

use kube::Client;
use serde::de::DeserializeOwned;

use super::failure::{Exit, Failure};
use super::leader::leader;
use super::operate::journal::no_engine;
use crate::engine::facts::ask::{self, AskError};

/// What the engine tells at a path. `identity` is who the answer says to come from.
///
/// # Errors
/// When no engine holds the Lease, or it cannot be reached from here.
pub async fn ask<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    identity: fn(&T) -> &str,
) -> Result<T, Failure> {
    let leader = leader(client).await?.ok_or_else(no_engine)?;
    ask::ask(&leader, path, identity).await.map_err(|error| match error {
        AskError::Silent => Failure::new(Exit::Failed, "the engine does not tell of itself")
            .on(&leader.identity)
            .remedy("start it with --listen"),
        error => Failure::new(Exit::Failed, "the engine cannot be asked from here")
            .on(format!("{} at {}", leader.identity, leader.facts.clone().unwrap_or_default()))
            .because(error)
            .remedy("it tells of itself on its own machine: go there, or forward its port"),
    })
}
