//! Who runs the engine, as the Lease in the manager says.

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use kube::{Api, Client};

use super::objects::unanswered;
use crate::api::names::{ENGINE, SYSTEM_NAMESPACE};
use crate::api::time::Time;
use crate::cli::failure::Failure;
use crate::clock;

/// The engine that holds the Lease.
#[derive(Clone, Debug)]
pub struct Leader {
    /// Its name.
    pub identity: String,
    /// When it renewed the Lease last, by its own clock.
    pub renewed: DateTime<Utc>,
    /// The Lease.
    pub lease: Lease,
}

/// The engine that holds the Lease, or nothing if none does.
///
/// # Errors
/// When the manager does not answer.
pub async fn leader(client: &Client) -> Result<Option<Leader>, Failure> {
    let api: Api<Lease> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
    let lease = api.get_opt(ENGINE).await.map_err(|error| unanswered(error.into()))?;
    let Some(lease) = lease else { return Ok(None) };
    let spec = lease.spec.clone().unwrap_or_default();
    let Some(identity) = spec.holder_identity.filter(|identity| !identity.is_empty()) else {
        return Ok(None);
    };
    let Some(renewed) = spec.renew_time.map(|time| Time::from(&meta::Time(time.0)).at()) else {
        return Ok(None);
    };
    let lasts = TimeDelta::seconds(i64::from(spec.lease_duration_seconds.unwrap_or(0)));
    let holds = clock::now() <= renewed + lasts;
    Ok(holds.then_some(Leader { identity, renewed, lease }))
}

/// The time by the engine's clock, as far as the Lease tells it: a sandbox's runs ahead of ours.
///
/// # Errors
/// When the manager does not answer.
pub async fn now(client: &Client) -> Result<DateTime<Utc>, Failure> {
    let renewed = leader(client).await?.map(|leader| leader.renewed);
    Ok(renewed.map_or_else(clock::now, |renewed| renewed.max(clock::now())))
}
