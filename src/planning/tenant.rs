//! A tenant: what its clusters use, and whether that is within its quota.

use chrono::{DateTime, Utc};

use super::observation::tenant::TenantView;
use super::plan::Plan;
use super::policy::Policy;
use super::report::{self, Word};
use super::step_record::{RecordStep, Status};
use super::waiting::{Waiting, WaitingOn};
use crate::api::conditions::{DELETING, QUOTA_AVAILABLE, READY};
use crate::api::validation;

/// Plans one tenant. Nothing is made for it; it stays as long as it has clusters.
pub fn plan(view: &TenantView, policy: &Policy, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::new(policy, now);
    let meta = &view.record.meta;
    let mut status = view.record.status.clone();
    status.observed_generation = Some(meta.generation);
    status.usage = view.usage;
    let exceeded = validation::quota(&view.record.spec.quota, &view.usage);
    let quota = match exceeded.first() {
        None => Word::yes(),
        Some(first) => Word::no("QuotaExceeded", first.message.clone()),
    };
    let mut set = |type_: &str, word| report::set(&mut status.conditions, type_, word, meta.generation, now);
    set(READY, Word::yes());
    set(QUOTA_AVAILABLE, quota);
    set(DELETING, Word::flag(meta.deleting.is_some(), "NotDeleting"));
    report::write(&mut plan, meta, &view.record.status, status, Status::Tenant);
    match (meta.deleting, meta.finalizer) {
        (None, false) => plan.step(RecordStep::AddFinalizer { object: meta.reference() }),
        (Some(since), true) if view.usage.clusters > 0 => {
            let what = format!("the deletion of its {} clusters", view.usage.clusters);
            plan.wait(Waiting::new(WaitingOn::Earlier { what }, meta.reference(), since, policy.hold), now);
        }
        (Some(_), true) => plan.step(RecordStep::RemoveFinalizer { object: meta.reference() }),
        (None, true) | (Some(_), false) => {}
    }
    plan
}
