//! The count of a pool: more machines, spread over zones; fewer, with the right ones going.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::deployment::Pool;
use super::health::Verdict;
use super::observation::machine::MachineView;
use super::plan::Plan;
use super::policy::Mistake;
use super::step_record::{MachineGoes, NewMachine, RecordStep};
use super::waiting::WaitingOn;
use super::{newcomer, spread};
use crate::api::condition::ConditionStatus;
use crate::api::conditions::READY;
use crate::cloud::types::observed::Observed;

/// Brings the pool's count to what is wanted. Machines that are being replaced do not count: their replacements do.
/// Those that the plan keeps after all count again.
pub fn scale(pool: &Pool<'_>, plan: &mut Plan) {
    let kept: BTreeSet<String> = plan.steps.iter().filter_map(kept).collect();
    let (have, want) = (pool.regular_count() + kept.len(), wanted(pool));
    if have < want {
        grow(pool, &kept, plan);
    } else if have > want {
        shrink(pool, have - want, plan);
    }
    forget_victims(pool, plan);
}

/// Whether an announced replacement is among the machines that the pool gets now.
pub fn has_room_for(pool: &Pool<'_>, replacement: &str) -> bool {
    let nobody = BTreeSet::new();
    names(pool, &nobody).take(growth(pool, &nobody)).any(|name| name == replacement)
}

fn wanted(pool: &Pool<'_>) -> usize {
    pool.desired() + if pool.policy.errs(Mistake::MakesTooMany) { 2 } else { 0 }
}

/// How many machines the pool gets now.
fn growth(pool: &Pool<'_>, kept: &BTreeSet<String>) -> usize {
    let (have, want) = (pool.regular_count() + kept.len(), wanted(pool));
    // Healing may have begun beside what is missing: together they stay below what the pool may surge to (I7).
    let room = (want + pool.surge()).saturating_sub(pool.live.len());
    // Without room beside the old machine, its place is free only when it is gone.
    let in_place = |machine: &&MachineView| {
        machine.status.remediation.as_ref().is_some_and(|begun| begun.replacement.is_none())
    };
    let occupied = pool.view.machines.iter().filter(in_place).count();
    room.min(want.saturating_sub(have + occupied))
}

fn grow(pool: &Pool<'_>, kept: &BTreeSet<String>, plan: &mut Plan) {
    let mut counts = newcomer::zones(pool.regular().map(|(machine, _)| *machine));
    for name in names(pool, kept).take(growth(pool, kept)) {
        let zone = spread::emptiest(&mut counts, pool.around, pool.policy);
        plan.step(RecordStep::CreateMachine(machine(pool, name, zone)));
    }
}

/// The names of new machines: first those of replacements that were announced, then by number. Since they follow
/// from what is there, two planners that see the same choose the same, and only one machine of a name can be.
fn names<'a>(pool: &'a Pool<'_>, kept: &BTreeSet<String>) -> impl Iterator<Item = String> + use<'a> {
    let taken: BTreeSet<&str> = pool.view.machines.iter().map(|machine| machine.meta.name.as_str()).collect();
    let announced: BTreeSet<String> = pool
        .live
        .iter()
        .filter(|(machine, _)| !kept.contains(&machine.meta.name))
        .filter_map(|(machine, _)| machine.status.remediation.as_ref()?.replacement.clone())
        .filter(|name| !taken.contains(name.as_str()))
        .collect();
    let identity = [pool.view.meta.uid.as_str()];
    let free = newcomer::names(&pool.cluster.name, pool.role(), &identity, &pool.view.machines);
    announced.into_iter().chain(free)
}

fn machine(pool: &Pool<'_>, name: String, zone: Option<String>) -> NewMachine {
    let spec = &pool.view.spec;
    let mut machine = newcomer::spec(&spec.cluster_name, pool.role(), spec.template(), zone);
    machine.pool = Some(spec.pool.clone());
    newcomer::machine(name, machine, pool.view.meta.reference())
}

fn shrink(pool: &Pool<'_>, excess: usize, plan: &mut Plan) {
    let going: BTreeSet<String> = plan.steps.iter().filter_map(deleted).collect();
    let mut counts = newcomer::zones(pool.regular().map(|(machine, _)| *machine));
    let (gone, mut left): (Vec<_>, Vec<_>) =
        pool.regular().partition(|(machine, _)| going.contains(&machine.meta.name));
    for _ in 0..excess.saturating_sub(gone.len()) {
        let best = left
            .iter()
            .enumerate()
            .min_by_key(|(_, (machine, verdict))| rank(pool, machine, verdict, &counts));
        let Some(index) = best.map(|(index, _)| index) else { return };
        let (machine, verdict) = left.swap_remove(index);
        if let Some(why) = unseen(machine, verdict)
            && !pool.view.spec.victims.contains(&machine.meta.name)
        {
            // Nobody knows which of them work, nor could their pods be asked to leave. A person can name who goes.
            let on = WaitingOn::ClusterSilent { why: why.to_owned() };
            return pool.wait(plan, on, silent_since(pool, machine), pool.policy.contact);
        }
        if let Some(count) = newcomer::zone_of(machine).and_then(|zone| counts.get_mut(zone)) {
            *count = count.saturating_sub(1);
        }
        plan.step(RecordStep::DeleteMachine {
            machine: machine.meta.name.clone(),
            uid: machine.meta.uid.clone(),
            why: MachineGoes::ScaledDown,
        });
    }
}

/// Why nobody knows whether a machine serves, if so. That a person wants it replaced says nothing of that.
fn unseen<'a>(machine: &'a MachineView, verdict: &'a Verdict) -> Option<&'a str> {
    match (verdict, &machine.node) {
        (Verdict::Unknown { why }, _) => Some(why),
        (_, Observed::Unknown { why }) if machine.has_joined() && verdict.failure().is_none() => Some(why),
        _ => None,
    }
}

/// The machine whose replacement is given up by a step.
fn kept(step: &super::step::Step) -> Option<String> {
    let super::step::Step::Record(step) = step else { return None };
    match step.as_ref() {
        RecordStep::EndRemediation { machine, .. } => Some(machine.clone()),
        _ => None,
    }
}

fn deleted(step: &super::step::Step) -> Option<String> {
    let super::step::Step::Record(step) = step else { return None };
    match step.as_ref() {
        RecordStep::DeleteMachine { machine, .. } => Some(machine.clone()),
        _ => None,
    }
}

/// Who goes first: named > failed > farthest from serving > to be replaced anyhow > of an old template > in the most crowded zone > with the fewest
/// pods > the youngest.
fn rank(
    pool: &Pool<'_>,
    machine: &MachineView,
    verdict: &Verdict,
    zones: &BTreeMap<String, usize>,
) -> impl Ord + use<> {
    let crowd = newcomer::zone_of(machine).and_then(|zone| zones.get(zone)).copied().unwrap_or(0);
    let pods = machine.load.value().map_or(0, |load| load.pods.iter().filter(|pod| !pod.bound).count());
    (
        !pool.view.spec.victims.contains(&machine.meta.name),
        verdict.failure().is_none(),
        progress(pool, machine),
        !verdict.is_broken(),
        pool.is_up_to_date(machine),
        std::cmp::Reverse(crowd),
        pods,
        std::cmp::Reverse(machine.meta.created),
        machine.meta.name.clone(),
    )
}

/// Since when a machine's state is not known, as its record tells.
fn silent_since(pool: &Pool<'_>, machine: &MachineView) -> DateTime<Utc> {
    let ready = machine.status.conditions.get(READY).filter(|ready| ready.status == ConditionStatus::Unknown);
    ready.map_or(pool.now, |ready| ready.last_transition_time.at())
}

/// How far a machine has come on its way to serve.
fn progress(pool: &Pool<'_>, machine: &MachineView) -> u8 {
    match machine.node() {
        _ if machine.serves(pool.needs_pool()) => 3,
        // What cannot be seen is taken for what it was.
        _ if machine.node.value().is_none() && machine.has_joined() => 3,
        Some(node) if node.is_ready() => 2,
        Some(_) => 1,
        None => 0,
    }
}

/// Names of machines that are gone go off the list of victims.
fn forget_victims(pool: &Pool<'_>, plan: &mut Plan) {
    let is_there = |name: &String| pool.view.machines.iter().any(|machine| machine.meta.name == *name);
    let victims: Vec<String> =
        pool.view.spec.victims.iter().filter(|name| !is_there(name)).cloned().collect();
    if !victims.is_empty() {
        plan.step(RecordStep::ForgetVictims { deployment: pool.view.meta.name.clone(), victims });
    }
}
