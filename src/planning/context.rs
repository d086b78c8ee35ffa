//! What the planner of one record shares with its helpers: what it looks at, the policy, the time.

use chrono::{DateTime, Utc};

use super::observation::cluster::ClusterFacts;
use super::observation::meta::Meta;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::safety;
use super::step_record::RecordStep;
use super::waiting::{Waiting, WaitingOn};
use crate::api::duration::Duration;
use crate::cloud::types::identity::ProjectId;

/// What the planner of one record of a cluster shares with its helpers.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The record's metadata.
    pub meta: &'a Meta,
    /// Its cluster.
    pub cluster: &'a ClusterFacts,
    /// What is going on around it.
    pub around: &'a Surroundings,
    /// Durations and limits.
    pub policy: &'a Policy,
    /// The time.
    pub now: DateTime<Utc>,
}

impl Context<'_> {
    /// Adds a wait of the record.
    pub fn wait(&self, plan: &mut Plan, on: WaitingOn, since: DateTime<Utc>, at_most: Duration) {
        plan.wait(Waiting::new(on, self.meta.reference(), since, at_most), self.now);
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
    }

    /// Adds a wait for something that could not be read.
    pub fn wait_unreadable(&self, plan: &mut Plan, what: &str, why: &str) {
        let on = WaitingOn::NotReadable { what: what.to_owned(), why: why.to_owned() };
        self.wait(plan, on, self.now, self.policy.contact);
    }

    /// Adds a wait for something that comes first.
    pub fn wait_for(&self, plan: &mut Plan, what: &str) {
        let on = WaitingOn::Earlier { what: what.to_owned() };
        self.wait(plan, on, self.since(), self.policy.provision);
    }

    /// Adds a wait for something that the record of the cluster or of another part shows.
    pub fn wait_for_record(&self, plan: &mut Plan, what: &str) {
        let on = WaitingOn::Earlier { what: what.to_owned() };
        plan.wait(Waiting::new(on, self.meta.reference(), self.since(), self.policy.provision), self.now);
        plan.look_by(self.now + self.policy.told_look.to_chrono());
    }

    /// Adds a wait for a person, who has to do something since a time.
    pub fn wait_for_person(&self, plan: &mut Plan, what: &str, since: DateTime<Utc>) {
        self.wait(plan, WaitingOn::Person { what: what.to_owned() }, since, self.policy.person);
    }

    /// Since when what happens to the record happens: its deletion, or else its creation.
    pub fn since(&self) -> DateTime<Utc> {
        self.meta.deleting.unwrap_or(self.meta.created)
    }

    /// Reports a pause or a brake, if there is one. Then nothing but reports may follow.
    pub fn is_held(&self, plan: &mut Plan) -> bool {
        safety::held(plan, &self.meta.reference(), self.around, self.policy, self.now)
    }

    /// The cluster's project. While there is none, or the finalizer is not on the record yet, the plan says so.
    pub fn ready_to_make(&self, plan: &mut Plan) -> Option<&ProjectId> {
        if !self.meta.finalizer {
            plan.step(RecordStep::AddFinalizer { object: self.meta.reference() });
            return None;
        }
        if let Some(since) = self.cluster.deleting {
            let on = WaitingOn::Earlier { what: "the deletion of the cluster".to_owned() };
            self.wait(plan, on, since, self.policy.provision);
            return None;
        }
        if self.cluster.project.is_none() {
            self.wait_for_record(plan, "the cluster's project");
        }
        self.cluster.project.as_ref()
    }

    /// Whether a part without which the cluster cannot live may be taken down: only with the whole cluster, and only after
    /// what comes before it.
    pub fn may_go(&self, plan: &mut Plan, before: &str, left: usize) -> bool {
        if self.cluster.deleting.is_none() {
            self.wait_for_person(plan, "delete the cluster: it cannot live without this part", self.since());
            return false;
        }
        if left > 0 {
            self.wait_for(plan, before);
        }
        left == 0
    }

    /// Takes our finalizer off, if it is on.
    pub fn finish(&self, plan: &mut Plan) {
        if self.meta.finalizer {
            plan.step(RecordStep::RemoveFinalizer { object: self.meta.reference() });
        }
    }
}
