//! The control plane: the first machine alone, the others when its API server answered.
//!
//! The first machine's record is made early, so that its port and its place in the balancer's pool are there before its
//! server boots: the API server finds itself by the balancer's address.

use chrono::{DateTime, TimeDelta, Utc};

use super::context::Context;
use super::finding::FindingKind;
use super::health::{self, Verdict};
use super::observation::cluster::ClusterFacts;
use super::observation::control_plane::ControlPlaneView;
use super::observation::machine::MachineView;
use super::observation::surroundings::Surroundings;
use super::plan::Plan;
use super::policy::Policy;
use super::report::{self, Word};
use super::step_record::{MachineGoes, RecordStep, Status};
use super::waiting::WaitingOn;
use super::{newcomer, spread};
use crate::api::conditions::{
    AVAILABLE, CERTIFICATES_VALID, DELETING, PAUSED, REASON_CONTACT_LOST, SCALING_UP, UP_TO_DATE,
};
use crate::api::labels::{Labels, Taints};
use crate::api::names::LABEL_TEMPLATE_HASH;
use crate::api::role::Role;
use crate::api::template::MachineTemplate;
use crate::api::time::Time;

/// How long before it expires a certificate is told of. An authority is changed in several steps, with all machines replaced
/// between them.
const EXPIRES_SOON: TimeDelta = TimeDelta::days(90);

/// Plans one control plane.
pub fn plan(
    view: &ControlPlaneView,
    cluster: &ClusterFacts,
    around: &Surroundings,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Plan {
    let context = Context { meta: &view.record.meta, cluster, around, policy, now };
    let mut plan = Plan::new(policy, now);
    find_broken(view, &context, &mut plan);
    report(view, &context, &mut plan);
    if context.is_held(&mut plan) {
        return plan;
    }
    if view.record.is_going() {
        remove(view, &context, &mut plan);
    } else if context.ready_to_make(&mut plan).is_some() {
        grow(view, &context, &mut plan);
    }
    plan
}

/// What its machines are made of.
pub fn template(view: &ControlPlaneView) -> MachineTemplate {
    MachineTemplate {
        release: view.record.spec.release,
        flavor: view.record.spec.flavor.clone(),
        root_volume_gib: None,
        reserved: None,
        labels: Labels::default(),
        taints: Taints::default(),
    }
}

fn live(view: &ControlPlaneView) -> impl Iterator<Item = &MachineView> {
    view.machines.iter().filter(|machine| machine.meta.deleting.is_none())
}

fn grow(view: &ControlPlaneView, context: &Context<'_>, plan: &mut Plan) {
    if context.cluster.security_group.is_none() {
        return context.wait_for(plan, "the cluster's security group");
    }
    let replicas = usize::from(view.record.spec.replicas.get());
    let initialized = context.cluster.initialization.control_plane_initialized;
    let wanted = if initialized { replicas } else { 1 };
    // One that is being taken down still has its place: two first machines would make two clusters.
    let there = if initialized { live(view).count() } else { view.machines.len() };
    let mut counts = newcomer::zones(live(view));
    let parts = [context.meta.uid.as_str()];
    let names = newcomer::names(&context.cluster.name, Role::ControlPlane, &parts, &view.machines);
    for name in names.take(wanted.saturating_sub(there)) {
        let zone = spread::emptiest(&mut counts, context.around, context.policy);
        let spec = newcomer::spec(&context.cluster.name, Role::ControlPlane, template(view), zone);
        plan.step(RecordStep::CreateMachine(newcomer::machine(name, spec, context.meta.reference())));
    }
    let coming: Vec<_> = live(view).filter(|machine| !machine.has_joined()).collect();
    if let Some(since) = coming.iter().map(|machine| machine.meta.created).max() {
        let on = WaitingOn::Machines { what: "coming up".to_owned(), left: coming.len() };
        context.wait(plan, on, since, context.policy.provision);
    }
    if !initialized && replicas > 1 {
        context.wait_for_record(plan, "the first control plane");
    }
}

fn remove(view: &ControlPlaneView, context: &Context<'_>, plan: &mut Plan) {
    let nodes = context.cluster.count(Role::Worker) + context.cluster.count(Role::Ingress);
    if !context.may_go(plan, "the deletion of all other nodes", nodes) {
        return;
    }
    for machine in live(view) {
        plan.step(RecordStep::DeleteMachine {
            machine: machine.meta.name.clone(),
            uid: machine.meta.uid.clone(),
            why: MachineGoes::OwnerDeleted,
        });
    }
    if view.machines.is_empty() {
        return context.finish(plan);
    }
    let on = WaitingOn::Machines { what: "being taken down".to_owned(), left: view.machines.len() };
    context.wait(plan, on, context.since(), context.policy.provision);
}

fn find_broken(view: &ControlPlaneView, context: &Context<'_>, plan: &mut Plan) {
    let broken = |machine| match health::judge(machine, &context.cluster.healing, context.policy, context.now)
    {
        Verdict::Broken { since, .. } => Some(since),
        Verdict::Healthy { .. } | Verdict::Starting | Verdict::Suspect { .. } | Verdict::Unknown { .. } => {
            None
        }
    };
    if let Some(since) = live(view).filter_map(broken).min() {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let ready = count(live(view).filter(|machine| machine.answers.value() == Some(&true)).count());
        let desired = u32::from(view.record.spec.replicas.get());
        plan.find(FindingKind::ControlPlaneDegraded { ready, desired }, context.meta.reference(), since);
        let what = "bring the server of the API server back; this engine does not replace control planes yet";
        context.wait_for_person(plan, what, since);
    }
}

fn report(view: &ControlPlaneView, context: &Context<'_>, plan: &mut Plan) {
    let record = &view.record;
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let mut status = record.status.clone();
    let hash = template(view).hash();
    let ready = |machine: &&MachineView| machine.answers.value() == Some(&true);
    let pooled = |machine: &&MachineView| machine.pooled.value() == Some(&true);
    let current = live(view).filter(|machine| machine.meta.labels.get(LABEL_TEMPLATE_HASH) == Some(&hash));
    status.observed_generation = Some(record.meta.generation);
    status.desired_replicas = u32::from(record.spec.replicas.get());
    status.replicas = count(view.machines.len());
    status.ready_replicas = count(live(view).filter(ready).count());
    status.available_replicas = count(live(view).filter(ready).filter(pooled).count());
    status.up_to_date_replicas = count(current.count());
    status.version = view.version.or(status.version);
    status.certificates = view.certificates.clone();
    status.certificates_expire_at =
        view.certificates.iter().map(|certificate| certificate.expires_at).min_by_key(|time| time.at());
    let available = available(view, status.available_replicas, status.desired_replicas);
    let scaling = status.ready_replicas < status.desired_replicas;
    let current = status.up_to_date_replicas == count(live(view).count());
    let certificates = certificates(status.certificates_expire_at, context.now);
    let mut set = |type_: &str, word| {
        report::set(&mut status.conditions, type_, word, record.meta.generation, context.now);
    };
    set(AVAILABLE, available);
    set(UP_TO_DATE, if current { Word::yes() } else { Word::no("OldMachines", "some machines are older") });
    set(SCALING_UP, Word::flag(scaling, "NotScalingUp"));
    set(CERTIFICATES_VALID, certificates);
    set(PAUSED, Word::flag(context.around.hold.is_some(), "NotPaused"));
    set(DELETING, Word::flag(record.is_going(), "NotDeleting"));
    report::write(plan, &record.meta, &record.status, status, Status::ControlPlane);
}

/// Whether no certificate expires before somebody can do something about it.
fn certificates(expire_at: Option<Time>, now: DateTime<Utc>) -> Word {
    match expire_at.map(Time::at) {
        Some(at) if at <= now => Word::no("Expired", format!("a certificate expired at {at}")),
        Some(at) if at - now < EXPIRES_SOON => {
            Word::no("ExpiresSoon", format!("a certificate expires at {at}; nothing renews it by itself yet"))
        }
        _ => Word::yes(),
    }
}

/// One API server that answers and has clients is enough to be available.
fn available(view: &ControlPlaneView, available: u32, desired: u32) -> Word {
    let message = format!("{available} of {desired} API servers serve");
    let silent = live(view).any(|machine| machine.answers.value().is_none() && machine.has_joined());
    if available > 0 {
        Word::yes()
    } else if silent {
        Word::unknown(REASON_CONTACT_LOST, message)
    } else {
        Word::no("NoneServes", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_told_of_before_it_expires() {
        let now = DateTime::UNIX_EPOCH;
        let told = |days| certificates(Some((now + TimeDelta::days(days)).into()), now).reason;
        assert_eq!(told(0), "Expired");
        assert_eq!(told(89), "ExpiresSoon");
        assert_eq!(told(91), Word::yes().reason);
        assert_eq!(certificates(None, now).reason, Word::yes().reason);
    }
}
