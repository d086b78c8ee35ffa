//! Taking a cluster down, so that nothing is left of it.
//!
//! Services of type LoadBalancer and claims, by the cluster's own controllers → ingress nodes → workers → control plane
//! and addons → etcd → balancers → groups → storage tenant → what is left is listed, and nothing may be → keys, project →
//! finalizer off. Each begins when the one before is gone.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::cluster::Case;
use super::finding::FindingKind;
use super::observation::meta::Meta;
use super::observation::whole::{Home, Inside};
use super::plan::Plan;
use super::step_cloud::CloudStep;
use super::step_inside::InsideStep;
use super::step_record::RecordStep;
use super::waiting::WaitingOn;
use crate::api::role::{PoolRole, Role};
use crate::cloud::types::observed::Observed;

/// How long a pod may be there after it should have ended.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// Takes the cluster down.
pub fn remove(case: &Case<'_>, plan: &mut Plan) {
    let record = &case.view.record;
    if !record.meta.finalizer {
        return;
    }
    if record.spec.protected {
        return case.wait(plan, WaitingOn::Protected, case.since(), case.policy.hold);
    }
    let done = inside(case, plan)
        && children(case, plan)
        && groups(case, plan)
        && storage(case, plan)
        && leftovers(case, plan)
        && project(case, plan);
    if done {
        plan.step(RecordStep::RemoveFinalizer { object: record.meta.reference() });
    }
}

/// What has something outside goes while the controllers that know of it still run. Answers whether it is gone. If the API
/// does not answer, a person has to force the deletion.
fn inside(case: &Case<'_>, plan: &mut Plan) -> bool {
    let record = &case.view.record;
    let children = &case.view.children;
    let can_ask = record.status.initialization.control_plane_initialized
        && children.control_plane.as_ref().is_some_and(|control_plane| !control_plane.is_going());
    // Once workers go nothing new can be taken down from inside.
    let has_begun = children.pools.iter().any(|pool| pool.is_going());
    if !can_ask || has_begun || record.meta.forced.is_some() {
        return true;
    }
    match &case.view.inside {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            case.wait(plan, on, case.since(), case.policy.contact);
            case.wait_for_person(plan, "bring the cluster's API back, or force the deletion");
            false
        }
        Observed::Known { value, .. } => empty(case, value, plan),
    }
}

fn empty(case: &Case<'_>, inside: &Inside, plan: &mut Plan) -> bool {
    // Pods with claims of their own and sets that operators keep up get new claims for those that go, without end.
    let all = inside.services.iter().chain(&inside.sets).chain(&inside.claims);
    let namespaces: BTreeSet<&String> = all.map(|one| &one.namespace).collect();
    for namespace in namespaces.into_iter().filter(|namespace| !inside.closed.contains(*namespace)) {
        plan.step(InsideStep::CloseNamespace { namespace: namespace.clone() });
    }
    for service in inside.services.iter().filter(|service| !service.going) {
        let (namespace, name) = (service.namespace.clone(), service.name.clone());
        plan.step(InsideStep::DeleteService { namespace, name });
    }
    for set in inside.sets.iter().filter(|set| !set.going) {
        let (namespace, name) = (set.namespace.clone(), set.name.clone());
        plan.step(InsideStep::DeleteSet { namespace, name });
    }
    for claim in inside.claims.iter().filter(|claim| !claim.going) {
        let (namespace, name) = (claim.namespace.clone(), claim.name.clone());
        plan.step(InsideStep::DeleteClaim { namespace, name });
    }
    // No pod comes to a node any more with a claim that is going, so that each pod has to be deleted once. One whose node is
    // silent never ends by itself; nothing brings it up elsewhere, so that it need not be waited for.
    for user in inside.claims.iter().filter(|claim| claim.going).flat_map(|claim| &claim.pods) {
        let is_late = user.deleting.is_some_and(|end| end + LATE < case.now);
        if user.deleting.is_none() || is_late {
            let (node, pod) = (user.node.clone(), user.pod.clone());
            plan.step(InsideStep::DeletePod { node, pod, at_once: is_late });
        }
    }
    // A claim is gone before its volume, which only the cluster's own storage driver deletes.
    let (services, sets) = (inside.services.len(), inside.sets.len());
    let (claims, volumes) = (inside.claims.len(), inside.volumes.len());
    let left = services + sets + claims + volumes;
    if left > 0 {
        let what = format!("{services} services, {sets} StatefulSets, {claims} claims and {volumes} volumes");
        case.wait(plan, WaitingOn::InsideRemoval { what }, case.since(), case.policy.removal);
    }
    left == 0
}

/// Deletes the children that have machines or balancers, one sort after the other. Answers whether they are gone.
fn children(case: &Case<'_>, plan: &mut Plan) -> bool {
    let children = &case.view.children;
    let pools = |role| -> Vec<&Meta> {
        children.pools.iter().filter(|pool| pool.spec.role == role).map(|pool| &pool.meta).collect()
    };
    let addons = children.addons.iter().map(|addon| &addon.meta);
    let control_plane: Vec<&Meta> =
        children.control_plane.iter().map(|one| &one.meta).chain(addons).collect();
    let balancers: Vec<&Meta> = children.balancers.iter().map(|one| &one.meta).collect();
    gone(case, "the ingress nodes", &pools(PoolRole::Ingress), plan)
        && gone(case, "the workers", &pools(PoolRole::Worker), plan)
        && gone(case, "the control plane", &control_plane, plan)
        && gone(case, "etcd", &children.etcd.iter().map(|one| &one.meta).collect::<Vec<_>>(), plan)
        && gone(case, "the balancers", &balancers, plan)
}

/// Deletes records. Answers whether there are none.
fn gone(case: &Case<'_>, what: &str, records: &[&Meta], plan: &mut Plan) -> bool {
    for meta in records.iter().filter(|meta| meta.deleting.is_none()) {
        plan.step(RecordStep::DeleteChild { object: meta.reference() });
    }
    if !records.is_empty() {
        let on = WaitingOn::Removal { what: what.to_owned() };
        case.wait(plan, on, case.since(), case.policy.provision);
    }
    records.is_empty()
}

/// Deletes the security group and the server groups.
fn groups(case: &Case<'_>, plan: &mut Plan) -> bool {
    let Some(project) = case.project() else {
        return match &case.view.home {
            Home::Own(Observed::Unknown { why }) => {
                case.wait_unreadable(plan, "its project", why);
                false
            }
            Home::Own(Observed::Known { .. }) | Home::Shared(_) => true,
        };
    };
    let (Some(firewalls), Some(spreads)) =
        (case.view.security_groups.value(), case.view.server_groups.value())
    else {
        case.wait_unreadable(plan, "the groups of its project", "the services do not answer");
        return false;
    };
    let mut none = true;
    for group in firewalls.iter().filter(|group| group.name == case.group_name()) {
        none = false;
        let (project, name) = (project.clone(), group.name.clone());
        plan.step(CloudStep::DeleteSecurityGroup { project, group: group.id.clone(), name });
    }
    let names = Role::ALL.map(|role| case.server_group_name(role));
    for group in spreads.iter().filter(|group| names.contains(&group.name)) {
        none = false;
        let (project, name) = (project.clone(), group.name.clone());
        plan.step(CloudStep::DeleteServerGroup { project, group: group.id.clone(), name });
    }
    none
}

fn storage(case: &Case<'_>, plan: &mut Plan) -> bool {
    let storage: Vec<&Meta> = case.view.children.storage.iter().map(|one| &one.meta).collect();
    gone(case, "the storage tenant", &storage, plan)
}

/// Whether nothing is left. What is left belongs to somebody, a volume that was to be kept for instance, and is a person's
/// to decide about.
fn leftovers(case: &Case<'_>, plan: &mut Plan) -> bool {
    match &case.view.leftovers {
        Observed::Unknown { why } => {
            case.wait_unreadable(plan, "what is left of it", why);
            false
        }
        Observed::Known { value, .. } if value.is_empty() => true,
        Observed::Known { value, .. } => {
            let kind = FindingKind::Leftovers { what: value.clone() };
            plan.find(kind, case.view.record.meta.reference(), case.since());
            case.wait_for_person(plan, &format!("take away what is left: {}", value.join(", ")));
            false
        }
    }
}

/// Deletes the keys and the project. Answers whether they are gone.
fn project(case: &Case<'_>, plan: &mut Plan) -> bool {
    let record = &case.view.record;
    let own = match &case.view.home {
        Home::Shared(_) => None,
        Home::Own(_) => case.project(),
    };
    if case.view.keys {
        plan.step(RecordStep::DeletePki { cluster: record.meta.name.clone() });
    }
    if let Some(project) = &own {
        plan.step(CloudStep::DeleteProject { project: project.clone() });
    }
    !case.view.keys && own.is_none()
}
