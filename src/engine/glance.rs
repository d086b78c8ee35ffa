//! The one way to read what the engine knows and no object tells: turns, queues, budgets, volumes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kube::ResourceExt;
use serde::{Deserialize, Serialize};

use super::budget::{Service, Spent};
use super::context::Engine;
use super::facts::leaks::{self, Leak};
use super::facts::shared;
use super::key::{Key, Kind};
use super::queue::Load;
use super::trace::LoopRecord;
use crate::api::cluster::KubernetesCluster;
use crate::clock;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Observed;

/// How many of the latest turns are told at a time: more than anybody reads, and little to copy.
const LATEST: usize = 500;

/// What is asked. What nobody looks at is not read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The latest turns of all loops.
    pub turns: bool,
    /// The volumes of all projects.
    pub volumes: bool,
    /// What in the cloud belongs to nobody.
    pub leaks: bool,
    /// The last turns of everything whose name begins so, in this namespace.
    pub about: Option<(String, String)>,
}

/// A turn, and how often its record's turns have failed in a row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Turn {
    /// What came of it.
    #[serde(with = "shared::one")]
    pub record: Arc<LoopRecord>,
    /// How many turns failed in a row.
    pub failures: u32,
}

/// A volume of the storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeFact {
    /// Its id.
    pub id: String,
    /// Its name; a CSI driver names it after its PersistentVolume.
    pub name: String,
    /// The tenant whose cluster it belongs to, as far as its project tells.
    pub tenant: Option<String>,
    /// The cluster.
    pub cluster: Option<String>,
    /// The claim in the cluster, as `namespace/name`, if its maker wrote that down.
    pub claim: Option<String>,
    /// Its size in GiB.
    pub size_gib: u64,
    /// The service's word for what it is doing.
    pub status: String,
    /// The server that it is attached to.
    pub server: Option<String>,
    /// The machine whose server that is.
    pub machine: Option<String>,
    /// The project that owns it.
    pub project: String,
    /// When it was made.
    pub created: DateTime<Utc>,
}

/// What the engine knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// When it was read.
    pub at: DateTime<Utc>,
    /// Whether this engine may act.
    pub leads: bool,
    /// Who leads, as far as this engine knows.
    pub holder: Option<String>,
    /// How many turns there were.
    pub taken: u64,
    /// What each kind has in the queue.
    pub loads: Vec<(Kind, Load)>,
    /// What each service was asked and answered.
    pub services: Vec<(Service, Spent)>,
    /// The latest turns that did something or failed, and those that found something; newest first.
    pub turns: Vec<Turn>,
    /// The volumes, or why they are not known. Nothing if nobody asked.
    pub volumes: Option<Result<Vec<VolumeFact>, String>>,
    /// What in the cloud belongs to nobody, or why that is not known. Nothing if nobody asked.
    pub leaks: Option<Result<Vec<Leak>, String>>,
    /// The last turns that were asked about.
    #[serde(with = "shared::all")]
    pub about: Vec<Arc<LoopRecord>>,
}

impl Facts {
    /// Reads what is asked.
    pub fn read(engine: &Engine, question: &Question) -> Self {
        let about = question.about.as_ref().map(|(namespace, name)| {
            engine.trace.select(|key| key.namespace == *namespace && belongs(&key.name, name))
        });
        Self {
            at: clock::now(),
            leads: engine.leadership.may_write(),
            holder: engine.leadership.holder(),
            taken: engine.trace.turns(),
            loads: Kind::ALL.into_iter().map(|kind| (kind, engine.queue.load(kind))).collect(),
            services: engine.budget.spent().into_iter().collect(),
            turns: if question.turns { turns(engine) } else { Vec::new() },
            volumes: question.volumes.then(|| volumes(engine)),
            leaks: question.leaks.then(|| leaks::known(engine)),
            about: about.unwrap_or_default(),
        }
    }
}

/// How many of the last lines of a console are asked for.
const CONSOLE_LINES: u32 = 500;

impl Engine {
    /// What the server of a machine wrote to its console last.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    pub async fn console_log(&self, namespace: &str, machine: &str) -> Result<String, String> {
        let record = self.records.machines.get(namespace, machine).ok_or("there is no such machine")?;
        let server = record.status.as_ref().and_then(|status| status.server_id.clone());
        let server = server.ok_or("the machine has no server yet")?;
        let cluster = self.records.clusters.get(namespace, &record.spec.cluster_name.to_string());
        let project = cluster.and_then(|cluster| cluster.status.as_ref()?.project_id.clone());
        let project = project.ok_or("the cluster has no project yet")?;
        let (project, server) = (ProjectId::new(project), ServerId::new(server));
        let call = self.cloud.console_log(&project, &server, CONSOLE_LINES);
        self.budget.call(Service::Compute, call).await.map_err(|error| error.to_string())
    }
}

/// Whether a record is that of an object or of a part of it: parts are named after their whole.
fn belongs(name: &str, whole: &str) -> bool {
    name.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Of each record that found something its last turn, and of each other the last that did something or failed.
fn turns(engine: &Engine) -> Vec<Turn> {
    let mut seen: HashSet<Key> = HashSet::new();
    let finding = engine.trace.finding().into_iter().take(LATEST);
    let latest = engine.trace.latest().into_iter().rev();
    let mut all: Vec<Turn> = finding
        .chain(latest)
        .filter(|record| seen.insert(record.key.clone()))
        .take(LATEST)
        .map(|record| Turn { failures: engine.queue.failures(&record.key), record })
        .collect();
    all.sort_by_key(|turn| std::cmp::Reverse(turn.record.at));
    all
}

/// The clusters of projects, by their tenants and names.
pub type Owners = HashMap<String, (String, String)>;

/// The clusters of projects. A project that all clusters share is nobody's.
pub fn owners(engine: &Engine) -> Owners {
    let clusters = if engine.site.own_projects() { engine.records.clusters.all() } else { Vec::new() };
    let owner = |cluster: &Arc<KubernetesCluster>| {
        let project = cluster.status.as_ref()?.project_id.clone()?;
        Some((project, (cluster.namespace().unwrap_or_default(), cluster.name_any())))
    };
    clusters.iter().filter_map(owner).collect()
}

/// The volumes of all projects, with whose they are. A project that all clusters share names none.
///
/// # Errors
/// Why they are not known, for people.
pub fn volumes(engine: &Engine) -> Result<Vec<VolumeFact>, String> {
    let all = match engine.inventory.volumes() {
        Observed::Known { value, .. } => value,
        Observed::Unknown { why } => return Err(why),
    };
    let owners = owners(engine);
    let servers: HashSet<&str> =
        all.iter().flat_map(|volume| &volume.attached).map(ServerId::as_str).collect();
    let machines = if servers.is_empty() { Vec::new() } else { engine.records.machines.all() };
    let holders = machines.iter().filter_map(|machine| {
        let server = machine.status.as_ref()?.server_id.as_deref()?;
        servers.contains(server).then(|| (server, machine.name_any()))
    });
    let holders: HashMap<&str, String> = holders.collect();
    let told = all.iter().map(|volume| {
        let (tenant, cluster) = owners.get(volume.project.as_str()).cloned().unzip();
        let server = volume.attached.first().map(ServerId::as_str);
        VolumeFact {
            id: volume.id.to_string(),
            name: volume.name.clone(),
            tenant,
            cluster,
            claim: volume.claim.clone(),
            size_gib: volume.size_gib,
            status: volume.status.clone(),
            server: server.map(str::to_owned),
            machine: server.and_then(|server| holders.get(server).cloned()),
            project: volume.project.to_string(),
            created: volume.created,
        }
    });
    Ok(told.collect())
}
