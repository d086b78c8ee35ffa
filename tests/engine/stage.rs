//! One process with everything in it, and what people do to it.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use k8s_openapi::api::apps::v1::Deployment;
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::conditions::AVAILABLE;
use kaasboard::api::crds;
use kaasboard::api::machine::Machine;
use kaasboard::api::role::Role;
use kaasboard::api::storage_tenant::StorageBackend;
use kaasboard::clock;
use kaasboard::cloud::types::compute::ServerId;
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::engine::context::{Engine, Parts};
use kaasboard::engine::run::{self, Running};
use kaasboard::engine::site::Site;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kaasboard::planning::policy::Policy;
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::fleet::{self, Claims, Fleet};
use kaasboard::simulation::inside::all::Insides;
use kaasboard::simulation::world::state::World;
use kaasboard::simulation::{seeding, site};
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The tenant and the cluster of the smallest fleet.
pub const TENANT: &str = "team-001";
pub const CLUSTER: &str = "c0001";
/// The uid of the manager.
pub const MANAGER: &str = "manager";

/// How long a look takes that waits for something.
const LOOK: Duration = Duration::from_secs(1);

pub struct Stage {
    pub client: Client,
    pub cloud: SimulatedCloud,
    pub engine: Arc<Engine>,
    _manager: Manager,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// One cluster with three machines of each role, on six hypervisors in three zones.
fn smallest(clusters: u32) -> Fleet {
    Fleet::parse(&format!(
        "seed = 1\ntenants = 1\nclusters = {clusters}\nmachines = {}\navailability_zones = 3\nhypervisors = 6\n\
         etcd_members = {{ 3 = 1.0 }}\n[role_share]\ncontrol_plane = 0.25\nworker = 0.25\ningress = 0.25\n\
         etcd = 0.25\n[pods]\nper_machine_mean = 7.35\n[versions]\n\"v1.34.2\" = 1.0\n",
        clusters * 12
    ))
    .unwrap()
}

impl Stage {
    /// A process that begins with the records of a fleet and an empty cloud.
    pub async fn begin(clusters: u32) -> Self {
        Self::begin_with(clusters, Claims::default(), StorageBackend::Cinder).await
    }

    /// The same with tenants that keep data on a storage.
    pub async fn begin_with(clusters: u32, claims: Claims, backend: StorageBackend) -> Self {
        let fleet = smallest(clusters);
        let store = Store::in_memory(Limits::default());
        let manager = Manager::start(Options { store, seed: 7 }).await;
        let client = manager.client("default");
        for definition in crds::all().unwrap() {
            Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
        }
        let mut drawn = fleet.draw().unwrap();
        drawn.clusters.iter_mut().for_each(|cluster| cluster.spec.storage.backend = backend);
        seeding::seed(&client, &drawn).await.unwrap();
        let image = fleet::image("v1.34.2");
        let site = site::Site::new(fleet.availability_zones, fleet.hypervisors, &[&image]);
        let cloud = SimulatedCloud::new(World::new(site, 7));
        let insides = Insides::with_claims(cloud.clone(), 7, claims);
        let engine = Engine::new(Parts {
            client: client.clone(),
            cloud: Arc::new(cloud.clone()),
            workloads: Arc::new(insides.clone()),
            site: Site::simulated(),
            manager: MANAGER.to_owned(),
            policy: Policy::default(),
            seed: [7; 32],
        });
        let driven = insides.clone();
        let tasks = vec![
            tokio::spawn(async move { driven.drive().await }),
            tokio::spawn(run::run(engine.clone(), Running { identity: "test".to_owned() })),
        ];
        Self { client, cloud, engine, _manager: manager, tasks }
    }

    /// A process whose clusters are all available.
    pub async fn up(clusters: u32) -> Self {
        Self::up_with(clusters, Claims::default(), StorageBackend::Cinder).await
    }

    /// The same with tenants that keep data on a storage.
    pub async fn up_with(clusters: u32, claims: Claims, backend: StorageBackend) -> Self {
        let stage = Self::begin_with(clusters, claims, backend).await;
        let limit = Duration::from_secs(3600);
        stage
            .until("all clusters are available", limit, |stage| stage.available() == clusters as usize)
            .await;
        stage.rest(60).await;
        stage
    }

    /// Waits for something, and says how long it took. What keeps it from happening is told if it does not.
    pub async fn until(&self, what: &str, limit: Duration, is_so: impl Fn(&Self) -> bool) -> TimeDelta {
        let begun = clock::now();
        let end = begun + TimeDelta::from_std(limit).unwrap();
        while !is_so(self) {
            assert!(clock::now() < end, "not within {limit:?}: {what}\n{}", self.why());
            tokio::time::sleep(LOOK).await;
        }
        clock::now() - begun
    }

    /// The client of the cluster's own API.
    pub fn inside(&self) -> Client {
        let uid = self.engine.records.clusters.get(TENANT, CLUSTER).unwrap().uid().unwrap();
        self.engine.contacts.known(&uid).unwrap().client.clone()
    }

    /// The tenant runs nine pods, labelled `app=shop`.
    pub async fn open_shop(&self) {
        let labels = json!({ "app": "shop" });
        let containers = json!([{ "name": "shop", "image": "registry.example.net/shop:1" }]);
        let shop = json!({
            "metadata": { "name": "shop" },
            "spec": {
                "replicas": 9, "selector": { "matchLabels": labels },
                "template": { "metadata": { "labels": labels }, "spec": { "containers": containers } },
            },
        });
        let shops: Api<Deployment> = Api::namespaced(self.inside(), "default");
        shops.create(&PostParams::default(), &serde_json::from_value(shop).unwrap()).await.unwrap();
        self.rest(60).await;
    }

    pub async fn rest(&self, seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    pub fn available(&self) -> usize {
        let clusters = self.engine.records.clusters.all();
        let is_available = |cluster: &&Arc<KubernetesCluster>| {
            cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
        };
        clusters.iter().filter(is_available).count()
    }

    /// The machines of a role.
    pub fn machines(&self, role: Role) -> Vec<Arc<Machine>> {
        let all = self.engine.records.machines.of_cluster(TENANT, CLUSTER);
        all.into_iter().filter(|machine| machine.spec.role == role).collect()
    }

    pub fn machine(&self, name: &str) -> Option<Arc<Machine>> {
        self.engine.records.machines.get(TENANT, name)
    }

    /// Everything that was done for something whose name has this in it, from a time on.
    pub fn done_since(&self, at: DateTime<Utc>, about: &str) -> Vec<String> {
        let turns = self.engine.trace.latest();
        let late = turns.iter().filter(|turn| turn.at >= at);
        let steps = late.flat_map(|turn| turn.steps.iter());
        let done = steps.filter(|step| !step.reports && step.failure.is_none());
        done.map(|step| step.id.clone()).filter(|id| id.contains(about)).collect()
    }

    /// The same with the seconds from then on.
    pub fn timeline_since(&self, at: DateTime<Utc>) -> Vec<(i64, String)> {
        let turns = self.engine.trace.latest();
        let late = turns.iter().filter(|turn| turn.at >= at);
        let steps = late.flat_map(|turn| turn.steps.iter().map(|step| (turn.at, step)));
        let done = steps.filter(|(_, step)| !step.reports && step.failure.is_none());
        done.map(|(when, step)| ((when - at).num_seconds(), step.id.clone())).collect()
    }

    /// When each sort of step was taken first, in order.
    pub fn firsts(&self) -> Vec<(DateTime<Utc>, String)> {
        let mut firsts: Vec<(DateTime<Utc>, String)> = Vec::new();
        for turn in self.engine.trace.latest() {
            for step in turn.steps.iter().filter(|step| !step.reports && step.failure.is_none()) {
                let act = step.id.split('/').next().unwrap().to_owned();
                let act = match step.id.split_once('/') {
                    Some((_, about)) if act == "create-server" => format!("{act} {}", role_in(about)),
                    _ => act,
                };
                if !firsts.iter().any(|(_, known)| *known == act) {
                    firsts.push((turn.at, act));
                }
            }
        }
        firsts
    }

    /// What every loop finds, waits for and fails in.
    pub fn why(&self) -> String {
        let mut told: Vec<String> = Vec::new();
        for turn in self.engine.trace.all() {
            let failures =
                turn.steps.iter().filter_map(|step| Some(format!("{}: {}", step.id, step.failure.as_ref()?)));
            let waits = turn.waiting.iter().map(|wait| format!("waits: {}", wait.on));
            let finds = turn.findings.iter().map(|finding| format!("finds: {}", finding.kind));
            let all: Vec<String> = failures.chain(turn.failure.clone()).chain(finds).chain(waits).collect();
            if !all.is_empty() {
                told.push(format!("{}\n    {}", turn.key, all.join("\n    ")));
            }
        }
        told.sort();
        told.join("\n")
    }

    /// Lets the pool itself say how many workers there are, and not its cluster.
    pub async fn leave_count_to_pool(&self) {
        let spec = self.engine.records.clusters.get(TENANT, CLUSTER).unwrap().spec.workers.clone();
        let mut workers = serde_json::to_value(&spec).unwrap();
        workers[0].as_object_mut().unwrap().remove("replicas");
        self.patch::<KubernetesCluster>(CLUSTER, json!({ "spec": { "workers": workers } })).await;
    }

    /// Since when a node is Ready, as its own cluster says.
    pub async fn ready_since(&self, node: &str) -> DateTime<Utc> {
        let uid = self.engine.records.clusters.get(TENANT, CLUSTER).unwrap().uid().unwrap();
        let contact = self.engine.contacts.known(&uid).unwrap();
        let node = contact.node(node).await.value().cloned().flatten().unwrap();
        assert!(node.is_ready(), "{node:?}");
        node.ready_since
    }

    pub fn inject(&self, fault: Fault) {
        self.cloud.world().inject(fault);
    }

    pub fn server_of(&self, machine: &Machine) -> ServerId {
        ServerId::new(machine.status.as_ref().unwrap().server_id.clone().unwrap())
    }

    pub async fn patch<K>(&self, name: &str, change: Value)
    where
        K: Resource<DynamicType = (), Scope = kube::core::NamespaceResourceScope>
            + Clone
            + serde::de::DeserializeOwned
            + std::fmt::Debug,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), TENANT);
        api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await.unwrap();
    }

    /// The project of the first cluster.
    pub fn project(&self) -> ProjectId {
        let cluster = self.engine.records.clusters.get(TENANT, CLUSTER).unwrap();
        ProjectId::new(cluster.status.as_ref().unwrap().project_id.clone().unwrap())
    }

    pub async fn delete_cluster(&self) {
        let api: Api<KubernetesCluster> = Api::namespaced(self.client.clone(), TENANT);
        api.delete(CLUSTER, &DeleteParams::default()).await.unwrap();
    }

    /// The open Incidents: what, and their cause.
    pub fn incidents(&self) -> Vec<String> {
        let all = self.engine.records.incidents.all();
        let open = all.iter().filter_map(|incident| {
            let status = incident.status.as_ref()?;
            status.until.is_none().then(|| format!("{}: {}", incident.name_any(), status.what))
        });
        open.collect()
    }
}

fn role_in(server: &str) -> &'static str {
    ["etcd", "control-plane", "worker", "ingress"]
        .into_iter()
        .find(|role| server.contains(&format!("-{role}-")))
        .unwrap_or("?")
}
