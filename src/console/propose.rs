//! Writing Operations down, and waiting until the engine has planned them.

use std::time::Duration;

use kube::api::PostParams;
use kube::{Api, Client};
use tokio::time::{Instant, sleep};

use super::message::Proposal;
use crate::api::operation::Operation;
use crate::api::operation_status::OperationPhase;

/// How long the engine has to plan. It takes it milliseconds; without an engine nobody ever plans.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often is looked whether it did.
const LOOK: Duration = Duration::from_millis(150);

/// The field manager under which the console writes.
pub const CONSOLE: &str = "kaasboard-console";

/// Writes an Operation down.
///
/// # Errors
/// What the manager says.
pub async fn create(client: &Client, operation: &Operation) -> Result<Operation, kube::Error> {
    let namespace = operation.metadata.namespace.clone().unwrap_or_default();
    let api: Api<Operation> = Api::namespaced(client.clone(), &namespace);
    let who = PostParams { field_manager: Some(CONSOLE.to_owned()), ..PostParams::default() };
    api.create(&who, operation).await
}

/// Writes Operations down, and waits until all are planned or cannot be.
pub async fn propose(client: &Client, operations: Vec<(String, Operation)>) -> Vec<Proposal> {
    let mut made = Vec::with_capacity(operations.len());
    for (about, operation) in operations {
        made.push((about, create(client, &operation).await.map_err(|error| told(&error))));
    }
    let until = Instant::now() + PATIENCE;
    let mut proposals = Vec::with_capacity(made.len());
    for (about, created) in made {
        let planned = match created {
            Ok(operation) => planned(client, operation, until).await.map(Box::new),
            Err(why) => Err(why),
        };
        proposals.push(Proposal { about, planned });
    }
    proposals
}

async fn planned(client: &Client, operation: Operation, until: Instant) -> Result<Operation, String> {
    let namespace = operation.metadata.namespace.clone().unwrap_or_default();
    let name = operation.metadata.name.clone().unwrap_or_default();
    let api: Api<Operation> = Api::namespaced(client.clone(), &namespace);
    loop {
        let seen = api.get(&name).await.map_err(|error| told(&error))?;
        let status = seen.status.as_ref();
        let phase = status.and_then(|status| status.phase).unwrap_or(OperationPhase::Proposed);
        if phase.is_final() || status.is_some_and(|status| status.plan.is_some()) {
            return Ok(seen);
        }
        if Instant::now() >= until {
            return Err(format!(
                "no engine planned it within {} s: does one lead? It stays in the journal as {name}",
                PATIENCE.as_secs()
            ));
        }
        sleep(LOOK).await;
    }
}

/// What the manager said, without the wrapping of clients.
pub fn told(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => super::text::clean(&status.message),
        other => super::text::clean(&other.to_string()),
    }
}
