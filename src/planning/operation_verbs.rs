//! What each verb writes into whose spec, what its loops will then do, and what speaks against it.

use chrono::{DateTime, Utc};

use super::forecast::{self, Ground};
use super::leak::{CONFIRMED_AFTER, Missing, Suspect};
use super::observation::operation::{MachineSubject, OperationRecord, OperationView, PoolSubject, Subject};
use super::observation::surroundings::Hold;
use super::plan::Plan;
use super::policy::Policy;
use super::step::Step;
use super::step_edit::{Edit, EditStep};
use super::{deployment, machine, operation_plan::veto};
use crate::api::machine::{Order, Scheduling};
use crate::api::operation::{Approval, Verb};
use crate::api::operation_status::{OperationPhase, Outcome, Veto};
use crate::api::reference::ObjectReference;
use crate::api::role::PoolRole;

/// What an Operation would do.
#[derive(Clone, Debug, Default)]
pub struct Intent {
    /// The edits that it makes itself.
    pub edits: Vec<EditStep>,
    /// What the loops will do because of them, as far as can be foreseen.
    pub preview: Option<Plan>,
    /// What later passes of the loops will do.
    pub forecast: Vec<Step>,
    /// What speaks against it.
    pub vetoes: Vec<Veto>,
    /// The command that undoes it.
    pub undo: Option<String>,
}

impl Intent {
    fn of(object: ObjectReference, edit: Edit) -> Self {
        Self { edits: vec![EditStep { object, edit }], ..Self::default() }
    }

    fn undone_by(self, verb: &str, object: &ObjectReference) -> Self {
        Self { undo: Some(format!("kaasboard {verb} {object}")), ..self }
    }

    fn vetoed(mut self, found: Option<Veto>) -> Self {
        self.vetoes.extend(found);
        self
    }
}

/// What the Operation would do; or why it never can.
///
/// # Errors
/// When the target is missing or of a kind that the verb is not about.
pub fn intend(view: &OperationView, policy: &Policy, now: DateTime<Utc>) -> Result<Intent, Outcome> {
    let record = &view.record;
    match (record.spec.verb, &view.subject) {
        (Verb::Brake, _) | (Verb::Kubeconfig, Subject::Cluster(_)) => Ok(Intent::default()),
        (_, Subject::Missing) => {
            Err(outcome("TargetMissing", "there is no such object, or another one has its name"))
        }
        (Verb::Heal, Subject::Machine(subject)) => heal(record, subject, policy, now),
        (Verb::Scale, Subject::Pool(subject)) => Ok(scale(record, subject, policy, now)),
        (Verb::Drain, Subject::Machine(subject)) => {
            schedule(record, subject, Scheduling::Drained, policy, now)
        }
        (Verb::Uncordon, Subject::Machine(subject)) => {
            schedule(record, subject, Scheduling::Open, policy, now)
        }
        (Verb::Pause, subject) => set_paused(subject, true),
        (Verb::Resume, subject) => set_paused(subject, false),
        (Verb::Retry, Subject::Machine(subject)) => {
            Ok(Intent::of(subject.machine.meta.reference(), Edit::ForgetFailure))
        }
        (Verb::Retry, Subject::Pool(subject)) => Ok(retry(subject)),
        (Verb::Cancel, Subject::Operation(target)) => cancel(target),
        (Verb::Approve, Subject::Operation(target)) => approve(record, target),
        (Verb::Fence, Subject::Machine(subject)) => Ok(fence(record, [&subject.machine.meta.reference()])),
        (Verb::Fence, Subject::Host(machines)) => Ok(fence(record, machines)),
        (Verb::Delete, Subject::Leak(suspect, hold)) => Ok(destroy(record, suspect, hold.as_ref())),
        (Verb::Delete, Subject::Cluster(cluster)) => {
            let forced_by = record.spec.arguments.force.then(|| name(record));
            let protected = cluster.spec.protected.then(|| {
                veto("Protected", "the cluster is protected: set spec.protected to false first", None)
            });
            let intent = Intent::of(cluster.meta.reference(), Edit::Delete { forced_by });
            Ok(intent.vetoed(protected))
        }
        (Verb::Upgrade | Verb::Rotate | Verb::Failover | Verb::Backup | Verb::Restore, _) => {
            Err(outcome("NotSupported", "this engine does not carry out this verb"))
        }
        (verb, _) => {
            let kind = record.spec.target.as_ref().map_or("nothing", |target| target.kind.as_str());
            Err(outcome("WrongTarget", &format!("{verb:?} is not about a {kind}")))
        }
    }
}

/// The edits that take back what is still under way, when a running Operation is cancelled.
pub fn undo(view: &OperationView) -> Vec<EditStep> {
    match (view.record.spec.verb, &view.subject) {
        (Verb::Heal, Subject::Machine(subject)) => {
            let object = subject.machine.meta.reference();
            vec![EditStep { object, edit: Edit::Remediate { order: None } }]
        }
        (Verb::Drain, Subject::Machine(subject)) => {
            let object = subject.machine.meta.reference();
            vec![EditStep { object, edit: Edit::Scheduling { scheduling: Scheduling::Open } }]
        }
        _ => Vec::new(),
    }
}

fn outcome(reason: &str, message: &str) -> Outcome {
    Outcome { reason: reason.to_owned(), message: message.to_owned() }
}

/// The Operation as others name it.
fn name(record: &OperationRecord) -> String {
    format!("{}/{}", record.meta.namespace, record.meta.name)
}

/// An order on its behalf. It is the same each time.
fn order(record: &OperationRecord) -> Order {
    Order {
        by: record.spec.requester.clone(),
        at: record.meta.created.into(),
        operation: Some(name(record)),
        force: record.spec.arguments.force,
    }
}

fn heal(
    record: &OperationRecord,
    subject: &MachineSubject,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Intent, Outcome> {
    let Some(pool) = &subject.pool else {
        let message = "members of etcd and control planes are not replaced by this engine";
        return Err(outcome("NotSupported", message));
    };
    let mut pool = pool.clone();
    let asked = pool.machines.iter_mut().find(|machine| machine.meta.uid == subject.machine.meta.uid);
    if let Some(machine) = asked {
        machine.spec.remediate = Some(order(record));
    }
    let preview = deployment::plan(&pool, &subject.facts, &subject.around, policy, now);
    let object = subject.machine.meta.reference();
    let vetoes = vetoes(&preview, &[&object, &pool.meta.reference()]);
    let forecast = if vetoes.is_empty() {
        forecast::replacement(
            &subject.machine,
            &pool,
            Ground { facts: &subject.facts, around: &subject.around, policy, now },
        )
    } else {
        Vec::new()
    };
    let intent = Intent::of(object, Edit::Remediate { order: Some(order(record)) });
    Ok(Intent { preview: Some(preview), forecast, vetoes, ..intent })
}

/// What keeps the loops from doing what is asked of these objects.
fn vetoes(preview: &Plan, objects: &[&ObjectReference]) -> Vec<Veto> {
    let about = preview.waiting.iter().filter(|wait| objects.contains(&&wait.object));
    about
        .filter(|wait| wait.on.is_veto())
        .map(|wait| veto(&wait.on.reason(), &wait.on.to_string(), Some(wait.object.clone())))
        .collect()
}

/// A pool that its cluster holds to a count is scaled in the cluster; who goes is named in the pool before.
fn scale(record: &OperationRecord, subject: &PoolSubject, policy: &Policy, now: DateTime<Utc>) -> Intent {
    let (pool, arguments) = (&subject.pool, &record.spec.arguments);
    let replicas = arguments.replicas.unwrap_or(pool.spec.replicas);
    let victims = arguments.victims.clone();
    let object = pool.meta.reference();
    let held = is_held(subject);
    let mut edits = Vec::new();
    if !held || !victims.is_empty() {
        let edit = Edit::Replicas { replicas: (!held).then_some(replicas), victims: victims.clone() };
        edits.push(EditStep { object: object.clone(), edit });
    }
    if held {
        let name = match pool.spec.role {
            PoolRole::Worker => Some(pool.spec.pool.to_string()),
            PoolRole::Ingress => None,
        };
        let edit = Edit::PoolReplicas { pool: name, replicas };
        edits.push(EditStep { object: subject.cluster.meta.reference(), edit });
    }
    let mut edited = pool.clone();
    edited.spec.replicas = replicas;
    edited.spec.victims = victims;
    let preview = deployment::plan(&edited, &subject.facts, &subject.around, policy, now);
    let mut vetoes = vetoes(&preview, &[&object]);
    vetoes.extend(wrong_victims(record, subject, replicas));
    let undo = Some(format!("kaasboard scale {object} --replicas {}", pool.spec.replicas));
    let ground = Ground { facts: &subject.facts, around: &subject.around, policy, now };
    let forecast = if vetoes.is_empty() { forecast::scaling(&edited, ground) } else { Vec::new() };
    Intent { edits, preview: Some(preview), forecast, vetoes, undo }
}

/// Whether the cluster's spec holds the pool to a count.
pub fn is_held(subject: &PoolSubject) -> bool {
    let (spec, pool) = (&subject.cluster.spec, &subject.pool.spec);
    match pool.role {
        PoolRole::Worker => {
            let worker = spec.workers.iter().find(|worker| worker.name == pool.pool);
            worker.is_some_and(|worker| worker.replicas.is_some())
        }
        PoolRole::Ingress => spec.ingress.as_ref().is_some_and(|ingress| ingress.replicas.is_some()),
    }
}

fn wrong_victims(record: &OperationRecord, subject: &PoolSubject, replicas: u32) -> Option<Veto> {
    let (pool, victims) = (&subject.pool, &record.spec.arguments.victims);
    let is_there = |name: &&String| pool.machines.iter().any(|machine| machine.meta.name == **name);
    let going = usize::try_from(pool.spec.replicas.saturating_sub(replicas)).unwrap_or(usize::MAX);
    if let Some(stranger) = victims.iter().find(|name| !is_there(name)) {
        return Some(veto("NoSuchMachine", &format!("the pool has no machine {stranger}"), None));
    }
    if victims.len() > going {
        let message = format!("{} machines are named to go, and {going} would", victims.len());
        return Some(veto("TooManyVictims", &message, None));
    }
    let autoscaled = "the pool's count follows demand: change its bounds instead";
    pool.spec.autoscale.map(|_| veto("Autoscaled", autoscaled, Some(pool.meta.reference())))
}

fn schedule(
    record: &OperationRecord,
    subject: &MachineSubject,
    scheduling: Scheduling,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Result<Intent, Outcome> {
    let mut edited = subject.machine.clone();
    if !edited.spec.role.has_node() {
        return Err(outcome("WrongTarget", "the machine has no node"));
    }
    edited.spec.scheduling = scheduling;
    let preview = machine::plan(&edited, &subject.facts, &subject.around, policy, now);
    let object = edited.meta.reference();
    let mut vetoes = vetoes(&preview, &[&object]);
    if record.spec.arguments.force {
        let message = "pods are only forced out by the cluster's policy: spec.drain.onTimeout";
        vetoes.push(veto("NotSupported", message, None));
    }
    let ground = Ground { facts: &subject.facts, around: &subject.around, policy, now };
    let forecast = if vetoes.is_empty() { forecast::scheduling(&edited, ground) } else { Vec::new() };
    let intent = Intent::of(object.clone(), Edit::Scheduling { scheduling });
    let intent = match scheduling {
        Scheduling::Drained => intent.undone_by("uncordon", &object),
        Scheduling::Open | Scheduling::Cordoned => intent.undone_by("drain", &object),
    };
    Ok(Intent { preview: Some(preview), forecast, vetoes, ..intent })
}

/// What is paused or resumed, and whether it is paused.
pub fn pausable(subject: &Subject) -> Option<(ObjectReference, bool)> {
    match subject {
        Subject::Cluster(cluster) => Some((cluster.meta.reference(), cluster.spec.paused)),
        Subject::Pool(subject) => Some((subject.pool.meta.reference(), subject.pool.spec.paused)),
        Subject::Machine(subject) => Some((subject.machine.meta.reference(), subject.machine.spec.paused)),
        Subject::Balancer(balancer) => Some((balancer.meta.reference(), balancer.spec.paused)),
        Subject::Other { meta, paused: Some(paused) } => Some((meta.reference(), *paused)),
        Subject::Missing
        | Subject::Fleet
        | Subject::Host(_)
        | Subject::Leak(..)
        | Subject::Operation(_)
        | Subject::Other { paused: None, .. } => None,
    }
}

fn set_paused(subject: &Subject, paused: bool) -> Result<Intent, Outcome> {
    let (object, _) =
        pausable(subject).ok_or_else(|| outcome("WrongTarget", "an object of this kind cannot be paused"))?;
    let intent = Intent::of(object.clone(), Edit::Paused { paused });
    Ok(intent.undone_by(if paused { "resume" } else { "pause" }, &object))
}

/// What has no record is destroyed if nothing can be wrong about that: it was seen so for long enough, and says itself that it
/// was made from here.
fn destroy(record: &OperationRecord, suspect: &Suspect, hold: Option<&Hold>) -> Intent {
    let object = record.spec.target.clone();
    let braked = hold.map(|hold| match hold {
        Hold::Braked { by, .. } => veto("Braked", &format!("a brake holds everything here: {by}"), None),
        Hold::Paused { .. } => veto("Paused", "it is paused", None),
    });
    let fresh = (!suspect.is_confirmed()).then(|| {
        let message = format!(
            "nobody has a record of it since {}, and only {} minutes later it is sure that nobody comes to have one",
            suspect.since.format("%H:%M:%S"),
            CONFIRMED_AFTER.num_minutes()
        );
        veto("NotConfirmed", &message, None)
    });
    let foreign =
        matches!(suspect.missing, Missing::Unsigned(_) | Missing::Project | Missing::Nowhere).then(|| {
            let message =
                "nothing on it says that it was made from here: remove it with the cloud's own client";
            veto("NotOurs", message, None)
        });
    let full = (suspect.holds > 0).then(|| {
        let message = format!("{} things lie in it: delete them first", suspect.holds);
        veto("NotEmpty", &message, None)
    });
    let edit = || Edit::Destroy { suspect: Box::new(suspect.clone()) };
    let edits = object.into_iter().map(|object| EditStep { object, edit: edit() }).collect();
    Intent { edits, ..Intent::default() }.vetoed(braked).vetoed(fresh).vetoed(foreign).vetoed(full)
}

fn retry(subject: &PoolSubject) -> Intent {
    let failed = subject.pool.machines.iter().filter(|machine| machine.status.last_failure.is_some());
    let edits =
        failed.map(|machine| EditStep { object: machine.meta.reference(), edit: Edit::ForgetFailure });
    Intent { edits: edits.collect(), ..Intent::default() }
}

fn fence<'a>(record: &OperationRecord, machines: impl IntoIterator<Item = &'a ObjectReference>) -> Intent {
    let edit = || Edit::Fenced { order: order(record) };
    let edits = machines.into_iter().map(|object| EditStep { object: object.clone(), edit: edit() });
    Intent { edits: edits.collect(), ..Intent::default() }
}

fn cancel(target: &OperationRecord) -> Result<Intent, Outcome> {
    if target.status.phase.is_some_and(OperationPhase::is_final) {
        return Err(outcome("AlreadyEnded", "the Operation ended already"));
    }
    Ok(Intent::of(target.meta.reference(), Edit::Cancel))
}

fn approve(record: &OperationRecord, target: &OperationRecord) -> Result<Intent, Outcome> {
    let hash = record.spec.arguments.plan_hash.clone().unwrap_or_default();
    let planned = target.status.plan.as_ref().filter(|plan| plan.hash == hash);
    if target.status.phase.is_some_and(OperationPhase::is_final) {
        return Err(outcome("AlreadyEnded", "the Operation ended already"));
    }
    let Some(planned) = planned else {
        return Err(outcome("PlanChanged", "the Operation has no plan with this hash: look at it again"));
    };
    let approval =
        Approval { by: record.spec.requester.clone(), plan_hash: hash, at: Some(record.meta.created.into()) };
    let vetoes = planned.vetoes.clone();
    Ok(Intent { vetoes, ..Intent::of(target.meta.reference(), Edit::Approve { approval }) })
}
