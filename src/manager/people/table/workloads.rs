//! The columns of the types that run pods.

use serde_json::Value;

use super::columns::{AGE, Cell, Column, NAME, number, text, truth, wide};
use super::look::{self, Look, NONE, UNSET, or, plain};
use super::{autoscaler, duration};

const TEMPLATE: &str = "/spec/template/spec/containers";
const JOB_TEMPLATE: &str = "/spec/jobTemplate/spec/template/spec/containers";

const DEPLOYMENT: &[Column] = &[
    NAME,
    text("Ready", Cell::Made(ready)),
    text("Up-to-date", Cell::Count("/status/updatedReplicas")),
    text("Available", Cell::Count("/status/availableReplicas")),
    AGE,
    wide("Containers", Cell::Made(containers)),
    wide("Images", Cell::Made(images)),
    wide("Selector", Cell::Made(plain_selector)),
];

const REPLICA_SET: &[Column] = &[
    NAME,
    number("Desired", Cell::Count("/spec/replicas")),
    number("Current", Cell::Count("/status/replicas")),
    number("Ready", Cell::Count("/status/readyReplicas")),
    AGE,
    wide("Containers", Cell::Made(containers)),
    wide("Images", Cell::Made(images)),
    wide("Selector", Cell::Made(selector)),
];

const STATEFUL_SET: &[Column] = &[
    NAME,
    text("Ready", Cell::Made(ready)),
    AGE,
    wide("Containers", Cell::Made(containers)),
    wide("Images", Cell::Made(images)),
];

const DAEMON_SET: &[Column] = &[
    NAME,
    number("Desired", Cell::Count("/status/desiredNumberScheduled")),
    number("Current", Cell::Count("/status/currentNumberScheduled")),
    number("Ready", Cell::Count("/status/numberReady")),
    number("Up-to-date", Cell::Count("/status/updatedNumberScheduled")),
    number("Available", Cell::Count("/status/numberAvailable")),
    text("Node Selector", Cell::Made(node_selector)),
    AGE,
    wide("Containers", Cell::Made(containers)),
    wide("Images", Cell::Made(images)),
    wide("Selector", Cell::Made(selector)),
];

const CONTROLLER_REVISION: &[Column] =
    &[NAME, text("Controller", Cell::Made(controller)), text("Revision", Cell::Count("/revision")), AGE];

const JOB: &[Column] = &[
    NAME,
    text("Status", Cell::Made(job_status)),
    text("Completions", Cell::Made(completions)),
    text("Duration", Cell::Made(job_duration)),
    AGE,
    wide("Containers", Cell::Made(containers)),
    wide("Images", Cell::Made(images)),
    wide("Selector", Cell::Made(selector)),
];

const CRON_JOB: &[Column] = &[
    NAME,
    text("Schedule", Cell::Text("/spec/schedule", "")),
    text("Timezone", Cell::Text("/spec/timeZone", NONE)),
    truth("Suspend", Cell::Made(suspended)),
    number("Active", Cell::Entries("/status/active")),
    text("Last Schedule", Cell::Made(last_schedule)),
    AGE,
    wide("Containers", Cell::Made(job_containers)),
    wide("Images", Cell::Made(job_images)),
    wide("Selector", Cell::Made(job_selector)),
];

const DISRUPTION_BUDGET: &[Column] = &[
    NAME,
    text("Min Available", Cell::Made(min_available)),
    text("Max Unavailable", Cell::Made(max_unavailable)),
    number("Allowed Disruptions", Cell::Count("/status/disruptionsAllowed")),
    AGE,
];

const AUTOSCALER: &[Column] = &[
    NAME,
    text("Reference", Cell::Made(autoscaler::reference)),
    text("Targets", Cell::Made(autoscaler::targets)),
    text("MinPods", Cell::Made(autoscaler::least)),
    text("MaxPods", Cell::Count("/spec/maxReplicas")),
    text("Replicas", Cell::Count("/status/currentReplicas")),
    AGE,
];

/// The columns of a type of this part of the table.
pub fn of(group: &str, kind: &str) -> Option<&'static [Column]> {
    Some(match (group, kind) {
        ("apps", "Deployment") => DEPLOYMENT,
        ("apps", "ReplicaSet") => REPLICA_SET,
        ("apps", "StatefulSet") => STATEFUL_SET,
        ("apps", "DaemonSet") => DAEMON_SET,
        ("apps", "ControllerRevision") => CONTROLLER_REVISION,
        ("batch", "Job") => JOB,
        ("batch", "CronJob") => CRON_JOB,
        ("policy", "PodDisruptionBudget") => DISRUPTION_BUDGET,
        ("autoscaling", "HorizontalPodAutoscaler") => AUTOSCALER,
        _ => return None,
    })
}

/// The names of the containers of a pod template.
pub fn containers(look: &Look<'_>) -> String {
    each_container(look, TEMPLATE, "/name")
}

/// The images of the containers of a pod template.
pub fn images(look: &Look<'_>) -> String {
    each_container(look, TEMPLATE, "/image")
}

/// A field of each of the containers at a path.
pub fn each_container(look: &Look<'_>, path: &str, field: &str) -> String {
    look::listed(look.items(path).iter().map(|container| look::text(container, field).unwrap_or_default()))
}

fn job_containers(look: &Look<'_>) -> String {
    each_container(look, JOB_TEMPLATE, "/name")
}

fn job_images(look: &Look<'_>) -> String {
    each_container(look, JOB_TEMPLATE, "/image")
}

fn selector(look: &Look<'_>) -> String {
    or(plain_selector(look), NONE)
}

fn plain_selector(look: &Look<'_>) -> String {
    look::selector(look.object.pointer("/spec/selector"))
}

fn job_selector(look: &Look<'_>) -> String {
    or(look::selector(look.object.pointer("/spec/jobTemplate/spec/selector")), NONE)
}

fn node_selector(look: &Look<'_>) -> String {
    look::labels(look.map("/spec/template/spec/nodeSelector"))
}

fn ready(look: &Look<'_>) -> String {
    format!("{}/{}", look.count("/status/readyReplicas"), look.count("/spec/replicas"))
}

/// `statefulset.apps/db`: what a revision is of.
fn controller(look: &Look<'_>) -> String {
    let owners = look.items("/metadata/ownerReferences");
    let Some(owner) = owners.iter().find(|owner| owner["controller"] == true) else { return NONE.to_owned() };
    let part = |path: &str| look::text(owner, path).unwrap_or_default();
    let kind = match part("/apiVersion").split_once('/') {
        Some((group, _)) => format!("{}.{group}", part("/kind")),
        None => part("/kind").to_owned(),
    };
    format!("{}/{}", kind.to_lowercase(), part("/name"))
}

fn job_status(look: &Look<'_>) -> String {
    let is = |kind: &str| look.condition(kind) == Some("True");
    let deleted = look.text("/metadata/deletionTimestamp").is_some();
    let status = match () {
        () if is("Complete") => "Complete",
        () if is("Failed") => "Failed",
        () if deleted => "Terminating",
        () if is("Suspended") => "Suspended",
        () if is("FailureTarget") => "FailureTarget",
        () if is("SuccessCriteriaMet") => "SuccessCriteriaMet",
        () => "Running",
    };
    status.to_owned()
}

fn completions(look: &Look<'_>) -> String {
    let succeeded = look.count("/status/succeeded");
    match look.object.pointer("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None => match look.count("/spec/parallelism") {
            many @ 2.. => format!("{succeeded}/1 of {many}"),
            _ => format!("{succeeded}/1"),
        },
    }
}

fn job_duration(look: &Look<'_>) -> String {
    let Some(start) = look.time("/status/startTime") else { return String::new() };
    duration::human(look.time("/status/completionTime").unwrap_or(look.now) - start)
}

fn suspended(look: &Look<'_>) -> String {
    let suspend = look.object.pointer("/spec/suspend").and_then(Value::as_bool);
    let word = match suspend {
        Some(true) => "True",
        Some(false) => "False",
        None => UNSET,
    };
    word.to_owned()
}

fn last_schedule(look: &Look<'_>) -> String {
    match look.time("/status/lastScheduleTime") {
        Some(time) => look.age(Some(time)),
        None => NONE.to_owned(),
    }
}

fn min_available(look: &Look<'_>) -> String {
    look.object.pointer("/spec/minAvailable").map_or("N/A".to_owned(), plain)
}

fn max_unavailable(look: &Look<'_>) -> String {
    look.object.pointer("/spec/maxUnavailable").map_or("N/A".to_owned(), plain)
}
