//! What in the cloud belongs to nobody, as JSON.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use kube::ResourceExt;
use serde::{Deserialize, Serialize};

use crate::api::operation::Operation;
use crate::api::operation_status::OperationPhase;
use crate::engine::context::Engine;
use crate::engine::glance::{self, Owners};
use crate::planning::leak::{self, Suspect};

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
    /// `server`, `port`, `loadbalancer`, `volume`, `project`, `securitygroup`, `servergroup`, `record` or `credential`.
    pub kind: String,
    /// Its id in the cloud.
    pub id: String,
    /// Its name there.
    pub name: String,
    /// The id of its project.
    pub project: String,
    /// The tenant whose cluster's project that is, as far as that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
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
    let (suspects, looked) = engine.leaks.suspects().map(|(all, at)| (all, Some(at))).unwrap_or_default();
    let (owners, operations) = (glance::owners(engine), destructions(engine));
    let items = suspects.into_iter().map(|suspect| leak(suspect, &owners, &operations)).collect();
    Leaks { identity: identity.to_owned(), looked: looked.map(time), items }
}

/// The leaks alone.
///
/// # Errors
/// Why they are not known, for people.
pub fn known(engine: &Engine) -> Result<Vec<Leak>, String> {
    let (suspects, _) = engine.leaks.suspects().ok_or("cloud and records were not compared yet")?;
    let (owners, operations) = (glance::owners(engine), destructions(engine));
    Ok(suspects.into_iter().map(|suspect| leak(suspect, &owners, &operations)).collect())
}

/// The Operations that are to destroy something without a record, by its id: of several the latest. One whose plan is
/// vetoed destroys nothing.
fn destructions(engine: &Engine) -> HashMap<String, String> {
    let about = |one: &Arc<Operation>| {
        let ended = one.status.as_ref().and_then(|status| status.phase).is_some_and(OperationPhase::is_final);
        let plan = one.status.as_ref().and_then(|status| status.plan.as_ref());
        let is_vetoed = plan.is_some_and(|plan| !plan.vetoes.is_empty());
        let target = one.spec.target.as_ref().filter(|target| target.kind == leak::KIND)?;
        (!ended && !is_vetoed && !one.spec.plan_only).then(|| (target.name.clone(), one.name_any()))
    };
    let mut operations = engine.records.operations.all();
    operations.sort_by_key(|one| (one.creation_timestamp(), one.name_any()));
    operations.iter().filter_map(about).collect()
}

fn leak(suspect: Suspect, owners: &Owners, operations: &HashMap<String, String>) -> Leak {
    let (tenant, cluster) = owners.get(&suspect.thing.project).cloned().unzip();
    Leak {
        operation: operations.get(&suspect.thing.id).cloned(),
        tenant,
        cluster,
        kind: suspect.thing.sort.to_string(),
        why: suspect.missing.to_string(),
        since: time(suspect.since),
        confirmed: suspect.is_confirmed(),
        id: suspect.thing.id,
        name: suspect.thing.name,
        project: suspect.thing.project,
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
