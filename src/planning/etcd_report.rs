//! The status of an Etcd: slots, members, quorum.

use super::etcd::Case;
use super::finding::FindingKind;
use super::plan::Plan;
use super::report::{self, Word};
use super::step_record::Status;
use crate::api::conditions::{DELETING, ETCD_HEALTHY, PAUSED, REASON_CONTACT_LOST};
use crate::api::etcd::{EtcdMember, EtcdSlot, EtcdStatus};
use crate::api::names;
use crate::cloud::types::observed::Observed;

/// A database's size is written again only when it changed by this share, in percent: it changes with each write, and a
/// status that followed it would be the busiest of all.
const SIZE_STEP_PERCENT: u64 = 10;

/// How many voting members must be healthy.
pub const fn quorum(voters: usize) -> usize {
    voters / 2 + 1
}

/// How many more healthy voting members can be lost: negative if quorum is lost, nothing without members.
pub fn margin(members: &[EtcdMember]) -> Option<i32> {
    let voters = members.iter().filter(|member| member.voter).count();
    let healthy = healthy(members);
    let difference = i32::try_from(healthy).ok()? - i32::try_from(quorum(voters)).ok()?;
    (voters > 0).then_some(difference)
}

fn healthy(members: &[EtcdMember]) -> usize {
    members.iter().filter(|member| member.voter && member.healthy == Some(true)).count()
}

/// Adds the step that writes the status, if it changed, and what is found wrong with the members.
pub fn report(case: &Case<'_>, plan: &mut Plan) {
    let (record, context) = (&case.view.record, &case.context);
    let mut status = record.status.clone();
    status.observed_generation = Some(record.meta.generation);
    slots(case, &mut status);
    members(case, &mut status);
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, record.meta.generation, context.now);
    };
    set(ETCD_HEALTHY, health(case));
    set(PAUSED, Word::flag(context.around.hold.is_some(), "NotPaused"));
    set(DELETING, Word::flag(record.is_going(), "NotDeleting"));
    find(case, &status, plan);
    report::write(plan, &record.meta, &record.status, status, Status::Etcd);
}

/// Slots that are known; what could not be read stays as it was.
fn slots(case: &Case<'_>, status: &mut EtcdStatus) {
    if case.view.ports.value().is_none() {
        return;
    }
    let slot = |index| {
        let ports = case.ports_of(index).unwrap_or_default();
        let port = match ports.as_slice() {
            [port] => Some(*port),
            _ => None,
        };
        EtcdSlot {
            index,
            name: names::etcd_slot(&case.context.cluster.name, index),
            port_id: port.map(|port| port.id.to_string()),
            address: port.and_then(|port| port.addresses.first()).map(ToString::to_string),
            machine: case.machine_in(index).map(|machine| machine.meta.name.clone()),
        }
    };
    status.slots = case.slots().map(slot).collect();
}

fn members(case: &Case<'_>, status: &mut EtcdStatus) {
    let Some(known) = case.view.members.value() else {
        status.quorum_margin = None;
        for member in &mut status.members {
            member.healthy = None;
            member.leader = false;
        }
        return;
    };
    let before = std::mem::take(&mut status.members);
    let with_steady_size = |member: &EtcdMember| {
        let old = before.iter().find(|old| old.id == member.id).and_then(|old| old.db_size);
        let steady = |new: u64| match old {
            Some(old) if old.abs_diff(new) * 100 < old * SIZE_STEP_PERCENT => old,
            _ => new,
        };
        EtcdMember { db_size: member.db_size.map(steady), ..member.clone() }
    };
    status.members = known.iter().map(with_steady_size).collect();
    status.members.sort_by(|one, other| one.id.cmp(&other.id));
    status.healthy_members = u32::try_from(healthy(known)).unwrap_or(u32::MAX);
    status.quorum_margin = margin(known);
    status.version = known.iter().filter_map(|member| member.version).min().or(status.version);
}

fn health(case: &Case<'_>) -> Word {
    let bootstrapped = case.context.cluster.initialization.etcd_bootstrapped;
    match &case.view.members {
        Observed::Unknown { .. } if !bootstrapped => Word::no("NotBootstrapped", "no member answered yet"),
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } => {
            let voters = value.iter().filter(|member| member.voter).count();
            let message = format!("{} of {voters} voting members are healthy", healthy(value));
            match margin(value) {
                Some(margin) if margin < 0 => Word::no("QuorumLost", message),
                Some(_) if value.iter().any(|member| !member.alarms.is_empty()) => {
                    Word::no("Alarm", "members raised alarms")
                }
                Some(_) if healthy(value) == voters => Word::yes(),
                Some(_) => Word::no("MembersFail", message),
                None => Word::no("NotBootstrapped", "there is no voting member"),
            }
        }
    }
}

fn find(case: &Case<'_>, status: &EtcdStatus, plan: &mut Plan) {
    let context = &case.context;
    let (Some(members), true) = (case.view.members.value(), context.cluster.initialization.etcd_bootstrapped)
    else {
        return;
    };
    let condition = status.conditions.get(ETCD_HEALTHY);
    let since = condition.map_or(context.now, |condition| condition.last_transition_time.at());
    let voters = members.iter().filter(|member| member.voter).count();
    match margin(members) {
        Some(margin) if margin < 0 => plan.find(FindingKind::QuorumLost, context.meta.reference(), since),
        Some(margin) if healthy(members) < voters => {
            plan.find(FindingKind::EtcdDegraded { margin }, context.meta.reference(), since);
            let what = "bring the member's server back; this engine does not replace members of etcd yet";
            context.wait_for_person(plan, what, since);
        }
        Some(_) | None => {}
    }
    let alarm = |member: &EtcdMember| {
        let words: Vec<String> = member.alarms.iter().map(|alarm| format!("{alarm:?}")).collect();
        (!words.is_empty()).then(|| {
            let name = member.name.as_ref().unwrap_or(&member.id);
            format!("{name} {}", words.join(" and "))
        })
    };
    let alarms: Vec<String> = members.iter().filter_map(alarm).collect();
    if !alarms.is_empty() {
        let kind = FindingKind::EtcdAlarm { what: alarms.join(", ") };
        plan.find(kind, context.meta.reference(), since);
    }
    let is_ours = |name: &String| status.slots.iter().any(|slot| slot.name == *name);
    let strangers: Vec<String> =
        members.iter().filter_map(|member| member.name.clone()).filter(|name| !is_ours(name)).collect();
    if !strangers.is_empty() && !status.slots.is_empty() {
        plan.find(FindingKind::EtcdStrangers { members: strangers }, context.meta.reference(), since);
    }
}
