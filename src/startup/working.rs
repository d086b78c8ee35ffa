//! An engine at work, on one of the clouds that there are.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::ListParams;
use kube::{Api, Client};
use tokio::task::JoinHandle;

use super::keep::Keep;
use super::real_cloud::{self, Real, Servers};
use super::{Seeds, pace, random};
use crate::api::release::Release;
use crate::cli::failure::{Exit, Failure};
use crate::cli::objects::unanswered;
use crate::clock;
use crate::cloud::provider::Cloud;
use crate::engine::context::{Engine, Parts};
use crate::engine::run::{self, Running};
use crate::engine::site::Site;
use crate::planning::policy::Policy;
use crate::simulation::cloud::SimulatedCloud;
use crate::simulation::fleet::Fleet;
use crate::simulation::follow::cloud::FollowedCloud;
use crate::simulation::inside::all::Insides;
use crate::simulation::lab::Lab;
use crate::simulation::world::state::World;
use crate::simulation::{self, seeding};
use crate::workload::access::Workloads;
use crate::workload::direct::Direct;

/// The name of an engine that is part of no sandbox.
const ENGINE: &str = "engine";
/// The namespace that stands for the whole Manager Kubernetes.
const OLDEST_NAMESPACE: &str = "kube-system";

/// An engine at work.
#[derive(Debug)]
pub struct Working {
    /// The engine.
    pub engine: Arc<Engine>,
    identity: String,
    running: JoinHandle<()>,
    /// What keeps the simulated parts alive, if some are.
    living: Vec<JoinHandle<()>>,
    world: Option<SimulatedCloud>,
    /// What makes time go as fast as the engine keeps up, if something does.
    pace: Option<JoinHandle<()>>,
}

impl Drop for Working {
    fn drop(&mut self) {
        self.running.abort();
        self.living.iter().chain(&self.pace).for_each(JoinHandle::abort);
    }
}

impl Working {
    /// An engine on real servers, whose insides are reached over the network.
    ///
    /// # Errors
    /// When the cloud or the manager does not answer, or the cloud lacks something.
    pub async fn on_openstack(client: Client, at: &Servers) -> Result<Self, Failure> {
        let real = real_cloud::open(at).await?;
        own_namespace(&client).await?;
        let workloads = Arc::new(Direct::new());
        let parts = parts(client, Arc::new(real.cloud), workloads, real.site, random()?).await?;
        Ok(Self::begin(parts, ENGINE))
    }

    /// An engine on a manager that lives elsewhere, with a simulated cloud that offers the images of all Releases.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn on_simulated_servers(client: Client) -> Result<Self, Failure> {
        let releases: Api<Release> = Api::all(client.clone());
        let releases =
            releases.list(&ListParams::default()).await.map_err(|error| unanswered(error.into()))?;
        let images: Vec<String> = releases.iter().map(|release| release.spec.image.to_string()).collect();
        own_namespace(&client).await?;
        let fleet = Fleet::small().map_err(unfit)?;
        Self::simulated(client, &fleet, &images, ENGINE, random()?).await
    }

    /// An engine on a simulated cloud with so many zones and hypervisors as a fleet has.
    pub(super) async fn simulated(
        client: Client,
        fleet: &Fleet,
        images: &[String],
        name: &str,
        seed: [u8; 32],
    ) -> Result<Self, Failure> {
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        let site = simulation::site::Site::new(fleet.availability_zones, fleet.hypervisors, &images);
        let cloud = SimulatedCloud::new(World::new(site, fleet.seed));
        let insides = Insides::with_claims(cloud.clone(), fleet.seed, fleet.claims);
        let lab = Lab::open(client.clone(), cloud.clone()).await.map_err(unfit)?;
        let workloads = Arc::new(insides.clone());
        let parts = parts(client, Arc::new(cloud.clone()), workloads, Site::simulated(), seed).await?;
        let mut working = Self::begin(parts, name);
        working.living = vec![tokio::spawn(async move { insides.drive().await }), tokio::spawn(lab.keep())];
        working.world = Some(cloud);
        Ok(working)
    }

    /// An engine on real servers whose insides are simulated, and kept in a directory if one is named.
    pub(super) async fn on_followed_servers(
        client: Client,
        real: Real,
        seeds: Seeds,
        keep: Option<&Keep>,
    ) -> Result<Self, Failure> {
        let behind = Arc::new(real.cloud);
        let (cloud, insides) = match keep {
            None => {
                let cloud = FollowedCloud::new(behind);
                (cloud.clone(), Insides::new(cloud, seeds.manager))
            }
            Some(keep) => {
                let cloud = keep.cloud(behind)?;
                (cloud.clone(), Insides::kept(cloud, seeds.manager, keep.insides()))
            }
        };
        let parts =
            parts(client, Arc::new(cloud), Arc::new(insides.clone()), real.site, seeds.engine).await?;
        let mut working = Self::begin(parts, "sandbox");
        working.living = vec![tokio::spawn(async move { insides.drive().await })];
        Ok(working)
    }

    fn begin(parts: Parts, name: &str) -> Self {
        let engine = Engine::new(parts);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let identity = format!("{name}-{host}-{}", std::process::id());
        let running = Running { identity: identity.clone() };
        let running = tokio::spawn(run::run(engine.clone(), running));
        Self { engine, identity, running, living: Vec::new(), world: None, pace: None }
    }

    /// From now on time goes as fast as this engine keeps up with it.
    pub(super) fn keep_pace(&mut self) {
        self.pace = Some(tokio::spawn(pace::keep(self.engine.clone(), || false)));
    }

    /// From now on time goes as fast as this engine keeps up with it, until it has come to the present.
    pub(super) fn catch_up(&mut self) {
        self.pace = Some(tokio::spawn(pace::catch_up(self.engine.clone())));
    }

    /// From now on time goes as the wall clock's.
    pub fn end_hurry(&mut self) {
        self.pace.take().into_iter().for_each(|pace| pace.abort());
        clock::hurry(1.0);
    }

    /// The simulated world, where all is simulated: for whoever makes faults.
    pub fn world(&self) -> Option<&SimulatedCloud> {
        self.world.as_ref()
    }

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

async fn parts(
    client: Client,
    cloud: Arc<dyn Cloud>,
    workloads: Arc<dyn Workloads>,
    site: Site,
    seed: [u8; 32],
) -> Result<Parts, Failure> {
    let manager = uid_of(&client).await?;
    Ok(Parts { client, cloud, workloads, site, manager, policy: Policy::default(), seed })
}

/// The uid of a manager, as Kubernetes' own projects take it: that of a namespace that lives as long as the cluster.
async fn uid_of(manager: &Client) -> Result<String, Failure> {
    let namespaces: Api<Namespace> = Api::all(manager.clone());
    let oldest = namespaces.get(OLDEST_NAMESPACE).await.map_err(|error| unanswered(error.into()))?;
    oldest.metadata.uid.ok_or_else(|| {
        Failure::new(Exit::Failed, "the manager has no identity")
            .because(color_eyre::Report::msg(format!("its namespace {OLDEST_NAMESPACE} has no uid")))
            .remedy("use a Manager Kubernetes that gives its objects uids: what is made in the cloud bears this one")
    })
}

/// Makes the namespace of the engine's own objects, if it is not there.
async fn own_namespace(client: &Client) -> Result<(), Failure> {
    seeding::system(client)
        .await
        .map_err(|error| Failure::new(Exit::Failed, "the engine has no namespace of its own").because(error))
}

fn unfit(error: impl Into<color_eyre::Report>) -> Failure {
    Failure::new(Exit::Failed, "the simulated cloud cannot be set up").because(error)
}
