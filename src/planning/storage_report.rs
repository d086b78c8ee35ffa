//! The status of a storage tenant.

use super::finding::FindingKind;
use super::plan::Plan;
use super::report::{self, Word};
use super::step_record::Status;
use super::storage::Case;
use super::storage_access::{drift, identifier, wanted};
use crate::api::conditions::{
    ACCESS_LIST_SYNCED, CREDENTIAL_CURRENT, DELETING, PAUSED, READY, REASON_CONTACT_LOST,
    REASON_NOT_SUPPORTED,
};
use crate::api::storage_tenant::{AccessEntry, StorageTenantStatus};
use crate::cloud::types::observed::Observed;

/// The reason of a credential that has no power any more.
pub const REASON_REFUSED: &str = "Refused";

/// Adds the step that writes the status, if it changed.
pub fn report(case: &Case<'_>, plan: &mut Plan) {
    let (record, context) = (&case.view.record, &case.context);
    let mut status = record.status.clone();
    status.observed_generation = Some(record.meta.generation);
    status.tenant_id = context.cluster.project.as_ref().map(ToString::to_string).or(status.tenant_id);
    if let Some(Some(generation)) = case.view.inside.value() {
        status.credential_generation = *generation;
    }
    if let Some(volumes) = case.view.volumes.value() {
        status.used_gib = Some(volumes.iter().map(|volume| volume.size_gib).sum());
        status.volumes = Some(u32::try_from(volumes.len()).unwrap_or(u32::MAX));
    }
    let drift = if case.has_access_list() { drift(case) } else { 0 };
    access_list(case, drift, &mut status);
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, record.meta.generation, context.now);
    };
    set(READY, ready(case));
    set(CREDENTIAL_CURRENT, credential(case));
    set(ACCESS_LIST_SYNCED, access(case));
    set(PAUSED, Word::flag(context.around.hold.is_some(), "NotPaused"));
    set(DELETING, Word::flag(record.is_going(), "NotDeleting"));
    if case.is_refused() && !record.is_going() {
        let since = status.conditions.get(CREDENTIAL_CURRENT);
        let since = since.map_or(context.now, |condition| condition.last_transition_time.at());
        plan.find(FindingKind::CredentialRefused, record.meta.reference(), since);
    }
    if drift > 0 {
        plan.find(FindingKind::AccessDrift { count: drift }, record.meta.reference(), context.now);
    }
    report::write(plan, &record.meta, &record.status, status, Status::StorageTenant);
}

/// The list as the storage has it. A drift is counted once, because the list that is written next shows it no more.
fn access_list(case: &Case<'_>, drift: usize, status: &mut StorageTenantStatus) {
    let (Some(rules), true) = (case.view.rules.value(), case.has_access_list()) else { return };
    let backend = case.view.record.spec.backend;
    let machine = |initiator: &String| {
        let machine =
            case.view.machines.iter().find(|one| identifier(backend, one).as_ref() == Some(initiator));
        machine.map(|machine| machine.meta.name.clone())
    };
    let entry =
        |initiator: &String| AccessEntry { identifier: initiator.clone(), machine: machine(initiator) };
    status.access_list = rules.iter().map(|rule| entry(&rule.initiator)).collect();
    status.access_list.sort_by(|one, other| one.identifier.cmp(&other.identifier));
    status.access_list.dedup_by(|one, other| one.identifier == other.identifier);
    status.access_repairs = status.access_repairs.saturating_add(u32::try_from(drift).unwrap_or(u32::MAX));
}

fn ready(case: &Case<'_>) -> Word {
    let (context, view) = (&case.context, case.view);
    let wanted = view.record.spec.quota_gib;
    if context.cluster.project.is_none() {
        return Word::no("NoProject", "the cluster has no project yet");
    }
    if !context.cluster.own_project {
        return Word { reason: REASON_NOT_SUPPORTED.to_owned(), ..Word::yes() };
    }
    match &view.quota {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } if value.limit.volume_gib < wanted => {
            let has = value.limit.volume_gib;
            Word::no("QuotaTooSmall", format!("volumes may hold {has} GiB, and {wanted} are wanted"))
        }
        Observed::Known { .. } if !case.is_kept() => Word::no("NoCredential", "there is no credential yet"),
        Observed::Known { .. } => Word::yes(),
    }
}

fn credential(case: &Case<'_>) -> Word {
    let wanted = case.view.record.spec.credential_generation;
    if !case.context.cluster.own_project {
        return Word {
            reason: REASON_NOT_SUPPORTED.to_owned(),
            message: "all clusters share one project, and with it its credential".to_owned(),
            ..Word::yes()
        };
    }
    if case.is_refused() {
        return Word::no(REASON_REFUSED, format!("credential {wanted} has no power any more"));
    }
    match &case.view.inside {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value: Some(found), .. } if *found == wanted => Word::yes(),
        Observed::Known { value: Some(found), .. } => {
            Word::no("OldCredential", format!("the cluster has credential {found}, and {wanted} is wanted"))
        }
        Observed::Known { value: None, .. } => Word::no("NotStored", "the cluster has no credential yet"),
    }
}

fn access(case: &Case<'_>) -> Word {
    if !case.has_access_list() {
        return Word {
            reason: REASON_NOT_SUPPORTED.to_owned(),
            message: "this storage has no access list".to_owned(),
            ..Word::yes()
        };
    }
    match &case.view.rules {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } => {
            let wanted = wanted(case);
            let has =
                |initiator: &String| value.iter().any(|rule| rule.initiator == *initiator && rule.active);
            let exact = value.iter().all(|rule| wanted.contains_key(&rule.initiator));
            if exact && wanted.keys().all(has) {
                Word::yes()
            } else {
                Word::no("Changing", "entries come or go")
            }
        }
    }
}
