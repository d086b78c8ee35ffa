//! An addon: its bundle is applied, kept as it was applied, and its workloads looked after.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::finding::FindingKind;
use super::observation::addon::{AddonInside, AddonView};
use super::observation::cluster::ClusterFacts;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::report::{self, Word};
use super::step_inside::InsideStep;
use super::step_record::Status;
use super::waiting::WaitingOn;
use crate::api::conditions::{APPLIED, DELETING, HEALTHY, PAUSED, REASON_CONTACT_LOST};
use crate::cloud::types::observed::Observed;

/// Plans one addon.
pub fn plan(
    view: &AddonView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let context = Context { meta: &view.record.meta, cluster, around, policy, now };
    let mut plan = Plan::new(policy, now);
    report(view, &context, &mut plan);
    if context.is_held(&mut plan) {
        return plan;
    }
    if view.record.is_going() {
        remove(view, &context, &mut plan);
    } else {
        apply(view, &context, &mut plan);
    }
    plan
}

fn apply(view: &AddonView, context: &Context<'_>, plan: &mut Plan) {
    if context.ready_to_make(plan).is_none() {
        return;
    }
    if !context.cluster.initialization.control_plane_initialized {
        return context.wait_for_record(plan, "the first control plane");
    }
    let bundle = match &view.bundle {
        Ok(bundle) => bundle,
        Err(why) => {
            plan.find(
                FindingKind::SpecImpossible { why: why.clone() },
                context.meta.reference(),
                context.meta.created,
            );
            return context.wait_for_person(plan, "choose a version that there is", context.meta.created);
        }
    };
    if bundle.needs_credential && context.cluster.own_project && !context.cluster.has_credential {
        return context.wait_for_record(plan, "the storage's credential");
    }
    match &view.inside {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            context.wait(plan, on, context.now, context.policy.contact);
        }
        Observed::Known { value, .. } => {
            if value.hash.as_ref() != Some(&bundle.hash) || !value.drifted.is_empty() {
                plan.step(InsideStep::ApplyAddon {
                    addon: view.record.spec.name.to_string(),
                    version: view.record.spec.version.clone(),
                    hash: bundle.hash.clone(),
                });
            }
        }
    }
}

/// In a cluster that stays, its objects are taken away; in one that is deleted they go with it.
fn remove(view: &AddonView, context: &Context<'_>, plan: &mut Plan) {
    let initialized = context.cluster.initialization.control_plane_initialized;
    if context.cluster.deleting.is_some() || !initialized || context.meta.forced.is_some() {
        return context.finish(plan);
    }
    match &view.inside {
        Observed::Unknown { why } => {
            let on = WaitingOn::ClusterSilent { why: why.clone() };
            context.wait(plan, on, context.since(), context.policy.contact);
        }
        Observed::Known { value, .. } if value.objects == 0 => context.finish(plan),
        Observed::Known { .. } => {
            plan.step(InsideStep::RemoveAddon { addon: view.record.spec.name.to_string() });
        }
    }
}

/// Whether something of it was missing or changed although the wanted bundle had been applied.
fn has_drifted(view: &AddonView, inside: &AddonInside) -> bool {
    let Ok(bundle) = &view.bundle else { return false };
    let was_applied = view.record.status.applied_hash.as_ref() == Some(&bundle.hash);
    was_applied && view.record.status.applied && !is_applied(view, inside)
}

fn is_applied(view: &AddonView, inside: &AddonInside) -> bool {
    let hash = view.bundle.as_ref().ok().map(|bundle| &bundle.hash);
    hash.is_some() && inside.hash.as_ref() == hash && inside.drifted.is_empty()
}

fn report(view: &AddonView, context: &Context<'_>, plan: &mut Plan) {
    let record = &view.record;
    let mut status = record.status.clone();
    status.observed_generation = Some(record.meta.generation);
    if let Some(inside) = view.inside.value() {
        if has_drifted(view, inside) {
            // Counted once: what is written next says that it is not applied.
            status.repairs = status.repairs.saturating_add(1);
            status.last_repair = Some(context.now.into());
        }
        status.applied = is_applied(view, inside);
        status.applied_hash = inside.hash.clone().or(status.applied_hash.take());
        status.applied_version = inside.version.clone().or(status.applied_version.take());
        status.objects = inside.objects;
        status.healthy = Some(status.applied && inside.unhealthy.is_empty());
    } else {
        status.healthy = None;
    }
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, record.meta.generation, context.now);
    };
    let applied = view.inside.as_ref().map(|inside| is_applied(view, inside));
    set(APPLIED, Word::of(&applied, "NotApplied", "objects of the bundle are missing or differ"));
    set(HEALTHY, health(view));
    set(PAUSED, Word::flag(context.around.hold.is_some(), "NotPaused"));
    set(DELETING, Word::flag(record.is_going(), "NotDeleting"));
    let healthy = status.conditions.get(HEALTHY);
    let since = healthy.map_or(context.now, |condition| condition.last_transition_time.at());
    let is_unhealthy = view.inside.value().is_some_and(|inside| !inside.unhealthy.is_empty());
    if is_unhealthy {
        // Nothing tells of its workloads: they are looked at.
        plan.look_by(context.now + context.policy.pending_look.to_chrono());
    }
    // A workload may take as long to come up as a node may; later it is a finding.
    if is_unhealthy && since + context.cluster.healing.join_timeout.to_chrono() <= context.now {
        plan.find(FindingKind::AddonUnhealthy, record.meta.reference(), since);
    }
    report::write(plan, &record.meta, &record.status, status, Status::Addon);
}

fn health(view: &AddonView) -> Word {
    match &view.inside {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } if !is_applied(view, value) => {
            Word::no("NotApplied", "it is not applied as wanted")
        }
        Observed::Known { value, .. } if value.unhealthy.is_empty() => Word::yes(),
        Observed::Known { value, .. } => Word::no("WorkloadsFail", value.unhealthy.join(", ")),
    }
}
