//! The composition root: the only place that chooses between the real and the embedded, and that asks the operating
//! system for randomness.
//!
//! [`real_cloud`] opens an OpenStack by the entries of clouds.yaml. [`working`] is an engine at work, on whichever cloud
//! there is. [`keep`] is the directory of a sandbox on real servers that outlives its process.

pub mod keep;
pub mod pace;
pub mod real_cloud;
pub mod working;

use std::env;
use std::panic::{self, PanicHookInfo};

use chrono::TimeDelta;
use color_eyre::Report;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Api, ResourceExt};
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::runtime::{Builder, Runtime};

use crate::api::cluster::KubernetesCluster;
use crate::api::crds;
use crate::api::text::CloudName;
use crate::cli::failure::{Exit, Failure};
use crate::cli::manager::StoreAt;
use crate::cli::objects::unanswered;
use crate::cli::output;
use crate::clock;
use crate::console::{keymap, terminal, theme};
use crate::logging::level;
use crate::logging::start::Log;
use crate::manager::serve::token::Token;
use crate::manager::server::{Manager, Options};
use crate::manager::store::errors::StoreError;
use crate::manager::store::handle::Store;
use crate::manager::store::limits::Limits;
use crate::settings::context::Settings;
use crate::settings::load::{self, Words};
use crate::settings::places::Places;
use crate::simulation::fleet::{self, Drawn, Fleet};
use crate::simulation::seeding;

use keep::Keep;
use pace::Speed;
use real_cloud::Real;
use working::Working;

/// In whose name the kinds of an embedded manager are applied.
const FIELD_MANAGER: &str = "kaasboard";
/// How often a sandbox that is cleared looks whether something is left.
const CLEARING: TimeDelta = TimeDelta::seconds(1);

/// Says what a bug did in the same form as every other failure, and writes it to the log.
pub fn report_panics() {
    panic::set_hook(Box::new(|panic| {
        terminal::break_off(|| output::note(&panic_report(panic)));
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

/// The same, with our kinds installed.
pub async fn manager_with_kinds(store: &StoreAt) -> Result<Manager, Failure> {
    let manager = manager(store).await?;
    let failed = |error: Report| {
        Failure::new(Exit::Failed, "our kinds cannot be installed in the embedded manager").because(error)
    };
    let api: Api<CustomResourceDefinition> = Api::all(manager.client("default"));
    let who = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    for mut definition in crds::all().map_err(|error| failed(error.into()))? {
        let name = definition.name_any();
        let installed = match api.get_opt(&name).await.map_err(|error| failed(error.into()))? {
            None => api.create(&who, &definition).await,
            // One of another version of this program.
            Some(found) => {
                definition.metadata.resource_version = found.metadata.resource_version;
                api.replace(&name, &who, &definition).await
            }
        };
        installed.map_err(|error| failed(error.into()))?;
    }
    Ok(manager)
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

/// Starts a sandbox with a fleet, whose time goes so fast.
pub async fn sandbox(fleet: &Fleet, speed: Speed, seeds: Seeds) -> Result<Sandbox, Failure> {
    match speed {
        Speed::Times(times) if times > 1.0 => clock::hurry(times),
        Speed::Times(_) | Speed::Most => {}
        Speed::CatchUp => clock::set_back(pace::BEGAN),
    }
    let drawn = fleet.draw().map_err(unfit)?;
    let manager = seeded(&drawn, seeds.manager).await?;
    let images: Vec<String> = fleet.versions.keys().map(|version| fleet::image(version)).collect();
    let mut working =
        Working::simulated(manager.client("default"), fleet, &images, "sandbox", seeds.engine).await?;
    match speed {
        Speed::Times(_) => {}
        Speed::Most => working.keep_pace(),
        Speed::CatchUp => working.catch_up(),
    }
    Ok(Sandbox { manager, working })
}

/// Starts a sandbox whose servers are real ones, and whose insides are simulated. With a directory to keep it in, it goes on
/// where it was, however it ended.
pub async fn sandbox_on_servers(drawn: &Drawn, real: Real, keep: Option<&Keep>) -> Result<Sandbox, Failure> {
    let seeds = Seeds::random()?;
    let manager = match keep {
        None => seeded(drawn, seeds.manager).await?,
        Some(keep) => {
            let manager = manager_with_kinds(&keep.store()).await?;
            // What people deleted since then does not come again.
            if !keep.is_seeded() {
                seeding::seed(&manager.client("default"), drawn).await.map_err(unfit)?;
                keep.note_seeded()?;
            }
            manager
        }
    };
    let working = Working::on_followed_servers(manager.client("default"), real, seeds, keep).await?;
    Ok(Sandbox { manager, working })
}

/// A fleet whose servers all boot one image.
pub fn on_image(fleet: &Fleet, image: &CloudName) -> Result<Drawn, Failure> {
    let mut drawn = fleet.draw().map_err(unfit)?;
    for release in &mut drawn.releases {
        release.spec.image = image.clone();
    }
    Ok(drawn)
}

/// Gives all servers of a fleet the same size.
pub fn of_flavor(drawn: &mut Drawn, flavor: &CloudName) {
    for cluster in &mut drawn.clusters {
        let spec = &mut cluster.spec;
        spec.etcd.flavor = flavor.clone();
        spec.control_plane.flavor = flavor.clone();
        let pools = spec.workers.iter_mut().map(|pool| &mut pool.flavor);
        pools
            .chain(spec.ingress.iter_mut().map(|pool| &mut pool.flavor))
            .for_each(|one| *one = flavor.clone());
    }
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
