//! One machine: its server is made once, its node is let in.
//!
//! 1. The port that bears the machine's tag (of etcd: its slot's), else a new one. More than one: a person's matter.
//! 2. The servers that bear the tag. One is adopted. Of more, the one that the port names is kept.
//! 3. None, and nothing under way: a new one, with the port.
//! 4. After an outcome that is unknown nothing is tried again until listings stayed empty for the policy's time.
//! 5. One that came up in ERROR is deleted, its port is kept, and the next waits by the cause.
//! 6. A node that joined gets its first pods when access list and balancer have it.

use chrono::{DateTime, Utc};

use super::finding::FindingKind;
use super::health::{self, Verdict};
use super::observation::cluster::ClusterFacts;
use super::observation::machine::MachineView;
use super::observation::node::Cordon;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::{Mistake, Policy};
use super::step_cloud::{CloudStep, ServerGoes, ServerOrder};
use super::step_inside::InsideStep;
use super::step_record::RecordStep;
use super::waiting::{Waiting, WaitingOn};
use super::{drain, machine_removal, machine_report, safety, spread};
use crate::api::duration::Duration;
use crate::api::machine::Scheduling;
use crate::api::machine_status::FailureCause;
use crate::api::names::{self, Tag};
use crate::api::role::Role;
use crate::cloud::types::compute::{Server, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{NewPort, Port, PortId};
use crate::cloud::types::observed::Observed;

/// Everything that a machine's plan is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The machine.
    pub view: &'a MachineView,
    /// Its cluster.
    pub cluster: &'a ClusterFacts,
    /// What is going on around it.
    pub around: &'a Surroundings,
    /// Durations and limits.
    pub policy: &'a Policy,
    /// The time.
    pub now: DateTime<Utc>,
}

/// Plans one machine.
pub fn plan(
    view: &MachineView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let case = &Case { view, cluster, around, policy, now };
    let mut plan = Plan::new(case.policy, case.now);
    let verdict = health::judge(view, &case.cluster.healing, case.policy, case.now);
    if let Some(since) = view.node().and_then(|node| node.disk_full) {
        plan.find(FindingKind::DiskFull, view.meta.reference(), since);
    }
    if let Some((evidence, since)) = verdict.failure() {
        let kind = FindingKind::MachineUnhealthy { evidence: evidence.to_vec() };
        plan.find(kind, view.meta.reference(), since);
    }
    suspect(case, &verdict, &mut plan);
    machine_report::report(case, &verdict, &mut plan);
    if safety::held(&mut plan, &view.meta.reference(), case.around, case.policy, case.now) {
        return plan;
    }
    if view.meta.deleting.is_some() {
        machine_removal::remove(case, &mut plan);
    } else {
        provide(case, &mut plan);
        machine_report::leave_to_the_next(case, &mut plan);
    }
    plan
}

/// Says of a machine that seems to fail until when that is watched. Of workers and ingress nodes their pool says it, which
/// replaces them.
fn suspect(case: &Case<'_>, verdict: &Verdict, plan: &mut Plan) {
    let Verdict::Suspect { evidence, since, until } = verdict else { return };
    if matches!(case.view.spec.role, Role::Etcd | Role::ControlPlane) {
        let left = u32::try_from((*until - *since).num_seconds()).unwrap_or_default();
        let on = WaitingOn::Grace { evidence: evidence.to_string() };
        case.wait(plan, on, *since, Duration::seconds(left));
    }
}

impl Case<'_> {
    /// Adds a wait of the machine.
    pub fn wait(&self, plan: &mut Plan, on: WaitingOn, since: DateTime<Utc>, at_most: Duration) {
        if !self.policy.errs(Mistake::WaitsInSilence) {
            plan.wait(Waiting::new(on, self.view.meta.reference(), since, at_most), self.now);
        }
        plan.look_by(self.now + self.policy.pending_look.to_chrono());
    }

    /// The name of its server, port and node.
    pub fn server_name(&self) -> String {
        names::server(&self.cluster.name, self.view.spec.role, &self.view.meta.uid)
    }

    /// Adds a wait for something that could not be read.
    pub fn wait_unreadable(&self, plan: &mut Plan, what: &str, why: &str) {
        let on = WaitingOn::NotReadable { what: what.to_owned(), why: why.to_owned() };
        self.wait(plan, on, self.now, self.policy.contact);
    }

    /// Adds a wait for something that comes first.
    pub fn wait_for(&self, plan: &mut Plan, what: &str) {
        let on = WaitingOn::Earlier { what: what.to_owned() };
        self.wait(plan, on, self.view.meta.created, self.policy.provision);
    }
}

fn provide(case: &Case<'_>, plan: &mut Plan) {
    let view = case.view;
    if !view.meta.finalizer {
        return plan.step(RecordStep::AddFinalizer { object: view.meta.reference() });
    }
    let Some(project) = &case.cluster.project else {
        return case.wait_for(plan, "the cluster's project");
    };
    let Some(port) = port(case, project, plan) else { return };
    match &view.servers {
        Observed::Unknown { why } => case.wait_unreadable(plan, "the list of servers", why),
        Observed::Known { value, at } => match value.as_slice() {
            [] => no_server(case, project, &port.id, *at, plan),
            [server] => one_server(case, project, server, plan),
            several => surplus(case, project, port, several, plan),
        },
    }
}

/// The machine's port, if it has exactly one that is written down.
fn port<'a>(case: &Case<'a>, project: &ProjectId, plan: &mut Plan) -> Option<&'a Port> {
    let view = case.view;
    let (ports, at) = match &view.ports {
        Observed::Unknown { why } => {
            case.wait_unreadable(plan, "the list of ports", why);
            return None;
        }
        Observed::Known { value, at } => (value, *at),
    };
    match ports.as_slice() {
        [port] if view.status.port_id.as_deref() == Some(port.id.as_str()) => Some(port),
        [port] => {
            plan.step(RecordStep::AdoptPort { machine: view.meta.name.clone(), port: port.id.clone() });
            None
        }
        [] => {
            no_port(case, project, at, plan);
            None
        }
        several => {
            let since = several.iter().map(|port| port.created).max().unwrap_or(case.now);
            plan.find(FindingKind::DuplicatePorts { count: several.len() }, view.meta.reference(), since);
            let on = WaitingOn::Person { what: "choose which of the ports is the machine's".to_owned() };
            case.wait(plan, on, since, case.policy.person);
            None
        }
    }
}

fn no_port(case: &Case<'_>, project: &ProjectId, listed: DateTime<Utc>, plan: &mut Plan) {
    if case.view.spec.role == Role::Etcd {
        return case.wait_for(plan, "the port of the slot");
    }
    let Some(group) = &case.cluster.security_group else {
        return case.wait_for(plan, "the cluster's security group");
    };
    if is_settling(case, "the port", listed, plan) {
        return;
    }
    plan.step(CloudStep::CreatePort(NewPort {
        project: project.clone(),
        name: case.server_name(),
        network: case.cluster.network.clone(),
        security_groups: vec![group.clone()],
        tags: tags(case),
    }));
}

fn tags(case: &Case<'_>) -> Vec<String> {
    let cluster = Tag::ClusterUid(case.cluster.uid.clone()).to_string();
    vec![cluster, Tag::MachineUid(case.view.meta.uid.clone()).to_string()]
}

/// Whether what became of an earlier creation may still show: the listing must have been read after the time of settling, and
/// must lack what was written down.
pub fn is_settling(case: &Case<'_>, what: &str, listed: DateTime<Utc>, plan: &mut Plan) -> bool {
    let status = &case.view.status;
    let Some(failure) = &status.last_failure else { return false };
    let settled = failure.at.at() + case.policy.settle.to_chrono();
    if failure.cause != FailureCause::OutcomeUnknown || listed >= settled {
        return false;
    }
    let on = WaitingOn::Settling { what: what.to_owned() };
    case.wait(plan, on, failure.at.at(), case.policy.steady_look);
    true
}

fn no_server(case: &Case<'_>, project: &ProjectId, port: &PortId, listed: DateTime<Utc>, plan: &mut Plan) {
    let view = case.view;
    if view.has_joined() {
        // A machine is one server in its life with its cluster; its owner replaces it.
        return;
    }
    if is_settling(case, "the server", listed, plan)
        || is_missing(case, plan)
        || is_pausing(case, project, plan)
    {
        return;
    }
    if let Some(what) = comes_first(case) {
        return case.wait_for(plan, what);
    }
    let release = view.spec.template.release.to_string();
    let Some(image) = case.cluster.images.get(&release) else {
        return case.wait_for(plan, &format!("Release {release}"));
    };
    let name = case.server_name();
    plan.step(CloudStep::CreateServer(ServerOrder {
        machine: view.meta.name.clone(),
        project: project.clone(),
        name,
        flavor: view.spec.template.flavor.as_str().to_owned(),
        image: image.clone(),
        port: port.clone(),
        zone: zone(case),
        group: case.cluster.server_groups.get(&view.spec.role).cloned(),
        tags: tags(case),
    }));
}

/// What must be there before the server can do its work when it boots. Certificates bear the balancer's address. The first API server finds etcd by its members
/// and itself by the balancer's address, so that it must be in the balancer's pool before it runs.
fn comes_first(case: &Case<'_>) -> Option<&'static str> {
    let (cluster, view) = (case.cluster, case.view);
    match view.spec.role {
        _ if cluster.api.is_none() => Some("the API's balancer"),
        Role::Etcd => None,
        _ if !cluster.initialization.etcd_bootstrapped => Some("etcd"),
        _ if cluster.initialization.control_plane_initialized => None,
        Role::ControlPlane if view.pooled.value() == Some(&true) => None,
        Role::ControlPlane => Some("its place in the API's balancer"),
        Role::Worker | Role::Ingress => Some("the first control plane"),
    }
}

/// The zone that the owner chose; after it had no room, others in turn.
fn zone(case: &Case<'_>) -> Option<String> {
    let status = &case.view.status;
    let no_host = status.last_failure.as_ref().is_some_and(|last| last.cause == FailureCause::NoValidHost);
    let next = || spread::another(&case.view.meta.uid, status.attempts, case.around, case.policy);
    let chosen = || case.view.spec.failure_domain.as_ref().map(|zone| zone.as_str().to_owned());
    if no_host { next() } else { chosen() }
}

/// Whether a server that is written down is missing for less than the time of settling: the listing may be older than it.
fn is_missing(case: &Case<'_>, plan: &mut Plan) -> bool {
    let Some(server) = &case.view.status.server_id else { return false };
    let since = machine_report::missing_since(case.view).unwrap_or(case.now);
    if since + case.policy.settle.to_chrono() <= case.now {
        return false;
    }
    let on = WaitingOn::Settling { what: format!("server {server}") };
    case.wait(plan, on, since, case.policy.steady_look);
    true
}

/// Whether a failure is followed by a pause, or by a person's work.
fn is_pausing(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) -> bool {
    if let Some(room) = &case.around.no_room
        && case.now < room.until
    {
        let (project, cause) = (project.to_string(), room.told.clone());
        let on = WaitingOn::ProjectBreaker { project, cause };
        case.wait(plan, on, room.since, case.policy.hold);
        plan.look_by(room.until);
        return true;
    }
    let Some(failure) = &case.view.status.last_failure else { return false };
    if failure.cause == FailureCause::OutcomeUnknown {
        return false;
    }
    match failure.retry_at {
        Some(at) if at.at() <= case.now => false,
        Some(at) => {
            let on = WaitingOn::BackOff { cause: failure.message.clone() };
            case.wait(plan, on, failure.at.at(), case.policy.hold);
            plan.look_by(at.at());
            true
        }
        None => {
            let kind = FindingKind::ServerNotMade { why: failure.message.clone() };
            plan.find(kind, case.view.meta.reference(), failure.at.at());
            let on = WaitingOn::Person { what: "change the flavor, image or network".to_owned() };
            case.wait(plan, on, failure.at.at(), case.policy.person);
            true
        }
    }
}

fn one_server(case: &Case<'_>, project: &ProjectId, server: &Server, plan: &mut Plan) {
    let view = case.view;
    if view.status.server_id.as_deref() != Some(server.id.as_str()) {
        let machine = view.meta.name.clone();
        return plan.step(RecordStep::AdoptServer { machine, server: server.id.clone() });
    }
    if view.has_joined() {
        return node(case, plan);
    }
    match &server.status {
        ServerStatus::Error => plan.step(CloudStep::DeleteServer {
            project: project.clone(),
            server: server.id.clone(),
            name: server.name.clone(),
            why: ServerGoes::CameUpBroken,
        }),
        ServerStatus::Build => case.wait(plan, WaitingOn::ServerBuild, server.created, case.policy.build),
        ServerStatus::Deleted => {
            let on = WaitingOn::Removal { what: format!("server {}", server.id) };
            case.wait(plan, on, server.updated, case.policy.removal);
        }
        ServerStatus::Active | ServerStatus::ShutOff | ServerStatus::Reboot | ServerStatus::Other(_) => {
            case.wait(plan, WaitingOn::Join, server.created, case.cluster.healing.join_timeout);
        }
    }
}

/// The port says which of several servers is the machine's. While it names none of them, nothing is deleted.
fn surplus(case: &Case<'_>, project: &ProjectId, port: &Port, several: &[Server], plan: &mut Plan) {
    let object = case.view.meta.reference();
    let since = several.iter().map(|server| server.created).max().unwrap_or(case.now);
    plan.find(FindingKind::DuplicateServers { count: several.len() }, object, since);
    let Some(kept) = several.iter().find(|server| port.server.as_ref() == Some(&server.id)) else {
        let on = WaitingOn::Person { what: "choose which of the servers is the machine's".to_owned() };
        return case.wait(plan, on, since, case.policy.person);
    };
    for server in several.iter().filter(|server| server.id != kept.id) {
        plan.step(CloudStep::DeleteServer {
            project: project.clone(),
            server: server.id.clone(),
            name: server.name.clone(),
            why: ServerGoes::Surplus,
        });
    }
}

/// A node that joined: whether pods may come to it.
fn node(case: &Case<'_>, plan: &mut Plan) {
    let view = case.view;
    if !view.spec.role.has_node() {
        return;
    }
    let Some(node) = view.node() else { return };
    let closed = view.spec.scheduling != Scheduling::Open || view.status.remediation.is_some();
    if closed && node.cordon == Cordon::No {
        return plan.step(InsideStep::Cordon { node: node.name.clone() });
    }
    if !closed && node.cordon == Cordon::Ours {
        plan.step(InsideStep::Uncordon { node: node.name.clone() });
    }
    if view.spec.scheduling == Scheduling::Drained {
        drain::drain(case, node, plan);
    }
    // A cordon keeps pods away by itself: a node that a person closed is no less complete.
    if node.starting && view.status.remediation.is_none() && node.is_ready() {
        start(case, node.name.clone(), node.ready_since, plan);
    }
}

/// The start-up taint goes when the machine's volumes and clients can come.
fn start(case: &Case<'_>, node: String, since: DateTime<Utc>, plan: &mut Plan) {
    let view = case.view;
    let mut missing = Vec::new();
    if !matches!(view.access.value(), Some(None | Some(true))) {
        missing.push("the access list");
    }
    if view.spec.role == Role::Ingress && view.pooled.value() != Some(&true) {
        missing.push("the balancer");
    }
    if missing.is_empty() {
        return plan.step(InsideStep::RemoveStartTaint { node });
    }
    let on = WaitingOn::StartUp { missing: missing.join(" and ") };
    case.wait(plan, on, since, case.policy.start_up);
}
