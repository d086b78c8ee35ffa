//! What all loops share.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use kube::Client;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::brakes::Brakes;
use super::budget::Budget;
use super::contact::Contacts;
use super::events::Events;
use super::facts::metrics::Metrics;
use super::fleet::Fleet;
use super::inventory::Inventory;
use super::keys::Keys;
use super::leaks::Leaks;
use super::lease::Leadership;
use super::projects::Projects;
use super::queue::Queue;
use super::records::Records;
use super::site::Site;
use super::trace::Trace;
use crate::api::names::Tag;
use crate::cloud::provider::Cloud;
use crate::planning::policy::Policy;
use crate::workload::access::Workloads;

/// What the engine is made of.
pub struct Parts {
    /// The Manager Kubernetes.
    pub client: Client,
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// The insides of user clusters.
    pub workloads: Arc<dyn Workloads>,
    /// What the operator decided about the cloud.
    pub site: Site,
    /// The uid of the Manager Kubernetes: what is made bears it, so that no other manager takes it for its own.
    pub manager: String,
    /// Durations and limits.
    pub policy: Policy,
    /// What join tokens are drawn from. Where they guard something, it comes from the system's randomness.
    pub seed: [u8; 32],
}

/// What all loops share.
pub struct Engine {
    /// The Manager Kubernetes.
    pub client: Client,
    /// The cloud.
    pub cloud: Arc<dyn Cloud>,
    /// What the cloud may be asked, and was.
    pub budget: Budget,
    /// The cloud, as it was last read.
    pub inventory: Inventory,
    /// What in the cloud belongs to nobody.
    pub leaks: Leaks,
    /// What belongs to projects.
    pub projects: Projects,
    /// The records.
    pub records: Arc<Records>,
    /// The keys of clusters.
    pub keys: Keys,
    /// The insides of user clusters.
    pub contacts: Contacts,
    /// The brakes that hold.
    pub brakes: Brakes,
    /// The health of the fleet.
    pub fleet: Fleet,
    /// Whose turn it is.
    pub queue: Queue,
    /// What came of the turns.
    pub trace: Trace,
    /// What is told on the objects.
    pub events: Events,
    /// The turns in numbers.
    pub metrics: Metrics,
    /// Whether we may act.
    pub leadership: Leadership,
    /// What the operator decided about the cloud.
    pub site: Site,
    /// The uid of the Manager Kubernetes.
    pub manager: String,
    /// Durations and limits.
    pub policy: Policy,
    random: Mutex<StdRng>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Engine").field("site", &self.site).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parts").field("site", &self.site).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that does nothing yet: see [`super::run`].
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { client, cloud, workloads, site, manager, policy, seed } = parts;
        Arc::new(Self {
            client,
            cloud,
            budget: Budget::default(),
            inventory: Inventory::default(),
            leaks: Leaks::default(),
            projects: Projects::default(),
            records: Arc::default(),
            keys: Keys::default(),
            contacts: Contacts::new(workloads),
            brakes: Brakes::default(),
            fleet: Fleet::default(),
            queue: Queue::default(),
            trace: Trace::default(),
            events: Events::default(),
            metrics: Metrics::default(),
            leadership: Leadership::default(),
            site,
            manager,
            policy,
            random: Mutex::new(StdRng::from_seed(seed)),
        })
    }

    /// The tags of something that is made: those that say whose it is, and by which manager.
    pub fn signed(&self, tags: &[String]) -> Vec<String> {
        let manager = Tag::ManagerUid(self.manager.clone()).to_string();
        tags.iter().cloned().chain([manager]).collect()
    }

    /// Draws something.
    pub fn draw<T>(&self, draw: impl FnOnce(&mut StdRng) -> T) -> T {
        draw(&mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
