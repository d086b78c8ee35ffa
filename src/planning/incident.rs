//! Incidents: findings that share a cause, told once.
//!
//! The widest cause that explains a finding takes it: a zone or network that is out, a hypervisor that is down, an image,
//! a provider, a storage, then the cluster, and for lack of anything wider the one machine. An Incident ends when no finding is
//! left of it, and a new one begins if its cause comes back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::incident_cause::{self, Group};
use super::naming;
use super::observation::incident::{Known, Located};
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::report;
use super::step_edit::{Edit, EditStep};
use super::step_record::{RecordStep, Status};
use crate::api::condition::ConditionStatus;
use crate::api::conditions::ACKNOWLEDGED;
use crate::api::incident::{Cause, IncidentStatus, Reach, Severity, Trend};

/// The most objects that an Incident names; its reach counts all.
const OBJECTS_MAX: usize = 100;

/// How much of a cause's name goes into the Incident's name.
const NAME_SHOWN: usize = 40;

/// Plans all Incidents from all findings of the fleet.
pub fn plan(
    found: &[Located],
    known: &[Known],
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let mut plan = Plan::new(policy, now);
    let groups = incident_cause::group(found, around, policy);
    let is_open = |incident: &&Known| incident.status.until.is_none() && !incident.is_going();
    let mut open: BTreeMap<&Cause, &Known> = BTreeMap::new();
    for incident in known.iter().filter(is_open) {
        if let Some(cause) = &incident.status.cause {
            open.entry(cause).or_insert(incident);
        }
    }
    for group in &groups {
        match open.remove(&group.cause) {
            Some(incident) => {
                let status = status(group, Some(incident), now);
                report::write(&mut plan, &incident.meta, &incident.status, status, Status::Incident);
            }
            None => {
                let (name, status) = (name(group), Box::new(status(group, None, now)));
                plan.step(RecordStep::CreateIncident { name, status });
            }
        }
    }
    let has_group = |incident: &Known| {
        let cause = incident.status.cause.as_ref();
        groups.iter().any(|group| Some(&group.cause) == cause)
    };
    for incident in known.iter().filter(is_open).filter(|incident| !has_group(incident)) {
        let mut status = incident.status.clone();
        status.until = Some(now.into());
        status.doing = None;
        status.reach = Reach::default();
        report::write(&mut plan, &incident.meta, &incident.status, status, Status::Incident);
    }
    forget(known, policy, now, &mut plan);
    plan
}

/// Takes Incidents away that ended long ago.
fn forget(known: &[Known], policy: &Policy, now: DateTime<Utc>, plan: &mut Plan) {
    for incident in known.iter().filter(|incident| !incident.is_going()) {
        let until = incident.status.until.map(|until| until.at() + policy.journal.to_chrono());
        if until.is_some_and(|until| until <= now) {
            let edit = Edit::Delete { forced_by: None };
            plan.step(EditStep { object: incident.meta.reference(), edit });
        }
    }
}

/// The name says the cause; its end follows from when it began, so that the cause's next Incident has another.
fn name(group: &Group<'_>) -> String {
    let kind = format!("{:?}", group.cause.kind).to_lowercase();
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    let shown: String = group.cause.name.chars().map(letter).take(NAME_SHOWN).collect();
    let suffix = naming::suffix(&[&kind, &group.cause.name, &group.since().to_rfc3339()]);
    format!("{kind}-{}-{suffix}", shown.trim_matches('-'))
}

fn status(group: &Group<'_>, before: Option<&Known>, now: DateTime<Utc>) -> IncidentStatus {
    let old = before.map(|before| &before.status);
    let reach = reach(group);
    let mut status = IncidentStatus {
        what: group.what(),
        finding: Some(group.reason().to_owned()),
        cause: Some(group.cause.clone()),
        severity: Some(severity(group)),
        since: Some(old.and_then(|old| old.since).unwrap_or_else(|| group.since().into())),
        until: None,
        reach,
        worst: old.map_or(reach, |old| worst(reach, old.worst)),
        trend: Some(old.map_or(Trend::Steady, |old| trend(reach, old.reach))),
        objects: objects(group),
        doing: group.doing(),
        conditions: old.map(|old| old.conditions.clone()).unwrap_or_default(),
    };
    if let Some(before) = before {
        let by = before.spec.acknowledged_by.as_ref();
        let word = by.map_or_else(
            || report::Word::no("NobodyYet", "nobody said that they are on it"),
            |by| report::Word {
                status: ConditionStatus::True,
                reason: "Acknowledged".to_owned(),
                message: format!("{by} is on it"),
            },
        );
        report::set(&mut status.conditions, ACKNOWLEDGED, word, before.meta.generation, now);
    }
    status
}

fn objects(group: &Group<'_>) -> Vec<crate::api::reference::ObjectReference> {
    let mut objects: Vec<_> = group.members.iter().map(|member| member.finding.object.clone()).collect();
    objects.sort_by_key(ToString::to_string);
    objects.dedup();
    objects.truncate(OBJECTS_MAX);
    objects
}

fn reach(group: &Group<'_>) -> Reach {
    let count = |mut all: Vec<&str>| {
        all.sort_unstable();
        all.dedup();
        u32::try_from(all.len()).unwrap_or(u32::MAX)
    };
    let places = || group.members.iter().map(|member| &member.place);
    Reach {
        clusters: count(places().filter_map(|place| place.cluster.as_deref()).collect()),
        tenants: count(places().filter_map(|place| place.tenant.as_deref()).collect()),
        nodes: count(places().flat_map(|place| &place.nodes).map(String::as_str).collect()),
        vips: count(places().filter_map(|place| place.vip.as_deref()).collect()),
    }
}

fn worst(one: Reach, other: Reach) -> Reach {
    Reach {
        clusters: one.clusters.max(other.clusters),
        tenants: one.tenants.max(other.tenants),
        nodes: one.nodes.max(other.nodes),
        vips: one.vips.max(other.vips),
    }
}

fn trend(now: Reach, before: Reach) -> Trend {
    let size = |reach: Reach| (reach.clusters, reach.nodes, reach.vips);
    match size(now).cmp(&size(before)) {
        std::cmp::Ordering::Greater => Trend::Growing,
        std::cmp::Ordering::Equal => Trend::Steady,
        std::cmp::Ordering::Less => Trend::Shrinking,
    }
}

/// As bad as the worst of its findings, and as its cause.
fn severity(group: &Group<'_>) -> Severity {
    let findings = group.members.iter().map(|member| incident_cause::severity(&member.finding.kind)).max();
    findings.unwrap_or(Severity::Info).max(incident_cause::severity_of_cause(group.cause.kind))
}
