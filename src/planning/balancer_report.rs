//! The status of a balancer.

use chrono::{DateTime, Utc};

use super::balancer::Case;
use super::balancer_members::{address, is_synced, serves};
use super::plan::Plan;
use super::report::{self, Word};
use super::step_cloud::FailOver;
use super::step_record::Status;
use crate::api::condition::ConditionStatus;
use crate::api::conditions::{
    AVAILABLE, DELETING, DNS_READY, MEMBERS_SYNCED, PAUSED, PROVISIONED, REASON_CONTACT_LOST,
    REASON_NOT_SUPPORTED, REASON_WAITING,
};
use crate::api::load_balancer::{LoadBalancerStatus, PoolMember};
use crate::cloud::types::balancer::{Balancer, Operating, Provisioning};
use crate::cloud::types::network::RecordState;
use crate::cloud::types::observed::Observed;

/// The reason of a balancer that failed and was failed over.
pub const REASON_FAILED_OVER: &str = "FailedOver";

/// Octavia's word for what is being done to a balancer.
pub const fn word(provisioning: Provisioning) -> &'static str {
    match provisioning {
        Provisioning::Active => "ACTIVE",
        Provisioning::PendingCreate => "PENDING_CREATE",
        Provisioning::PendingUpdate => "PENDING_UPDATE",
        Provisioning::PendingDelete => "PENDING_DELETE",
        Provisioning::Error => "ERROR",
        Provisioning::Deleted => "DELETED",
    }
}

/// Octavia's word for how something works.
const fn operating(operating: Operating) -> &'static str {
    match operating {
        Operating::Online => "ONLINE",
        Operating::Offline => "OFFLINE",
        Operating::Degraded => "DEGRADED",
        Operating::Error => "ERROR",
        Operating::Draining => "DRAINING",
        Operating::NoMonitor => "NO_MONITOR",
    }
}

/// How bad a state is: the worst of a machine's states in several pools is shown.
const fn badness(state: Operating) -> u8 {
    match state {
        Operating::Online => 0,
        Operating::NoMonitor => 1,
        Operating::Degraded => 2,
        Operating::Draining => 3,
        Operating::Offline => 4,
        Operating::Error => 5,
    }
}

/// Adds the step that writes the status, if it changed.
pub fn report(case: &Case<'_>, plan: &mut Plan) {
    let (record, context) = (&case.view.record, &case.context);
    let mut status = record.status.clone();
    status.observed_generation = Some(record.meta.generation);
    if let Some(balancer) = case.balancer() {
        observe(case, balancer, &mut status);
    }
    status.dns_name = case.view.site.name.clone();
    let (provisioned, dns) = (provisioned(case), dns(case));
    let works = provisioned.status == ConditionStatus::True && dns.status == ConditionStatus::True;
    let available = match (works, status.online_members) {
        (true, 0) => Word::no("NoMemberServes", "no pool member serves"),
        (true, _) => Word::yes(),
        (false, _) if [provisioned.status, dns.status].contains(&ConditionStatus::False) => {
            Word::no(REASON_WAITING, "the balancer or its name is not there")
        }
        (false, _) => Word::unknown(REASON_CONTACT_LOST, "its state could not be read"),
    };
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, record.meta.generation, context.now);
    };
    set(PROVISIONED, provisioned);
    set(DNS_READY, dns);
    if let Some(balancer) = case.balancer() {
        let changes = balancer.provisioning == Provisioning::PendingUpdate || !is_synced(case, balancer);
        set(
            MEMBERS_SYNCED,
            if changes {
                Word::no("Changing", "it is being changed, or has other members than it should")
            } else {
                Word::yes()
            },
        );
    }
    set(AVAILABLE, available);
    set(PAUSED, Word::flag(context.around.hold.is_some(), "NotPaused"));
    set(DELETING, Word::flag(record.is_going(), "NotDeleting"));
    report::write(plan, &record.meta, &record.status, status, Status::LoadBalancer);
}

/// Writes down that it was failed over.
pub fn failed_over(status: &mut LoadBalancerStatus, done: FailOver, generation: i64, now: DateTime<Utc>) {
    status.failovers = status.failovers.max(done.asked);
    if done.failed {
        report::set(&mut status.conditions, PROVISIONED, failed_over_word(), generation, now);
    }
}

fn failed_over_word() -> Word {
    Word::no(REASON_FAILED_OVER, "it was in ERROR and was failed over")
}

fn observe(case: &Case<'_>, balancer: &Balancer, status: &mut LoadBalancerStatus) {
    status.balancer_id = Some(balancer.id.to_string());
    status.vip = balancer.vip.map(|vip| vip.to_string()).or(status.vip.take());
    status.provisioning_status = Some(word(balancer.provisioning).to_owned());
    status.operating_status = Some(operating(balancer.operating).to_owned());
    let all = || balancer.pools.iter().flat_map(|pool| &pool.members);
    let member = |machine: &super::observation::machine::MachineView| {
        let address = address(machine)?;
        let states = all().filter(|member| member.address == address).map(|member| member.operating);
        let worst = states.max_by_key(|state| badness(*state))?;
        Some(PoolMember {
            machine: machine.meta.name.clone(),
            address: address.to_string(),
            operating_status: Some(operating(worst).to_owned()),
            draining: machine.is_leaving(),
        })
    };
    status.members = case.view.machines.iter().filter_map(member).collect();
    status.members.sort_by(|one, other| one.machine.cmp(&other.machine));
    let online =
        |member: &&PoolMember| all().filter(|found| found.address.to_string() == member.address).all(serves);
    let online = status.members.iter().filter(online).count();
    status.online_members = u32::try_from(online).unwrap_or(u32::MAX);
}

fn provisioned(case: &Case<'_>) -> Word {
    let balancers = match &case.view.balancers {
        Observed::Unknown { why } => return Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { .. } => case.balancers().unwrap_or_default(),
    };
    match balancers.as_slice() {
        [] if case.view.record.status.balancer_id.is_some() => Word::no("BalancerGone", "it is not listed"),
        [] => Word::no("NotCreated", "there is no balancer yet"),
        [balancer] => match balancer.provisioning {
            Provisioning::Active => Word::yes(),
            _ if case.was_failed_over() => failed_over_word(),
            Provisioning::Error => Word::no("Error", "it is in ERROR"),
            // A change of members does not keep it from working.
            Provisioning::PendingUpdate => Word::yes(),
            state => Word::no("Pending", format!("it is {}", word(state))),
        },
        _ => Word::no("DuplicateBalancers", "more than one balancer has its name and tag"),
    }
}

fn dns(case: &Case<'_>) -> Word {
    let Some(name) = &case.view.site.name else {
        return Word { reason: REASON_NOT_SUPPORTED.to_owned(), ..Word::yes() };
    };
    let vip = case.balancer().and_then(|balancer| balancer.vip);
    match &case.view.names {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } => {
            let is_there =
                value.iter().any(|record| Some(record.address) == vip && record.state == RecordState::Active);
            if is_there {
                Word::yes()
            } else {
                Word::no("Pending", format!("{name} does not lead to it yet"))
            }
        }
    }
}
