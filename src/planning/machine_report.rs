//! The status of a machine.

use chrono::{DateTime, Utc};

use super::health::{Evidence, Verdict};
use super::machine::Case;
use super::observation::machine::MachineView;
use super::observation::node::Cordon;
use super::plan::Plan;
use super::report::{self, Word};
use super::safety;
use super::step::Step;
use super::step_cloud::CloudStep;
use super::step_record::{RecordStep, Status};
use crate::api::condition::ConditionStatus;
use crate::api::conditions::{
    API_SERVER_HEALTHY, DELETING, ETCD_MEMBER_HEALTHY, HEALTH_CHECK_SUCCEEDED, INFRASTRUCTURE_READY,
    NODE_HEALTHY, PAUSED, READY, REASON_ASKED, REASON_CONTACT_LOST,
};
use crate::api::machine_status::{Deletion, Fence, MachinePhase, MachineStatus};
use crate::api::names;
use crate::api::role::Role;
use crate::cloud::types::compute::ServerStatus;
use crate::cloud::types::observed::Observed;

/// The reason of a server that is written down and not listed.
const REASON_GONE: &str = "ServerGone";

/// Adds the step that writes the machine's status, if it changed.
pub fn report(case: &Case<'_>, verdict: &Verdict, plan: &mut Plan) {
    let view = case.view;
    let mut status = view.status.clone();
    observe(case, &mut status);
    if let Some(remediation) = &mut status.remediation {
        // A server that was started again writes again. What cannot be read ends no fence.
        let runs = safety::is_off(view) == Some(false);
        let known = remediation.fence.filter(|fence| *fence != Fence::ServerOff || !runs);
        remediation.fence = known.or_else(|| safety::fence(view, case.around));
    }
    if view.meta.deleting.is_some() {
        removal(case, &mut status);
    }
    conditions(case, verdict, &mut status);
    status.phase = Some(phase(view, verdict));
    status.observed_generation = Some(view.meta.generation);
    report::write(plan, &view.meta, &view.status, status, Status::Machine);
}

/// Since when a server that is written down is missing.
pub fn missing_since(view: &MachineView) -> Option<DateTime<Utc>> {
    let condition = view.status.conditions.get(INFRASTRUCTURE_READY)?;
    (condition.reason == REASON_GONE).then(|| condition.last_transition_time.at())
}

/// Leaves the report to the next turn when something is asked for the first time: the creation writes the status itself,
/// before and after, and what can be told before is that there is nothing yet.
pub fn leave_to_the_next(case: &Case<'_>, plan: &mut Plan) {
    let creates = |step: &Step| match step {
        Step::Cloud(step) => matches!(**step, CloudStep::CreatePort(_) | CloudStep::CreateServer(_)),
        Step::Inside(_) | Step::Record(_) | Step::Edit(_) => false,
    };
    let reports =
        |step: &Step| matches!(step, Step::Record(step) if matches!(**step, RecordStep::SetStatus { .. }));
    let is_first = case.view.status.attempts == 0 && case.view.status.last_failure.is_none();
    if is_first && plan.steps.iter().any(creates) {
        plan.steps.retain(|step| !reports(step));
    }
}

/// Copies what is known; what is not known stays as it was.
fn observe(case: &Case<'_>, status: &mut MachineStatus) {
    let view = case.view;
    if let Some(address) = view.address() {
        status.host_ip = Some(address.to_string());
    }
    if let Some(server) = view.server() {
        status.server_status = Some(word(&server.status).to_owned());
        status.host = server.host.clone().or_else(|| server.host_id.clone()).or(status.host.take());
        status.zone = server.zone.clone().or(status.zone.take());
    } else if view.servers.value().is_some_and(Vec::is_empty) {
        status.server_status = None;
    }
    if let Some(node) = view.node() {
        status.node_name = Some(node.name.clone());
    }
    if view.spec.role.has_node() {
        status.initiator = Some(names::initiator(&view.meta.uid));
    }
}

/// Nova's word for a state.
fn word(status: &ServerStatus) -> &str {
    match status {
        ServerStatus::Build => "BUILD",
        ServerStatus::Active => "ACTIVE",
        ServerStatus::ShutOff => "SHUTOFF",
        ServerStatus::Error => "ERROR",
        ServerStatus::Reboot => "REBOOT",
        ServerStatus::Deleted => "DELETED",
        ServerStatus::Other(word) => word,
    }
}

fn removal(case: &Case<'_>, status: &mut MachineStatus) {
    if case.view.node().is_none_or(|node| node.cordon == Cordon::No) {
        return;
    }
    let deletion = status.deletion.get_or_insert_with(Deletion::default);
    deletion.node_drain_start_time.get_or_insert(case.now.into());
    if let Some(load) = case.view.load.value() {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let pods = load.pods.iter().filter(|pod| !pod.bound && !pod.finished).count();
        deletion.pods_left = Some(count(pods));
        deletion.volumes_left = Some(count(load.volumes.len()));
        if pods == 0 && !load.volumes.is_empty() {
            deletion.wait_for_node_volume_detach_start_time.get_or_insert(case.now.into());
        }
    }
}

fn conditions(case: &Case<'_>, verdict: &Verdict, status: &mut MachineStatus) {
    let view = case.view;
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, view.meta.generation, case.now);
    };
    set(INFRASTRUCTURE_READY, infrastructure(view));
    if view.spec.role.has_node() {
        set(NODE_HEALTHY, node(view));
    }
    match view.spec.role {
        Role::ControlPlane if view.has_joined() => {
            set(API_SERVER_HEALTHY, Word::of(&view.answers, "NotReady", "the API server is not ready"));
        }
        // The first time it is set is when the member joins.
        Role::Etcd if view.has_joined() || view.answers.value() == Some(&true) => {
            set(ETCD_MEMBER_HEALTHY, Word::of(&view.answers, "NotHealthy", "the member does not answer"));
        }
        Role::Worker | Role::Ingress | Role::ControlPlane | Role::Etcd => {}
    }
    set(HEALTH_CHECK_SUCCEEDED, health(verdict));
    let needs_pool = view.spec.role == Role::Ingress;
    let ready = match view.spec.role {
        Role::Etcd | Role::ControlPlane => view.answers.clone(),
        Role::Worker | Role::Ingress => view.node.as_ref().map(|_| view.serves(needs_pool)),
    };
    set(READY, Word::of(&ready, "NotServing", "it does not serve yet, or no more"));
    let flag = |on: bool, reason: &str| if on { Word::yes() } else { Word::no(reason, "") };
    set(PAUSED, flag(case.around.hold.is_some(), "NotPaused"));
    set(DELETING, flag(view.meta.deleting.is_some(), "NotDeleting"));
}

fn infrastructure(view: &MachineView) -> Word {
    match &view.servers {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value, .. } => match value.as_slice() {
            [] if view.status.server_id.is_some() => Word::no(REASON_GONE, "the server is not listed"),
            [] => Word::no("NotCreated", "there is no server yet"),
            [server] if server.status == ServerStatus::Active => Word::yes(),
            [server] => Word::no("ServerNotActive", format!("the server is {}", word(&server.status))),
            _ => Word::no("DuplicateServers", "more than one server bears the tag"),
        },
    }
}

fn node(view: &MachineView) -> Word {
    match &view.node {
        Observed::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Observed::Known { value: None, .. } => Word::no("NodeMissing", "there is no node"),
        Observed::Known { value: Some(node), .. } if node.is_ready() => Word::yes(),
        Observed::Known { value: Some(node), .. } => {
            Word::no("NodeNotReady", format!("the node's condition Ready is {:?}", node.ready))
        }
    }
}

fn health(verdict: &Verdict) -> Word {
    match verdict {
        Verdict::Healthy { .. } | Verdict::Starting => Word::yes(),
        Verdict::Suspect { evidence, .. } => Word::unknown("Suspect", evidence.to_string()),
        Verdict::Unknown { why } => Word::unknown(REASON_CONTACT_LOST, why.clone()),
        Verdict::Broken { evidence, .. } => {
            let all: Vec<String> = evidence.iter().map(Evidence::to_string).collect();
            let reason = if verdict.failure().is_some() { "Broken" } else { REASON_ASKED };
            Word::no(reason, all.join("; "))
        }
    }
}

fn phase(view: &MachineView, verdict: &Verdict) -> MachinePhase {
    let infrastructure = infrastructure(view).status;
    if view.meta.deleting.is_some() {
        MachinePhase::Deleting
    } else if verdict.is_broken() {
        MachinePhase::Failed
    } else if view.has_joined() {
        MachinePhase::Running
    } else if infrastructure == ConditionStatus::Unknown {
        MachinePhase::Unknown
    } else if infrastructure == ConditionStatus::True {
        MachinePhase::Provisioned
    } else if view.status.port_id.is_some() {
        MachinePhase::Provisioning
    } else {
        MachinePhase::Pending
    }
}
