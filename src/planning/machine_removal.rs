//! Taking a machine down, in an order in which nothing is lost.
//!
//! Node cordoned → out of its balancer → pods moved → volumes detached → node removed → server deleted → out of the
//! access list → port deleted → finalizer off. A node that cannot be reached is not drained but fenced: only when it is
//! certain that its server writes nowhere may its volumes be used elsewhere.

use super::drain;
use super::machine::{self, Case};
use super::observation::node::{Cordon, NodeView};
use super::plan::Plan;
use super::policy::Mistake;
use super::safety;
use super::step_cloud::{CloudStep, ServerGoes};
use super::step_inside::InsideStep;
use super::step_record::RecordStep;
use super::waiting::WaitingOn;
use crate::api::role::Role;
use crate::cloud::types::compute::{Server, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Observed;

/// Takes the machine down.
pub fn remove(case: &Case<'_>, plan: &mut Plan) {
    if !case.view.meta.finalizer {
        return;
    }
    let whole_cluster = case.cluster.deleting.is_some();
    if !whole_cluster {
        if let Some(outage) = safety::outage(case.view, &case.cluster.network, case.around, case.policy) {
            return case.wait(plan, outage, since(case), case.policy.outage);
        }
        if !leave(case, plan) {
            return;
        }
    }
    if delete_server(case, plan) && leave_storage(case, plan) && delete_port(case, plan) {
        plan.step(RecordStep::RemoveFinalizer { object: case.view.meta.reference() });
    }
}

fn since(case: &Case<'_>) -> chrono::DateTime<chrono::Utc> {
    case.view.meta.deleting.unwrap_or(case.now)
}

/// Lets the node go. Answers whether the cluster has it no more, or will not after the plan's steps.
fn leave(case: &Case<'_>, plan: &mut Plan) -> bool {
    let view = case.view;
    if !view.spec.role.has_node() {
        return true;
    }
    let node = match &view.node {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            case.wait(plan, on, since(case), case.policy.contact);
            return false;
        }
        Observed::Known { value: None, .. } => return leave_pool(case, plan),
        Observed::Known { value: Some(node), .. } => node,
    };
    if node.cordon == Cordon::No {
        plan.step(InsideStep::Cordon { node: node.name.clone() });
        return false;
    }
    if !leave_pool(case, plan) {
        return false;
    }
    let empty =
        if safety::is_unreachable(view) { fenced(case, node, plan) } else { drain::drain(case, node, plan) };
    if !empty || !detached(case, plan) || is_on_dead_host(case, plan) {
        return false;
    }
    // The server goes right after its node, so that its kubelet has no time to bring the node back.
    plan.step(InsideStep::RemoveNode { node: node.name.clone() });
    true
}

/// Whether the hypervisor is down, or may be, and nothing else proves that the server writes nowhere.
fn is_on_dead_host(case: &Case<'_>, plan: &mut Plan) -> bool {
    let is_fenced = safety::fence(case.view, case.around).is_some();
    if is_fenced || case.policy.errs(Mistake::IgnoresDeadHosts) {
        return false;
    }
    if let Some(host) = safety::host_down(case.view, case.around) {
        case.wait(plan, WaitingOn::HostDown { host }, since(case), case.policy.fence);
        return true;
    }
    // While the cloud does not say which hypervisors are down, only what the machine shows itself speaks for its own.
    let blind = case.around.blind.as_ref().filter(|_| !safety::is_well(case.view));
    if let Some(why) = blind {
        case.wait_unreadable(plan, "which hypervisors are down", why);
    }
    blind.is_some()
}

fn leave_pool(case: &Case<'_>, plan: &mut Plan) -> bool {
    match &case.view.pooled {
        Observed::Known { value: false, .. } => true,
        Observed::Known { value: true, .. } => {
            case.wait(plan, WaitingOn::PoolMemberOut, since(case), case.policy.balancer);
            false
        }
        Observed::Unknown { why } => {
            case.wait_unreadable(plan, "the balancer", why);
            false
        }
    }
}

/// Whether a node that cannot be reached is fenced and its pods are gone.
fn fenced(case: &Case<'_>, node: &NodeView, plan: &mut Plan) -> bool {
    if safety::fence(case.view, case.around).is_none() && !case.policy.errs(Mistake::NeedsNoFence) {
        if case.policy.errs(Mistake::IgnoresDeadHosts) {
            return true;
        }
        if let Some((project, server)) = failed_where_it_can_be_ended(case) {
            plan.step(CloudStep::DeleteServer {
                project: project.clone(),
                server: server.id.clone(),
                name: server.name.clone(),
                why: ServerGoes::Failed,
            });
            return false;
        }
        let on = safety::host_down(case.view, case.around)
            .map_or(WaitingOn::Fence, |host| WaitingOn::HostDown { host });
        case.wait(plan, on, since(case), case.policy.fence);
        return false;
    }
    if !node.out_of_service {
        plan.step(InsideStep::TaintOutOfService { node: node.name.clone() });
        return false;
    }
    let Some(load) = case.view.load.value() else {
        case.wait_unreadable(plan, "what is on the node", "it was not read");
        return false;
    };
    let left = load.pods.iter().filter(|pod| !pod.bound && !pod.finished).count();
    if left > 0 {
        let on = WaitingOn::Pods { left, refused: None };
        case.wait(plan, on, since(case), case.policy.detach);
    }
    left == 0
}

/// A server in ERROR, of which nobody knows whether it still runs, on a hypervisor that is up: deleted there it writes nowhere
/// any more, which is the fence. Whoever cannot see hypervisors leaves that to a person.
fn failed_where_it_can_be_ended<'a>(case: &Case<'a>) -> Option<(&'a ProjectId, &'a Server)> {
    let server = case.view.server().filter(|server| server.status == ServerStatus::Error)?;
    let host = server.host.as_ref().or(case.view.status.host.as_ref())?;
    let ends = case.around.host_is_up(host) == Some(true) && server.task.is_none();
    case.cluster.project.as_ref().filter(|_| ends).map(|project| (project, server))
}

/// Whether no volume is attached any more. What is not known counts as attached.
fn detached(case: &Case<'_>, plan: &mut Plan) -> bool {
    let Some(load) = case.view.load.value() else {
        case.wait_unreadable(plan, "the attachments of volumes", "they were not read");
        return false;
    };
    let left = load.volumes.len();
    if left > 0 {
        let begun = case.view.status.deletion.as_ref();
        let begun = begun.and_then(|deletion| deletion.wait_for_node_volume_detach_start_time);
        let since = begun.map_or_else(|| since(case), |time| time.at());
        case.wait(plan, WaitingOn::Volumes { left }, since, case.policy.detach);
    }
    left == 0
}

/// Deletes the server. Answers whether it is gone.
fn delete_server(case: &Case<'_>, plan: &mut Plan) -> bool {
    let servers = match &case.view.servers {
        Observed::Unknown { why } => {
            case.wait_unreadable(plan, "the list of servers", why);
            return false;
        }
        Observed::Known { value, at } if value.is_empty() => {
            // A server that was asked for with an unknown outcome may still appear, and would be left behind.
            return !machine::is_settling(case, "the server", *at, plan);
        }
        Observed::Known { value, .. } => value,
    };
    let Some(project) = &case.cluster.project else { return false };
    if is_on_dead_host(case, plan) {
        return false;
    }
    for server in servers {
        let is_going = server.status == ServerStatus::Deleted || server.task.as_deref() == Some("deleting");
        if is_going {
            let on = WaitingOn::Removal { what: format!("server {}", server.id) };
            case.wait(plan, on, server.updated, case.policy.removal);
        } else {
            plan.step(CloudStep::DeleteServer {
                project: project.clone(),
                server: server.id.clone(),
                name: server.name.clone(),
                why: ServerGoes::MachineRemoved,
            });
        }
    }
    false
}

/// Whether the storage lets the machine in no more.
fn leave_storage(case: &Case<'_>, plan: &mut Plan) -> bool {
    let out = match &case.view.access {
        Observed::Known { value, .. } => *value != Some(true),
        Observed::Unknown { .. } => false,
    };
    if !out {
        case.wait(plan, WaitingOn::AccessOut, since(case), case.policy.removal);
    }
    out
}

/// Deletes the port. The port of a slot of etcd outlives the machine, and is the Etcd's to delete.
fn delete_port(case: &Case<'_>, plan: &mut Plan) -> bool {
    if case.view.spec.role == Role::Etcd {
        return true;
    }
    let ports = match &case.view.ports {
        Observed::Unknown { why } => {
            case.wait_unreadable(plan, "the list of ports", why);
            return false;
        }
        Observed::Known { value, .. } => value,
    };
    if let Some(project) = &case.cluster.project {
        for port in ports {
            let (project, port, name) = (project.clone(), port.id.clone(), port.name.clone());
            plan.step(CloudStep::DeletePort { project, port, name });
        }
    }
    ports.is_empty()
}
