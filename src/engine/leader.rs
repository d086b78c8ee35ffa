//! Who runs the engine, as the Lease in the manager says.

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use kube::{Api, Client, ResourceExt};

use crate::api::names::{ANNOTATION_FACTS, ENGINE, SYSTEM_NAMESPACE};
use crate::api::time::Time;
use crate::clock;

/// The engine that holds the Lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leader {
    /// Its name.
    pub identity: String,
    /// When it renewed the Lease last, by its own clock.
    pub renewed: DateTime<Utc>,
    /// Where it tells of itself, if it does.
    pub facts: Option<String>,
}

/// The engine that holds the Lease, or nothing if none does.
///
/// # Errors
/// When the manager does not answer.
pub async fn leader(client: &Client) -> Result<Option<Leader>, kube::Error> {
    let api: Api<Lease> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let Some(lease) = api.get_opt(ENGINE).await? else { return Ok(None) };
    let spec = lease.spec.clone().unwrap_or_default();
    let Some(identity) = spec.holder_identity.filter(|identity| !identity.is_empty()) else {
        return Ok(None);
    };
    let Some(renewed) = spec.renew_time.map(|time| Time::from(&meta::Time(time.0)).at()) else {
        return Ok(None);
    };
    let lasts = TimeDelta::seconds(i64::from(spec.lease_duration_seconds.unwrap_or(0)));
    let holds = clock::now() <= renewed + lasts;
    let facts = lease.annotations().get(ANNOTATION_FACTS).cloned();
    Ok(holds.then_some(Leader { identity, renewed, facts }))
}
