//! The conditions of a cluster, from those of its children.

use super::cluster::Case;
use super::cluster_children::release_now;
use super::cluster_needs::Needs;
use super::cluster_report::not_yet;
use super::report::{self, Word};
use crate::api::cluster_status::{ClusterStatus, Counts};
use crate::api::condition::{ConditionStatus, Conditions};
use crate::api::conditions::{
    ACCESS_LIST_SYNCED, ADDONS_HEALTHY, AVAILABLE, CONTROL_PLANE_AVAILABLE, DELETING, DNS_READY,
    ETCD_HEALTHY, HEALTHY, INFRASTRUCTURE_READY, INGRESS_AVAILABLE, LEAK_FREE, LOAD_BALANCER_READY, PAUSED,
    PROVISIONED, QUOTA_AVAILABLE, READY, REASON_CONTACT_LOST, REASON_WAITING, REMEDIATING,
    REMOTE_CONNECTION_PROBE, SCALING_DOWN, SCALING_UP, STORAGE_TENANT_READY, UP_TO_DATE, WORKERS_AVAILABLE,
};
use crate::api::load_balancer::LoadBalancerStatus;
use crate::api::role::{BalancerRole, PoolRole};
use crate::api::validation::FindingReason;
use crate::cloud::types::observed::Observed;

/// The conditions without which a cluster is not available.
const PARTS: [&str; 8] = [
    INFRASTRUCTURE_READY,
    ETCD_HEALTHY,
    CONTROL_PLANE_AVAILABLE,
    LOAD_BALANCER_READY,
    STORAGE_TENANT_READY,
    WORKERS_AVAILABLE,
    INGRESS_AVAILABLE,
    ADDONS_HEALTHY,
];

/// Whether clients can reach a balancer's address by its name.
pub fn is_reachable(balancer: &LoadBalancerStatus) -> bool {
    balancer.vip.is_some()
        && balancer.conditions.is_true(PROVISIONED)
        && balancer.conditions.is_true(DNS_READY)
}

/// Sets all conditions but that of the spec.
pub fn set(case: &Case<'_>, needs: &Needs, status: &mut ClusterStatus) {
    let children = &case.view.children;
    let storage = children.storage.as_ref().map(|one| &one.status.conditions);
    let etcd = children.etcd.as_ref().map(|one| &one.status.conditions);
    let control_plane = children.control_plane.as_ref().map(|one| &one.status.conditions);
    let pools = || children.pools.iter().map(|pool| &pool.status.conditions);
    let any = |type_: &str| pools().chain(control_plane).any(|conditions| conditions.is_true(type_));
    let words = [
        (INFRASTRUCTURE_READY, infrastructure(status)),
        (ETCD_HEALTHY, of(etcd, ETCD_HEALTHY, "etcd")),
        (CONTROL_PLANE_AVAILABLE, of(control_plane, AVAILABLE, "control plane")),
        (LOAD_BALANCER_READY, balancers(case)),
        (STORAGE_TENANT_READY, of(storage, READY, "storage tenant")),
        (ACCESS_LIST_SYNCED, of(storage, ACCESS_LIST_SYNCED, "storage tenant")),
        (WORKERS_AVAILABLE, of_pools(case, PoolRole::Worker)),
        (INGRESS_AVAILABLE, ingress(case)),
        (ADDONS_HEALTHY, addons(case)),
        (QUOTA_AVAILABLE, quota(case, needs)),
        (LEAK_FREE, leak_free(case)),
        (REMOTE_CONNECTION_PROBE, Word::of(&case.view.connection, "NoAnswer", "the API does not answer")),
        (UP_TO_DATE, up_to_date(case, status)),
        (SCALING_UP, Word::flag(any(SCALING_UP), "NotScalingUp")),
        (SCALING_DOWN, Word::flag(any(SCALING_DOWN), "NotScalingDown")),
        (REMEDIATING, Word::flag(any(REMEDIATING), "NotRemediating")),
        (PAUSED, Word::flag(case.around.hold.is_some(), "NotPaused")),
        (DELETING, Word::flag(case.view.record.is_going(), "NotDeleting")),
    ];
    let generation = case.view.record.meta.generation;
    for (type_, word) in words {
        report::set(&mut status.conditions, type_, word, generation, case.now);
    }
    let available = available(&status.conditions);
    report::set(&mut status.conditions, AVAILABLE, available, generation, case.now);
}

/// What a child says.
fn of(conditions: Option<&Conditions>, type_: &str, what: &str) -> Word {
    match conditions.and_then(|conditions| conditions.get(type_)) {
        None => not_yet(what),
        Some(found) => {
            Word { status: found.status, reason: found.reason.clone(), message: found.message.clone() }
        }
    }
}

/// The worst of several words: the first that says no, else the first that knows nothing, else the first that only grows,
/// else yes.
fn worst(words: impl IntoIterator<Item = (String, Word)>) -> Word {
    let all: Vec<(String, Word)> = words.into_iter().collect();
    let badness = |word: &Word| match word.status {
        ConditionStatus::False if word.reason != SCALING_UP => 0,
        ConditionStatus::Unknown => 1,
        ConditionStatus::False => 2,
        ConditionStatus::True => 3,
    };
    let bad = all.iter().filter(|(_, word)| word.status != ConditionStatus::True);
    bad.min_by_key(|(_, word)| badness(word)).map_or_else(Word::yes, |(name, word)| Word {
        message: format!("{name}: {}", word.message),
        ..word.clone()
    })
}

fn infrastructure(status: &ClusterStatus) -> Word {
    if status.initialization.infrastructure_provisioned {
        Word::yes()
    } else if status.project_id.is_none() {
        not_yet("project")
    } else {
        Word::no(REASON_WAITING, "groups, balancers or names are not there yet")
    }
}

fn balancers(case: &Case<'_>) -> Word {
    let wanted = 1 + usize::from(case.view.record.spec.ingress.is_some());
    let balancers = &case.view.children.balancers;
    if balancers.len() < wanted {
        return not_yet("balancer");
    }
    worst(
        balancers
            .iter()
            .map(|one| (one.meta.name.clone(), of(Some(&one.status.conditions), PROVISIONED, "balancer"))),
    )
}

fn of_pools(case: &Case<'_>, role: PoolRole) -> Word {
    let pools = case.view.children.pools.iter().filter(|pool| pool.spec.role == role);
    let spec = &case.view.record.spec;
    let wanted = match role {
        PoolRole::Worker => spec.workers.len(),
        PoolRole::Ingress => usize::from(spec.ingress.is_some()),
    };
    if pools.clone().count() < wanted {
        return not_yet("pool");
    }
    worst(pools.map(|pool| (pool.meta.name.clone(), of(Some(&pool.status.conditions), AVAILABLE, "machine"))))
}

/// Ingress nodes, and the balancer before them. A pool that is to be empty needs no member.
fn ingress(case: &Case<'_>) -> Word {
    let nodes = of_pools(case, PoolRole::Ingress);
    let mut pools = case.view.children.pools.iter().filter(|pool| pool.spec.role == PoolRole::Ingress);
    let is_empty = pools.all(|pool| pool.spec.replicas == 0);
    if case.view.record.spec.ingress.is_none() || is_empty {
        return nodes;
    }
    let mut balancers = case.view.children.balancers.iter();
    let balancer = balancers.find(|one| one.spec.role == BalancerRole::Ingress);
    let balancer = of(balancer.map(|one| &one.status.conditions), AVAILABLE, "balancer");
    worst([("nodes".to_owned(), nodes), ("balancer".to_owned(), balancer)])
}

fn addons(case: &Case<'_>) -> Word {
    let addons = &case.view.children.addons;
    let wants_some = case
        .view
        .release
        .as_ref()
        .is_some_and(|release| release.spec.addons.iter().any(|addon| !addon.optional));
    if addons.is_empty() && wants_some {
        return not_yet("addon");
    }
    worst(
        addons.iter().map(|one| (one.meta.name.clone(), of(Some(&one.status.conditions), HEALTHY, "addon"))),
    )
}

fn quota(case: &Case<'_>, needs: &Needs) -> Word {
    let mut exceeded = needs.impossible.iter().filter(|one| one.reason == FindingReason::QuotaExceeded);
    if let Some(finding) = exceeded.next() {
        return Word::no("QuotaExceeded", finding.message.clone());
    }
    match &case.around.no_room {
        Some(room) => Word::no("NoRoom", format!("the cloud refused a server: {}", room.told)),
        None => Word::yes(),
    }
}

fn leak_free(case: &Case<'_>) -> Word {
    match &case.view.leftovers {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } if value.is_empty() => Word::yes(),
        Observed::Known { value, .. } => Word::no("WithoutRecord", value.join(", ")),
    }
}

fn up_to_date(case: &Case<'_>, status: &ClusterStatus) -> Word {
    let wanted = case.view.record.spec.release;
    let old = |counts: &Counts| counts.up_to_date < counts.current;
    if wanted != release_now(case) {
        Word::no("OtherRelease", format!("it runs {}, and {wanted} is wanted", release_now(case)))
    } else if status.counts.values().any(old) {
        Word::no("OldMachines", "some machines are made from an older template")
    } else {
        Word::yes()
    }
}

/// Available if all parts are. What is not known of a part is not known of the whole.
fn available(conditions: &Conditions) -> Word {
    worst(PARTS.map(|type_| (type_.to_owned(), of(Some(conditions), type_, "word"))))
}
