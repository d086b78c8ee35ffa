//! Who sees each act of the engine right before it is done, and knows what is true at that moment.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Method;
use k8s_openapi::api::storage::v1::VolumeAttachment;
use kaasboard::api::machine::Machine;
use kaasboard::api::names::Tag;
use kaasboard::clock;
use kaasboard::cloud::types::compute::{Server, ServerId};
use kaasboard::cloud::types::identity::ProjectId;
use kaasboard::workload::objects::OUT_OF_SERVICE;
use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::blunder::Blunder;
use crate::book::{Book, longer_than};
use crate::ledger::Ledger;
use crate::pools::Pools;

/// How long somebody may not know what was written or done, in seconds: a watch that breaks is opened again after half a
/// minute, and a step that began before may wait for a service that is throttled for two.
const NEWS: i64 = 180;
/// How long after the engine was told of an outage machines may still be taken for well: until their nodes are silent.
const SILENCE: i64 = 90;

/// A call to the cloud.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    pub operation: &'static str,
    pub project: Option<&'a ProjectId>,
    pub subject: String,
    pub changes: bool,
    /// Whether it asks for all there is.
    pub lists: bool,
}

impl<'a> Call<'a> {
    pub fn listing(operation: &'static str) -> Self {
        Self { lists: true, ..Self::question(operation, "all") }
    }

    pub fn question(operation: &'static str, subject: impl fmt::Display) -> Self {
        Self { operation, project: None, subject: subject.to_string(), changes: false, lists: false }
    }

    pub fn read(operation: &'static str, project: &'a ProjectId, subject: impl fmt::Display) -> Self {
        Self { project: Some(project), ..Self::question(operation, subject) }
    }

    pub fn change(operation: &'static str, project: &'a ProjectId, subject: impl fmt::Display) -> Self {
        Self { changes: true, ..Self::read(operation, project, subject) }
    }
}

impl fmt::Display for Call<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.operation, self.subject)
    }
}

/// A request to a Kubernetes API.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: Method,
    pub path: String,
    pub is_watch: bool,
    pub body: Bytes,
}

impl fmt::Display for Asked {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}{}", self.method, self.path, if self.is_watch { " (watch)" } else { "" })
    }
}

impl Asked {
    /// The object's name, if it is one of this sort, and what is asked of it.
    fn about<'a>(&'a self, plural: &str) -> Option<(&'a str, &'a str)> {
        let (_, rest) = self.path.split_once(&format!("/{plural}"))?;
        let mut parts = rest.trim_start_matches('/').splitn(2, '/');
        Some((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()))
    }
}

/// What is remembered of what was seen.
#[derive(Default)]
pub struct Memory {
    /// What people hold, and since when: clusters by name, and everything under the empty name.
    pub holds: BTreeMap<String, DateTime<Utc>>,
    /// Since when hypervisors and zones are out.
    pub outages: BTreeMap<String, DateTime<Utc>>,
    /// When hypervisors and zones were last told.
    told: Vec<DateTime<Utc>>,
    /// The user clusters' APIs, past all gates.
    pub inside: BTreeMap<String, kube::Client>,
    /// Slots of etcd with more than one port, and since when: one whose creation came about late is taken away.
    pub doubles: BTreeMap<String, DateTime<Utc>>,
    /// The ports that a planted bug takes for gone.
    pub forgotten: BTreeSet<String>,
    /// The watches that were opened.
    watches: BTreeSet<String>,
}

/// The witness. Clones have seen the same.
#[derive(Clone)]
pub struct Witness {
    pub book: Book,
    pub ledger: Arc<Ledger>,
    pub pools: Arc<Pools>,
    memory: Arc<Mutex<Memory>>,
}

impl fmt::Debug for Witness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Witness")
    }
}

impl Witness {
    pub fn new(book: Book, ledger: Ledger) -> Self {
        Self { book, ledger: Arc::new(ledger), pools: Arc::default(), memory: Arc::default() }
    }

    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process ends while somebody waits for this.
    pub async fn die<T>(&self) -> T {
        self.book.doom();
        std::future::pending().await
    }

    /// A process can reach a user cluster.
    pub fn meets(&self, uid: &str, client: &kube::Client) {
        self.memory().inside.insert(uid.to_owned(), client.clone());
    }

    /// A call to the cloud goes out.
    pub fn sees(&self, call: &Call<'_>) {
        if matches!(call.operation, "list hypervisors" | "list zones") {
            self.memory().told.push(clock::now());
        }
        if !call.lists {
            self.book.count(call.changes, call.operation);
        }
        let (true, Some(project)) = (call.changes, call.project) else { return };
        // Who lost the reply to its deletion deletes it once more, and finds nothing.
        if call.operation == "delete project" && self.ledger.project(project).is_none() {
            return;
        }
        let Some(cluster) = self.ledger.cluster_of(project) else {
            return self.book.violate("I3", format_args!("{call} in project {project}, which is not ours"));
        };
        self.is_held(&cluster.name_any(), call);
        if call.operation == "delete server" {
            let is_going = cluster.metadata.deletion_timestamp.is_some();
            let server = self.ledger.servers().into_iter().find(|one| one.id.as_str() == call.subject);
            server.iter().for_each(|server| self.server_goes(server, project, is_going));
        }
    }

    fn is_held(&self, cluster: &str, act: impl fmt::Display) {
        let memory = self.memory();
        let hold = ["", cluster].into_iter().find_map(|name| memory.holds.get(name));
        if hold.is_some_and(|since| longer_than(*since, NEWS)) {
            self.book.violate("I12", format_args!("{act}: {cluster} is held since long"));
        }
    }

    fn server_goes(&self, server: &Server, project: &ProjectId, with_cluster: bool) {
        let Some(machine) = self.ledger.machine_of(&server.name) else {
            return self
                .book
                .violate("I3", format_args!("{} is deleted, which is no machine's", server.name));
        };
        let tag = Tag::MachineUid(machine.uid().unwrap_or_default()).to_string();
        if !server.tags.contains(&tag) {
            self.book.violate("I3", format_args!("{} is deleted, which is not ours by tag", server.name));
        }
        let is_out = |name: &Option<String>| name.as_ref().is_some_and(|name| self.is_known_out(name));
        if is_out(&server.zone) && !with_cluster {
            self.book.violate("I8", format_args!("{} is deleted in a zone that is out", server.name));
        }
        if is_out(&server.host) && self.ledger.runs(server) && !self.ledger.is_fenced(&machine, project) {
            self.book
                .violate("I8", format_args!("{} is deleted unfenced, its hypervisor is down", server.name));
        }
    }

    /// Whether something is out for so long that the engine was told, and had time to see what that means.
    fn is_known_out(&self, name: &str) -> bool {
        let memory = self.memory();
        let Some(since) = memory.outages.get(name) else { return false };
        memory.told.iter().any(|at| at > since && longer_than(*at, SILENCE))
    }

    /// A request to an API goes out.
    pub async fn asks(&self, asked: &Asked, uid: Option<&str>, api: &kube::Client) {
        if asked.method == Method::GET {
            return;
        }
        self.book.count(true, &format!("{} {}", asked.method, sort_of(&asked.path)));
        match uid {
            Some(uid) => self.asks_inside(asked, uid, api).await,
            None => self.asks_manager(asked),
        }
    }

    fn asks_manager(&self, asked: &Asked) {
        let Some((name, part)) = asked.about("machines") else { return };
        if asked.method == Method::POST {
            let machine: Machine = serde_json::from_slice(&asked.body).unwrap();
            self.is_held(machine.spec.cluster_name.as_str(), asked);
            self.pools.grows(self, &machine);
        } else if asked.method == Method::DELETE {
            let Some(machine) = self.ledger.machine(name) else { return };
            self.is_held(machine.spec.cluster_name.as_str(), asked);
            self.pools.shrinks(self, &machine);
        } else if part == "status" {
            let Some(machine) = self.ledger.machine(name) else { return };
            let wanted: Machine = serde_json::from_slice(&asked.body).unwrap();
            let begins =
                |one: &Machine| one.status.as_ref().is_some_and(|status| status.remediation.is_some());
            let zone = machine.status.as_ref().and_then(|status| status.zone.clone());
            // Without a server nothing is moved: no outage takes one off the list of the compute service.
            let moves = || self.ledger.server_of(&machine).is_some();
            let is_out = zone.is_some_and(|zone| self.is_known_out(&zone));
            if begins(&wanted) && !begins(&machine) && is_out && moves() {
                self.book.violate("I8", format_args!("{name} is replaced in a zone that is out"));
            }
        }
    }

    async fn asks_inside(&self, asked: &Asked, uid: &str, api: &kube::Client) {
        let clusters = self.ledger.clusters();
        let cluster = clusters.iter().find(|cluster| cluster.uid().as_deref() == Some(uid));
        let Some(cluster) = cluster else { return };
        self.is_held(&cluster.name_any(), asked);
        let Some((node, _)) = asked.about("nodes") else { return };
        let fences = String::from_utf8_lossy(&asked.body).contains(OUT_OF_SERVICE);
        let removes = asked.method == Method::DELETE;
        let server = self.ledger.servers().into_iter().find(|server| server.name == node);
        let (Some(server), Some(machine)) = (server, self.ledger.machine_of(node)) else { return };
        if !(fences || removes)
            || !self.ledger.runs(&server)
            || self.ledger.is_fenced(&machine, &server.project)
        {
            return;
        }
        let volumes = if removes { self.attached(api, node).await } else { Vec::new() };
        if fences || !volumes.is_empty() {
            let what = if fences { "is said to be out of service" } else { "is removed" };
            self.book.violate("I9", format_args!("node {node} {what}, and its server runs: {volumes:?}"));
        }
    }

    async fn attached(&self, api: &kube::Client, node: &str) -> Vec<String> {
        let all = Api::<VolumeAttachment>::all(api.clone()).list(&ListParams::default()).await;
        let here = all.into_iter().flat_map(|all| all.items).filter(|one| one.spec.node_name == node);
        here.map(|one| one.name_any()).collect()
    }

    /// Whether a planted bug keeps a watch from being opened again.
    pub fn hears_never_again(&self, asked: &Asked, blunder: Option<Blunder>) -> bool {
        let is_first = self.memory().watches.insert(asked.path.clone());
        blunder == Some(Blunder::StaysDeaf) && !is_first && asked.path.ends_with("/machines")
    }

    /// A planted bug: whoever has the name of a server goes with it.
    pub fn delete_namesakes(&self, id: &ServerId) {
        let servers = self.ledger.servers();
        let Some(wanted) = servers.iter().find(|server| server.id == *id) else { return };
        for server in servers.iter().filter(|one| one.name[..9.min(one.name.len())] == wanted.name[..9]) {
            let _ = self.ledger.cloud.world().delete_server(&server.project, &server.id);
        }
    }
}

/// A path without names, so that requests can be counted.
fn sort_of(path: &str) -> String {
    let kinds = path.split('/').filter(|part| part.chars().all(|char| char.is_ascii_lowercase()));
    kinds.collect::<Vec<_>>().join("/")
}
