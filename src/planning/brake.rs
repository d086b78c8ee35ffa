//! Brakes and pauses: what holds an object.

use chrono::{DateTime, Utc};

use super::observation::operation::OperationRecord;
use super::observation::surroundings::Hold;
use crate::api::operation::{BrakeScope, Verb};
use crate::api::operation_status::OperationPhase;

/// Where an object is, as brakes reach it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached<'a> {
    /// Its namespace, which is its tenant's.
    pub tenant: &'a str,
    /// Its cluster's name; of a cluster its own.
    pub cluster: Option<&'a str>,
    /// The zone that it is in; of machines.
    pub zone: Option<&'a str>,
}

/// What holds an object: a brake that reaches it, or else a pause since `paused`.
pub fn hold(brakes: &[OperationRecord], reached: Reached<'_>, paused: Option<DateTime<Utc>>) -> Option<Hold> {
    let reaching = brakes.iter().filter(|brake| is_on(brake) && reaches(brake, reached));
    let braked =
        reaching.min_by_key(|brake| (brake.meta.created, brake.meta.uid.clone())).map(|brake| Hold::Braked {
            since: brake.meta.created,
            by: format!("{} of {}", brake.meta.name, brake.spec.requester),
        });
    braked.or(paused.map(|since| Hold::Paused { since }))
}

/// The zones that are braked. Planners of pools see them as zones that take no machines.
pub fn zones(brakes: &[OperationRecord]) -> Vec<&str> {
    let on = brakes.iter().filter(|brake| is_on(brake));
    on.filter_map(|brake| brake.spec.arguments.zone.as_ref()).map(|zone| zone.as_str()).collect()
}

/// Whether an Operation is a brake that holds. It holds from the moment it is seen: whoever brakes has no time to lose.
pub fn is_on(operation: &OperationRecord) -> bool {
    let ended = operation.status.phase.is_some_and(OperationPhase::is_final);
    let spec = &operation.spec;
    spec.verb == Verb::Brake && !spec.cancelled && !spec.plan_only && !ended && !operation.is_going()
}

fn reaches(brake: &OperationRecord, reached: Reached<'_>) -> bool {
    let (arguments, target) = (&brake.spec.arguments, brake.spec.target.as_ref());
    match arguments.scope {
        None => false,
        Some(BrakeScope::All) => true,
        Some(BrakeScope::Zone) => {
            reached.zone.is_some() && arguments.zone.as_ref().map(|zone| zone.as_str()) == reached.zone
        }
        // A tenant's name is that of its namespace.
        Some(BrakeScope::Tenant) => target.is_some_and(|target| target.name == reached.tenant),
        Some(BrakeScope::Cluster) => target.is_some_and(|target| {
            target.namespace.as_deref() == Some(reached.tenant)
                && reached.cluster == Some(target.name.as_str())
        }),
    }
}
