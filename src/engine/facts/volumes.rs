//! The volumes of all clusters as JSON: no record tells of them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::engine::context::Engine;
use crate::engine::glance::{self, VolumeFact};

/// The volumes that an engine knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volumes {
    /// The name under which the engine holds the Lease.
    pub identity: String,
    /// Now, by its clock.
    pub now: DateTime<Utc>,
    /// Why they are not known, if they are not.
    pub problem: Option<String>,
    /// The volumes, cluster by cluster.
    pub items: Vec<VolumeFact>,
}

/// Tells of all volumes.
pub fn volumes(engine: &Engine, identity: &str) -> Volumes {
    let (mut items, problem) = match glance::volumes(engine) {
        Ok(volumes) => (volumes, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    let place = |volume: &VolumeFact| (volume.tenant.clone(), volume.cluster.clone(), volume.claim.clone());
    items.sort_by_cached_key(place);
    Volumes { identity: identity.to_owned(), now: clock::now(), problem, items }
}
