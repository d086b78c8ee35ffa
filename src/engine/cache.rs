//! The records of one kind, as a watch shows them, with our own writes put in at once.
//!
//! A loop that wrote something must not decide again on what was before. So what the API server answers to a write is
//! put in here without waiting for the watch, and what the watch brings later is taken only if it is newer. Versions of one
//! object can be compared: Kubernetes says so since 1.35 (KEP-5504), and did it before.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use kube::runtime::watcher::Event;
use kube::{Resource, ResourceExt};

use crate::api::names::LABEL_CLUSTER;

/// How many deleted objects are remembered, so that a late event does not bring one back. A watch is late by
/// seconds; no more objects than this are deleted meanwhile.
const REMEMBERED: usize = 8192;

/// Namespace and name.
type Name = (String, String);

/// What became of an object.
#[derive(Clone, Debug)]
pub struct Change<K> {
    /// What it was; nothing if it is new.
    pub before: Option<Arc<K>>,
    /// What it is; nothing if it is gone.
    pub after: Option<Arc<K>>,
}

/// The records of one kind.
#[derive(Debug)]
pub struct Cache<K> {
    state: RwLock<State<K>>,
}

#[derive(Debug)]
struct State<K> {
    all: BTreeMap<Name, Arc<K>>,
    by_cluster: BTreeMap<Name, BTreeMap<String, Arc<K>>>,
    deleted: VecDeque<String>,
    listing: Option<BTreeSet<Name>>,
    complete: bool,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        let state = State {
            all: BTreeMap::new(),
            by_cluster: BTreeMap::new(),
            deleted: VecDeque::new(),
            listing: None,
            complete: false,
        };
        Self { state: RwLock::new(state) }
    }
}

impl<K: Resource<DynamicType = ()>> Cache<K> {
    /// An object by its name.
    pub fn get(&self, namespace: &str, name: &str) -> Option<Arc<K>> {
        self.read().all.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// The objects that bear a cluster's label.
    pub fn of_cluster(&self, namespace: &str, cluster: &str) -> Vec<Arc<K>> {
        let state = self.read();
        let own = state.by_cluster.get(&(namespace.to_owned(), cluster.to_owned()));
        own.into_iter().flat_map(BTreeMap::values).cloned().collect()
    }

    /// The objects of a namespace.
    pub fn in_namespace(&self, namespace: &str) -> Vec<Arc<K>> {
        let from = (namespace.to_owned(), String::new());
        let state = self.read();
        let own = state.all.range(from..).take_while(|((found, _), _)| found == namespace);
        own.map(|(_, object)| object.clone()).collect()
    }

    /// All objects.
    pub fn all(&self) -> Vec<Arc<K>> {
        self.read().all.values().cloned().collect()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.read().all.len()
    }

    /// Whether the first listing is complete: until then nothing may be taken for absent.
    pub fn is_complete(&self) -> bool {
        self.read().complete
    }

    /// Puts in what the API server answered to a write of ours.
    pub fn wrote(&self, object: K) -> Option<Change<K>> {
        self.write().put(object)
    }

    /// Takes out what the API server said is gone: this object, and not another that has its name by now. Found by a seed: a
    /// replacement of the same name was forgotten for ever.
    pub fn gone(&self, object: &K) -> Option<Change<K>> {
        self.write().removed(object)
    }

    /// Takes an event of the watch; answers what changed by it.
    pub fn heard(&self, event: Event<K>) -> Vec<Change<K>> {
        let mut state = self.write();
        match event {
            Event::Apply(object) => state.put(object).into_iter().collect(),
            Event::Delete(object) => state.removed(&object).into_iter().collect(),
            Event::Init => {
                state.listing = Some(BTreeSet::new());
                Vec::new()
            }
            Event::InitApply(object) => {
                let name = name_of(&object);
                if let Some(listing) = &mut state.listing {
                    listing.insert(name);
                }
                state.put(object).into_iter().collect()
            }
            Event::InitDone => {
                state.complete = true;
                let listed = state.listing.take().unwrap_or_default();
                let gone: Vec<Name> =
                    state.all.keys().filter(|name| !listed.contains(*name)).cloned().collect();
                gone.iter().filter_map(|name| state.remove(name)).collect()
            }
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, State<K>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State<K>> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Resource<DynamicType = ()>> State<K> {
    fn put(&mut self, mut object: K) -> Option<Change<K>> {
        // An answer to a write of ours tells who wrote which field: of no use here, and more than all else.
        object.meta_mut().managed_fields = None;
        let name = name_of(&object);
        // Something written while a listing goes on may be too new for it.
        if let Some(listing) = &mut self.listing {
            listing.insert(name.clone());
        }
        if object.meta().uid.as_ref().is_some_and(|uid| self.deleted.contains(uid)) {
            return None;
        }
        let before = self.all.get(&name).cloned();
        if before.as_ref().is_some_and(|before| !is_newer(&object, before)) {
            return None;
        }
        if let Some(before) = &before {
            self.unlist(before);
        }
        let after = Arc::new(object);
        if let Some(cluster) = cluster_of(&*after) {
            self.by_cluster.entry(cluster).or_default().insert(name.1.clone(), after.clone());
        }
        self.all.insert(name, after.clone());
        Some(Change { before, after: Some(after) })
    }

    fn removed(&mut self, object: &K) -> Option<Change<K>> {
        let name = name_of(object);
        let is_same = self.all.get(&name).is_some_and(|known| known.meta().uid == object.meta().uid);
        if is_same { self.remove(&name) } else { None }
    }

    fn remove(&mut self, name: &Name) -> Option<Change<K>> {
        let before = self.all.remove(name)?;
        self.unlist(&before);
        self.deleted.extend(before.meta().uid.clone());
        if self.deleted.len() > REMEMBERED {
            self.deleted.pop_front();
        }
        Some(Change { before: Some(before), after: None })
    }

    fn unlist(&mut self, object: &K) {
        let Some(cluster) = cluster_of(object) else { return };
        if let Some(names) = self.by_cluster.get_mut(&cluster) {
            names.remove(&object.name_any());
            if names.is_empty() {
                self.by_cluster.remove(&cluster);
            }
        }
    }
}

fn name_of<K: Resource>(object: &K) -> Name {
    (object.meta().namespace.clone().unwrap_or_default(), object.name_any())
}

fn cluster_of<K: Resource>(object: &K) -> Option<Name> {
    let cluster = object.meta().labels.as_ref()?.get(LABEL_CLUSTER)?;
    Some((object.meta().namespace.clone().unwrap_or_default(), cluster.clone()))
}

/// Whether `object` is a later state than `known`, or another object that came after it: the answer to a write can be the last of
/// an object whose name has a newer one by now. Without versions, the one that is told last is there.
fn is_newer<K: Resource>(object: &K, known: &K) -> bool {
    let version = |object: &K| object.meta().resource_version.as_ref()?.parse::<u64>().ok();
    match (version(object), version(known)) {
        (Some(one), Some(other)) => one > other,
        _ => object.meta().uid != known.meta().uid,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::tenant::Tenant;

    fn tenant(uid: &str, version: u32) -> Tenant {
        let metadata = json!({ "name": "shop", "uid": uid, "resourceVersion": version.to_string() });
        let object = json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Tenant",
            "metadata": metadata, "spec": { "displayName": "Shop" },
        });
        serde_json::from_value(object).unwrap()
    }

    /// Found by seed 333: the answers to two writes came in another order than they were carried out.
    #[test]
    fn who_has_the_name_of_one_that_is_gone_stays() {
        let cache = Cache::<Tenant>::default();
        cache.wrote(tenant("old", 3));
        cache.wrote(tenant("new", 6));
        // The last state of the old one, and that it is gone, are told late.
        cache.wrote(tenant("old", 5));
        cache.gone(&tenant("old", 5));
        assert_eq!(cache.get("", "shop").unwrap().metadata.uid.as_deref(), Some("new"));
        cache.heard(Event::Apply(tenant("new", 7)));
        assert_eq!(cache.get("", "shop").unwrap().metadata.resource_version.as_deref(), Some("7"));
        cache.gone(&tenant("new", 7));
        assert!(cache.get("", "shop").is_none());
        cache.heard(Event::Apply(tenant("new", 7)));
        assert!(cache.get("", "shop").is_none(), "what is gone does not come back");
    }
}
