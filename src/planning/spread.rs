//! Which zone a new machine goes to.

use std::collections::BTreeMap;

use super::naming;
use super::observation::surroundings::{GroupHealth, Standing, Surroundings};
use super::policy::Policy;
use super::safety::is_out;

/// The zones that take new machines: those the cloud gives servers to, without those that seem to be out.
pub fn open_zones<'a>(around: &'a Surroundings, policy: &Policy) -> Vec<&'a GroupHealth> {
    let mut zones: Vec<&GroupHealth> =
        around.zones.iter().filter(|zone| zone.standing == Standing::Open && !is_out(zone, policy)).collect();
    zones.sort_by(|one, other| one.name.cmp(&other.name));
    zones
}

/// The zone with the fewest machines of a pool, and counts the new machine there. Nothing if no zone is known: then the
/// cloud chooses.
pub fn emptiest(
    counts: &mut BTreeMap<String, usize>,
    around: &Surroundings,
    policy: &Policy,
) -> Option<String> {
    let zones = open_zones(around, policy);
    let zone = zones.into_iter().min_by_key(|zone| counts.get(&zone.name).copied().unwrap_or(0))?;
    *counts.entry(zone.name.clone()).or_default() += 1;
    Some(zone.name.clone())
}

/// Another zone for a machine that found no host in its own: each attempt tries the next.
pub fn another(uid: &str, attempts: u32, around: &Surroundings, policy: &Policy) -> Option<String> {
    let zones = open_zones(around, policy);
    let count = u64::try_from(zones.len()).ok().filter(|count| *count > 0)?;
    let index = (naming::number(&[uid]) % count + u64::from(attempts)) % count;
    zones.get(usize::try_from(index).ok()?).map(|zone| zone.name.clone())
}
