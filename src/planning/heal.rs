//! Replacing machines of a pool that failed.
//!
//! Evidence and breakers → the machine is marked, which cordons it and takes it out of its balancer → beside it a new one
//! is made → when that serves, the old one is looked at once more: it recovered, and the new one goes; or it is taken down.
//! Where there is no room beside it, and the pool can be without one, the old one goes first.

use super::deployment::Pool;
use super::finding::FindingKind;
use super::health::Verdict;
use super::naming;
use super::observation::machine::MachineView;
use super::plan::Plan;
use super::policy::Mistake;
use super::safety::{self, PoolHealth};
use super::scale;
use super::step::Step;
use super::step_record::{MachineGoes, RecordStep};
use super::waiting::{Waiting, WaitingOn};
use crate::api::machine_status::Remediation;
use crate::api::names;

/// Names the machines that failed, whatever is done about them.
pub fn find_broken(pool: &Pool<'_>, plan: &mut Plan) {
    for (machine, verdict) in &pool.live {
        if let Some((evidence, since)) = verdict.failure() {
            let kind = FindingKind::MachineUnhealthy { evidence: evidence.to_vec() };
            plan.find(kind, machine.meta.reference(), since);
        }
    }
}

/// Goes on with replacements that began, and begins those that nothing speaks against.
pub fn heal(pool: &Pool<'_>, plan: &mut Plan) {
    for (machine, verdict) in &pool.live {
        if let Some(remediation) = &machine.status.remediation {
            go_on(pool, machine, verdict, remediation, plan);
        }
    }
    let mut health = count(pool);
    let mut broken: Vec<_> = pool
        .regular()
        .filter(|(machine, _)| !is_newcomer(pool, machine))
        .filter_map(|(machine, verdict)| match verdict {
            Verdict::Broken { since, .. } => Some((*since, *machine, verdict)),
            Verdict::Healthy { .. } | Verdict::Starting | Verdict::Unknown { .. } => None,
            Verdict::Suspect { evidence, since, until } => {
                let on = WaitingOn::Grace { evidence: evidence.to_string() };
                let left = u32::try_from((*until - *since).num_seconds()).unwrap_or_default();
                let at_most = crate::api::duration::Duration::seconds(left);
                plan.wait(Waiting::new(on, machine.meta.reference(), *since, at_most), pool.now);
                plan.look_by((*until).max(pool.now + pool.policy.pending_look.to_chrono()));
                None
            }
        })
        .collect();
    broken.sort_by_key(|(since, machine, _)| (*since, machine.meta.name.as_str()));
    // While the pool is to have fewer machines, the broken ones go first and need no replacement.
    let excess = pool.regular_count().saturating_sub(pool.desired());
    let mut begun: Vec<&str> = Vec::new();
    for (since, machine, verdict) in broken.into_iter().skip(excess) {
        let is_lost = !machine.serves(pool.needs_pool()) && !is_unseen(machine, verdict);
        if begin(pool, (machine, is_lost), since, &health, &begun, plan) {
            health.in_flight.push(machine.meta.name.clone());
            begun.push(&machine.meta.uid);
        }
    }
}

/// Begins to replace a machine, lost or not, unless something speaks against it. Those that this
/// pass has begun with take room as well.
fn begin(
    pool: &Pool<'_>,
    (machine, is_lost): (&MachineView, bool),
    since: chrono::DateTime<chrono::Utc>,
    health: &PoolHealth,
    begun: &[&str],
    plan: &mut Plan,
) -> bool {
    let (healing, network) = (&pool.cluster.healing, &pool.cluster.network);
    let mut vetoes = safety::vetoes(machine, health, healing, network, pool.around, pool.policy);
    let beside = has_room_beside(pool, begun.len());
    // Another that is being replaced takes the room, and goes only when enough others serve: each would wait for the other.
    // This one does not serve, so that nothing is lost if it goes first.
    let is_taken = !begun.is_empty() || pool.live.iter().any(|(other, _)| other.is_leaving());
    let may_go = beside || is_taken && is_lost || can_be_without(pool, machine, begun);
    if !may_go {
        vetoes.push(WaitingOn::NoRoomToReplace);
    }
    let is_vetoed = !vetoes.is_empty();
    for veto in vetoes {
        let wait = Waiting::new(veto, machine.meta.reference(), since, pool.policy.outage);
        plan.wait(wait, pool.now);
        plan.look_by(pool.now + pool.policy.pending_look.to_chrono());
    }
    if !is_vetoed {
        mark(pool, machine, 1, beside, plan);
    }
    !is_vetoed
}

/// Writes that a machine is being replaced, and by which.
fn mark(pool: &Pool<'_>, machine: &MachineView, attempts: u32, beside: bool, plan: &mut Plan) {
    let replacement = beside.then(|| {
        let suffix = naming::suffix(&["replaces", &machine.meta.uid, &attempts.to_string()]);
        format!("{}{suffix}", names::machine_prefix(&pool.cluster.name, pool.role()))
    });
    let before = machine.status.remediation.as_ref();
    plan.step(RecordStep::BeginRemediation {
        machine: machine.meta.name.clone(),
        uid: machine.meta.uid.clone(),
        remediation: Remediation {
            since: before.map_or(pool.now.into(), |before| before.since),
            replacement,
            attempts,
            fence: before.and_then(|before| before.fence),
        },
    });
}

/// Whether a machine can be made beside the pool's, and beside those that it is still to get: so many of its machines are
/// about to be replaced too.
fn has_room_beside(pool: &Pool<'_>, begun: usize) -> bool {
    let missing = pool.desired().saturating_sub(pool.regular_count().saturating_sub(begun));
    let room = pool.desired().saturating_add(pool.surge()).saturating_sub(pool.live.len() + missing);
    let full = pool.around.no_room.as_ref().is_some_and(|room| pool.now < room.until);
    room > 0 && !full
}

/// Whether the pool allows this machine to be missing beside those that are missing already, or are about to be.
fn can_be_without(pool: &Pool<'_>, machine: &MachineView, begun: &[&str]) -> bool {
    let allowed = pool.view.spec.rollout.max_unavailable.of_rounded_down(pool.view.spec.replicas);
    let stays =
        |other: &MachineView| other.meta.uid != machine.meta.uid && !begun.contains(&other.meta.uid.as_str());
    let serving = |other: &MachineView| other.serves(pool.needs_pool()) && stays(other);
    let others = pool.live.iter().filter(|(other, _)| serving(other)).count();
    allowed > 0 && others + usize::try_from(allowed).unwrap_or(usize::MAX) >= pool.desired()
}

/// Whether a machine was made to replace another that is still there.
fn is_newcomer(pool: &Pool<'_>, machine: &MachineView) -> bool {
    pool.live.iter().any(|(old, _)| {
        let replacement = old.status.remediation.as_ref().and_then(|begun| begun.replacement.as_deref());
        replacement == Some(machine.meta.name.as_str())
    })
}

/// The pool's machines as the breakers count them.
fn count(pool: &Pool<'_>) -> PoolHealth {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let in_flight = |old: &MachineView| {
        let Some(begun) = &old.status.remediation else { return false };
        // One that was replaced and goes keeps nobody waiting: should its replacement fail, that is healed in its turn.
        if old.meta.deleting.is_some() && begun.replacement.is_some() {
            return false;
        }
        let serves = |name: &String| find(pool, name).is_some_and(|(new, _)| new.serves(pool.needs_pool()));
        !begun.replacement.as_ref().is_some_and(serves)
    };
    PoolHealth {
        machines: count(pool.live.len()),
        // What a person wants replaced has not failed, and does not stop the healing of what has.
        broken: count(pool.live.iter().filter(|(_, verdict)| verdict.failure().is_some()).count()),
        in_flight: pool
            .view
            .machines
            .iter()
            .filter(|machine| in_flight(machine))
            .map(|machine| machine.meta.name.clone())
            .collect(),
    }
}

fn find<'a>(pool: &'a Pool<'_>, name: &str) -> Option<&'a (&'a MachineView, Verdict)> {
    pool.live.iter().find(|(machine, _)| machine.meta.name == name)
}

/// Goes on with a replacement that began.
fn go_on(pool: &Pool<'_>, old: &MachineView, verdict: &Verdict, begun: &Remediation, plan: &mut Plan) {
    let wait = |plan: &mut Plan, on| {
        plan.wait(Waiting::new(on, old.meta.reference(), begun.since.at(), pool.policy.provision), pool.now);
        plan.look_by(pool.now + pool.policy.pending_look.to_chrono());
    };
    let new = begun.replacement.as_ref().and_then(|name| find(pool, name));
    if has_recovered(pool, old, verdict) {
        keep(old, plan);
        // Should another not serve, that one is the one too many, and the count sees to it. Where another was taken away
        // meanwhile, none is.
        let is_idle = |other: &MachineView, new: &MachineView| {
            other.meta.uid != new.meta.uid && !other.serves(pool.needs_pool())
        };
        let is_one_too_many = |new: &MachineView| {
            pool.regular_count() >= pool.desired() && !pool.regular().any(|(other, _)| is_idle(other, new))
        };
        if let Some((new, _)) = new.filter(|(new, _)| is_one_too_many(new)) {
            goes(new, MachineGoes::NotNeeded, plan);
        }
        return;
    }
    if let Some(outage) = safety::outage(old, &pool.cluster.network, pool.around, pool.policy) {
        return wait(plan, outage);
    }
    let is_open = safety::fence(old, pool.around).is_none() && !pool.policy.errs(Mistake::IgnoresDeadHosts);
    let is_next = new.map_or(begun.replacement.is_none(), |(new, _)| new.serves(pool.needs_pool()));
    if let Some(host) = safety::host_down(old, pool.around).filter(|_| is_open && is_next) {
        return wait(plan, WaitingOn::HostDown { host });
    }
    // What is not ready, but has not failed, may work: after a silence of the cluster's API its nodes are as they were left.
    let works = old.node().is_some_and(|node| node.is_ready()) || verdict.failure().is_none();
    match (new, &begun.replacement) {
        (Some((new, _)), _) if new.serves(pool.needs_pool()) => match still_needed(pool, works) {
            Some(serving) => wait(plan, WaitingOn::TooFewServe { serving, wanted: pool.view.spec.replicas }),
            None => goes(old, MachineGoes::Replaced, plan),
        },
        (Some((new, verdict)), _) if verdict.failure().is_some() => again(pool, old, new, begun, plan),
        (_, None) => goes(old, MachineGoes::MakesRoom, plan),
        (None, Some(_)) if pool.regular_count() >= pool.desired() => {
            // Of the others one does not work: it is replaced first.
            match still_needed(pool, verdict.failure().is_none()) {
                Some(serving) => {
                    wait(plan, WaitingOn::TooFewServe { serving, wanted: pool.view.spec.replicas })
                }
                None => goes(old, MachineGoes::ScaledDown, plan),
            }
        }
        (None, Some(name)) if !scale::has_room_for(pool, name) => {
            without_room(pool, (old, verdict), begun, plan)
        }
        (_, Some(name)) => wait(plan, WaitingOn::Replacement { machine: name.clone() }),
    }
}

/// The pool has no room left for a replacement that was announced. The old machine goes first if that costs nothing that
/// the pool does not allow; else it stays in use until there is room, so that nobody waits for its replacement.
fn without_room(
    pool: &Pool<'_>,
    (old, verdict): (&MachineView, &Verdict),
    begun: &Remediation,
    plan: &mut Plan,
) {
    let works = old.node().is_some_and(|node| node.is_ready()) || is_unseen(old, verdict);
    if works && !can_be_without(pool, old, &[]) {
        keep(old, plan);
    } else {
        mark(pool, old, begun.attempts, false, plan);
    }
}

/// Whether nobody can see how a machine is, and nothing says that it failed: after a silence of the cluster's API its nodes
/// are as they were left. Found by a seed: the only machine of a pool went because a person had asked for another (I7).
fn is_unseen(machine: &MachineView, verdict: &Verdict) -> bool {
    machine.node.value().is_none() && verdict.failure().is_none()
}

/// How many others serve, if they are too few to be without a machine that works, although it is replaced: another one
/// failed meanwhile, and is replaced first. A machine that does not work costs nothing.
fn still_needed(pool: &Pool<'_>, works: bool) -> Option<u32> {
    let allowed = pool.view.spec.rollout.max_unavailable.of_rounded_down(pool.view.spec.replicas);
    let serving = pool.live.iter().filter(|(other, _)| other.serves(pool.needs_pool())).count();
    let serving = u32::try_from(serving).unwrap_or(u32::MAX);
    (works && serving.saturating_add(allowed) < pool.view.spec.replicas).then_some(serving)
}

/// Ends a replacement: the machine stays.
fn keep(old: &MachineView, plan: &mut Plan) {
    plan.step(RecordStep::EndRemediation { machine: old.meta.name.clone(), uid: old.meta.uid.clone() });
}

/// The replacement failed itself: another one, if that was not tried too often.
fn again(pool: &Pool<'_>, old: &MachineView, new: &MachineView, begun: &Remediation, plan: &mut Plan) {
    if begun.attempts >= pool.cluster.healing.retries {
        let on = WaitingOn::RetriesExhausted { attempts: begun.attempts };
        let wait = Waiting::new(on, old.meta.reference(), begun.since.at(), pool.policy.person);
        return plan.wait(wait, pool.now);
    }
    mark(pool, old, begun.attempts + 1, true, plan);
    goes(new, MachineGoes::FailedToReplace, plan);
}

/// Whether a machine works again, for long enough to believe it. One that a person wants replaced does not.
fn has_recovered(pool: &Pool<'_>, old: &MachineView, verdict: &Verdict) -> bool {
    let ready = old.node().is_some_and(|node| node.is_ready());
    match verdict {
        Verdict::Healthy { since } => ready && *since + pool.policy.recovered_for.to_chrono() <= pool.now,
        Verdict::Starting | Verdict::Suspect { .. } | Verdict::Broken { .. } | Verdict::Unknown { .. } => {
            false
        }
    }
}

/// Removes a machine's record, if the plan does not do so already: a newcomer can have to go for two reasons.
fn goes(machine: &MachineView, why: MachineGoes, plan: &mut Plan) {
    let (name, uid) = (machine.meta.name.clone(), machine.meta.uid.clone());
    let step = Step::from(RecordStep::DeleteMachine { machine: name, uid, why });
    if !plan.steps.iter().any(|planned| planned.id() == step.id()) {
        plan.steps.push(step);
    }
}
