//! Things of one sort in the cloud, as the last listing and our own changes since then left them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use crate::clock;
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
    /// For how long a listing is good when those after it fail.
    good_for: TimeDelta,
    /// When the last listing began.
    pub as_of: Option<DateTime<Utc>>,
    /// Why the last listing failed, if it did.
    pub failure: Option<String>,
}

impl<I, T> Shelf<I, T> {
    /// Nothing yet. What is listed is known for so long although later listings fail.
    pub fn known_for(good_for: TimeDelta) -> Self {
        Self {
            all: BTreeMap::new(),
            by_tag: HashMap::new(),
            ours: BTreeMap::new(),
            good_for,
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

    /// A listing failed: what was listed before is kept, and known for a while.
    pub fn failed(&mut self, error: &CloudError) -> Vec<String> {
        tracing::warn!(%error, "a listing of the cloud failed");
        self.failure = Some(error.lasting());
        Vec::new()
    }

    /// Why nothing was listed yet, as far as that is known; nothing if something was.
    pub fn unlisted(&self) -> Option<Option<&str>> {
        self.as_of.is_none().then_some(self.failure.as_deref())
    }

    /// What is seen of them: one listing that fails is no reason to know nothing, since the next may be answered.
    pub fn seen<U>(&self, value: impl FnOnce() -> U) -> Observed<U> {
        match (&self.failure, self.as_of) {
            (_, Some(at)) if self.failure.is_none() || clock::now() - at <= self.good_for => {
                Observed::known(value(), at)
            }
            (Some(why), _) => Observed::unknown(why.clone()),
            (None, _) => Observed::unknown("it was not listed yet"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::errors::CloudErrorKind;

    #[tokio::test(start_paused = true)]
    async fn one_listing_that_fails_makes_nobody_forget() {
        let mut shelf = Shelf::<u32, Port>::known_for(TimeDelta::seconds(60));
        let error = CloudError::new(CloudErrorKind::Transient, "list ports", "all".to_owned());
        shelf.failed(&error);
        assert_eq!(shelf.seen(|| ()).value(), None, "nothing was listed yet");
        shelf.replace(clock::now(), std::iter::empty());
        shelf.failed(&error);
        clock::sleep(TimeDelta::seconds(50)).await;
        assert_eq!(shelf.seen(|| ()).value(), Some(&()));
        clock::sleep(TimeDelta::seconds(20)).await;
        assert_eq!(shelf.seen(|| ()).value(), None, "by now it is old");
        shelf.replace(clock::now(), std::iter::empty());
        assert_eq!(shelf.seen(|| ()).value(), Some(&()));
    }
}
