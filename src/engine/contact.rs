//! The insides of user clusters: a client each, their nodes as a watch shows them, and whether they answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use k8s_openapi::api::core::v1::Node;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client};
use tokio::task::JoinHandle;

use super::key::{Key, Kind};
use super::nodes::Nodes;
use super::reopen::Pauses;
use crate::api::lean::{self, Lean};
use crate::bootstrap::token::JoinToken;
use crate::clock;
use crate::cloud::types::observed::Observed;
use crate::planning::observation::node::NodeView;
use crate::workload::access::{Access, AccessError, Workloads};

/// How long a cluster's answer speaks for it.
const FRESH: TimeDelta = TimeDelta::seconds(30);
/// How long its silence does.
const SILENT: TimeDelta = TimeDelta::seconds(5);
/// How long a join token must still hold when it is given to a new machine: a boot, and room for a slow one.
const TOKEN_LEFT: TimeDelta = TimeDelta::minutes(12);

/// The insides of all user clusters that were ever reached.
#[derive(Debug)]
pub struct Contacts {
    workloads: Arc<dyn Workloads>,
    all: Mutex<HashMap<String, Arc<Contact>>>,
}

/// One user cluster.
pub struct Contact {
    /// How it is reached.
    pub access: Access,
    /// Its API.
    pub client: Client,
    nodes: Arc<Mutex<Nodes>>,
    heard: tokio::sync::Mutex<Option<Heard>>,
    token: tokio::sync::Mutex<Option<JoinToken>>,
    refusals: Mutex<HashMap<String, DateTime<Utc>>>,
    watch: JoinHandle<()>,
}

/// When the API was asked last, and whether it answered.
type Heard = (DateTime<Utc>, Result<(), String>);

impl std::fmt::Debug for Contact {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Contact").field("access", &self.access).finish_non_exhaustive()
    }
}

impl Drop for Contact {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Contacts {
    /// No cluster yet.
    pub fn new(workloads: Arc<dyn Workloads>) -> Self {
        Self { workloads, all: Mutex::default() }
    }

    /// The seam itself, for what is asked by a machine's address.
    pub fn workloads(&self) -> &dyn Workloads {
        &*self.workloads
    }

    /// The contact to a cluster, if it was made.
    pub fn known(&self, uid: &str) -> Option<Arc<Contact>> {
        self.all().get(uid).cloned()
    }

    /// Makes the contact to a cluster, which from now on is watched. `tell` hears of each node that changes.
    ///
    /// # Errors
    /// When the keys make no client.
    pub async fn make(
        &self,
        access: Access,
        tell: impl Fn(&str) + Send + 'static,
    ) -> Result<Arc<Contact>, AccessError> {
        let client = self.workloads.client(&access).await?;
        let nodes = Arc::new(Mutex::new(Nodes::default()));
        let watch = tokio::spawn(watch(client.clone(), nodes.clone(), tell));
        let contact = Arc::new(Contact {
            client,
            nodes,
            heard: tokio::sync::Mutex::default(),
            token: tokio::sync::Mutex::default(),
            refusals: Mutex::default(),
            watch,
            access,
        });
        self.all().insert(contact.access.uid.clone(), contact.clone());
        Ok(contact)
    }

    /// Ends the contact to a cluster that is no more.
    pub fn end(&self, uid: &str) {
        self.all().remove(uid);
        self.workloads.forget(uid);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Contact>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contact {
    /// Whether the cluster's API answers, asked now unless it was a moment ago.
    pub async fn answers(&self) -> Observed<bool> {
        let mut heard = self.heard.lock().await;
        let now = clock::now();
        if let Some((at, answer)) = &*heard {
            let good_for = if answer.is_ok() { FRESH } else { SILENT };
            if now - *at < good_for {
                return told(*at, answer);
            }
        }
        let answer = self.client.apiserver_version().await.map(|_| ()).map_err(|error| error.to_string());
        let told = told(now, &answer);
        *heard = Some((now, answer));
        told
    }

    /// One node, if its API answers.
    pub async fn node(&self, name: &str) -> Observed<Option<NodeView>> {
        match self.answers().await {
            Observed::Unknown { why } => Observed::unknown(why),
            Observed::Known { at, .. } => lock(&self.nodes).get(name, at),
        }
    }

    /// Puts a node in as the API server answered to a write of ours; nothing if it is gone.
    pub fn wrote(&self, name: &str, node: Option<Node>) {
        lock(&self.nodes).wrote(name, node.as_ref());
    }

    /// The token that new machines join with. It is made anew, by `make`, when the last one ends too soon.
    ///
    /// # Errors
    /// What `make` answers.
    pub async fn token<E>(&self, make: impl AsyncFnOnce() -> Result<JoinToken, E>) -> Result<JoinToken, E> {
        let mut token = self.token.lock().await;
        if let Some(token) = token.as_ref().filter(|token| token.expires() - clock::now() > TOKEN_LEFT) {
            return Ok(token.clone());
        }
        let made = make().await?;
        *token = Some(made.clone());
        Ok(made)
    }

    /// When a budget last refused to let a pod go.
    pub fn refused(&self, pod_uid: &str) -> Option<DateTime<Utc>> {
        lock(&self.refusals).get(pod_uid).copied()
    }

    /// Remembers that a budget refused to let a pod go, or that it did not any more.
    pub fn refuses(&self, pod_uid: &str, refused: bool) {
        let mut refusals = lock(&self.refusals);
        if refused {
            refusals.insert(pod_uid.to_owned(), clock::now());
        } else {
            refusals.remove(pod_uid);
        }
    }
}

fn told(at: DateTime<Utc>, answer: &Result<(), String>) -> Observed<bool> {
    match answer {
        Ok(()) => Observed::known(true, at),
        Err(why) => Observed::unknown(why.clone()),
    }
}

/// Keeps the nodes of a cluster as its API shows them, for ever.
async fn watch(client: Client, nodes: Arc<Mutex<Nodes>>, tell: impl Fn(&str)) {
    let config = watcher::Config::default().streaming_lists();
    let nodes_of = Api::<Lean<Node>>::all(client);
    let mut events = std::pin::pin!(watcher(nodes_of, config).backoff(Pauses::default()));
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => lock(&nodes).hear(lean::event(event)).iter().for_each(|name| tell(name)),
            // That a cluster is silent is found out by asking it; here it would be told again and again.
            Err(error) => {
                tracing::debug!(%error, "the watch of a cluster's nodes broke, and is opened again")
            }
        }
    }
}

/// The record whose node this is, by the name that machines' servers and nodes share.
pub fn machine_of(
    namespace: &str,
    machines: &[Arc<crate::api::machine::Machine>],
    node: &str,
) -> Option<Key> {
    // The name ends with the beginning of the uid, which few share.
    let end = node.rsplit('-').next().unwrap_or_default();
    let is_its = |machine: &&Arc<crate::api::machine::Machine>| {
        let uid = machine.metadata.uid.as_deref().unwrap_or_default();
        uid.starts_with(end)
            && crate::api::names::server(&machine.spec.cluster_name, machine.spec.role, uid) == node
    };
    let machine = machines.iter().find(is_its)?;
    Some(Key::new(Kind::Machine, namespace, machine.metadata.name.clone().unwrap_or_default()))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
