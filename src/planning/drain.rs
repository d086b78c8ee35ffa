//! Emptying a node: its pods are asked to leave, their budgets are respected.

use super::machine::Case;
use super::observation::node::{Load, NodeView, PodView};
use super::plan::Plan;
use super::step_inside::InsideStep;
use super::waiting::WaitingOn;
use crate::api::pool::DrainTimeout;
use crate::cloud::types::observed::Observed;

/// Asks the pods of a cordoned node to leave. Answers whether there are none left.
///
/// Pods with volumes go one by one, because each of them waits for its volume to be detached here and attached
/// elsewhere. A pod whose budget refused is asked again after the policy's pause. When the time is up, pods are
/// deleted past their budgets only if the cluster's policy says so.
pub fn drain(case: &Case<'_>, node: &NodeView, plan: &mut Plan) -> bool {
    let load = match &case.view.load {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            case.wait(plan, on, started(case), case.policy.contact);
            return false;
        }
        Observed::Known { value, .. } => value,
    };
    let left: Vec<&PodView> = load.pods.iter().filter(|pod| !pod.bound && !pod.finished).collect();
    if left.is_empty() {
        return true;
    }
    let timeout = case.cluster.drain.timeout;
    let is_late = started(case) + timeout.to_chrono() < case.now;
    if is_late && case.cluster.drain.on_timeout == DrainTimeout::Force {
        for pod in left.iter().filter(|pod| pod.deleting.is_none()) {
            let (node, pod) = (node.name.clone(), pod.name.clone());
            plan.step(InsideStep::DeletePod { node, pod, at_once: false });
        }
    } else {
        evict(case, node, load, plan);
    }
    let refused = left.iter().find(|pod| pod.refused.is_some()).map(|pod| pod.name.to_string());
    let left = left.len();
    let on =
        if is_late { WaitingOn::DrainOverdue { left, refused } } else { WaitingOn::Pods { left, refused } };
    case.wait(plan, on, started(case), timeout);
    false
}

/// Since when the node is being emptied.
fn started(case: &Case<'_>) -> chrono::DateTime<chrono::Utc> {
    let begun = case.view.status.deletion.as_ref().and_then(|deletion| deletion.node_drain_start_time);
    begun.map_or(case.view.meta.deleting.unwrap_or(case.now), |time| time.at())
}

fn evict(case: &Case<'_>, node: &NodeView, load: &Load, plan: &mut Plan) {
    let pause = case.cluster.drain.retry_after.to_chrono();
    let stays = |pod: &&PodView| !pod.bound && !pod.finished && pod.deleting.is_none();
    let may_ask = |pod: &&PodView| pod.refused.is_none_or(|at| at + pause <= case.now);
    let volume_moves = load.pods.iter().any(|pod| pod.volumes && pod.deleting.is_some());
    let (with, without): (Vec<&PodView>, Vec<&PodView>) =
        load.pods.iter().filter(stays).filter(may_ask).partition(|pod| pod.volumes);
    let one = with.into_iter().take(usize::from(!volume_moves));
    for pod in without.into_iter().chain(one) {
        plan.step(InsideStep::EvictPod { node: node.name.clone(), pod: pod.name.clone() });
    }
}
