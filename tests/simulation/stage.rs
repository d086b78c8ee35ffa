//! What a play is played on: a manager in memory, a simulated cloud, the insides of its servers, and processes that can die.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kaasboard::api::crds;
use kaasboard::api::names::Tag;
use kaasboard::cloud::types::compute::NewServer;
use kaasboard::cloud::types::identity::{NewProject, ProjectId};
use kaasboard::cloud::types::network::NewPort;
use kaasboard::engine::cache::{Cache, Change};
use kaasboard::engine::context::{Engine, Parts};
use kaasboard::engine::records::{Records, follow};
use kaasboard::engine::site::Site;
use kaasboard::engine::write::Record;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kaasboard::planning::policy::Policy;
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::inside::all::Insides;
use kaasboard::simulation::seeding;
use kaasboard::simulation::site;
use kaasboard::simulation::world::state::World;
use kube::Api;
use kube::api::PostParams;
use serde::de::DeserializeOwned;
use tokio::task::JoinHandle;

use crate::blunder::Planted;
use crate::book::Book;
use crate::cloud::BadCloud;
use crate::fleet;
use crate::gate::{BadInsides, Gate};
use crate::ledger::Ledger;
use crate::witness::Witness;

/// How long an engine of a play may write: longer than any play.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);

/// An engine and what it listens to.
pub struct Process {
    pub engine: Arc<Engine>,
    watches: Vec<JoinHandle<()>>,
}

impl Process {
    /// Whether all was read once that a turn may take for absent.
    pub fn is_ready(&self) -> bool {
        self.engine.records.are_complete() && self.engine.inventory.is_complete()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.watches.iter().for_each(JoinHandle::abort);
    }
}

/// What is in the world and not ours: it is never to be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strangers {
    project: ProjectId,
    servers: BTreeSet<String>,
    ports: BTreeSet<String>,
}

/// What outlives every process.
pub struct Stage {
    pub book: Book,
    pub witness: Witness,
    /// The manager as people reach it.
    pub client: kube::Client,
    pub cloud: SimulatedCloud,
    pub strangers: Strangers,
    insides: Insides,
    driver: JoinHandle<()>,
    planted: Option<Planted>,
    seed: u64,
    lives: u64,
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Stage {
    /// A manager with a fleet in it, and a cloud in which nothing was made yet but what belongs to others.
    pub async fn set(seed: u64, book: Book, fleet: &fleet::Small, planted: Option<Planted>) -> Self {
        let store = Store::in_memory(Limits::default());
        let manager = Manager::start(Options { store: store.clone(), seed }).await;
        let client = manager.client("default");
        for definition in crds::all().unwrap() {
            Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
        }
        seeding::seed(&client, &fleet.draw()).await.unwrap();
        let cloud = SimulatedCloud::new(World::new(site::Site::new(3, 9, &[fleet::IMAGE]), seed));
        let project = settle_strangers(&mut cloud.world());
        let insides = Insides::new(cloud.clone(), seed);
        let driven = insides.clone();
        let driver = tokio::spawn(async move { driven.drive().await });
        let witness = Witness::new(book.clone(), Ledger::new(cloud.clone(), store));
        let strangers = strangers(&cloud.world(), &project);
        Self { book, witness, client, cloud, strangers, insides, driver, planted, seed, lives: 0 }
    }

    /// Whether those whom nobody is to touch are as they were.
    pub fn strangers_are_well(&self) -> bool {
        strangers(&self.cloud.world(), &self.strangers.project) == self.strangers
    }

    /// Starts a process, which knows nothing of those before it.
    pub fn start(&mut self) -> Process {
        self.lives += 1;
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        seed[8..16].copy_from_slice(&self.lives.to_le_bytes());
        let blunder = self.planted.and_then(|planted| match planted {
            Planted::Around(blunder) => Some(blunder),
            Planted::Inside(_) => None,
        });
        let mistake = self.planted.and_then(|planted| match planted {
            Planted::Inside(mistake) => Some(mistake),
            Planted::Around(_) => None,
        });
        let witness = self.witness.clone();
        let gate = Gate { inner: self.client.clone(), cluster: None, witness: witness.clone(), blunder };
        let engine = Engine::new(Parts {
            client: gate.client(),
            cloud: Arc::new(BadCloud { inner: self.cloud.clone(), witness: witness.clone(), blunder }),
            workloads: Arc::new(BadInsides { inner: self.insides.clone(), witness }),
            site: Site::simulated(),
            manager: "manager".to_owned(),
            policy: Policy { mistake, ..Policy::default() },
            seed,
        });
        engine.leadership.grant(FOR_EVER);
        let watches = vec![
            open(&engine, |records| &records.tenants),
            open(&engine, |records| &records.releases),
            open(&engine, |records| &records.clusters),
            open(&engine, |records| &records.storage),
            open(&engine, |records| &records.balancers),
            open(&engine, |records| &records.etcds),
            open(&engine, |records| &records.control_planes),
            open(&engine, |records| &records.pools),
            open(&engine, |records| &records.addons),
            open(&engine, |records| &records.machines),
            open(&engine, |records| &records.operations),
            open(&engine, |records| &records.incidents),
        ];
        Process { engine, watches }
    }
}

fn open<K: Record + DeserializeOwned>(engine: &Arc<Engine>, of: fn(&Records) -> &Cache<K>) -> JoinHandle<()> {
    // What listens must not keep a process alive that ended.
    let (records, client, engine) = (engine.records.clone(), engine.client.clone(), Arc::downgrade(engine));
    tokio::spawn(async move {
        let tell = |change: &Change<K>| {
            if let Some(engine) = engine.upgrade() {
                K::changed(&engine, change);
            }
        };
        follow(client, &records, of, tell).await;
    })
}

/// Others have a server with a name like ours, and one with the tags of another engine like ours.
fn settle_strangers(world: &mut World) -> ProjectId {
    let wanted =
        NewProject { name: "others".to_owned(), description: String::new(), tags: vec!["prod".to_owned()] };
    let project = world.create_project(&wanted).unwrap().id;
    let other = |uid: &str| {
        vec![Tag::ClusterUid(uid.to_owned()).to_string(), Tag::MachineUid(uid.to_owned()).to_string()]
    };
    for (name, tags) in
        [("c1-worker-abcd1234", Vec::new()), ("c2-worker-0", other("00000000-0000-4000-8000-000000000000"))]
    {
        let port = NewPort {
            project: project.clone(),
            name: name.to_owned(),
            network: "backend".to_owned(),
            security_groups: Vec::new(),
            tags: tags.clone(),
        };
        let port = world.create_port(&port).unwrap().id;
        let server = NewServer {
            project: project.clone(),
            name: name.to_owned(),
            flavor: "m1.kube.small".to_owned(),
            image: fleet::IMAGE.to_owned(),
            port,
            zone: None,
            group: None,
            user_data: Vec::new(),
            tags,
        };
        world.create_server(&server).unwrap();
    }
    project
}

fn strangers(world: &World, project: &ProjectId) -> Strangers {
    let servers = world.list_servers(None).into_iter().filter(|server| server.project == *project);
    let ports = world.list_ports().into_iter().filter(|port| port.project == *project);
    Strangers {
        project: project.clone(),
        servers: servers.map(|server| server.id.to_string()).collect(),
        ports: ports.map(|port| port.id.to_string()).collect(),
    }
}
