//! What in the cloud belongs to nobody, as JSON.

use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};

use crate::engine::context::Engine;

/// What an engine knows of leaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaks {
    /// The name under which the engine holds the Lease.
    pub identity: String,
    /// When cloud and records were compared last; nothing if that was not possible yet.
    pub looked: Option<String>,
    /// What has no record.
    pub items: Vec<Leak>,
}

/// Something without a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leak {
    /// `server`, `port`, `loadbalancer` or `volume`.
    pub kind: String,
    /// Its id in the cloud.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// Which record is missing.
    pub why: String,
    /// Since when.
    pub since: String,
    /// Whether that is long enough to be no work under way.
    pub confirmed: bool,
}

/// What an engine knows of leaks now.
pub fn leaks(engine: &Engine, identity: &str) -> Leaks {
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (suspects, looked) = engine.leaks.suspects().map(|(all, at)| (all, Some(at))).unwrap_or_default();
    let items = suspects.into_iter().map(|suspect| Leak {
        kind: suspect.thing.sort.to_string(),
        why: suspect.missing.to_string(),
        since: time(suspect.since),
        confirmed: suspect.is_confirmed(),
        id: suspect.thing.id,
        name: suspect.thing.name,
        project: suspect.thing.project,
    });
    Leaks { identity: identity.to_owned(), looked: looked.map(time), items: items.collect() }
}
