//! The composition root: the only place that chooses between the real and the embedded, and that asks the operating
//! system for randomness.

pub mod real_cloud;

use std::env;
use std::panic::{self, PanicHookInfo};
use std::sync::Arc;

use chrono::TimeDelta;
use color_eyre::Report;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, Client};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

use crate::api::cluster::KubernetesCluster;
use crate::api::crds;
use crate::api::release::Release;
use crate::cli::failure::{Exit, Failure};
use crate::cli::manager::StoreAt;
use crate::cli::objects::unanswered;
use crate::cli::output;
use crate::clock;
use crate::console::{keymap, terminal, theme};
use crate::engine::context::{Engine, Parts};
use crate::engine::run::{self, Running};
use crate::engine::site::Site;
use crate::logging::level;
use crate::logging::start::Log;
use crate::manager::serve::token::Token;
use crate::manager::server::{Manager, Options};
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Store;
use crate::manager::store::limits::Limits;
use crate::planning::policy::Policy;
use crate::settings::context::Settings;
use crate::settings::load::{self, Words};
use crate::settings::places::Places;
use crate::simulation::cloud::SimulatedCloud;
use crate::simulation::fleet::{self, Drawn, Fleet};
use crate::simulation::follow::cloud::FollowedCloud;
use crate::simulation::inside::all::Insides;
use crate::simulation::inside::footing::Footing;
use crate::simulation::lab::Lab;
use crate::simulation::world::state::World;
use crate::simulation::{self, seeding};

use real_cloud::Real;

/// How often a sandbox that is cleared looks whether something is left.
const CLEARING: TimeDelta = TimeDelta::seconds(1);

/// Says what a bug did in the same form as every other failure, and writes it to the log.
pub fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        terminal::break_off();
        output::note(&panic_report(panic));
    }));
}

/// The checked settings of this user.
pub fn settings(places: &Places) -> Result<Settings, Failure> {
    let (themes, keymaps) = (theme::BUILT_IN.map(|(name, _)| name), keymap::BUILT_IN.map(|(name, _)| name));
    Ok(load::load(places, Words { themes: &themes, keymaps: &keymaps })?)
}

/// The log of this process, as much of it as `KAASBOARD_LOG` asks for.
pub fn log(places: &Places) -> Result<Log, Failure> {
    let wanted = env::var(level::VARIABLE).unwrap_or_else(|_| level::DEFAULT.to_owned());
    let filter = level::filter(&wanted).map_err(|error| {
        Failure::new(Exit::Usage, "the log level is not valid")
            .on(level::VARIABLE)
            .because(error)
            .remedy("set it to a level, or unset it")
    })?;
    Log::start(&places.state_dir, filter).map_err(|error| {
        Failure::new(Exit::Failed, "cannot open the log")
            .on(places.state_dir.display())
            .because(error)
            .remedy("make the directory writable, or set XDG_STATE_HOME to one that is")
    })
}

/// The runtime of a command that does more than print.
pub fn runtime() -> Result<Runtime, Failure> {
    Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "cannot start the threads of the runtime").because(error))
}

/// An embedded manager with its objects in memory or in a file.
pub async fn manager(store: &StoreAt) -> Result<Manager, Failure> {
    let store = match store {
        StoreAt::Memory => Store::in_memory(Limits::default()),
        StoreAt::File(file) => {
            Store::open_file(file, Limits::default()).map_err(|error| cannot_open(store, error))?
        }
    };
    let seed = u64::from_le_bytes(random()?);
    Ok(Manager::start(Options { store, seed }).await)
}

/// What the names and tokens of a sandbox are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Seeds {
    /// Names and uids of objects.
    pub manager: u64,
    /// Join tokens.
    pub engine: [u8; 32],
}

impl Seeds {
    /// Seeds that nobody can guess.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn random() -> Result<Self, Failure> {
        Ok(Self { manager: u64::from_le_bytes(random()?), engine: random()? })
    }

    /// The same seeds each time, for pictures and tests.
    pub const fn fixed() -> Self {
        Self { manager: 7, engine: [7; 32] }
    }
}

/// An engine at work on a cloud whose servers have simulated insides.
#[derive(Debug)]
pub struct Working {
    /// The cloud, as far as what runs on its servers depends on it.
    pub cloud: Footing,
    /// The insides of the clusters.
    pub insides: Insides,
    /// The engine.
    pub engine: Arc<Engine>,
    identity: String,
    running: JoinHandle<()>,
    driving: JoinHandle<()>,
    lab: Option<JoinHandle<()>>,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.running.abort();
        self.driving.abort();
        self.lab.iter().for_each(JoinHandle::abort);
    }
}

impl Working {
    /// The name under which it holds the Lease.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Comes true when a part of it broke.
    pub async fn broken(&mut self) {
        // However it ended, it works no more.
        let _ = (&mut self.running).await;
    }

    /// Stops to act, and gives the Lease up, so that another engine need not wait.
    pub async fn resign(self) {
        self.running.abort();
        let engine = &self.engine;
        if let Err(error) = engine.leadership.resign(&engine.client, &self.identity).await {
            tracing::warn!(%error, "the Lease was not given up; it ends by itself");
        }
    }
}

/// A sandbox: an embedded manager, and an engine at work on a simulated cloud.
#[derive(Debug)]
pub struct Sandbox {
    /// The manager.
    pub manager: Manager,
    /// The engine and its cloud.
    pub working: Working,
}

impl Sandbox {
    /// Deletes all clusters, and waits until they are gone with all that they had in the cloud.
    pub async fn clear(&self) -> Result<(), Failure> {
        let client = self.manager.client("default");
        let all: Api<KubernetesCluster> = Api::all(client.clone());
        loop {
            let left = all.list(&ListParams::default()).await.map_err(|error| unanswered(error.into()))?;
            if left.items.is_empty() {
                return Ok(());
            }
            for cluster in left.items.iter().filter(|one| one.metadata.deletion_timestamp.is_none()) {
                let namespace = cluster.namespace().unwrap_or_default();
                let own: Api<KubernetesCluster> = Api::namespaced(client.clone(), &namespace);
                let deleted = own.delete(&cluster.name_any(), &DeleteParams::default()).await;
                deleted.map_err(|error| unanswered(error.into()))?;
            }
            clock::sleep(CLEARING).await;
        }
    }
}

/// Starts a sandbox with a fleet, whose time goes so many times as fast as the wall clock.
pub async fn sandbox(fleet: &Fleet, speed: f64, seeds: Seeds) -> Result<Sandbox, Failure> {
    if speed > 1.0 {
        clock::hurry(speed);
    }
    let drawn = fleet.draw().map_err(unfit)?;
    let manager = seeded(&drawn, seeds.manager).await?;
    let images: Vec<String> = fleet.versions.keys().map(|version| fleet::image(version)).collect();
    let working = work(manager.client("default"), fleet, &images, "sandbox", seeds.engine).await?;
    Ok(Sandbox { manager, working })
}

/// Starts a sandbox whose servers are real ones, and whose insides are simulated.
pub async fn sandbox_on_servers(fleet: &Fleet, real: Real) -> Result<Sandbox, Failure> {
    let mut drawn = fleet.draw().map_err(unfit)?;
    for release in &mut drawn.releases {
        release.spec.image = real.image.clone();
    }
    let seeds = Seeds::random()?;
    let manager = seeded(&drawn, seeds.manager).await?;
    let cloud = FollowedCloud::new(Arc::new(real.cloud));
    let insides = Insides::new(cloud.clone(), fleet.seed);
    let parts = Parts {
        client: manager.client("default"),
        cloud: Arc::new(cloud.clone()),
        workloads: Arc::new(insides.clone()),
        site: real.site,
        policy: Policy::default(),
        seed: seeds.engine,
    };
    Ok(Sandbox { working: set_going(parts, cloud.into(), insides, "sandbox"), manager })
}

/// An embedded manager in memory that knows a fleet.
async fn seeded(drawn: &Drawn, seed: u64) -> Result<Manager, Failure> {
    let manager = Manager::start(Options { store: Store::in_memory(Limits::default()), seed }).await;
    let client = manager.client("default");
    for definition in crds::all().map_err(unfit)? {
        let api = Api::all(client.clone());
        api.create(&PostParams::default(), &definition).await.map_err(unfit)?;
    }
    seeding::seed(&client, drawn).await.map_err(unfit)?;
    Ok(manager)
}

fn unfit(error: impl Into<Report>) -> Failure {
    Failure::new(Exit::Failed, "the sandbox cannot be set up").because(error)
}

/// Starts an engine on a manager that lives elsewhere, with a simulated cloud that offers the images of all Releases.
pub async fn simulated_engine(client: Client) -> Result<Working, Failure> {
    let releases: Api<Release> = Api::all(client.clone());
    let releases = releases.list(&ListParams::default()).await.map_err(|error| unanswered(error.into()))?;
    let images: Vec<String> = releases.iter().map(|release| release.spec.image.to_string()).collect();
    seeding::system(&client).await.map_err(|error| {
        Failure::new(Exit::Failed, "the engine has no namespace of its own").because(error)
    })?;
    let fleet = Fleet::small()
        .map_err(|error| Failure::new(Exit::Failed, "the simulated cloud cannot be set up").because(error))?;
    work(client, &fleet, &images, "engine", random()?).await
}

/// An engine at work on a cloud with so many zones and hypervisors as a fleet has.
async fn work(
    client: Client,
    fleet: &Fleet,
    images: &[String],
    name: &str,
    seed: [u8; 32],
) -> Result<Working, Failure> {
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let site = simulation::site::Site::new(fleet.availability_zones, fleet.hypervisors, &images);
    let cloud = SimulatedCloud::new(World::new(site, fleet.seed));
    let insides = Insides::with_claims(cloud.clone(), fleet.seed, fleet.claims);
    let lab = Lab::open(client.clone(), cloud.clone()).await;
    let lab = lab
        .map_err(|error| Failure::new(Exit::Failed, "the simulated cloud cannot be set up").because(error))?;
    let parts = Parts {
        client,
        cloud: Arc::new(cloud.clone()),
        workloads: Arc::new(insides.clone()),
        site: Site::simulated(),
        policy: Policy::default(),
        seed,
    };
    let mut working = set_going(parts, cloud.into(), insides, name);
    working.lab = Some(tokio::spawn(lab.keep()));
    Ok(working)
}

fn set_going(parts: Parts, cloud: Footing, insides: Insides, name: &str) -> Working {
    let engine = Engine::new(parts);
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let identity = format!("{name}-{host}-{}", std::process::id());
    let running = Running { identity: identity.clone() };
    let driven = insides.clone();
    Working {
        driving: tokio::spawn(async move { driven.drive().await }),
        running: tokio::spawn(run::run(engine.clone(), running)),
        lab: None,
        cloud,
        insides,
        engine,
        identity,
    }
}

/// A token that nobody can guess.
pub fn token() -> Result<Token, Failure> {
    Ok(Token::new(random()?))
}

/// Random bytes of the operating system.
fn random<const COUNT: usize>() -> Result<[u8; COUNT], Failure> {
    let mut bytes = [0; COUNT];
    SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
        Failure::new(Exit::Failed, "the operating system gives no randomness").because(error)
    })?;
    Ok(bytes)
}

/// The store's errors say what to do in their own words.
fn cannot_open(store: &StoreAt, error: StoreError) -> Failure {
    let exit = if matches!(error, StoreError::InUse { .. }) { Exit::Refused } else { Exit::Failed };
    Failure::new(exit, "cannot open the store").on(store).because(error)
}

fn panic_report(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let message = panic.payload_as_str().unwrap_or("no message").to_owned();
    tracing::error!(place, message, "panic");
    Failure::new(Exit::Failed, "kaasboard has a mistake in it")
        .on(place)
        .because(Report::msg(message))
        .remedy("report it with this text and the end of the log")
        .to_string()
}
