//! A balancer: made once, named, its pools kept in step with the machines behind it.
//!
//! One writer each: nobody else adds or removes pool members. While a change is under way the service refuses the next,
//! so that a plan's steps may well end at the first of them. A balancer in ERROR is failed over once, where that is
//! permitted; then it is a person's matter.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::finding::FindingKind;
use super::observation::balancer::BalancerView;
use super::observation::cluster::ClusterFacts;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::step_cloud::{CloudStep, FailOver};
use super::waiting::WaitingOn;
use super::{balancer_members, balancer_report};
use crate::api::condition::ConditionStatus;
use crate::api::conditions::{MEMBERS_SYNCED, PROVISIONED};
use crate::api::names::{self, Tag};
use crate::api::role::BalancerRole;
use crate::cloud::types::balancer::{Balancer, Monitor, NewBalancer, NewListener, Provisioning};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::RecordState;
use crate::cloud::types::observed::Observed;

/// What an API server answers to when it can take requests.
const API_CHECK: &str = "/readyz";

/// Everything that the plan of a balancer is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The balancer's record.
    pub view: &'a BalancerView,
    /// The rest.
    pub context: Context<'a>,
}

/// Plans one balancer.
pub fn plan(
    view: &BalancerView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let case = Case { view, context: Context { meta: &view.record.meta, cluster, around, policy, now } };
    let mut plan = Plan::new(policy, now);
    balancer_report::report(&case, &mut plan);
    // It is asked for before it is written down. An engine that dies in between asks once more, if it is still needed; the
    // other way round nobody would. The step itself writes it down, so that no other change of the record can lose it.
    if let Some(balancer) = case.balancer().filter(|_| case.fails_over()) {
        let asked = view.record.spec.failovers;
        plan.step(CloudStep::FailOverBalancer {
            project: balancer.project.clone(),
            balancer: balancer.id.clone(),
            name: balancer.name.clone(),
            done: FailOver { failed: balancer.provisioning == Provisioning::Error, asked },
        });
    }
    if case.context.is_held(&mut plan) {
        return plan;
    }
    if view.record.is_going() {
        remove(&case, &mut plan);
    } else {
        provide(&case, &mut plan);
    }
    plan
}

impl Case<'_> {
    /// Its balancers that are not gone, if that is known.
    pub fn balancers(&self) -> Option<Vec<&Balancer>> {
        let all = self.view.balancers.value()?;
        Some(all.iter().filter(|balancer| balancer.provisioning != Provisioning::Deleted).collect())
    }

    /// Its balancer, if there is exactly one.
    pub fn balancer(&self) -> Option<&Balancer> {
        match self.balancers()?.as_slice() {
            [balancer] => Some(*balancer),
            _ => None,
        }
    }

    /// Whether it is to be failed over now: because it failed, for the first time since it worked, or because that was asked.
    pub fn fails_over(&self) -> bool {
        let record = &self.view.record;
        let Some(balancer) = self.balancer() else { return false };
        if !self.view.site.can_fail_over || record.is_going() || self.context.around.hold.is_some() {
            return false;
        }
        match balancer.provisioning {
            Provisioning::Error => !self.was_failed_over() && self.worked_once(),
            Provisioning::Active => record.spec.failovers > record.status.failovers,
            Provisioning::PendingCreate
            | Provisioning::PendingUpdate
            | Provisioning::PendingDelete
            | Provisioning::Deleted => false,
        }
    }

    /// Whether it was failed over and did not work since.
    pub fn was_failed_over(&self) -> bool {
        let condition = self.view.record.status.conditions.get(PROVISIONED);
        condition.is_some_and(|condition| condition.reason == balancer_report::REASON_FAILED_OVER)
    }

    /// Whether it worked once: then its address is in use.
    fn worked_once(&self) -> bool {
        self.context.cluster.initialization.infrastructure_provisioned
    }

    /// Since when it is being changed. A change of members leaves it as provisioned as it was, perhaps for months.
    fn pending_since(&self, balancer: &Balancer) -> DateTime<Utc> {
        if balancer.provisioning != Provisioning::PendingUpdate {
            return self.state_since();
        }
        let synced = self.view.record.status.conditions.get(MEMBERS_SYNCED);
        let changing = synced.filter(|synced| synced.status == ConditionStatus::False);
        changing.map_or(self.context.now, |changing| changing.last_transition_time.at())
    }

    /// Since when it is in the state it is in, as far as that was written down.
    fn state_since(&self) -> DateTime<Utc> {
        let condition = self.view.record.status.conditions.get(PROVISIONED);
        condition.map_or(self.context.now, |condition| condition.last_transition_time.at())
    }
}

fn provide(case: &Case<'_>, plan: &mut Plan) {
    let context = &case.context;
    let Some(project) = context.ready_to_make(plan) else { return };
    if let Observed::Unknown { why } = &case.view.balancers {
        return context.wait_unreadable(plan, "the list of balancers", why);
    }
    match case.balancers().unwrap_or_default().as_slice() {
        [] => missing(case, project, plan),
        [balancer] => {
            name(case, project, balancer, plan);
            one(case, project, balancer, plan);
        }
        several => {
            let kind = FindingKind::DuplicateBalancers { count: several.len() };
            plan.find(kind, context.meta.reference(), case.state_since());
            context.wait_for_person(
                plan,
                "choose which of the balancers is the cluster's",
                case.state_since(),
            );
        }
    }
}

/// There is none: a new one, unless there was one. Another one would have another address, which is in certificates and
/// in what clients know.
fn missing(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) {
    let (context, record) = (&case.context, &case.view.record);
    if let Some(id) = &record.status.balancer_id {
        let since = case.state_since();
        if since + context.policy.settle.to_chrono() > context.now {
            let on = WaitingOn::Settling { what: format!("balancer {id}") };
            return context.wait(plan, on, since, context.policy.steady_look);
        }
        plan.find(FindingKind::BalancerFailed, context.meta.reference(), since);
        let what = "the balancer is gone; delete its record to have another one with another address";
        return context.wait_for_person(plan, what, since);
    }
    let monitor = || match record.spec.role {
        BalancerRole::Api => Monitor::Https(API_CHECK.to_owned()),
        BalancerRole::Ingress => Monitor::Tcp,
    };
    let listener = |port: &u16| NewListener { listens: *port, monitor: monitor() };
    plan.step(CloudStep::CreateBalancer(NewBalancer {
        project: project.clone(),
        name: names::balancer(&context.cluster.name, record.spec.role),
        network: case.view.site.network.clone(),
        provider: case.view.site.provider.clone(),
        flavor: case.view.site.flavor.clone(),
        listeners: record.spec.ports.iter().map(listener).collect(),
        tags: vec![Tag::ClusterUid(context.cluster.uid.clone()).to_string()],
    }));
}

/// Points its name to its address.
fn name(case: &Case<'_>, project: &ProjectId, balancer: &Balancer, plan: &mut Plan) {
    let context = &case.context;
    let (Some(name), Some(vip)) = (&case.view.site.name, balancer.vip) else { return };
    let records = match &case.view.names {
        Observed::Unknown { why } => return context.wait_unreadable(plan, "the names in DNS", why),
        Observed::Known { value, .. } => value,
    };
    let is_right = |record: &&_| {
        let record: &crate::cloud::types::network::Record = record;
        record.address == vip && record.state != RecordState::Error
    };
    match records.iter().find(is_right) {
        None => {
            plan.step(CloudStep::CreateRecord { project: project.clone(), name: name.clone(), address: vip })
        }
        Some(record) if record.state == RecordState::Pending => {
            let on = WaitingOn::NamePending { name: name.clone() };
            context.wait(plan, on, context.since(), context.policy.balancer);
        }
        Some(_) => {}
    }
    for record in records.iter().filter(|record| !is_right(record)) {
        let (project, record, name) = (project.clone(), record.id.clone(), record.name.clone());
        plan.step(CloudStep::DeleteRecord { project, record, name });
    }
}

fn one(case: &Case<'_>, project: &ProjectId, balancer: &Balancer, plan: &mut Plan) {
    let context = &case.context;
    if case.fails_over() {
        return plan.look_by(context.now + context.policy.pending_look.to_chrono());
    }
    match balancer.provisioning {
        Provisioning::PendingCreate | Provisioning::PendingUpdate | Provisioning::PendingDelete => {
            let state = balancer_report::word(balancer.provisioning).to_owned();
            let since = case.pending_since(balancer);
            context.wait(plan, WaitingOn::BalancerPending { state }, since, context.policy.balancer);
        }
        Provisioning::Error => failed(case, project, balancer, plan),
        Provisioning::Active | Provisioning::Deleted => {
            if case.view.record.spec.failovers > case.view.record.status.failovers {
                context.wait_for_person(plan, "let an administrator fail the balancer over", context.now);
            }
            balancer_members::follow(case, project, balancer, plan);
        }
    }
}

/// One that never worked is made anew after a pause; of one that did, the address is in use.
fn failed(case: &Case<'_>, project: &ProjectId, balancer: &Balancer, plan: &mut Plan) {
    let (context, since) = (&case.context, case.state_since());
    plan.find(FindingKind::BalancerFailed, context.meta.reference(), since);
    let is_empty = balancer.pools.iter().all(|pool| pool.members.is_empty());
    if case.worked_once() || !is_empty {
        return context.wait_for_person(plan, "mend the balancer: it is in ERROR", since);
    }
    let retry = since + context.policy.first_pause.to_chrono();
    if context.now < retry {
        let on = WaitingOn::BackOff { cause: "the balancer came up in ERROR".to_owned() };
        context.wait(plan, on, since, context.policy.longest_pause);
        return plan.look_by(retry);
    }
    delete(project, balancer, plan);
}

fn delete(project: &ProjectId, balancer: &Balancer, plan: &mut Plan) {
    let (project, name) = (project.clone(), balancer.name.clone());
    plan.step(CloudStep::DeleteBalancer { project, balancer: balancer.id.clone(), name });
}

fn remove(case: &Case<'_>, plan: &mut Plan) {
    let (context, view) = (&case.context, case.view);
    let machines = view.machines.len();
    let before = "the deletion of the machines behind it";
    match view.record.spec.role {
        BalancerRole::Api if !context.may_go(plan, before, machines) => return,
        BalancerRole::Ingress if machines > 0 => return context.wait_for(plan, before),
        BalancerRole::Api | BalancerRole::Ingress => {}
    }
    let (Some(balancers), Some(records)) = (case.balancers(), view.names.value()) else {
        return context.wait_unreadable(plan, "the balancer and its names", "the services do not answer");
    };
    for record in records {
        let Some(project) = &context.cluster.project else { break };
        let (project, record, name) = (project.clone(), record.id.clone(), record.name.clone());
        plan.step(CloudStep::DeleteRecord { project, record, name });
    }
    for balancer in &balancers {
        if balancer.provisioning.is_pending() {
            let state = balancer_report::word(balancer.provisioning).to_owned();
            context.wait(plan, WaitingOn::BalancerPending { state }, context.since(), context.policy.removal);
        } else {
            delete(&balancer.project, balancer, plan);
        }
    }
    if balancers.is_empty() && records.is_empty() {
        context.finish(plan);
    }
}
