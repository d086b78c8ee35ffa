//! Things of one sort in the cloud, as the last listing and our own changes since then left them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::cloud::errors::CloudError;
use crate::cloud::types::balancer::Balancer;
use crate::cloud::types::compute::Server;
use crate::cloud::types::network::Port;
use crate::cloud::types::observed::Observed;

/// Something of the cloud with tags.
pub trait Tagged {
    /// Its tags.
    fn tags(&self) -> &[String];
}

impl Tagged for Server {
    fn tags(&self) -> &[String] {
        &self.tags
    }
}

impl Tagged for Port {
    fn tags(&self) -> &[String] {
        &self.tags
    }
}

impl Tagged for Balancer {
    fn tags(&self) -> &[String] {
        &self.tags
    }
}

/// Things of one sort, found by id and by tag.
#[derive(Debug)]
pub struct Shelf<I, T> {
    /// All of them.
    pub all: BTreeMap<I, T>,
    by_tag: HashMap<String, BTreeSet<I>>,
    /// Our own changes, and when: a listing that began before does not undo them.
    pub ours: BTreeMap<I, DateTime<Utc>>,
    /// When the last listing began.
    pub as_of: Option<DateTime<Utc>>,
    /// Why the last listing failed, if it did.
    pub failure: Option<String>,
}

impl<I, T> Default for Shelf<I, T> {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            by_tag: HashMap::new(),
            ours: BTreeMap::new(),
            as_of: None,
            failure: None,
        }
    }
}

impl<I: Ord + Clone, T: Tagged + PartialEq> Shelf<I, T> {
    /// Those that bear a tag.
    pub fn tagged(&self, tag: &str) -> impl Iterator<Item = &T> {
        self.by_tag.get(tag).into_iter().flatten().filter_map(|id| self.all.get(id))
    }

    /// Puts one in, and answers the tags of it if that changed something.
    pub fn put(&mut self, id: I, thing: T) -> Vec<String> {
        if self.all.get(&id) == Some(&thing) {
            return Vec::new();
        }
        let mut touched = self.take(&id);
        for tag in thing.tags() {
            self.by_tag.entry(tag.clone()).or_default().insert(id.clone());
        }
        touched.extend(thing.tags().iter().cloned());
        self.all.insert(id, thing);
        touched
    }

    /// Takes one out, and answers the tags of it.
    pub fn take(&mut self, id: &I) -> Vec<String> {
        let Some(thing) = self.all.remove(id) else { return Vec::new() };
        for tag in thing.tags() {
            if let Some(ids) = self.by_tag.get_mut(tag) {
                ids.remove(id);
                if ids.is_empty() {
                    self.by_tag.remove(tag);
                }
            }
        }
        thing.tags().to_vec()
    }

    /// Takes a listing of everything over; answers the tags of what changed.
    pub fn replace(&mut self, began: DateTime<Utc>, items: impl Iterator<Item = (I, T)>) -> Vec<String> {
        self.ours.retain(|_, at| *at >= began);
        let mut touched = Vec::new();
        let mut listed = BTreeSet::new();
        for (id, thing) in items {
            listed.insert(id.clone());
            if !self.ours.contains_key(&id) {
                touched.extend(self.put(id, thing));
            }
        }
        let gone: Vec<I> = self.all.keys().filter(|id| !listed.contains(*id)).cloned().collect();
        for id in gone.iter().filter(|id| !self.ours.contains_key(*id)).cloned().collect::<Vec<_>>() {
            touched.extend(self.take(&id));
        }
        (self.as_of, self.failure) = (Some(began), None);
        touched
    }

    /// A listing failed: what was listed before is kept, and nothing is known until the next.
    pub fn failed(&mut self, error: &CloudError) -> Vec<String> {
        tracing::warn!(%error, "a listing of the cloud failed");
        self.failure = Some(error.lasting());
        Vec::new()
    }

    /// Why nothing was listed yet, as far as that is known; nothing if something was.
    pub fn unlisted(&self) -> Option<Option<&str>> {
        self.as_of.is_none().then_some(self.failure.as_deref())
    }

    /// What is seen of them, if the last listing was answered.
    pub fn seen<U>(&self, value: impl FnOnce() -> U) -> Observed<U> {
        match (&self.failure, self.as_of) {
            (Some(why), _) => Observed::unknown(why.clone()),
            (None, Some(at)) => Observed::known(value(), at),
            (None, None) => Observed::unknown("it was not listed yet"),
        }
    }
}
