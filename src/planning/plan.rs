//! What a planner answers.

use chrono::{DateTime, Utc};

use super::finding::{Finding, FindingKind};
use super::policy::Policy;
use super::step::Step;
use super::waiting::{Waiting, WaitingOn};
use crate::api::reference::ObjectReference;

/// What is to be done now, what was found, and for everything that is not done the reason.
///
/// The steps are in order. Each prefix of them is safe: an executor may take only the first, and must look again
/// after a failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is to be done now.
    pub steps: Vec<Step>,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// What is not done yet, and why.
    pub waiting: Vec<Waiting>,
    /// When to look again at the latest, even if nothing is heard.
    pub next_look: DateTime<Utc>,
}

impl Plan {
    /// A plan that does nothing and looks again when the policy says so of a steady object.
    pub fn new(policy: &Policy, now: DateTime<Utc>) -> Self {
        let next_look = now + policy.steady_look.to_chrono();
        Self { steps: Vec::new(), findings: Vec::new(), waiting: Vec::new(), next_look }
    }

    /// Adds a step.
    pub fn step(&mut self, step: impl Into<Step>) {
        self.steps.push(step.into());
    }

    /// Adds something that was found.
    pub fn find(&mut self, kind: FindingKind, object: ObjectReference, since: DateTime<Utc>) {
        self.findings.push(Finding { kind, object, since });
    }

    /// Adds a reason for not acting. A wait that is beyond its deadline is a finding as well, so that no wait can be
    /// forgotten.
    pub fn wait(&mut self, wait: Waiting, now: DateTime<Utc>) {
        if wait.is_overdue(now) {
            let kind = FindingKind::Overdue { what: wait.on.to_string() };
            self.find(kind, wait.object.clone(), wait.deadline);
        }
        self.waiting.push(wait);
    }

    /// Looks again at `at`, unless that is later than it would anyway.
    pub fn look_by(&mut self, at: DateTime<Utc>) {
        self.next_look = self.next_look.min(at);
    }

    /// Whether there is nothing to do and nothing to wait for.
    pub fn is_settled(&self) -> bool {
        self.steps.is_empty() && self.waiting.is_empty()
    }

    /// Whether it waits for something of this sort.
    pub fn waits_for(&self, matches: impl Fn(&WaitingOn) -> bool) -> bool {
        self.waiting.iter().any(|wait| matches(&wait.on))
    }
}
