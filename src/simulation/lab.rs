//! The faults of a running sandbox: a ConfigMap in its manager, which people and commands write, and which is carried over
//! to the world whenever it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::watch_object;
use kube::{Api, Client, ResourceExt};
use serde_json::{Value, json};

use super::cloud::SimulatedCloud;
use super::fault_entry::{About, FaultEntry, Subject};
use super::faults::{Fault, Service, Trouble};
use crate::api::cluster::KubernetesCluster;
use crate::api::machine::Machine;
use crate::api::names::{LABEL_CLUSTER, LABEL_ROLE, SYSTEM_NAMESPACE};
use crate::api::role::Role;
use crate::clock;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;

/// The ConfigMap's name, in the namespace of what belongs to no tenant.
pub const NAME: &str = "faults";
/// Under which name the sandbox writes it.
const WRITER: &str = "kaasboard-sandbox";
/// How long something that happened once is listed.
const LISTED: TimeDelta = TimeDelta::minutes(10);
/// How often it is looked whether a fault is over.
const LOOK: TimeDelta = TimeDelta::seconds(1);

/// Why the faults are not kept.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The manager did not answer, or refused.
    #[error("the faults could not be {act}")]
    Api {
        /// What was asked.
        act: &'static str,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
}

/// The ConfigMap with the faults.
pub fn api(client: &Client) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), SYSTEM_NAMESPACE)
}

/// The faults that a ConfigMap lists, by their names; what is none is told as the reason.
pub fn entries(map: &ConfigMap) -> BTreeMap<String, Result<FaultEntry, String>> {
    let read = |text: &String| match serde_json::from_str::<FaultEntry>(text) {
        Ok(entry) => entry.check().map(|()| entry).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    map.data.iter().flatten().map(|(name, text)| (name.clone(), read(text))).collect()
}

/// Writes a fault, or takes it away.
///
/// # Errors
/// When the manager does not answer, or there is no sandbox behind it.
pub async fn write(
    client: &Client,
    name: &str,
    entry: Option<&FaultEntry>,
) -> Result<ConfigMap, kube::Error> {
    let text = entry.map(|entry| json!(entry).to_string());
    let change = json!({ "data": { name: text } });
    let who = PatchParams { field_manager: Some(WRITER.to_owned()), ..PatchParams::default() };
    api(client).patch(NAME, &who, &Patch::Merge(change)).await
}

/// A fault that is in force.
#[derive(Clone, Debug)]
struct Active {
    entry: FaultEntry,
    subject: Subject,
    ends: Option<DateTime<Utc>>,
}

/// The keeper of the faults.
pub struct Lab {
    client: Client,
    cloud: SimulatedCloud,
    active: BTreeMap<String, Active>,
    /// What was wrong with an entry, as it was written then.
    refused: BTreeMap<String, FaultEntry>,
    /// How often all had been made right in the world.
    mends: u64,
    /// The version of the list as it was seen or written last: what is seen of earlier ones is past.
    seen: Option<String>,
}

impl fmt::Debug for Lab {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Lab").field("active", &self.active).finish_non_exhaustive()
    }
}

impl Lab {
    /// A keeper without a fault; the ConfigMap is there from now on.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub async fn open(client: Client, cloud: SimulatedCloud) -> Result<Self, LabError> {
        let map = ConfigMap {
            metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
            ..ConfigMap::default()
        };
        match api(&client).create(&PostParams::default(), &map).await {
            Ok(_) => {}
            Err(kube::Error::Api(status)) if status.is_already_exists() => {}
            Err(source) => return Err(LabError::Api { act: "made", source: Box::new(source) }),
        }
        let mends = cloud.world().mends;
        Ok(Self { client, cloud, active: BTreeMap::new(), refused: BTreeMap::new(), mends, seen: None })
    }

    /// Carries the faults over to the world, for ever.
    pub async fn keep(mut self) {
        let mut seen = watch_object(api(&self.client), NAME).default_backoff().boxed();
        loop {
            tokio::select! {
                map = seen.next() => match map {
                    Some(Ok(Some(map))) if number(map.resource_version()) < number(self.seen.clone()) => {}
                    Some(Ok(map)) => {
                        let map = map.unwrap_or_default();
                        self.seen = map.resource_version();
                        self.settle(&map).await;
                    }
                    Some(Err(error)) => tracing::warn!(%error, "the watch of the faults broke, and is opened again"),
                    None => return,
                },
                () = clock::sleep(LOOK) => self.end_what_is_over().await,
            }
        }
    }

    /// Ends what is listed no more or is another one now, and begins what is new.
    async fn settle(&mut self, map: &ConfigMap) {
        let listed = entries(map);
        let is_same = |name: &String, active: &Active| {
            let entry = listed.get(name).and_then(|entry| entry.as_ref().ok());
            entry.is_some_and(|entry| entry.written() == active.entry.written())
        };
        let over: Vec<String> = self
            .active
            .iter()
            .filter(|(name, active)| !is_same(name, active))
            .map(|(name, _)| name.clone())
            .collect();
        for name in over {
            self.end(&name);
        }
        self.refused.retain(|name, _| listed.contains_key(name));
        for (name, entry) in listed {
            let Ok(entry) = entry else { continue };
            let was_refused = self.refused.get(&name).is_some_and(|refused| *refused == entry.written());
            let active = self.active.get(&name).map(|active| active.entry.clone());
            match active {
                Some(active) if entry.since.is_none() => self.note(&name, &active).await,
                Some(_) => {}
                None if was_refused => {}
                None => self.begin(&name, entry.written()).await,
            }
        }
    }

    async fn begin(&mut self, name: &str, entry: FaultEntry) {
        let now = clock::now();
        let subject = match self.subject(&entry).await {
            Ok(subject) => subject,
            Err(problem) => {
                self.refused.insert(name.to_owned(), entry.clone());
                return self.note(name, &FaultEntry { problem: Some(problem), ..entry }).await;
            }
        };
        if let Some(fault) = entry.fault(&subject, true) {
            self.cloud.world().inject(fault);
        }
        let once = entry.kind.is_once().then_some(now + LISTED);
        let ends = entry.lasts.map(|lasts| now + lasts.to_chrono()).or(once);
        tracing::info!(fault = name, "begins");
        let entry = FaultEntry { since: Some(now.into()), ..entry };
        self.active.insert(name.to_owned(), Active { entry: entry.clone(), subject, ends });
        self.trouble_calls(entry.service());
        self.note(name, &entry).await;
    }

    fn end(&mut self, name: &str) {
        let Some(active) = self.active.remove(name) else { return };
        tracing::info!(fault = name, "ends");
        if let Some(fault) = active.entry.fault(&active.subject, false) {
            self.cloud.world().inject(fault);
        }
        self.trouble_calls(active.entry.service());
    }

    /// The troubles of a service's calls are those of all faults together.
    fn trouble_calls(&self, service: Option<Service>) {
        let Some(service) = service else { return };
        let mut trouble = Trouble::default();
        let own = self.active.values().filter(|active| active.entry.service() == Some(service));
        own.for_each(|active| active.entry.add_to(&mut trouble));
        self.cloud.world().inject(Fault::Calls { service, trouble });
    }

    async fn end_what_is_over(&mut self) {
        self.follow_mends().await;
        let now = clock::now();
        let is_over = |active: &Active| active.ends.is_some_and(|ends| ends <= now);
        let over: BTreeSet<String> =
            self.active.iter().filter(|(_, active)| is_over(active)).map(|(name, _)| name.clone()).collect();
        for name in over {
            self.end(&name);
            self.put(&name, None).await;
        }
    }

    /// What was in force is over when all was made right in the world itself, and is listed no more.
    async fn follow_mends(&mut self) {
        let mends = self.cloud.world().mends;
        if mends == self.mends {
            return;
        }
        self.mends = mends;
        for name in std::mem::take(&mut self.active).into_keys() {
            tracing::info!(fault = name, "ends");
            self.put(&name, None).await;
        }
    }

    /// Writes beside a fault what became of it.
    async fn note(&mut self, name: &str, entry: &FaultEntry) {
        self.put(name, Some(entry)).await;
    }

    /// Writes an entry over the list as it was seen. If somebody wrote meanwhile, what they wrote is seen next, and what
    /// became of the entry is told then: it must not come back because of a note about it.
    async fn put(&mut self, name: &str, entry: Option<&FaultEntry>) {
        let text = entry.map(|entry| json!(entry).to_string());
        let change = json!({ "metadata": { "resourceVersion": self.seen }, "data": { name: text } });
        let who = PatchParams { field_manager: Some(WRITER.to_owned()), ..PatchParams::default() };
        match api(&self.client).patch(NAME, &who, &Patch::Merge(change)).await {
            Ok(map) => self.seen = map.resource_version(),
            Err(kube::Error::Api(status)) if status.code == 409 => {}
            Err(error) => tracing::warn!(%error, fault = name, "what became of it is not told"),
        }
    }

    /// What a fault is about in the world.
    async fn subject(&self, entry: &FaultEntry) -> Result<Subject, String> {
        let target = entry.target.as_deref().unwrap_or_default();
        match entry.kind.about() {
            About::Machine => Ok(Subject { server: Some(self.server(target).await?), project: None }),
            About::Project => Ok(Subject { server: None, project: Some(self.project(target).await?) }),
            About::Segment if target.contains('/') => {
                Ok(Subject { server: None, project: Some(self.project(target).await?) })
            }
            About::Segment
            | About::Host
            | About::Zone
            | About::Image
            | About::Provider
            | About::Service
            | About::Nothing => Ok(Subject::default()),
        }
    }

    /// The project of a cluster: `cluster/tenant/name`.
    async fn project(&self, target: &str) -> Result<ProjectId, String> {
        let parts: Vec<&str> = target.split('/').collect();
        let ["cluster" | "kubernetescluster", tenant, name] = parts[..] else {
            return Err("write cluster/tenant/name".to_owned());
        };
        let clusters: Api<KubernetesCluster> = Api::namespaced(self.client.clone(), tenant);
        let cluster = clusters.get_opt(name).await.map_err(|error| error.to_string())?;
        let cluster = cluster.ok_or_else(|| format!("there is no cluster {target}"))?;
        let project = cluster.status.and_then(|status| status.project_id);
        project.map(ProjectId::new).ok_or_else(|| "the cluster has no project".to_owned())
    }

    /// The server of a machine: `machine/tenant/name`, or the first of a role of a cluster as `role/tenant/cluster`.
    async fn server(&self, target: &str) -> Result<ServerId, String> {
        let parts: Vec<&str> = target.split('/').collect();
        let [what, tenant, name] = parts[..] else {
            return Err("write machine/tenant/name, or role/tenant/cluster for the first machine of a role"
                .to_owned());
        };
        let machines: Api<Machine> = Api::namespaced(self.client.clone(), tenant);
        let failed = |error: kube::Error| error.to_string();
        let machine = if what == "machine" {
            machines.get_opt(name).await.map_err(failed)?
        } else {
            serde_json::from_value::<Role>(Value::from(what)).map_err(|_| format!("{what} is no role"))?;
            let labels = format!("{LABEL_CLUSTER}={name},{LABEL_ROLE}={what}");
            let all = machines.list(&ListParams::default().labels(&labels)).await.map_err(failed)?;
            let with_server = |machine: &Machine| {
                let is_going = machine.metadata.deletion_timestamp.is_some();
                !is_going && machine.status.as_ref().is_some_and(|status| status.server_id.is_some())
            };
            all.items.into_iter().filter(with_server).min_by_key(|machine| machine.name_any())
        };
        let machine = machine.ok_or_else(|| format!("there is no machine {target}"))?;
        let server = machine.status.and_then(|status| status.server_id);
        server.map(ServerId::new).ok_or_else(|| "the machine has no server".to_owned())
    }
}

/// Versions of one object can be compared, as Kubernetes says since 1.35.
fn number(version: Option<String>) -> u64 {
    version.and_then(|version| version.parse().ok()).unwrap_or(0)
}
