//! The engine that leads in another process: who it is, by the Lease, and what it knows, by its own word.

use std::time::Duration;

use kube::Client;
use tokio::time::timeout;

use super::propose::told;
use super::text;
use crate::engine::facts::{ask, glance};
use crate::engine::glance::{Facts, Question};
use crate::engine::leader::leader;

/// For the manager and the engine together to answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// Who leads, as far as that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leader {
    /// The Lease could not be read.
    Unknown,
    /// Nobody holds it.
    Nobody,
    /// Whoever has this name.
    Named(String),
}

/// What came of asking for it.
#[derive(Debug)]
pub struct Answer {
    /// Who leads.
    pub leader: Leader,
    /// What it knows, or why that cannot be had.
    pub facts: Result<Facts, String>,
}

/// Who leads elsewhere, and whether it can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// Who leads.
    pub leader: Leader,
    /// Why it cannot be asked; nothing if it can.
    pub why: Option<String>,
}

/// Asks whoever leads.
pub async fn ask(client: &Client, question: &Question) -> Answer {
    let answer = timeout(PATIENCE, look(client, question)).await;
    answer.unwrap_or_else(|_| Answer {
        leader: Leader::Unknown,
        facts: Err("the manager does not answer".to_owned()),
    })
}

async fn look(client: &Client, question: &Question) -> Answer {
    let leader = match leader(client).await {
        Ok(Some(leader)) => leader,
        Ok(None) => {
            return Answer { leader: Leader::Nobody, facts: Err("no engine holds the Lease".to_owned()) };
        }
        Err(error) => {
            let why = format!("the Lease cannot be read: {}", text::clean(&told(&error)));
            return Answer { leader: Leader::Unknown, facts: Err(why) };
        }
    };
    let told = ask::ask(&leader, &glance::path(question), |told: &glance::Told| &told.identity).await;
    let facts = told.map(|told| told.facts).map_err(|error| text::clean(&chain(&error)));
    Answer { leader: Leader::Named(text::clean(&leader.identity)), facts }
}

/// An error with all that led to it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        told.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    told
}
