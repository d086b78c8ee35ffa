//! Rows of the manager's objects.

use std::fmt::Debug;
use std::sync::Arc;

use kube::api::ObjectMeta;
use kube::{Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::cell::{Cell, State};
use super::row::{Links, Row, Target};
use super::subject::Subject;
use super::verdict;
use super::words::Words;
use crate::api::cluster::KubernetesCluster;
use crate::api::condition::ConditionStatus;
use crate::api::conditions as types;
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::role::Role;
use crate::api::tenant::Tenant;
use crate::api::time::Time;

/// An object of the manager that tables show.
pub trait Shown: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + 'static {
    /// What it is a row of.
    const SUBJECT: Subject;
    /// The row of it.
    fn row(&self, words: &mut Words) -> Row;
}

/// A row in which only the metadata is filled in.
pub fn blank<K: Shown>(object: &K, words: &mut Words, cells: Vec<Cell>) -> Row {
    let meta = object.meta();
    let namespace: Arc<str> = words.word(meta.namespace.as_deref().unwrap_or_default());
    let target = Target {
        kind: kind_of(K::SUBJECT),
        namespace: namespace.clone(),
        name: words_or_own(meta.name.as_deref().unwrap_or_default()),
    };
    Row {
        id: meta.uid.clone().unwrap_or_else(|| target.path()).into(),
        subject: K::SUBJECT,
        target: Some(target),
        version: meta.resource_version.as_deref().unwrap_or_default().into(),
        links: Links { tenant: (!namespace.is_empty()).then_some(namespace), ..Links::default() },
        state: State::Ok,
        since: None,
        cells: cells.into(),
        labels: meta.labels.clone().filter(|labels| !labels.is_empty()).map(Box::new),
    }
}

/// The manager's name of the kind behind a subject.
pub const fn kind_of(subject: Subject) -> &'static str {
    match subject {
        Subject::Incident => "Incident",
        Subject::Tenant => "Tenant",
        Subject::Cluster => "KubernetesCluster",
        Subject::Pool => "MachineDeployment",
        Subject::Node => "Machine",
        Subject::Balancer => "LoadBalancer",
        Subject::Operation => "Operation",
        Subject::Volume => "Volume",
        Subject::Loop => "Loop",
        Subject::Service => "Service",
        Subject::Leak => "Leak",
    }
}

/// Names are each object's own, so that they are not kept beside it.
fn words_or_own(name: &str) -> Arc<str> {
    crate::console::text::clean(name).into()
}

/// Since when an object exists.
pub fn age(meta: &ObjectMeta) -> Cell {
    meta.creation_timestamp.as_ref().map_or(Cell::None, |created| Cell::Since(Time::from(created).at()))
}

/// A word, if there is one.
pub fn text(words: &mut Words, text: Option<&str>) -> Cell {
    text.filter(|text| !text.is_empty()).map_or(Cell::None, |text| Cell::Text(words.word(text)))
}

impl Shown for KubernetesCluster {
    const SUBJECT: Subject = Subject::Cluster;

    fn row(&self, words: &mut Words) -> Row {
        let verdict = verdict::cluster(self);
        let status = self.status.clone().unwrap_or_default();
        let counts = |role: Role| match status.counts.get(&role) {
            Some(counts) => Cell::Of(counts.ready, counts.desired),
            None => Cell::None,
        };
        let name = self.name_any();
        let version = status.version.map(|version| version.to_string());
        let version = version.unwrap_or_else(|| self.spec.release.to_string());
        let held = match (self.spec.paused, self.spec.protected) {
            (true, true) => Some("paused+"),
            (true, false) => Some("paused"),
            (false, true) => Some("protected"),
            (false, false) => None,
        };
        let cells = vec![
            Cell::Text(words.word(&name)),
            text(words, self.metadata.namespace.as_deref()),
            verdict.cell(words),
            Cell::Text(words.word(&version)),
            counts(Role::Etcd),
            counts(Role::ControlPlane),
            counts(Role::Worker),
            counts(Role::Ingress),
            verdict.why(words),
            text(words, held),
            age(&self.metadata),
        ];
        let mut row = blank(self, words, cells);
        row.links.cluster = Some(words.word(&name));
        (row.state, row.since) = (verdict.state, verdict.since);
        row
    }
}

impl Shown for Machine {
    const SUBJECT: Subject = Subject::Node;

    fn row(&self, words: &mut Words) -> Row {
        let verdict = verdict::machine(self);
        let status = self.status.as_ref();
        let of = |value: fn(&crate::api::machine_status::MachineStatus) -> Option<&String>| {
            status.and_then(value).map(String::as_str)
        };
        let cluster = self.spec.cluster_name.to_string();
        let version = status.and_then(|status| status.version).map(|version| version.to_string());
        let zone = of(|status| status.zone.as_ref()).map(str::to_owned);
        let zone = zone.or_else(|| self.spec.failure_domain.as_ref().map(ToString::to_string));
        let cells = vec![
            Cell::Text(words_or_own(&self.name_any())),
            Cell::Text(words.word(&cluster)),
            text(words, self.metadata.namespace.as_deref()),
            Cell::Text(words.word(self.spec.role.as_str())),
            verdict.cell(words),
            text(words, of(|status| status.server_status.as_ref())),
            text(words, version.as_deref()),
            of(|status| status.host_ip.as_ref()).map_or(Cell::None, |ip| Cell::Text(words_or_own(ip))),
            text(words, zone.as_deref()),
            text(words, of(|status| status.host.as_ref())),
            verdict.why(words),
            age(&self.metadata),
        ];
        let mut row = blank(self, words, cells);
        row.links.cluster = Some(words.word(&cluster));
        row.links.pool = self.spec.pool.as_ref().map(|pool| words.word(&pool.to_string()));
        row.links.server = of(|status| status.server_id.as_ref()).map(Into::into);
        // There are tens of thousands of machines, and what their labels say is in their columns.
        row.labels = None;
        (row.state, row.since) = (verdict.state, verdict.since);
        row
    }
}

impl Shown for MachineDeployment {
    const SUBJECT: Subject = Subject::Pool;

    fn row(&self, words: &mut Words) -> Row {
        let status = self.status.clone().unwrap_or_default();
        let wanted = self.spec.replicas;
        let (state, word) = if self.spec.paused {
            (State::Off, "Paused")
        } else if status.replicas != wanted {
            (State::Busy, "Scaling")
        } else if status.available_replicas < wanted {
            (State::Warn, "Degraded")
        } else {
            (State::Ok, "Available")
        };
        let cluster = self.spec.cluster_name.to_string();
        let cells = vec![
            Cell::Text(words_or_own(&self.name_any())),
            Cell::Text(words.word(&cluster)),
            text(words, self.metadata.namespace.as_deref()),
            Cell::State(state, words.word(word)),
            Cell::Text(words.word(Role::from(self.spec.role).as_str())),
            Cell::Of(status.ready_replicas, wanted),
            Cell::Number(status.replicas.into()),
            Cell::Number(status.up_to_date_replicas.into()),
            Cell::Text(words.word(&self.spec.flavor.to_string())),
            Cell::Text(words.word(&self.spec.release.to_string())),
            age(&self.metadata),
        ];
        let mut row = blank(self, words, cells);
        row.links.cluster = Some(words.word(&cluster));
        row.links.pool = Some(words.word(&self.spec.pool.to_string()));
        row.state = state;
        row
    }
}

impl Shown for LoadBalancer {
    const SUBJECT: Subject = Subject::Balancer;

    fn row(&self, words: &mut Words) -> Row {
        let status = self.status.clone().unwrap_or_default();
        let provisioning = status.provisioning_status.clone().unwrap_or_default();
        let serving = status.conditions.get(types::AVAILABLE);
        let state = match provisioning.as_str() {
            "ERROR" => State::Crit,
            // It is there, and leads nowhere.
            "ACTIVE" if serving.is_some_and(|serves| serves.status == ConditionStatus::False) => State::Warn,
            "ACTIVE" => State::Ok,
            "" => State::Busy,
            pending if pending.starts_with("PENDING") => State::Busy,
            _ => State::Unknown,
        };
        let cluster = self.spec.cluster_name.to_string();
        let word = if provisioning.is_empty() { "PENDING_CREATE" } else { &provisioning };
        let provider = format!("{:?}", self.spec.provider).to_lowercase();
        let members = u32::try_from(status.members.len()).unwrap_or(u32::MAX);
        let cells = vec![
            Cell::Text(words_or_own(&self.name_any())),
            Cell::Text(words.word(&cluster)),
            text(words, self.metadata.namespace.as_deref()),
            Cell::State(state, words.word(word)),
            status.vip.as_deref().map_or(Cell::None, |vip| Cell::Text(words_or_own(vip))),
            Cell::Of(status.online_members, members),
            status.dns_name.as_deref().map_or(Cell::None, |name| Cell::Text(words_or_own(name))),
            Cell::Text(words.word(&provider)),
            text(words, status.operating_status.as_deref()),
            age(&self.metadata),
        ];
        let mut row = blank(self, words, cells);
        row.links.cluster = Some(words.word(&cluster));
        row.state = state;
        row.since = serving.map(|ready| ready.last_transition_time.at()).filter(|_| state != State::Ok);
        row
    }
}

impl Shown for Tenant {
    const SUBJECT: Subject = Subject::Tenant;

    fn row(&self, words: &mut Words) -> Row {
        let usage = self.status.as_ref().map(|status| status.usage).unwrap_or_default();
        let quota = self.spec.quota;
        let of = |used: u32, limit: Option<u32>| match limit {
            Some(limit) => Cell::Of(used, limit),
            None => Cell::Number(used.into()),
        };
        let full = quota.machines.is_some_and(|limit| usage.machines >= limit)
            || quota.clusters.is_some_and(|limit| usage.clusters >= limit);
        let conditions = self.status.as_ref().map(|status| &status.conditions);
        let failing = conditions.and_then(|conditions| verdict::failing(conditions, &[types::READY]));
        let (state, word) = match failing {
            _ if self.metadata.deletion_timestamp.is_some() => (State::Busy, "Deleting"),
            Some(condition) if condition.status == ConditionStatus::Unknown => (State::Unknown, "Unknown"),
            Some(_) => (State::Warn, "NotReady"),
            None if full => (State::Warn, "At quota"),
            None => (State::Ok, "OK"),
        };
        let gib = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
        let name = self.name_any();
        let cells = vec![
            Cell::Text(words.word(&name)),
            Cell::State(state, words.word(word)),
            text(words, Some(&self.spec.display_name)),
            text(words, Some(&self.spec.tier.to_string())),
            of(usage.clusters, quota.clusters),
            of(usage.machines, quota.machines),
            of(gib(usage.volumes_gib), quota.volumes_gib.map(gib)),
            age(&self.metadata),
        ];
        let mut row = blank(self, words, cells);
        row.links.tenant = Some(words.word(&name));
        row.state = state;
        row
    }
}
