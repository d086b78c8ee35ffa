//! What the loops will do one pass after the other, as far as it can be foreseen.
//!
//! The planners that will run are asked again and again, each time as if what they planned had been done and had gone
//! well. What they wait for has come true by then: a server has joined, pods are gone, volumes are detached.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::observation::machine::MachineView;
use super::observation::node::{Cordon, Load, NodeView, Readiness};
use super::observation::operation::MachineSubject;
use super::observation::pool::DeploymentView;
use super::policy::Policy;
use super::step::Step;
use super::step_cloud::CloudStep;
use super::step_inside::InsideStep;
use super::step_record::{NewMachine, RecordStep};
use super::{deployment, machine};
use crate::api::machine_status::MachineStatus;
use crate::cloud::types::compute::{Server, ServerId, ServerStatus};
use crate::cloud::types::network::{NewPort, Port, PortId};
use crate::cloud::types::observed::Observed;

/// A replacement takes less passes than this, unless its node is full of pods with volumes, which leave one by one.
const PASSES_MAX: usize = 100;
/// The id of what is not made yet.
const NEW: &str = "new";

/// What will be done to replace a machine whose pool is so.
pub fn replacement(
    subject: &MachineSubject,
    pool: &DeploymentView,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let mut course = Course { subject, pool: pool.clone(), newcomer: None, now };
    course.begin();
    let mut foreseen: Vec<Step> = Vec::new();
    let mut seen = BTreeSet::new();
    for _ in 0..PASSES_MAX {
        let steps = course.pass(policy);
        if steps.is_empty() {
            break;
        }
        for step in steps {
            course.apply(&step);
            if seen.insert(step.id()) {
                foreseen.push(step);
            }
        }
    }
    foreseen
}

/// The pool as it will be.
struct Course<'a> {
    subject: &'a MachineSubject,
    pool: DeploymentView,
    /// The name of the machine that takes the other's place.
    newcomer: Option<String>,
    now: DateTime<Utc>,
}

impl Course<'_> {
    fn old(&self) -> &str {
        &self.subject.machine.meta.name
    }

    /// What is on the node counts if it was read.
    fn begin(&mut self) {
        let load = self.subject.machine.load.value().cloned().unwrap_or_default();
        let (name, now) = (self.old().to_owned(), self.now);
        self.change(&name, |machine| machine.load = Observed::known(load, now));
    }

    /// What is done for the machine and its successor in one pass of the loops.
    fn pass(&self, policy: &Policy) -> Vec<Step> {
        let (facts, around) = (&self.subject.facts, &self.subject.around);
        let both = [Some(self.old()), self.newcomer.as_deref()];
        let own = self.pool.machines.iter().filter(|view| both.contains(&Some(view.meta.name.as_str())));
        let mut steps: Vec<Step> =
            own.flat_map(|view| machine::plan(view, facts, around, policy, self.now).steps).collect();
        steps.extend(deployment::plan(&self.pool, facts, around, policy, self.now).steps);
        steps.retain(|step| !step.only_reports() && self.is_about(step));
        steps
    }

    /// Whether a step is about the machine or its successor, and none of the pool's others.
    fn is_about(&self, step: &Step) -> bool {
        let is_one = |name: &String| name == self.old() || Some(name) == self.newcomer.as_ref();
        match step {
            Step::Cloud(_) | Step::Inside(_) => true,
            Step::Edit(_) => false,
            Step::Record(step) => match &**step {
                RecordStep::BeginRemediation { machine, .. } | RecordStep::DeleteMachine { machine, .. } => {
                    is_one(machine)
                }
                RecordStep::CreateMachine(new) => Some(&new.name) == self.newcomer.as_ref(),
                RecordStep::RemoveFinalizer { object } => is_one(&object.name),
                _ => false,
            },
        }
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Record(step) => self.record(step),
            Step::Inside(step) => self.inside(step),
            Step::Cloud(step) => self.cloud(step),
            Step::Edit(_) => {}
        }
    }

    fn record(&mut self, step: &RecordStep) {
        match step {
            RecordStep::BeginRemediation { machine, remediation, .. } => {
                self.newcomer.clone_from(&remediation.replacement);
                self.change(machine, |view| view.status.remediation = Some(remediation.clone()));
            }
            RecordStep::CreateMachine(new) => {
                let view = self.made(new);
                self.pool.machines.push(view);
            }
            RecordStep::DeleteMachine { machine, .. } => {
                let now = self.now;
                self.change(machine, |view| view.meta.deleting = Some(now));
            }
            RecordStep::RemoveFinalizer { object } => {
                self.pool.machines.retain(|view| view.meta.name != object.name);
            }
            _ => {}
        }
    }

    fn inside(&mut self, step: &InsideStep) {
        let now = self.now;
        match step {
            // A balancer takes out whom it sees cordoned for good.
            InsideStep::Cordon { node } => self.on(node, |view, here| {
                here.cordon = Cordon::Ours;
                view.pooled = Observed::known(false, now);
            }),
            InsideStep::RemoveStartTaint { node } => self.on(node, |_, here| here.starting = false),
            InsideStep::TaintOutOfService { node } => self.on(node, |view, here| {
                here.out_of_service = true;
                view.load = Observed::known(Load::default(), now);
            }),
            InsideStep::EvictPod { node, pod } | InsideStep::DeletePod { node, pod, .. } => {
                self.on(node, |view, _| {
                    let mut load = view.load.value().cloned().unwrap_or_default();
                    load.pods.retain(|one| one.name != *pod);
                    if !load.pods.iter().any(|one| one.volumes) {
                        load.volumes.clear();
                    }
                    view.load = Observed::known(load, now);
                });
            }
            InsideStep::RemoveNode { node } => {
                let is_its = |view: &&mut MachineView| view.node().is_some_and(|one| one.name == *node);
                if let Some(view) = self.pool.machines.iter_mut().find(is_its) {
                    view.node = Observed::known(None, now);
                }
            }
            _ => {}
        }
    }

    fn cloud(&mut self, step: &CloudStep) {
        let now = self.now;
        match step {
            CloudStep::CreatePort(port) => {
                if let Some(name) = self.newcomer.clone() {
                    self.change(&name, |view| {
                        view.status.port_id = Some(NEW.to_owned());
                        view.ports = Observed::known(vec![made_port(port, now)], now);
                    });
                }
            }
            CloudStep::CreateServer(order) => {
                let server = made_server(&order.name, order.project.clone(), now);
                self.change(&order.machine, |view| joined(view, server, now));
            }
            CloudStep::DeleteServer { server, .. } => {
                let has = |view: &&mut MachineView| view.server().is_some_and(|one| one.id == *server);
                if let Some(view) = self.pool.machines.iter_mut().find(has) {
                    view.servers = Observed::known(Vec::new(), now);
                    view.access = view.access.clone().map(|access| access.map(|_| false));
                }
            }
            CloudStep::DeletePort { port, .. } => {
                let has = |view: &&mut MachineView| view.port().is_some_and(|one| one.id == *port);
                if let Some(view) = self.pool.machines.iter_mut().find(has) {
                    view.ports = Observed::known(Vec::new(), now);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut MachineView)) {
        if let Some(view) = self.pool.machines.iter_mut().find(|view| view.meta.name == name) {
            change(view);
        }
    }

    /// Changes a node, and the machine that it is of.
    fn on(&mut self, node: &str, change: impl FnOnce(&mut MachineView, &mut NodeView)) {
        let is_its = |view: &&mut MachineView| view.node().is_some_and(|one| one.name == *node);
        let Some(view) = self.pool.machines.iter_mut().find(is_its) else { return };
        let Some(mut here) = view.node().cloned() else { return };
        change(view, &mut here);
        view.node = Observed::known(Some(here), self.now);
    }

    /// A machine's record that was just made.
    fn made(&self, new: &NewMachine) -> MachineView {
        let old = &self.subject.machine;
        let mut meta = old.meta.clone();
        (meta.name, meta.uid, meta.created) = (new.name.clone(), NEW.to_owned(), self.now);
        (meta.deleting, meta.finalizer, meta.skip_remediation, meta.forced) = (None, true, false, None);
        meta.labels.clone_from(&new.labels);
        MachineView {
            meta,
            spec: new.spec.clone(),
            status: MachineStatus::default(),
            ports: Observed::known(Vec::new(), self.now),
            servers: Observed::known(Vec::new(), self.now),
            node: Observed::known(None, self.now),
            load: Observed::known(Load::default(), self.now),
            answers: old.answers.clone(),
            pooled: Observed::known(false, self.now),
            access: Observed::known(old.access.value().copied().flatten().map(|_| true), self.now),
        }
    }
}

/// A server was made, and joined; its balancer has it.
fn joined(view: &mut MachineView, server: Server, now: DateTime<Utc>) {
    let name = server.name.clone();
    view.status.server_id = Some(server.id.to_string());
    view.status.node_name = Some(name.clone());
    view.servers = Observed::known(vec![server], now);
    view.pooled = Observed::known(true, now);
    let node = NodeView {
        name,
        ready: Readiness::True,
        ready_since: now,
        lease_renewed: Observed::known(None, now),
        disk_full: None,
        cordon: Cordon::No,
        starting: true,
        out_of_service: false,
    };
    view.node = Observed::known(Some(node), now);
}

fn made_port(port: &NewPort, now: DateTime<Utc>) -> Port {
    Port {
        id: PortId::new(NEW),
        project: port.project.clone(),
        name: port.name.clone(),
        network: port.network.clone(),
        addresses: Vec::new(),
        server: None,
        tags: port.tags.clone(),
        created: now,
    }
}

fn made_server(name: &str, project: crate::cloud::types::identity::ProjectId, now: DateTime<Utc>) -> Server {
    Server {
        id: ServerId::new(NEW),
        project,
        name: name.to_owned(),
        status: ServerStatus::Active,
        task: None,
        fault: None,
        tags: Vec::new(),
        zone: None,
        host: None,
        host_id: None,
        created: now,
        updated: now,
    }
}
