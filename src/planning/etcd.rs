//! Etcd: its slots, and the first members in them.
//!
//! There is one slot more than members, each with a port, an address and a name that outlive machines. The first members
//! start together, as a list that never changes, and need the addresses of all slots before the first of them boots.
//! Once they formed a cluster, no machine is made here any more: a member is then replaced by adding and removing members,
//! and a new machine with the old list would form a second cluster.

use chrono::{DateTime, Utc};

use super::context::Context;
use super::finding::FindingKind;
use super::observation::cluster::ClusterFacts;
use super::observation::etcd::EtcdView;
use super::observation::machine::MachineView;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::step_cloud::CloudStep;
use super::step_record::{MachineGoes, RecordStep};
use super::waiting::WaitingOn;
use super::{etcd_report, newcomer, spread};
use crate::api::labels::{Labels, Taints};
use crate::api::names::{self, Tag};
use crate::api::role::Role;
use crate::api::template::MachineTemplate;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{NewPort, Port};
use crate::cloud::types::observed::Observed;

/// Everything that the plan of an Etcd is made from.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The Etcd.
    pub view: &'a EtcdView,
    /// The rest.
    pub context: Context<'a>,
}

/// Plans one Etcd.
pub fn plan(
    view: &EtcdView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let case = Case { view, context: Context { meta: &view.record.meta, cluster, around, policy, now } };
    let mut plan = Plan::new(policy, now);
    etcd_report::report(&case, &mut plan);
    if case.context.is_held(&mut plan) {
        return plan;
    }
    if view.record.is_going() {
        remove(&case, &mut plan);
    } else {
        provide(&case, &mut plan);
    }
    plan
}

impl Case<'_> {
    /// The numbers of all slots: one more than members.
    pub fn slots(&self) -> std::ops::RangeInclusive<u8> {
        0..=self.view.record.spec.replicas.get()
    }

    /// The ports of a slot, if the list of ports is known.
    pub fn ports_of(&self, slot: u8) -> Option<Vec<&Port>> {
        let tag = Tag::Slot(slot).to_string();
        let ports = self.view.ports.value()?;
        Some(ports.iter().filter(|port| port.tags.contains(&tag)).collect())
    }

    /// The machine in a slot; of several the one that stays.
    pub fn machine_in(&self, slot: u8) -> Option<&MachineView> {
        let all = self.view.machines.iter().filter(|machine| machine.spec.slot == Some(slot));
        all.min_by_key(|machine| machine.meta.deleting.is_some())
    }
}

fn provide(case: &Case<'_>, plan: &mut Plan) {
    let context = &case.context;
    let Some(project) = context.ready_to_make(plan) else { return };
    if let Observed::Unknown { why } = &case.view.ports {
        return context.wait_unreadable(plan, "the list of ports", why);
    }
    if !ports(case, project, plan) {
        return;
    }
    if !context.cluster.initialization.etcd_bootstrapped {
        first_members(case, plan);
    }
}

/// Makes the ports of all slots. Answers whether all have addresses.
fn ports(case: &Case<'_>, project: &ProjectId, plan: &mut Plan) -> bool {
    let context = &case.context;
    let Some(group) = &context.cluster.security_group else {
        context.wait_for(plan, "the cluster's security group");
        return false;
    };
    let mut complete = true;
    for slot in case.slots() {
        let found = case.ports_of(slot).unwrap_or_default();
        match found.as_slice() {
            [] => {
                plan.step(CloudStep::CreatePort(NewPort {
                    project: project.clone(),
                    name: names::etcd_slot(&context.cluster.name, slot),
                    network: context.cluster.network.clone(),
                    security_groups: vec![group.clone()],
                    tags: vec![
                        Tag::ClusterUid(context.cluster.uid.clone()).to_string(),
                        Tag::Slot(slot).to_string(),
                    ],
                }));
                complete = false;
            }
            [port] if port.addresses.is_empty() => {
                context.wait_for(plan, &format!("the address of slot {slot}"));
                complete = false;
            }
            [_] => {}
            several if surplus(case, slot, several, plan) => complete = false,
            several => {
                let since = several.iter().map(|port| port.created).max().unwrap_or(context.now);
                plan.find(
                    FindingKind::DuplicatePorts { count: several.len() },
                    context.meta.reference(),
                    since,
                );
                context.wait_for_person(plan, &format!("choose which of the ports is slot {slot}'s"), since);
                complete = false;
            }
        }
    }
    complete
}

/// Of several ports of a slot, one of which may be a machine's, deletes those that nobody has: the reply of their creation was
/// lost, and it came about after all. Answers whether that is possible.
fn surplus(case: &Case<'_>, slot: u8, several: &[&Port], plan: &mut Plan) -> bool {
    let of_slot = || case.view.machines.iter().filter(|machine| machine.spec.slot == Some(slot));
    let is_used = |port: &&&Port| {
        let named = |machine: &MachineView| machine.status.port_id.as_deref() == Some(port.id.as_str());
        port.server.is_some() || of_slot().any(named)
    };
    let used: Vec<&&Port> = several.iter().filter(is_used).collect();
    let first = several.iter().min_by_key(|port| (port.created, port.id.clone()));
    let kept = match used.as_slice() {
        [] => first,
        [one] => Some(*one),
        _ => return false,
    };
    for port in several.iter().filter(|port| kept.is_some_and(|kept| kept.id != port.id)) {
        let (project, name) = (port.project.clone(), port.name.clone());
        plan.step(CloudStep::DeletePort { project, port: port.id.clone(), name });
    }
    true
}

fn first_members(case: &Case<'_>, plan: &mut Plan) {
    let (context, spec) = (&case.context, &case.view.record.spec);
    let mut counts = newcomer::zones(case.view.machines.iter());
    for slot in 0..spec.replicas.get() {
        if case.machine_in(slot).is_some() {
            continue;
        }
        let zone = spread::emptiest(&mut counts, context.around, context.policy);
        let template = MachineTemplate {
            release: spec.release,
            flavor: spec.flavor.clone(),
            root_volume_gib: None,
            reserved: None,
            labels: Labels::default(),
            taints: Taints::default(),
        };
        let mut machine = newcomer::spec(&context.cluster.name, Role::Etcd, template, zone);
        machine.slot = Some(slot);
        let parts = [context.meta.uid.as_str(), &slot.to_string()];
        let name = newcomer::names(&context.cluster.name, Role::Etcd, &parts, &case.view.machines).next();
        if let Some(name) = name {
            plan.step(RecordStep::CreateMachine(newcomer::machine(name, machine, context.meta.reference())));
        }
    }
    let silent = case.view.machines.iter().filter(|machine| machine.answers.value() != Some(&true));
    let left = silent.count();
    if left > 0 {
        let on = WaitingOn::Machines { what: "coming up".to_owned(), left };
        context.wait(plan, on, context.meta.created, context.policy.provision);
    }
}

fn remove(case: &Case<'_>, plan: &mut Plan) {
    let (context, view) = (&case.context, case.view);
    if !context.may_go(plan, "the control plane", context.cluster.count(Role::ControlPlane)) {
        return;
    }
    for machine in view.machines.iter().filter(|machine| machine.meta.deleting.is_none()) {
        plan.step(RecordStep::DeleteMachine {
            machine: machine.meta.name.clone(),
            uid: machine.meta.uid.clone(),
            why: MachineGoes::OwnerDeleted,
        });
    }
    if !view.machines.is_empty() {
        let on = WaitingOn::Machines { what: "being taken down".to_owned(), left: view.machines.len() };
        return context.wait(plan, on, context.since(), context.policy.provision);
    }
    match &view.ports {
        Observed::Unknown { why } => context.wait_unreadable(plan, "the list of ports", why),
        Observed::Known { value, .. } if value.is_empty() => context.finish(plan),
        Observed::Known { value, .. } => {
            for port in value {
                let (project, name) = (port.project.clone(), port.name.clone());
                plan.step(CloudStep::DeletePort { project, port: port.id.clone(), name });
            }
        }
    }
}
