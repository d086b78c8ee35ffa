//! A pool of alike machines: made, healed, scaled.

use chrono::{DateTime, Utc};

use super::health::{self, Verdict};
use super::observation::cluster::ClusterFacts;
use super::observation::machine::MachineView;
use super::observation::pool::DeploymentView;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::{Mistake, Policy};
use super::report::{self, Word};
use super::step_record::{MachineGoes, RecordStep, Status};
use super::waiting::{Waiting, WaitingOn};
use super::{heal, safety, scale};
use crate::api::conditions::{
    AVAILABLE, DELETING, PAUSED, REMEDIATING, SCALING_DOWN, SCALING_UP, UP_TO_DATE,
};
use crate::api::duration::Duration;
use crate::api::names::{LABEL_CLUSTER, LABEL_POOL, LABEL_TEMPLATE_HASH};
use crate::api::role::{PoolRole, Role};

/// Everything that a pool's plan is made from, and what follows from it at once.
#[derive(Clone, Debug)]
pub struct Pool<'a> {
    /// The pool.
    pub view: &'a DeploymentView,
    /// Its cluster.
    pub cluster: &'a ClusterFacts,
    /// What is going on around it.
    pub around: &'a Surroundings,
    /// Durations and limits.
    pub policy: &'a Policy,
    /// The time.
    pub now: DateTime<Utc>,
    /// The machines that are not being taken down, each with its verdict.
    pub live: Vec<(&'a MachineView, Verdict)>,
    /// The hash of the template, which new machines carry.
    pub hash: String,
}

/// Plans one pool.
pub fn plan(
    view: &DeploymentView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let mut plan = Plan::new(policy, now);
    let judged = |machine| (machine, health::judge(machine, &cluster.healing, policy, now));
    let live = view.machines.iter().filter(|machine| machine.meta.deleting.is_none()).map(judged).collect();
    let hash = view.spec.template().hash();
    let pool = Pool { view, cluster, around, policy, now, live, hash };
    pool.report(&mut plan);
    heal::find_broken(&pool, &mut plan);
    if safety::held(&mut plan, &view.meta.reference(), around, policy, now) {
        return plan;
    }
    if view.meta.deleting.is_some() {
        pool.delete(&mut plan);
    } else if !view.meta.finalizer {
        plan.step(RecordStep::AddFinalizer { object: view.meta.reference() });
    } else if cluster.deleting.is_some() {
        let what = "the deletion of the cluster".to_owned();
        pool.wait(&mut plan, WaitingOn::Earlier { what }, cluster.deleting.unwrap_or(now), policy.provision);
    } else if !cluster.initialization.control_plane_initialized {
        let on = WaitingOn::Earlier { what: "the first control plane".to_owned() };
        plan.wait(Waiting::new(on, view.meta.reference(), view.meta.created, policy.provision), now);
        plan.look_by(now + policy.told_look.to_chrono());
    } else {
        heal::heal(&pool, &mut plan);
        scale::scale(&pool, &mut plan);
        pool.wait_for_machines(&mut plan);
    }
    plan
}

impl Pool<'_> {
    /// The role of its machines.
    pub fn role(&self) -> Role {
        self.view.spec.role.into()
    }

    /// Whether a machine has to be in a balancer to serve.
    pub fn needs_pool(&self) -> bool {
        self.view.spec.role == PoolRole::Ingress
    }

    /// Whether a machine is made from the wanted template.
    pub fn is_up_to_date(&self, machine: &MachineView) -> bool {
        machine.meta.labels.get(LABEL_TEMPLATE_HASH) == Some(&self.hash)
    }

    /// Its machines that are not being replaced or taken down.
    pub fn regular(&self) -> impl Iterator<Item = &(&MachineView, Verdict)> {
        self.live.iter().filter(|(machine, _)| !machine.is_leaving())
    }

    /// How many machines that are.
    pub fn regular_count(&self) -> usize {
        self.regular().count()
    }

    /// How many machines are wanted.
    pub fn desired(&self) -> usize {
        usize::try_from(self.view.spec.replicas).unwrap_or(usize::MAX)
    }

    /// How many machines there may be beyond those that are wanted.
    pub fn surge(&self) -> usize {
        let surge = self.view.spec.rollout.max_surge.of_rounded_up(self.view.spec.replicas);
        usize::try_from(surge).unwrap_or(usize::MAX)
    }

    /// Adds a wait of the pool.
    pub fn wait(&self, plan: &mut Plan, on: WaitingOn, since: DateTime<Utc>, at_most: Duration) {
        plan.wait(Waiting::new(on, self.view.meta.reference(), since, at_most), self.now);
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
    }

    fn delete(&self, plan: &mut Plan) {
        let view = self.view;
        for (machine, _) in &self.live {
            plan.step(RecordStep::DeleteMachine {
                machine: machine.meta.name.clone(),
                uid: machine.meta.uid.clone(),
                why: MachineGoes::OwnerDeleted,
            });
        }
        if !view.machines.is_empty() {
            let on = WaitingOn::Machines { what: "being taken down".to_owned(), left: view.machines.len() };
            self.wait(plan, on, view.meta.deleting.unwrap_or(self.now), self.policy.provision);
        } else if view.meta.finalizer {
            plan.step(RecordStep::RemoveFinalizer { object: view.meta.reference() });
        }
    }

    fn wait_for_machines(&self, plan: &mut Plan) {
        let coming = || self.regular().filter(|(machine, verdict)| is_coming(machine, verdict));
        let left = coming().count();
        if let Some(since) = coming().map(|(machine, _)| machine.meta.created).max() {
            let on = WaitingOn::Machines { what: "coming up".to_owned(), left };
            self.wait(plan, on, since, self.policy.provision);
        }
        let going: Vec<DateTime<Utc>> =
            self.view.machines.iter().filter_map(|machine| machine.meta.deleting).collect();
        if let Some(since) = going.iter().max() {
            let on = WaitingOn::Machines { what: "being taken down".to_owned(), left: going.len() };
            let drains = self.cluster.drain.timeout.as_seconds() + self.policy.provision.as_seconds();
            self.wait(plan, on, *since, Duration::seconds(drains));
        }
    }

    fn report(&self, plan: &mut Plan) {
        let view = self.view;
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut status = view.status.clone();
        status.observed_generation = Some(view.meta.generation);
        status.selector =
            Some(format!("{LABEL_CLUSTER}={},{LABEL_POOL}={}", view.spec.cluster_name, view.spec.pool));
        status.template_hash = Some(self.hash.clone());
        status.desired_replicas = view.spec.replicas;
        status.replicas = count(view.machines.len());
        let ready = |machine: &MachineView| machine.node().is_some_and(|node| node.is_ready());
        status.ready_replicas = count(self.live.iter().filter(|(machine, _)| ready(machine)).count());
        let current = self.live.iter().filter(|(machine, _)| self.is_up_to_date(machine)).count();
        status.up_to_date_replicas = count(current);
        let serving = self.live.iter().filter(|(machine, _)| machine.serves(self.needs_pool())).count();
        status.available_replicas = count(serving);
        let mut set = |type_: &str, word| {
            report::set(&mut status.conditions, type_, word, view.meta.generation, self.now);
        };
        let desired = self.desired();
        let said = |on: bool, reason: &str, message: String| {
            if on { Word::yes() } else { Word::no(reason, message) }
        };
        set(AVAILABLE, self.available(serving));
        set(
            UP_TO_DATE,
            said(current == self.live.len(), "OldMachines", "some machines are older".to_owned()),
        );
        set(
            SCALING_UP,
            said(self.regular_count() < desired || serving < desired, "NotScalingUp", String::new()),
        );
        set(SCALING_DOWN, said(view.machines.len() > desired, "NotScalingDown", String::new()));
        let healing = self.live.iter().any(|(machine, _)| machine.status.remediation.is_some());
        set(REMEDIATING, said(healing, "NotRemediating", String::new()));
        set(PAUSED, Word::flag(self.around.hold.is_some(), "NotPaused"));
        set(DELETING, Word::flag(view.meta.deleting.is_some(), "NotDeleting"));
        if self.policy.errs(Mistake::ReportsAlways) {
            status.selector = Some(self.now.format("%H:%M").to_string());
        }
        report::write(plan, &view.meta, &view.status, status, Status::Deployment);
    }

    /// Whether each of its machines serves or comes up: none is broken, replaced or taken down.
    fn only_grows(&self) -> bool {
        let is_well = |(machine, verdict): &(&MachineView, Verdict)| {
            machine.status.remediation.is_none()
                && (machine.serves(self.needs_pool()) || is_coming(machine, verdict))
        };
        self.live.len() == self.view.machines.len() && self.live.iter().all(is_well)
    }

    /// Whether enough machines serve. Where they could not be asked, that is unknown.
    fn available(&self, serving: usize) -> Word {
        let desired = self.desired();
        let allowed = self.view.spec.rollout.max_unavailable.of_rounded_down(self.view.spec.replicas);
        let needed = desired.saturating_sub(usize::try_from(allowed).unwrap_or(usize::MAX));
        let silent = self.live.iter().filter(|(machine, _)| machine.node.value().is_none()).count();
        let message = format!("{serving} of {desired} machines serve");
        if serving >= needed {
            Word::yes()
        } else if serving + silent >= needed {
            Word::unknown(crate::api::conditions::REASON_CONTACT_LOST, message)
        } else if self.only_grows() {
            // Nothing that served is missing: more was asked for, and is on its way.
            Word::no(SCALING_UP, message)
        } else {
            Word::no("TooFewServe", message)
        }
    }
}

/// Whether a machine never served and nothing speaks against it yet.
fn is_coming(machine: &MachineView, verdict: &Verdict) -> bool {
    let is_new = !machine.has_joined() || machine.node().is_some_and(|node| node.starting);
    is_new && !verdict.is_broken()
}
