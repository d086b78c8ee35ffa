//! What belongs to which user cluster, by the tags, and which clusters changed since somebody looked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::watch;

use super::state::World;
use crate::api::names::Tag;
use crate::cloud::types::balancer::BalancerId;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::network::PortId;

/// The things of all clusters. Every change of one gets a number, so that whoever follows the clusters asks only for
/// those that changed since, and pays nothing for the others.
#[derive(Debug)]
pub(in crate::simulation) struct Clusters {
    known: BTreeMap<Arc<str>, Things>,
    /// Each cluster once, by the number of its last change.
    touched: BTreeMap<u64, Arc<str>>,
    news: watch::Sender<u64>,
}

/// What belongs to one cluster.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Things {
    /// Its servers, deleted ones too for as long as the compute service shows them.
    pub(in crate::simulation) servers: BTreeSet<ServerId>,
    pub(in crate::simulation) ports: BTreeSet<PortId>,
    pub(in crate::simulation) balancers: BTreeSet<BalancerId>,
    /// The number of its last change.
    pub(in crate::simulation) revision: u64,
}

impl Default for Clusters {
    fn default() -> Self {
        Self { known: BTreeMap::new(), touched: BTreeMap::new(), news: watch::Sender::new(0) }
    }
}

impl Clusters {
    pub(in crate::simulation) fn of(&self, uid: &str) -> Option<&Things> {
        self.known.get(uid)
    }

    /// Tells of the number of the newest change of any cluster.
    pub(in crate::simulation) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// The number of a cluster's last change; zero if nothing of it was ever there.
    pub(in crate::simulation) fn revision(&self, uid: &str) -> u64 {
        self.of(uid).map_or(0, |things| things.revision)
    }

    /// The clusters that changed after a change's number.
    pub(in crate::simulation) fn changed_since(&self, revision: u64) -> Vec<String> {
        self.touched.range(revision + 1..).map(|(_, uid)| uid.to_string()).collect()
    }

    /// Notes something new or changed of the cluster that the tags name, if they name one.
    pub(in crate::simulation) fn note(&mut self, tags: &[String], change: impl FnOnce(&mut Things)) {
        let Some(uid) = cluster_of(tags) else { return };
        let uid: Arc<str> = uid.into();
        let revision = *self.news.borrow() + 1;
        let things = self.known.entry(Arc::clone(&uid)).or_default();
        change(things);
        self.touched.remove(&things.revision);
        things.revision = revision;
        self.touched.insert(revision, uid);
        self.news.send_replace(revision);
    }

    /// Notes that something may have changed for all clusters.
    pub(in crate::simulation) fn note_all(&mut self) {
        let mut revision = *self.news.borrow();
        self.touched.clear();
        for (uid, things) in &mut self.known {
            revision += 1;
            things.revision = revision;
            self.touched.insert(revision, Arc::clone(uid));
        }
        self.news.send_replace(revision);
    }
}

impl World {
    /// Tells of the number of the newest change of any cluster, for whoever waits for changes.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.clusters.news()
    }

    /// The number of a cluster's last change; zero if nothing of it was ever there.
    pub fn cluster_revision(&self, uid: &str) -> u64 {
        self.clusters.revision(uid)
    }

    /// The clusters that changed after a change's number.
    pub fn clusters_changed_since(&self, revision: u64) -> Vec<String> {
        self.clusters.changed_since(revision)
    }

    /// Notes that a server changed.
    pub(in crate::simulation) fn note_server(&mut self, id: &ServerId) {
        if let Some(tags) = self.servers.get(id).map(|server| server.tags().to_vec()) {
            self.clusters.note(&tags, |_| ());
        }
    }

    /// Notes that a balancer changed: for its own cluster, and for those of its pools' members, should its tags say
    /// nothing.
    pub(in crate::simulation) fn note_balancer(&mut self, id: &BalancerId) {
        let Some(state) = self.balancers.get(id) else { return };
        let mut owners = vec![state.balancer.tags.clone()];
        if cluster_of(&state.balancer.tags).is_none() {
            let members = state.balancer.pools.iter().flat_map(|pool| &pool.members);
            let ports = members.filter_map(|member| self.ports.get(self.addresses.get(&member.address)?));
            owners.extend(ports.map(|state| state.port.tags.clone()));
        }
        for tags in owners {
            self.clusters.note(&tags, |things| {
                things.balancers.insert(id.clone());
            });
        }
    }
}

/// The uid of the cluster that tags name.
pub(in crate::simulation) fn cluster_of(tags: &[String]) -> Option<String> {
    tags.iter().find_map(|tag| match Tag::parse(tag) {
        Some(Tag::ClusterUid(uid)) => Some(uid),
        Some(Tag::MachineUid(_) | Tag::Slot(_) | Tag::ManagerUid(_)) | None => None,
    })
}
