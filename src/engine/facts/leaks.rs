//! What in the cloud belongs to nobody, as JSON.

use std::sync::Arc;

use chrono::SecondsFormat;
use kube::ResourceExt;
use serde::{Deserialize, Serialize};

use crate::api::operation::Operation;
use crate::api::operation_status::OperationPhase;
use crate::engine::context::Engine;
use crate::planning::leak;

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
    /// The Operation that destroys it, or will when it is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// What an engine knows of leaks now.
pub fn leaks(engine: &Engine, identity: &str) -> Leaks {
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let (suspects, looked) = engine.leaks.suspects().map(|(all, at)| (all, Some(at))).unwrap_or_default();
    let operations = engine.records.operations.all();
    let destroys = |id: &str| {
        let is_about = |one: &&Arc<Operation>| {
            let ended =
                one.status.as_ref().and_then(|status| status.phase).is_some_and(OperationPhase::is_final);
            let target = one.spec.target.as_ref();
            !ended && !one.spec.plan_only && target.is_some_and(|it| it.kind == leak::KIND && it.name == id)
        };
        operations.iter().find(is_about).map(|one| one.name_any())
    };
    let items = suspects.into_iter().map(|suspect| Leak {
        operation: destroys(&suspect.thing.id),
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
