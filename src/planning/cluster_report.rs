//! The status of a cluster: what its children report, gathered.

use super::cluster::Case;
use super::cluster_children::release_now;
use super::cluster_needs::Needs;
use super::finding::FindingKind;
use super::plan::Plan;
use super::report::{self, Word};
use super::step_record::Status;
use super::waiting::WaitingOn;
use super::{cluster_conditions, etcd_report};
use crate::api::cluster_status::{ClusterPhase, ClusterStatus, Counts, Endpoint};
use crate::api::conditions::REMOTE_CONNECTION_PROBE;
use crate::api::role::{BalancerRole, PoolRole, Role};
use crate::api::validation;
use crate::cloud::types::observed::Observed;

/// Adds the step that writes the cluster's status, if it changed.
pub fn report(case: &Case<'_>, needs: &Needs, plan: &mut Plan) {
    let record = &case.view.record;
    let mut status = record.status.clone();
    status.observed_generation = Some(record.meta.generation);
    cloud(case, &mut status);
    endpoints(case, &mut status);
    counts(case, &mut status);
    let control_plane = case.view.children.control_plane.as_ref();
    status.version = control_plane.and_then(|one| one.status.version).or(status.version);
    initialization(case, &mut status);
    let valid = validation::spec_valid(&needs.impossible, Some(record.meta.generation), case.now.into());
    status.conditions.set(valid);
    cluster_conditions::set(case, needs, &mut status);
    status.phase = Some(phase(case, needs, &status));
    if let (Observed::Unknown { why }, true) =
        (&case.view.connection, status.initialization.control_plane_initialized && !record.is_going())
    {
        let condition = status.conditions.get(REMOTE_CONNECTION_PROBE);
        let since = condition.map_or(case.now, |condition| condition.last_transition_time.at());
        if since + case.policy.lease_old.to_chrono() <= case.now {
            plan.find(FindingKind::ClusterSilent { why: why.clone() }, record.meta.reference(), since);
        } else {
            // Too early to call it a failure, but it is why nothing moves inside.
            case.wait(plan, WaitingOn::ClusterSilent { why: why.clone() }, since, case.policy.lease_old);
        }
    }
    if let Some(room) = &case.around.no_room {
        let project = case.project().map(|project| project.to_string()).unwrap_or_default();
        let kind = FindingKind::NoRoom { project, why: room.told.clone() };
        plan.find(kind, record.meta.reference(), room.since);
    }
    report::write(plan, &record.meta, &record.status, status, Status::Cluster);
}

/// What of the cloud is written down: other planners find it there.
fn cloud(case: &Case<'_>, status: &mut ClusterStatus) {
    if let Some(project) = case.project() {
        status.project_id = Some(project.to_string());
    }
    let group = case.view.security_groups.value().and_then(|groups| {
        groups.iter().find(|group| group.name == case.group_name()).map(|group| group.id.to_string())
    });
    status.security_group_id = group.or(status.security_group_id.take());
    if let Some(groups) = case.view.server_groups.value() {
        for role in Role::ALL {
            let name = case.server_group_name(role);
            if let Some(group) = groups.iter().find(|group| group.name == name) {
                status.server_group_ids.insert(role, group.id.to_string());
            }
        }
    }
}

fn endpoints(case: &Case<'_>, status: &mut ClusterStatus) {
    let endpoint = |role, scheme: &str| {
        let balancer = case.view.children.balancers.iter().find(|one| one.spec.role == role)?;
        let address = balancer.status.vip.clone()?;
        let port = *balancer.spec.ports.last()?;
        let host = balancer.status.dns_name.as_ref().map(|name| name.trim_end_matches('.').to_owned());
        let shown = host.clone().unwrap_or_else(|| address.clone());
        let url = Some(format!("{scheme}://{shown}:{port}"));
        Some(Endpoint { host, address, port, url })
    };
    status.endpoints.api = endpoint(BalancerRole::Api, "https");
    status.endpoints.ingress = endpoint(BalancerRole::Ingress, "https");
}

fn counts(case: &Case<'_>, status: &mut ClusterStatus) {
    let (children, spec) = (&case.view.children, &case.view.record.spec);
    let healthy = |etcd: &crate::api::etcd::EtcdStatus| etcd.healthy_members;
    let etcd = Counts {
        desired: u32::from(spec.etcd.replicas.get()),
        current: children.etcd.as_ref().map_or(0, |etcd| machines_in(&etcd.status)),
        ready: children.etcd.as_ref().map_or(0, |etcd| healthy(&etcd.status)),
        up_to_date: children.etcd.as_ref().map_or(0, |etcd| machines_in(&etcd.status)),
        available: children.etcd.as_ref().map_or(0, |etcd| healthy(&etcd.status)),
    };
    let control_plane = children.control_plane.as_ref().map_or_else(Counts::default, |one| Counts {
        desired: one.status.desired_replicas,
        current: one.status.replicas,
        ready: one.status.ready_replicas,
        up_to_date: one.status.up_to_date_replicas,
        available: one.status.available_replicas,
    });
    let pools = |role| {
        children.pools.iter().filter(|pool| pool.spec.role == role).fold(Counts::default(), |sum, pool| {
            let one = &pool.status;
            Counts {
                desired: sum.desired + pool.spec.replicas,
                current: sum.current + one.replicas,
                ready: sum.ready + one.ready_replicas,
                up_to_date: sum.up_to_date + one.up_to_date_replicas,
                available: sum.available + one.available_replicas,
            }
        })
    };
    status.counts = [
        (Role::Etcd, etcd),
        (Role::ControlPlane, control_plane),
        (Role::Worker, pools(PoolRole::Worker)),
        (Role::Ingress, pools(PoolRole::Ingress)),
    ]
    .into();
    let shown = |counts: &Counts| format!("{}/{}", counts.ready, counts.desired);
    status.summary = status.counts.iter().map(|(role, counts)| (*role, shown(counts))).collect();
}

fn machines_in(etcd: &crate::api::etcd::EtcdStatus) -> u32 {
    let filled = etcd.slots.iter().filter(|slot| slot.machine.is_some()).count();
    u32::try_from(filled).unwrap_or(u32::MAX)
}

/// What was finished once. None of it is ever undone.
fn initialization(case: &Case<'_>, status: &mut ClusterStatus) {
    let children = &case.view.children;
    let wanted = 1 + usize::from(case.view.record.spec.ingress.is_some());
    let working =
        children.balancers.iter().filter(|one| cluster_conditions::is_reachable(&one.status)).count();
    let has_groups = status.security_group_id.is_some() && status.server_group_ids.len() == Role::ALL.len();
    let begun = &mut status.initialization;
    begun.infrastructure_provisioned |= status.project_id.is_some() && has_groups && working >= wanted;
    // Not before each first member works: one that is missing then could only be added, and no longer be a first one.
    let quorum = children.etcd.as_ref().is_some_and(|etcd| {
        let working = etcd.status.members.iter().filter(|member| member.healthy == Some(true)).count();
        working >= usize::from(etcd.spec.replicas.get())
            && etcd.status.quorum_margin.is_some_and(|margin| margin >= 0)
            && etcd_report::margin(&etcd.status.members).is_some_and(|margin| margin >= 0)
    });
    begun.etcd_bootstrapped |= quorum;
    let answers = children.control_plane.as_ref().is_some_and(|one| one.status.ready_replicas > 0);
    begun.control_plane_initialized |= answers;
}

fn phase(case: &Case<'_>, needs: &Needs, status: &ClusterStatus) -> ClusterPhase {
    let record = &case.view.record;
    let was_complete =
        matches!(record.status.phase, Some(ClusterPhase::Provisioned | ClusterPhase::Upgrading));
    if record.is_going() {
        ClusterPhase::Deleting
    } else if status.project_id.is_none() && !(needs.impossible.is_empty() && needs.unreadable.is_empty()) {
        ClusterPhase::Pending
    } else if record.spec.release != release_now(case) && was_complete {
        ClusterPhase::Upgrading
    } else if was_complete || status.conditions.is_true(crate::api::conditions::AVAILABLE) {
        ClusterPhase::Provisioned
    } else {
        ClusterPhase::Provisioning
    }
}

/// A word for what was said about nothing yet.
pub fn not_yet(what: &str) -> Word {
    Word::no(crate::api::conditions::REASON_WAITING, format!("there is no {what} yet"))
}
