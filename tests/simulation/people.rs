//! What people do: they scale, delete, pause, brake, heal, drain, and come back to approve what they asked for.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::condition::ConditionStatus;
use kaasboard::api::conditions::READY;
use kaasboard::api::machine::{Machine, Scheduling};
use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::api::operation::{Operation, Verb};
use kaasboard::api::operation_status::OperationPhase;
use kaasboard::api::role::Role;
use kaasboard::clock;
use kube::api::{DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::ApiResource;
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::book::{Book, longer_than};
use crate::fleet::TENANT;
use crate::stage::Stage;

/// How long people wait before they look at what they asked for, in seconds.
const PATIENCE: i64 = 20;
/// How long they wait for an API that says nothing.
const SILENCE: Duration = Duration::from_secs(30);
/// After so many seconds a machine that is not Ready does not become so by itself: it had half an hour to join.
const LOST: i64 = 2700;

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    Scale,
    Pause,
    Brake,
    Ask(&'static str),
    DeleteMachine,
    DeleteCluster,
}

impl Deed {
    /// One of them; what people do more often is drawn more often.
    pub fn drawn(book: &Book) -> Self {
        match book.draw(0..16) {
            0..4 => Self::Scale,
            4 | 5 => Self::Pause,
            6 | 7 => Self::Brake,
            8..11 => Self::Ask("heal"),
            11 => Self::Ask("drain"),
            12 => Self::Ask("uncordon"),
            13 => Self::Ask("fence"),
            14 => Self::DeleteMachine,
            _ => Self::DeleteCluster,
        }
    }
}

/// People, and what they have in mind.
pub struct People {
    asked: u32,
    next: DateTime<Utc>,
    /// The clusters that are paused, and the brakes that are on; until when.
    holds: Vec<(DateTime<Utc>, Hold)>,
    /// The clusters that the tenant's applications run on.
    settled: Vec<String>,
    /// The machines that they let try once more at the end of the day.
    retried: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Hold {
    Pause(String),
    Brake { name: String, namespace: &'static str, on: String },
}

impl People {
    pub fn new() -> Self {
        Self {
            asked: 0,
            next: clock::now(),
            holds: Vec::new(),
            settled: Vec::new(),
            retried: BTreeSet::new(),
        }
    }

    /// People look after what they began: approve, resume, release.
    pub async fn tend(&mut self, stage: &Stage, all: bool) {
        let now = clock::now();
        let (due, open) = std::mem::take(&mut self.holds).into_iter().partition(|(at, _)| all || *at <= now);
        self.holds = open;
        for (_, hold) in due as Vec<(DateTime<Utc>, Hold)> {
            release(stage, &hold).await;
        }
        if self.next > now && !all {
            return;
        }
        self.next = now + TimeDelta::seconds(PATIENCE);
        self.settle(stage).await;
        let operations: Api<Operation> = Api::all(stage.client.clone());
        for operation in operations.list(&kube::api::ListParams::default()).await.unwrap() {
            approve(stage, &operation).await;
        }
    }

    /// People put everything back that keeps machines from working.
    pub async fn calm(&mut self, stage: &Stage) {
        self.tend(stage, true).await;
        Self::help(stage).await;
        for machine in stage.witness.ledger.machines() {
            let failure = machine.status.as_ref().and_then(|status| status.last_failure.as_ref());
            if failure.is_some_and(|failure| failure.retry_at.is_none())
                && self.retried.insert(machine.name_any())
            {
                self.submit_for(stage, "retry", &machine).await;
            }
            if machine.spec.scheduling != Scheduling::Open {
                patch::<Machine>(stage, &machine.name_any(), json!({ "spec": { "scheduling": "Open" } }))
                    .await;
            }
        }
    }

    /// Where so many machines of a cluster are broken that the engine asks for help, somebody deletes one after the other.
    async fn help(stage: &Stage) {
        let ledger = &stage.witness.ledger;
        let machines = ledger.machines();
        for cluster in ledger.clusters() {
            let is_its = |one: &&std::sync::Arc<Machine>| {
                let is_of_pool = matches!(one.spec.role, Role::Worker | Role::Ingress);
                is_of_pool
                    && one.spec.cluster_name.as_str() == cluster.name_any()
                    && one.metadata.deletion_timestamp.is_none()
            };
            let runs = |one: &Machine| ledger.server_of(one).is_none_or(|server| ledger.runs(&server));
            let dead: Vec<_> =
                machines.iter().filter(is_its).filter(|one| !runs(one) || is_lost(one)).collect();
            if let [first, _, ..] = dead.as_slice() {
                let book = &stage.book;
                book.say(format_args!("somebody deletes machine {}: too many are broken", first.name_any()));
                let api: Api<Machine> = Api::namespaced(stage.client.clone(), TENANT);
                let _ = api.delete(&first.name_any(), &DeleteParams::default()).await;
            }
        }
    }

    /// Somebody does something; what they hold they hold for so many seconds.
    pub async fn act(&mut self, stage: &Stage, deed: Deed, lasts: Range<u32>) {
        let book = &stage.book;
        let clusters = stage.witness.ledger.clusters();
        let clusters: Vec<_> =
            clusters.iter().filter(|cluster| cluster.metadata.deletion_timestamp.is_none()).collect();
        let Some(cluster) = book.pick(&clusters).map(|cluster| cluster.name_any()) else { return };
        let lasts = TimeDelta::seconds(i64::from(book.draw(lasts)));
        match deed {
            Deed::Scale => scale(stage, &cluster).await,
            Deed::Pause => {
                stage.book.say(format_args!("somebody pauses {cluster}"));
                patch::<KubernetesCluster>(stage, &cluster, json!({ "spec": { "paused": true } })).await;
                hold(stage, &cluster);
                self.holds.push((clock::now() + lasts, Hold::Pause(cluster)));
            }
            Deed::Brake => self.brake(stage, &cluster, clock::now() + lasts).await,
            Deed::Ask(verb) => self.ask(stage, verb, &cluster).await,
            Deed::DeleteMachine => {
                let Some(machine) = any_machine(stage, &cluster) else { return };
                book.say(format_args!("somebody deletes machine {}", machine.name_any()));
                let api: Api<Machine> = Api::namespaced(stage.client.clone(), TENANT);
                let _ = api.delete(&machine.name_any(), &DeleteParams::default()).await;
            }
            Deed::DeleteCluster => {
                book.say(format_args!("somebody deletes {cluster}"));
                let api: Api<KubernetesCluster> = Api::namespaced(stage.client.clone(), TENANT);
                let _ = api.delete(&cluster, &DeleteParams::default()).await;
            }
        }
    }

    async fn brake(&mut self, stage: &Stage, cluster: &str, until: DateTime<Utc>) {
        self.asked += 1;
        let name = format!("brake-{}", self.asked);
        let all = stage.book.chance(0.5);
        let target = json!({ "kind": "KubernetesCluster", "namespace": TENANT, "name": cluster });
        let (namespace, scope) = if all { (SYSTEM_NAMESPACE, "All") } else { (TENANT, "Cluster") };
        let mut spec = json!({ "verb": "brake", "arguments": { "scope": scope }, "requester": "mia" });
        if !all {
            spec["target"] = target;
        }
        stage.book.say(format_args!("somebody brakes {}", if all { "everything" } else { cluster }));
        if submit(stage, namespace, &name, spec).await {
            let on = if all { String::new() } else { cluster.to_owned() };
            hold(stage, &on);
            self.holds.push((until, Hold::Brake { name, namespace, on }));
        }
    }

    async fn ask(&mut self, stage: &Stage, verb: &str, cluster: &str) {
        let Some(machine) = any_machine(stage, cluster) else { return };
        // People say that a server writes no more only when they made sure.
        let runs =
            stage.witness.ledger.server_of(&machine).is_some_and(|one| stage.witness.ledger.runs(&one));
        if verb == "fence" && runs {
            return;
        }
        self.submit_for(stage, verb, &machine).await;
    }

    async fn submit_for(&mut self, stage: &Stage, verb: &str, machine: &Machine) {
        self.asked += 1;
        let target = json!({ "kind": "Machine", "namespace": TENANT, "name": machine.name_any() });
        stage.book.say(format_args!("somebody asks: {verb} {}", machine.name_any()));
        let spec = json!({ "verb": verb, "target": target, "requester": "mia" });
        submit(stage, TENANT, &format!("{verb}-{}", self.asked), spec).await;
    }

    /// The tenant brings its applications as soon as there are nodes.
    async fn settle(&mut self, stage: &Stage) {
        for cluster in stage.witness.ledger.clusters() {
            let (uid, name) = (cluster.uid().unwrap_or_default(), cluster.name_any());
            let client = stage.witness.memory().inside.get(&uid).cloned();
            let (false, Some(client)) = (self.settled.contains(&uid), client) else { continue };
            let mut is_there = true;
            for object in applications() {
                let object: DynamicObject = serde_json::from_value(object).unwrap();
                let types = object.types.clone().unwrap();
                let kind = ApiResource::from_gvk(&kube::core::GroupVersionKind::try_from(&types).unwrap());
                let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), "default", &kind);
                let how = PatchParams::apply("tenant").force();
                let (name, patch) = (object.name_any(), Patch::Apply(&object));
                // An API that is silent does not even refuse.
                let answer = timeout(SILENCE, api.patch(&name, &how, &patch)).await;
                is_there &= answer.is_ok_and(|answer| answer.is_ok());
            }
            if is_there {
                stage.book.say(format_args!("the tenant brings its applications to {name}"));
                self.settled.push(uid);
            }
        }
    }
}

/// A pod with a volume, and others that a budget guards.
fn applications() -> [Value; 3] {
    let labels = |app: &str| json!({ "app": app });
    let template = |app: &str| json!({ "metadata": { "labels": labels(app) }, "spec": { "containers": [{ "name": app, "image": app }] } });
    let claim = json!({ "metadata": { "name": "data" }, "spec": {
        "storageClassName": "kaasboard", "accessModes": ["ReadWriteOnce"],
        "resources": { "requests": { "storage": "1Gi" } } } });
    [
        json!({ "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": { "name": "base" }, "spec": {
            "serviceName": "base", "replicas": 1, "selector": { "matchLabels": labels("base") },
            "template": template("base"), "volumeClaimTemplates": [claim] } }),
        json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" }, "spec": {
            "replicas": 2, "selector": { "matchLabels": labels("shop") }, "template": template("shop") } }),
        json!({ "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": { "name": "shop" },
            "spec": { "minAvailable": 1, "selector": { "matchLabels": labels("shop") } } }),
    ]
}

fn hold(stage: &Stage, on: &str) {
    stage.witness.memory().holds.entry(on.to_owned()).or_insert(clock::now());
}

async fn release(stage: &Stage, hold: &Hold) {
    stage.book.say(format_args!("somebody lets go: {hold:?}"));
    let on = match hold {
        Hold::Pause(cluster) => {
            patch::<KubernetesCluster>(stage, cluster, json!({ "spec": { "paused": false } })).await;
            cluster
        }
        Hold::Brake { name, namespace, on } => {
            let api: Api<Operation> = Api::namespaced(stage.client.clone(), namespace);
            let cancelled = Patch::Merge(json!({ "spec": { "cancelled": true } }));
            let _ = api.patch(name, &PatchParams::default(), &cancelled).await;
            on
        }
    };
    stage.witness.memory().holds.remove(on);
}

async fn scale(stage: &Stage, cluster: &str) {
    let (path, most) =
        *stage.book.pick(&[("/spec/workers/0/replicas", 4), ("/spec/ingress/replicas", 3)]).unwrap();
    let replicas = stage.book.draw(1..most + 1);
    stage.book.say(format_args!("somebody scales {cluster}: {path} to {replicas}"));
    let change = json!([{ "op": "replace", "path": path, "value": replicas }]);
    let api: Api<KubernetesCluster> = Api::namespaced(stage.client.clone(), TENANT);
    let change = Patch::Json::<()>(serde_json::from_value(change).unwrap());
    let _ = api.patch(cluster, &PatchParams::default(), &change).await;
}

fn any_machine(stage: &Stage, cluster: &str) -> Option<std::sync::Arc<Machine>> {
    let machines = stage.witness.ledger.machines();
    let those: Vec<_> = machines
        .iter()
        .filter(|one| one.spec.cluster_name.as_str() == cluster)
        .filter(|one| matches!(one.spec.role, Role::Worker | Role::Ingress))
        .collect();
    stage.book.pick(&those).map(|one| (*one).clone())
}

async fn submit(stage: &Stage, namespace: &str, name: &str, spec: Value) -> bool {
    let object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "name": name, "namespace": namespace },
        "spec": spec,
    });
    let operation: Operation = serde_json::from_value(object).unwrap();
    let api: Api<Operation> = Api::namespaced(stage.client.clone(), namespace);
    api.create(&PostParams::default(), &operation).await.is_ok()
}

/// Whether a machine has not been Ready for so long that people give it up.
fn is_lost(machine: &Machine) -> bool {
    let ready = machine.status.as_ref().and_then(|status| status.conditions.get(READY));
    ready.is_some_and(|ready| {
        ready.status != ConditionStatus::True && longer_than(ready.last_transition_time.at(), LOST)
    })
}

async fn approve(stage: &Stage, operation: &Operation) {
    let Some(status) = &operation.status else { return };
    let waits = status.phase == Some(OperationPhase::Planned) && operation.spec.approved.is_none();
    let Some(plan) = status.plan.as_ref().filter(|_| waits && operation.spec.verb != Verb::Brake) else {
        return;
    };
    stage.book.say(format_args!("somebody approves {}", operation.name_any()));
    let approved = json!({ "by": "mia", "planHash": plan.hash, "at": clock::now_in_seconds() });
    let api: Api<Operation> =
        Api::namespaced(stage.client.clone(), &operation.namespace().unwrap_or_default());
    let change = Patch::Merge(json!({ "spec": { "approved": approved } }));
    let _ = api.patch(&operation.name_any(), &PatchParams::default(), &change).await;
}

async fn patch<K>(stage: &Stage, name: &str, change: Value)
where
    K: kube::Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
        + Clone
        + serde::de::DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(stage.client.clone(), TENANT);
    let _ = api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await;
}
