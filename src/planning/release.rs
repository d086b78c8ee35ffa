//! A Release: whether it can be used, and what runs it.

use chrono::{DateTime, Utc};

use super::finding::FindingKind;
use super::observation::release::ReleaseView;
use super::plan::Plan;
use super::policy::Policy;
use super::report::{self, Word};
use super::step_record::{RecordStep, Status};
use super::waiting::{Waiting, WaitingOn};
use crate::api::condition::ConditionStatus;
use crate::api::conditions::{REASON_CONTACT_LOST, USABLE};
use crate::cloud::types::observed::Observed;

/// Plans one Release. Nothing is made for it; it stays as long as something runs it.
pub fn plan(view: &ReleaseView, policy: &Policy, now: DateTime<Utc>) -> Plan {
    let mut plan = Plan::new(policy, now);
    let meta = &view.record.meta;
    let word = usable(view, now);
    let is_used = view.used_by.clusters > 0 || view.used_by.machines > 0;
    let mut status = view.record.status.clone();
    status.observed_generation = Some(meta.generation);
    status.usable = match word.status {
        ConditionStatus::True => true,
        ConditionStatus::False => false,
        // Contact lost does not make a Release unusable that was usable.
        ConditionStatus::Unknown => status.usable,
    };
    status.used_by = view.used_by;
    if view.images.value().is_some() {
        status.image_id = image(view).map(|image| image.name.clone());
    }
    let (failed, why) = (word.status == ConditionStatus::False, word.message.clone());
    report::set(&mut status.conditions, USABLE, word, meta.generation, now);
    let condition = status.conditions.get(USABLE);
    let since = condition.map_or(now, |condition| condition.last_transition_time.at());
    if failed && is_used {
        plan.find(FindingKind::ReleaseUnusable { why }, meta.reference(), since);
    }
    report::write(&mut plan, meta, &view.record.status, status, Status::Release);
    match (meta.deleting, meta.finalizer) {
        (None, false) => plan.step(RecordStep::AddFinalizer { object: meta.reference() }),
        (Some(since), true) if is_used => {
            let left = usize::try_from(view.used_by.machines).unwrap_or(usize::MAX);
            let on = WaitingOn::Machines { what: format!("on {}", meta.name), left };
            plan.wait(Waiting::new(on, meta.reference(), since, policy.hold), now);
        }
        (Some(_), true) => plan.step(RecordStep::RemoveFinalizer { object: meta.reference() }),
        (None, true) | (Some(_), false) => {}
    }
    plan
}

fn image(view: &ReleaseView) -> Option<&crate::cloud::types::compute::Image> {
    let name = view.record.spec.image.as_str();
    view.images.value()?.iter().find(|image| image.name == name)
}

fn usable(view: &ReleaseView, now: DateTime<Utc>) -> Word {
    let (spec, today) = (&view.record.spec, now.date_naive());
    if let Some(since) = spec.since.filter(|since| today < *since) {
        return Word::no("NotYet", format!("it may be used from {since} on"));
    }
    if let Some(until) = spec.until.filter(|until| *until < today) {
        return Word::no("NoLonger", format!("it is not supported since {until}"));
    }
    if !view.unknown_bundles.is_empty() {
        return Word::no(
            "UnknownAddons",
            format!("there is no bundle of {}", view.unknown_bundles.join(", ")),
        );
    }
    match &view.images {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { .. } => match image(view) {
            None => Word::no("NoImage", format!("the cloud has no image {}", spec.image)),
            Some(image) if !image.active => {
                Word::no("ImageNotActive", format!("no server can be made from image {}", spec.image))
            }
            Some(_) => Word::yes(),
        },
    }
}
