//! What a play is played on: a manager in memory, a simulated cloud, the insides of its servers, and an engine that can die.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::crds;
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::engine::cache::{Cache, Change};
use kaasboard::engine::context::{Engine, Parts};
use kaasboard::engine::key::Key;
use kaasboard::engine::records::{Records, follow};
use kaasboard::engine::site::Site;
use kaasboard::engine::turn;
use kaasboard::engine::write::Record;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kaasboard::planning::policy::Policy;
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::inside::all::Insides;
use kaasboard::simulation::seeding;
use kaasboard::simulation::site;
use kaasboard::simulation::world::state::{Remains, World};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::fleet;

/// How long an engine of a play may write: longer than any play.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
/// How many kinds are watched.
pub const WATCHES: usize = 12;

/// A turn that was begun and is not over.
pub struct Flight {
    /// Whose.
    pub key: Key,
    /// The rest of it.
    pub rest: Pin<Box<dyn Future<Output = ()>>>,
}

/// A process: an engine, what it listens to, and the turns under way.
pub struct Process {
    pub engine: Arc<Engine>,
    pub flights: Vec<Flight>,
    watches: Vec<Option<JoinHandle<()>>>,
}

/// What outlives every process.
pub struct Stage {
    pub manager: Manager,
    pub client: kube::Client,
    pub cloud: SimulatedCloud,
    pub insides: Insides,
    driver: JoinHandle<()>,
    seed: u64,
    lives: u64,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Stage {
    /// A manager with a fleet in it, and a cloud in which nothing was made yet.
    pub async fn set(seed: u64, fleet: &fleet::Small) -> Self {
        let manager = Manager::start(Options { store: Store::in_memory(Limits::default()), seed }).await;
        let client = manager.client("default");
        for definition in crds::all().unwrap() {
            Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
        }
        seeding::seed(&client, &fleet.draw()).await.unwrap();
        let site = site::Site::new(3, 9, &[fleet::IMAGE]);
        let cloud = SimulatedCloud::new(World::new(site, seed));
        let insides = Insides::new(cloud.clone(), seed);
        let driven = insides.clone();
        let driver = tokio::spawn(async move { driven.drive().await });
        Self { manager, client, cloud, insides, driver, seed, lives: 0 }
    }

    /// The project of a cluster, and what is in it.
    pub async fn left_of(&self, name: &str) -> (Option<ProjectId>, Remains) {
        let cluster = self.clusters().get(name).await.unwrap();
        let project = cluster.status.and_then(|status| status.project_id).map(ProjectId::new);
        let remains = project.as_ref().map(|project| self.cloud.world().remains(project));
        (project, remains.unwrap_or_default())
    }

    /// A person deletes a cluster.
    pub async fn delete(&self, name: &str) {
        self.clusters().delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// The clusters, as people see them.
    pub fn clusters(&self) -> Api<KubernetesCluster> {
        Api::namespaced(self.client.clone(), fleet::TENANT)
    }

    /// Starts a process, which knows nothing of those before it.
    pub fn start(&mut self) -> Process {
        self.lives += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&self.lives.to_le_bytes());
        let engine = Engine::new(Parts {
            client: self.manager.client("default"),
            cloud: Arc::new(self.cloud.clone()),
            workloads: Arc::new(self.insides.clone()),
            site: Site::simulated(),
            policy: Policy::default(),
            seed,
        });
        engine.leadership.grant(FOR_EVER);
        let watches = (0..WATCHES).map(|index| Some(watch(&engine, index))).collect();
        Process { engine, flights: Vec::new(), watches }
    }
}

impl Process {
    /// Begins the turn of a record that is in the queue.
    pub fn begin(&mut self, key: Key) {
        if !self.engine.queue.begin(&key) {
            return;
        }
        let (engine, of) = (self.engine.clone(), key.clone());
        let rest = Box::pin(async move { turn::take(&engine, &of).await });
        self.flights.push(Flight { key, rest });
    }

    /// Whether all was read once that a turn may take for absent.
    pub fn is_ready(&self) -> bool {
        self.engine.records.are_complete() && self.engine.inventory.is_complete()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watches.iter().flatten().for_each(JoinHandle::abort);
    }
}

fn watch(engine: &Arc<Engine>, index: usize) -> JoinHandle<()> {
    match index {
        0 => open(engine, |records| &records.tenants),
        1 => open(engine, |records| &records.releases),
        2 => open(engine, |records| &records.clusters),
        3 => open(engine, |records| &records.storage),
        4 => open(engine, |records| &records.balancers),
        5 => open(engine, |records| &records.etcds),
        6 => open(engine, |records| &records.control_planes),
        7 => open(engine, |records| &records.pools),
        8 => open(engine, |records| &records.addons),
        9 => open(engine, |records| &records.machines),
        10 => open(engine, |records| &records.operations),
        _ => open(engine, |records| &records.incidents),
    }
}

fn open<K: Record + DeserializeOwned>(engine: &Arc<Engine>, of: fn(&Records) -> &Cache<K>) -> JoinHandle<()> {
    let engine = engine.clone();
    tokio::spawn(async move {
        let tell = |change: &Change<K>| K::changed(&engine, change);
        follow(engine.client.clone(), &engine.records, of, tell).await;
    })
}
