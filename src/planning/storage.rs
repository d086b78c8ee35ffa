//! A cluster's tenant on the storage: its credential, and who may reach it.
//!
//! The quota is part of the project's, which has one writer, the cluster's planner; here it is only looked at.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::observation::cluster::ClusterFacts;
use super::observation::storage::StorageView;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::step_cloud::CloudStep;
use super::step_inside::InsideStep;
use super::waiting::WaitingOn;
use super::{storage_access, storage_report};
use crate::api::conditions::CREDENTIAL_CURRENT;
use crate::api::storage_tenant::StorageBackend;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Observed;

/// Everything that the plan of a storage tenant is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The storage tenant.
    pub view: &'a StorageView,
    /// The rest.
    pub context: Context<'a>,
}

/// Plans one storage tenant.
pub fn plan(
    view: &StorageView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let case = Case { view, context: Context { meta: &view.record.meta, cluster, around, policy, now } };
    let mut plan = Plan::new(policy, now);
    storage_report::report(&case, &mut plan);
    if case.context.is_held(&mut plan) {
        return plan;
    }
    if view.record.is_going() {
        remove(&case, &mut plan);
        return plan;
    }
    // Machines lose their access while the cluster is deleted as well, so that this goes on until the end.
    if let (Some(project), true) = (&case.context.cluster.project, case.has_access_list()) {
        storage_access::follow(&case, project, &mut plan);
    }
    if let Some(project) = case.context.ready_to_make(&mut plan) {
        credential(&case, project, &mut plan);
    }
    plan
}

impl Case<'_> {
    /// Whether its backend knows who may reach it. Cinder does not: there the compute service attaches volumes.
    pub fn has_access_list(&self) -> bool {
        match self.view.record.spec.backend {
            StorageBackend::Cinder => false,
            StorageBackend::Manila | StorageBackend::Array => true,
        }
    }

    /// Whether the kept credential lost its power. While nobody can say, it is as it was.
    pub fn is_refused(&self) -> bool {
        let known = self.view.record.status.conditions.get(CREDENTIAL_CURRENT);
        let power = self.view.power.value().copied();
        let was = known.is_some_and(|condition| condition.reason == storage_report::REASON_REFUSED);
        self.is_kept() && power.map_or(was, |has_power| !has_power)
    }

    /// Whether the wanted credential is kept beside the record.
    pub fn is_kept(&self) -> bool {
        self.view.kept.contains(&self.view.record.spec.credential_generation)
    }
}

/// The credential is made, kept, and put into the cluster when there is one to put it into. A project that all clusters
/// share has no credential for one of them.
fn credential(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) {
    let (context, view) = (&case.context, case.view);
    let generation = view.record.spec.credential_generation;
    if !context.cluster.own_project {
        return;
    }
    if !case.is_kept() {
        return plan.step(CloudStep::CreateCredential { project: project.clone(), generation });
    }
    if case.is_refused() {
        let known = view.record.status.conditions.get(CREDENTIAL_CURRENT);
        let since = known.map_or(context.now, |condition| condition.last_transition_time.at());
        let what =
            "find out why the storage refuses the credential; raise credentialGeneration to have another one";
        context.wait_for_person(plan, what, since);
    }
    if !context.cluster.initialization.control_plane_initialized {
        return context.wait_for_record(plan, "the first control plane");
    }
    match &view.inside {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            context.wait(plan, on, context.now, context.policy.contact);
        }
        Observed::Known { value, .. } if *value == Some(generation) => {}
        Observed::Known { .. } => plan.step(InsideStep::StoreCredential { generation }),
    }
}

/// Nobody may reach the storage any more, then the credentials lose their power.
fn remove(case: &Case<'_>, plan: &mut Plan) {
    let (context, view) = (&case.context, case.view);
    if !context.may_go(plan, "the deletion of all machines", view.machines.len()) {
        return;
    }
    let Some(project) = &context.cluster.project else { return context.finish(plan) };
    if case.has_access_list() {
        let Some(rules) = view.rules.value() else {
            return context.wait_unreadable(plan, "the access list", "the storage does not answer");
        };
        for rule in rules {
            plan.step(storage_access::revoke(project, rule));
        }
        if !rules.is_empty() {
            return;
        }
    }
    for generation in &view.kept {
        plan.step(CloudStep::RevokeCredential { project: project.clone(), generation: *generation });
    }
    if view.kept.is_empty() {
        context.finish(plan);
    }
}
