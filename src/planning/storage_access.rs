//! The access list: nodes that live or join, and nodes that go until their servers, and with them all attachments, are gone.
//!
//! The list is compared in full at each look. A machine comes on it before its first pod.
//! Of a machine that is being replaced and that nobody reaches, access is taken away first: that is what fences it.

use std::collections::BTreeMap;

use super::balancer_members::address;
use super::observation::machine::MachineView;
use super::plan::Plan;
use super::safety;
use super::step_cloud::CloudStep;
use super::storage::Case;
use crate::api::machine_status::Fence;
use crate::api::names;
use crate::api::storage_tenant::StorageBackend;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Observed;
use crate::cloud::types::storage::AccessRule;

/// By what the storage knows a machine's node.
pub fn identifier(backend: StorageBackend, machine: &MachineView) -> Option<String> {
    if !machine.spec.role.has_node() {
        return None;
    }
    match backend {
        StorageBackend::Cinder => None,
        StorageBackend::Array => Some(names::initiator(&machine.meta.uid)),
        StorageBackend::Manila => address(machine).map(|address| address.to_string()),
    }
}

/// Who is to be on the list, with the machine.
pub fn wanted(case: &Case<'_>) -> BTreeMap<String, String> {
    let backend = case.view.record.spec.backend;
    let belongs = case.view.machines.iter().filter(|machine| belongs(case, machine));
    belongs.filter_map(|machine| Some((identifier(backend, machine)?, machine.meta.name.clone()))).collect()
}

/// Grants what is missing and takes away what does not belong.
pub fn follow(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) {
    let rules = match &case.view.rules {
        Observed::Unknown { why } => return case.context.wait_unreadable(plan, "the access list", why),
        Observed::Known { value, .. } => value,
    };
    let wanted = wanted(case);
    for initiator in wanted.keys().filter(|wanted| !rules.iter().any(|rule| rule.initiator == **wanted)) {
        let (project, initiator) = (project.clone(), initiator.clone());
        plan.step(CloudStep::GrantAccess { project, initiator });
    }
    for rule in rules.iter().filter(|rule| !wanted.contains_key(&rule.initiator)) {
        if !may_be_unknown(case, &rule.initiator) {
            plan.step(revoke(project, rule));
        }
    }
}

/// The step that takes an entry away.
pub fn revoke(project: &ProjectId, rule: &AccessRule) -> CloudStep {
    CloudStep::RevokeAccess {
        project: project.clone(),
        rule: rule.id.clone(),
        initiator: rule.initiator.clone(),
    }
}

/// How many entries are missing or too many although nothing of ours made them so: those of machines that had access and
/// still should, and those of nobody.
pub fn drift(case: &Case<'_>) -> usize {
    let Some(rules) = case.view.rules.value() else { return 0 };
    let wanted = wanted(case);
    let listed = &case.view.record.status.access_list;
    let has_rule = |initiator: &str| rules.iter().any(|rule| rule.initiator == initiator);
    let lost =
        wanted.keys().filter(|one| listed.iter().any(|entry| entry.identifier == **one) && !has_rule(one));
    let backend = case.view.record.spec.backend;
    let is_ours = |rule: &&AccessRule| {
        let known = listed.iter().any(|entry| entry.identifier == rule.initiator);
        known
            || case.view.machines.iter().any(|one| identifier(backend, one).as_ref() == Some(&rule.initiator))
    };
    lost.count() + rules.iter().filter(|rule| !is_ours(rule)).count()
}

fn belongs(case: &Case<'_>, machine: &MachineView) -> bool {
    let fence = machine.status.remediation.as_ref().and_then(|begun| begun.fence);
    if is_to_be_fenced(case, machine) || fence == Some(Fence::AccessRevoked) {
        return false;
    }
    let has_access = machine.access.value() == Some(&Some(true));
    let goes = machine.meta.deleting.is_some();
    match machine.servers.value().map(Vec::as_slice) {
        // What is not known changes nothing: who has access keeps it.
        None => has_access,
        Some([]) => !goes && !machine.has_joined(),
        // One that goes keeps its access until its server is gone, and never gets it back once it was fenced.
        Some(_) => !goes || has_access,
    }
}

/// Whether its server's access is taken away so that it is certain that it writes nowhere: it is being replaced or taken
/// down, nobody reaches it, and nothing else proves it.
fn is_to_be_fenced(case: &Case<'_>, machine: &MachineView) -> bool {
    let context = &case.context;
    let explained = safety::outage(machine, &context.cluster.network, context.around, context.policy);
    machine.is_leaving()
        && machine.has_joined()
        && machine.node().is_some()
        && safety::is_unreachable(machine)
        && explained.is_none()
}

/// Whether an entry may belong to a machine whose address is not known just now.
fn may_be_unknown(case: &Case<'_>, initiator: &str) -> bool {
    let listed = &case.view.record.status.access_list;
    let entry = listed.iter().find(|entry| entry.identifier == initiator);
    let machine = entry.and_then(|entry| entry.machine.as_ref());
    let machine = machine.and_then(|name| case.view.machines.iter().find(|one| one.meta.name == *name));
    machine.is_some_and(|machine| identifier(case.view.record.spec.backend, machine).is_none())
}
