//! What becomes of pools (I7): how many machines they have, and how many of those work.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::machine::Machine;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::clock;
use kube::ResourceExt;

use crate::book::longer_than;
use crate::witness::Witness;

/// For how long the engine may not know a new count, or that a machine began or stopped to work, in seconds.
const NEWS: i64 = 180;

#[derive(Default)]
struct Known {
    /// The counts that a pool was to have, and until when.
    counts: BTreeMap<String, Vec<(DateTime<Utc>, u32)>>,
    /// When machines were last seen to work.
    worked: BTreeMap<String, DateTime<Utc>>,
    /// When they were last seen not to work.
    failed: BTreeMap<String, DateTime<Utc>>,
}

/// What is remembered of pools.
#[derive(Default)]
pub struct Pools(Mutex<Known>);

impl Pools {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at all pools, as they are now.
    pub fn look(&self, witness: &Witness) {
        let now = clock::now();
        for pool in witness.ledger.pools() {
            let mut known = self.known();
            let counts = known.counts.entry(pool.name_any()).or_default();
            match counts.last_mut().filter(|(_, count)| *count == pool.spec.replicas) {
                Some((at, _)) => *at = now,
                None => counts.push((now, pool.spec.replicas)),
            }
        }
        for machine in witness.ledger.machines() {
            let mut known = self.known();
            let seen = if witness.ledger.works(&machine) { &mut known.worked } else { &mut known.failed };
            seen.insert(machine.name_any(), now);
        }
    }

    /// The least and the most that the engine may think that the pool is to have.
    fn wanted(&self, pool: &MachineDeployment) -> (usize, usize) {
        let known = self.known();
        let late = clock::now() - TimeDelta::seconds(NEWS);
        let counts = known.counts.get(&pool.name_any()).into_iter().flatten();
        let counts = counts.filter(|(until, _)| *until >= late).map(|(_, count)| *count as usize);
        let now = pool.spec.replicas as usize;
        counts.fold((now, now), |(least, most), count| (least.min(count), most.max(count)))
    }

    fn worked_lately(&self, machine: &Machine) -> bool {
        self.known().worked.get(&machine.name_any()).is_some_and(|at| !longer_than(*at, NEWS))
    }

    /// Whether a machine works, and has for so long that the engine must know it.
    fn is_known_to_work(&self, witness: &Witness, machine: &Machine) -> bool {
        let failed = self.known().failed.get(&machine.name_any()).copied();
        witness.ledger.works(machine) && failed.is_none_or(|at| longer_than(at, NEWS))
    }

    /// The engine makes a machine.
    pub fn grows(&self, witness: &Witness, machine: &Machine) {
        let Some((pool, all)) = pool_of(witness, machine) else { return };
        let (_, most) = self.wanted(&pool);
        let surge = pool.spec.rollout.max_surge.of_rounded_up(pool.spec.replicas) as usize;
        let is_new = all.iter().all(|one| one.name_any() != machine.name_any());
        let live = all.iter().filter(|one| one.metadata.deletion_timestamp.is_none()).count();
        if is_new && live + 1 > most + surge {
            let what = format_args!("{} gets {} machines of {most} + {surge}", pool.name_any(), live + 1);
            witness.book.violate("I7", what);
        }
    }

    /// The engine takes a machine away.
    pub fn shrinks(&self, witness: &Witness, machine: &Machine) {
        let Some((pool, all)) = pool_of(witness, machine) else { return };
        let cluster = witness.ledger.cluster(pool.spec.cluster_name.as_str());
        let is_going = pool.metadata.deletion_timestamp.is_some()
            || cluster.is_none_or(|cluster| cluster.metadata.deletion_timestamp.is_some());
        if is_going
            || !self.is_known_to_work(witness, machine)
            || machine.metadata.deletion_timestamp.is_some()
        {
            return;
        }
        let (least, _) = self.wanted(&pool);
        let missing = pool.spec.rollout.max_unavailable.of_rounded_down(pool.spec.replicas) as usize;
        let stays = |one: &&std::sync::Arc<Machine>| {
            one.metadata.deletion_timestamp.is_none() && one.name_any() != machine.name_any()
        };
        let works = |one: &&std::sync::Arc<Machine>| witness.ledger.works(one) || self.worked_lately(one);
        let left = all.iter().filter(stays).filter(works).count();
        if left + missing < least {
            let name = machine.name_any();
            let marks = all.iter().filter_map(|one| {
                let begun = one.status.as_ref()?.remediation.as_ref()?;
                Some(format!("{} by {:?}", one.name_any(), begun.replacement))
            });
            let marks: Vec<String> = marks.collect();
            let all: Vec<String> = all.iter().map(|one| one.name_any()).collect();
            witness.book.violate(
                "I7",
                format_args!("{name} goes, which works, and {left} of {least} are left that do; of {all:?} are replaced {marks:?}"),
            );
        }
    }
}

fn pool_of(
    witness: &Witness,
    machine: &Machine,
) -> Option<(std::sync::Arc<MachineDeployment>, Vec<std::sync::Arc<Machine>>)> {
    let name = machine.spec.pool.as_ref()?;
    let is_its = |pool: &MachineDeployment| {
        pool.spec.pool == *name && pool.spec.cluster_name == machine.spec.cluster_name
    };
    let pool = witness.ledger.pools().into_iter().find(|pool| is_its(pool))?;
    let of_pool = |one: &std::sync::Arc<Machine>| {
        one.spec.pool == machine.spec.pool && one.spec.cluster_name == machine.spec.cluster_name
    };
    let all = witness.ledger.machines().into_iter().filter(of_pool).collect();
    Some((pool, all))
}
