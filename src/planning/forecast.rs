//! What the loops will do one pass after the other, as far as it can be foreseen.
//!
//! The planners that will run are asked again and again, each time as if what they planned had been done and had gone
//! well. What they wait for has come true by then: a server has joined, pods are gone, volumes are detached.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::observation::cluster::ClusterFacts;
use super::observation::machine::MachineView;
use super::observation::node::{Cordon, Load, NodeView, Readiness};
use super::observation::pool::DeploymentView;
use super::observation::surroundings::Surroundings;
use super::operation_plan::STEPS_MAX;
use super::policy::Policy;
use super::step::Step;
use super::step_cloud::CloudStep;
use super::step_inside::InsideStep;
use super::step_record::{NewMachine, RecordStep};
use super::{deployment, machine};
use crate::api::machine_status::MachineStatus;
use crate::api::names::Tag;
use crate::cloud::types::compute::{Server, ServerId, ServerStatus};
use crate::cloud::types::network::{NewPort, Port, PortId};
use crate::cloud::types::observed::Observed;

/// It takes less passes than this, unless its node is full of pods with volumes, which leave one by one.
const PASSES_MAX: usize = 100;
/// The id of what is not made yet.
const NEW: &str = "new";

/// What the forecast of an Operation is made from.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What the planners know of the cluster.
    pub facts: &'a ClusterFacts,
    /// What is going on around it.
    pub around: &'a Surroundings,
    /// The rules.
    pub policy: &'a Policy,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What will be done to replace a machine whose pool is so.
pub fn replacement(machine: &MachineView, pool: &DeploymentView, ground: Ground<'_>) -> Vec<Step> {
    Course::of(Stand::Pool(Box::new(pool.clone())), machine, Whom::Successor(None), ground).run()
}

/// What will be done to empty the node of a machine, or to open it again, whose spec says so already.
pub fn scheduling(machine: &MachineView, ground: Ground<'_>) -> Vec<Step> {
    Course::of(Stand::Alone(Box::new(machine.clone())), machine, Whom::Itself, ground).run()
}

/// What will be done to bring a pool to its count: for whom comes, and for whom goes.
pub fn scaling(pool: &DeploymentView, ground: Ground<'_>) -> Vec<Step> {
    // What is made is like what is there.
    let Some(like) = pool.machines.first() else { return Vec::new() };
    let whom = Whom::All(BTreeSet::new());
    Course::of(Stand::Pool(Box::new(pool.clone())), like, whom, ground).run()
}

/// Whose steps are foreseen.
enum Whom {
    /// Those of the machine alone.
    Itself,
    /// Those of the machine, and of who takes its place.
    Successor(Option<String>),
    /// Those of all that come or go.
    All(BTreeSet<String>),
}

/// The machines as they will be.
enum Stand {
    /// With their pool, whose loop acts too.
    Pool(Box<DeploymentView>),
    /// One alone.
    Alone(Box<MachineView>),
}

impl Stand {
    fn machines(&self) -> &[MachineView] {
        match self {
            Self::Pool(pool) => &pool.machines,
            Self::Alone(machine) => std::slice::from_ref(machine),
        }
    }

    fn machines_mut(&mut self) -> &mut [MachineView] {
        match self {
            Self::Pool(pool) => &mut pool.machines,
            Self::Alone(machine) => std::slice::from_mut(machine),
        }
    }
}

/// One pass after the other.
struct Course<'a> {
    stand: Stand,
    /// The machine that it is about, or one that others are like.
    machine: &'a MachineView,
    whom: Whom,
    ground: Ground<'a>,
}

impl<'a> Course<'a> {
    fn of(stand: Stand, machine: &'a MachineView, whom: Whom, ground: Ground<'a>) -> Self {
        let mut course = Self { stand, machine, whom, ground };
        // What is on a node counts if it was read.
        for view in course.stand.machines_mut() {
            let load = view.load.value().cloned().unwrap_or_default();
            view.load = Observed::known(load, ground.now);
        }
        course
    }

    fn run(mut self) -> Vec<Step> {
        let mut foreseen: Vec<Step> = Vec::new();
        let mut seen = BTreeSet::new();
        for _ in 0..PASSES_MAX {
            let steps = self.pass();
            if steps.is_empty() || foreseen.len() >= STEPS_MAX {
                break;
            }
            for step in steps {
                self.apply(&step);
                if seen.insert(step.id()) {
                    foreseen.push(step);
                }
            }
        }
        foreseen
    }

    /// Whether a machine's own steps are foreseen.
    fn follows(&self, name: &str) -> bool {
        let is_itself = name == self.machine.meta.name;
        match &self.whom {
            Whom::Itself => is_itself,
            Whom::Successor(successor) => is_itself || successor.as_deref() == Some(name),
            Whom::All(all) => all.contains(name),
        }
    }

    /// What is done in one pass of the loops.
    fn pass(&self) -> Vec<Step> {
        let Ground { facts, around, policy, now } = self.ground;
        let own = self.stand.machines().iter().filter(|view| self.follows(&view.meta.name));
        let mut steps: Vec<Step> =
            own.flat_map(|view| machine::plan(view, facts, around, policy, now).steps).collect();
        if let Stand::Pool(pool) = &self.stand {
            steps.extend(deployment::plan(pool, facts, around, policy, now).steps);
        }
        steps.retain(|step| !step.only_reports() && self.is_about(step));
        steps
    }

    /// Whether a step is about those whose steps are foreseen, and none of the pool's others.
    fn is_about(&self, step: &Step) -> bool {
        let all = matches!(self.whom, Whom::All(_));
        match step {
            Step::Cloud(_) | Step::Inside(_) => true,
            Step::Edit(_) => false,
            Step::Record(step) => match &**step {
                RecordStep::BeginRemediation { machine, .. } => self.follows(machine),
                RecordStep::DeleteMachine { machine, .. } => all || self.follows(machine),
                RecordStep::CreateMachine(new) => all || self.follows(&new.name),
                RecordStep::RemoveFinalizer { object } => self.follows(&object.name),
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
                if let Whom::Successor(successor) = &mut self.whom {
                    successor.clone_from(&remediation.replacement);
                }
                self.change(machine, |view| view.status.remediation = Some(remediation.clone()));
            }
            RecordStep::CreateMachine(new) => {
                let view = self.made(new);
                self.follow(&new.name);
                if let Stand::Pool(pool) = &mut self.stand {
                    pool.machines.push(view);
                }
            }
            RecordStep::DeleteMachine { machine, .. } => {
                let now = self.ground.now;
                self.follow(machine);
                self.change(machine, |view| view.meta.deleting = Some(now));
            }
            RecordStep::RemoveFinalizer { object } => {
                if let Stand::Pool(pool) = &mut self.stand {
                    pool.machines.retain(|view| view.meta.name != object.name);
                }
            }
            _ => {}
        }
    }

    fn inside(&mut self, step: &InsideStep) {
        let now = self.ground.now;
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
                if let Some(view) = self.stand.machines_mut().iter_mut().find(is_its) {
                    view.node = Observed::known(None, now);
                }
            }
            _ => {}
        }
    }

    fn cloud(&mut self, step: &CloudStep) {
        let now = self.ground.now;
        match step {
            CloudStep::CreatePort(port) => {
                let tag = |view: &MachineView| Tag::MachineUid(view.meta.uid.clone()).to_string();
                let is_its = |view: &&mut MachineView| port.tags.contains(&tag(view));
                if let Some(view) = self.stand.machines_mut().iter_mut().find(is_its) {
                    view.status.port_id = Some(NEW.to_owned());
                    view.ports = Observed::known(vec![made_port(port, now)], now);
                }
            }
            CloudStep::CreateServer(order) => {
                let server = made_server(&order.name, order.project.clone(), now);
                self.change(&order.machine, |view| joined(view, server, now));
            }
            CloudStep::DeleteServer { server, .. } => {
                let has = |view: &&mut MachineView| view.server().is_some_and(|one| one.id == *server);
                if let Some(view) = self.stand.machines_mut().iter_mut().find(has) {
                    view.servers = Observed::known(Vec::new(), now);
                    view.access = view.access.clone().map(|access| access.map(|_| false));
                }
            }
            CloudStep::DeletePort { port, .. } => {
                let has = |view: &&mut MachineView| view.port().is_some_and(|one| one.id == *port);
                if let Some(view) = self.stand.machines_mut().iter_mut().find(has) {
                    view.ports = Observed::known(Vec::new(), now);
                }
            }
            _ => {}
        }
    }

    /// From now on the steps of this one are foreseen too, if all are.
    fn follow(&mut self, name: &str) {
        if let Whom::All(all) = &mut self.whom {
            all.insert(name.to_owned());
        }
    }

    fn change(&mut self, name: &str, change: impl FnOnce(&mut MachineView)) {
        if let Some(view) = self.stand.machines_mut().iter_mut().find(|view| view.meta.name == name) {
            change(view);
        }
    }

    /// Changes a node, and the machine that it is of.
    fn on(&mut self, node: &str, change: impl FnOnce(&mut MachineView, &mut NodeView)) {
        let is_its = |view: &&mut MachineView| view.node().is_some_and(|one| one.name == *node);
        let Some(view) = self.stand.machines_mut().iter_mut().find(is_its) else { return };
        let Some(mut here) = view.node().cloned() else { return };
        change(view, &mut here);
        view.node = Observed::known(Some(here), self.ground.now);
    }

    /// A machine's record that was just made.
    fn made(&self, new: &NewMachine) -> MachineView {
        let (old, now) = (self.machine, self.ground.now);
        let mut meta = old.meta.clone();
        let others = self.stand.machines().iter().filter(|view| view.meta.uid.starts_with(NEW)).count();
        let uid = if others == 0 { NEW.to_owned() } else { format!("{NEW}-{}", others + 1) };
        (meta.name, meta.uid, meta.created) = (new.name.clone(), uid, now);
        (meta.deleting, meta.finalizer, meta.skip_remediation, meta.forced) = (None, true, false, None);
        meta.labels.clone_from(&new.labels);
        MachineView {
            meta,
            spec: new.spec.clone(),
            status: MachineStatus::default(),
            ports: Observed::known(Vec::new(), now),
            servers: Observed::known(Vec::new(), now),
            node: Observed::known(None, now),
            load: Observed::known(Load::default(), now),
            answers: old.answers.clone(),
            pooled: Observed::known(false, now),
            access: Observed::known(old.access.value().copied().flatten().map(|_| true), now),
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
