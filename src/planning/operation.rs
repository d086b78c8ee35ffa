//! An Operation on its way: planned, shown, approved, carried out, followed until what was asked is so.
//!
//! Nothing is done here but the edits of others' specs; their loops do the rest, with all their vetoes. What is shown before is
//! made by the planners of those loops from the edited spec: the preview is the code that will run. Verbs that only hold
//! something back need no approval.

use chrono::{DateTime, Utc};

use super::observation::operation::{OperationView, Subject};
use super::operation_verbs::{self, Intent};
use super::operation_watch::{self, State};
use super::plan::Plan;
use super::policy::Policy;
use super::report::{self, Word};
use super::step_edit::{Edit, EditStep};
use super::step_record::Status;
use super::waiting::{Waiting, WaitingOn};
use super::{operation_plan, step::Step};
use crate::api::conditions::{COMPLETED, PLANNED};
use crate::api::operation::Verb;
use crate::api::operation_status::{OperationPhase, OperationStatus, Outcome, Progress};
use crate::api::validation;

/// Plans one Operation.
pub fn plan(view: &OperationView, policy: &Policy, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::new(policy, now);
    if view.record.is_going() {
        return plan;
    }
    let mut desk = Desk { view, policy, now, status: view.record.status.clone() };
    desk.status.observed_generation = Some(view.record.meta.generation);
    match desk.status.phase.unwrap_or(OperationPhase::Proposed) {
        OperationPhase::Proposed | OperationPhase::Planned => desk.propose(&mut plan),
        OperationPhase::Approved => desk.carry_out(&mut plan),
        OperationPhase::Running => desk.follow(&mut plan),
        OperationPhase::Done | OperationPhase::Failed | OperationPhase::Cancelled => desk.keep(&mut plan),
    }
    let status = desk.status;
    report::write(&mut plan, &view.record.meta, &view.record.status, status, Status::Operation);
    plan
}

/// Whether a verb is carried out only after its plan was approved. Those that hold something back, and those that only
/// pass on what a person decided, are not.
pub fn needs_approval(verb: Verb) -> bool {
    match verb {
        Verb::Brake | Verb::Cancel | Verb::Approve | Verb::Pause | Verb::Kubeconfig => false,
        Verb::Heal
        | Verb::Scale
        | Verb::Upgrade
        | Verb::Drain
        | Verb::Uncordon
        | Verb::Resume
        | Verb::Retry
        | Verb::Rotate
        | Verb::Failover
        | Verb::Backup
        | Verb::Restore
        | Verb::Delete
        | Verb::Fence => true,
    }
}

struct Desk<'a> {
    view: &'a OperationView,
    policy: &'a Policy,
    now: DateTime<Utc>,
    status: OperationStatus,
}

impl Desk<'_> {
    /// Plans, and goes on to Approved if nothing is in the way.
    fn propose(&mut self, plan: &mut Plan) {
        let spec = &self.view.record.spec;
        if spec.cancelled {
            return self.end(OperationPhase::Cancelled, "Cancelled", "it was cancelled before it began");
        }
        if let Some(wrong) = validation::operation(spec, &self.view.record.meta.namespace) {
            return self.end(OperationPhase::Failed, "WrongNamespace", &wrong.message);
        }
        let intent = match operation_verbs::intend(self.view, self.policy, self.now) {
            Ok(intent) => intent,
            Err(outcome) => return self.end(OperationPhase::Failed, &outcome.reason, &outcome.message),
        };
        let planned = operation_plan::write(self.view, &intent, self.status.plan.as_ref(), self.now);
        let (hash, vetoed) = (planned.hash.clone(), !planned.vetoes.is_empty());
        self.status.plan = Some(planned);
        self.status.phase = Some(OperationPhase::Planned);
        self.say(
            PLANNED,
            if vetoed { Word::no("Vetoed", "something speaks against it") } else { Word::yes() },
        );
        let at_hand = spec.approved.as_ref();
        let approved = match at_hand {
            None => !needs_approval(spec.verb),
            Some(approval) if approval.plan_hash == hash => true,
            Some(_) => {
                let message = "what would be done is no longer what was approved: ask again";
                return self.end(OperationPhase::Failed, "PlanChanged", message);
            }
        };
        if spec.plan_only {
            return;
        }
        self.wait_for_approval(&intent, approved, plan);
        if approved && !vetoed {
            self.status.phase = Some(OperationPhase::Approved);
            plan.look_by(self.now);
        }
    }

    fn wait_for_approval(&self, intent: &Intent, approved: bool, plan: &mut Plan) {
        let meta = &self.view.record.meta;
        let since = meta.created;
        if !approved {
            let wait = Waiting::new(WaitingOn::Approval, meta.reference(), since, self.policy.person);
            plan.wait(wait, self.now);
        }
        for veto in &intent.vetoes {
            let what = format!("the plan is vetoed: {}", veto.message);
            let wait = Waiting::new(WaitingOn::Person { what }, meta.reference(), since, self.policy.person);
            plan.wait(wait, self.now);
        }
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
    }

    /// Edits the specs. All values are whole and the same each time, so that a crash in the middle is made good by doing
    /// it again.
    fn carry_out(&mut self, plan: &mut Plan) {
        if self.view.record.spec.cancelled {
            return self.end(OperationPhase::Cancelled, "Cancelled", "it was cancelled before it began");
        }
        match operation_verbs::intend(self.view, self.policy, self.now) {
            Ok(intent) => {
                plan.steps.extend(intent.edits.into_iter().map(Step::from));
                self.status.phase = Some(OperationPhase::Running);
                self.status.started_at = Some(self.now.into());
                plan.look_by(self.now + self.policy.pending_look.to_chrono());
            }
            // A crash between the deletion and what is written of it leaves only the deletion.
            Err(_) if self.is_deleted() => self.end(OperationPhase::Done, "Succeeded", "it is gone"),
            Err(outcome) => self.end(OperationPhase::Failed, &outcome.reason, &outcome.message),
        }
    }

    fn is_deleted(&self) -> bool {
        self.view.record.spec.verb == Verb::Delete && self.view.subject == Subject::Missing
    }

    /// Looks whether what was asked is so.
    fn follow(&mut self, plan: &mut Plan) {
        let record = &self.view.record;
        if record.spec.cancelled {
            plan.steps.extend(operation_verbs::undo(self.view).into_iter().map(Step::from));
            let (reason, message) = match record.spec.verb {
                Verb::Brake => ("Released", "the brake was released"),
                _ => ("Cancelled", "it was stopped; what was done stays done"),
            };
            return self.end(OperationPhase::Cancelled, reason, message);
        }
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
        match operation_watch::watch(self.view, self.policy, self.now) {
            State::Done => self.end(OperationPhase::Done, "Succeeded", "what was asked is so"),
            State::Failed(outcome) => self.end(OperationPhase::Failed, &outcome.reason, &outcome.message),
            State::Goes(progress) => self.status.progress = Some(progress),
        }
    }

    /// The journal is kept for a while.
    fn keep(&mut self, plan: &mut Plan) {
        let record = &self.view.record;
        let ended = record.status.finished_at.map_or(record.meta.created, |time| time.at());
        let until = ended + self.policy.journal.to_chrono();
        if until <= self.now {
            plan.step(EditStep { object: record.meta.reference(), edit: Edit::Delete { forced_by: None } });
        } else {
            plan.look_by(until);
        }
    }

    fn end(&mut self, phase: OperationPhase, reason: &str, message: &str) {
        self.status.phase = Some(phase);
        self.status.finished_at = Some(self.now.into());
        self.status.outcome = Some(Outcome { reason: reason.to_owned(), message: message.to_owned() });
        if let (OperationPhase::Done, Some(progress)) = (phase, &mut self.status.progress) {
            *progress = Progress {
                done: progress.total,
                summary: format!("{0}/{0}", progress.total),
                now: None,
                ..*progress
            };
        }
        let done = phase == OperationPhase::Done;
        self.say(COMPLETED, if done { Word::yes() } else { Word::no(reason, message) });
    }

    fn say(&mut self, type_: &str, word: Word) {
        report::set(&mut self.status.conditions, type_, word, self.view.record.meta.generation, self.now);
    }
}
