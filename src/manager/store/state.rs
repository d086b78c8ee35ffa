//! What is stored, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use super::entry::{Entry, Indexed};
use super::errors::StoreError;
use super::handle::Expect;
use super::history::{Change, History, Name};
use super::limits::Limits;
use super::pack::Dictionary;
use super::texts::Texts;
use crate::manager::object;
use crate::manager::resource::{Key, ResourceId};

/// The revision of a store to which nothing has been written. Kubernetes takes resource version 0 for "any".
pub(super) const FIRST_REVISION: u64 = 1;

/// Everything that readers see, and the writes that nobody sees yet.
#[derive(Debug)]
pub(super) struct State {
    pub(super) types: HashMap<ResourceId, Type>,
    pub(super) history: History,
    /// The newest revision that readers see.
    pub(super) revision: u64,
    /// The newest revision that was given to a write.
    given: u64,
    staged: HashMap<Key, Staged>,
    /// Owners' uids with what they own. In the order of keys, so that a seeded run meets dependents in the same order
    /// every time; in one set, because most owners own one object.
    owned: BTreeSet<(Arc<str>, Key)>,
    texts: Texts,
    /// Whether the store is gone, and only cursors are left.
    pub(super) closed: bool,
}

/// The objects of one type.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) id: ResourceId,
    pub(super) objects: BTreeMap<Name, Arc<Entry>>,
    dictionary: Dictionary,
    pub(super) news: watch::Sender<u64>,
}

#[derive(Debug)]
struct Staged {
    revision: u64,
    exists: bool,
}

/// A write that was given its revision.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) entry: Arc<Entry>,
    pub(super) plain: Bytes,
    pub(super) index: Indexed,
    pub(super) removed: bool,
}

impl State {
    /// A state without objects, after a revision.
    pub(super) fn empty(revision: u64, limits: Limits) -> Self {
        Self {
            types: HashMap::new(),
            history: History::after(revision, limits),
            revision,
            given: revision,
            staged: HashMap::new(),
            owned: BTreeSet::new(),
            texts: Texts::default(),
            closed: false,
        }
    }

    /// Checks a write against what is stored or on its way, and gives it a revision.
    pub(super) fn begin(
        &mut self,
        key: &Key,
        expect: Expect,
        mut object: Value,
        index: Indexed,
        removed: bool,
    ) -> Result<Write, StoreError> {
        self.check(key, expect, removed)?;
        let revision = self.given + 1;
        let meta = object::meta_mut(&mut object)
            .ok_or_else(|| StoreError::Object { why: "it has no metadata".to_owned() })?;
        meta.insert("resourceVersion".to_owned(), Value::String(revision.to_string()));
        let mut plain =
            serde_json::to_vec(&object).map_err(|error| StoreError::Object { why: error.to_string() })?;
        // The history may hold on to it, and counts its length, so it should not take more than that.
        plain.shrink_to_fit();
        let write = self.make(key, revision, plain.into(), index, removed);
        self.given = revision;
        Ok(write)
    }

    /// Makes the write of an object that is already JSON: what a file holds.
    pub(super) fn make(
        &mut self,
        key: &Key,
        revision: u64,
        plain: Bytes,
        index: Indexed,
        removed: bool,
    ) -> Write {
        let (labels, fields) = (self.texts.pairs(&index.labels), self.texts.pairs(&index.fields));
        let owners = index.owners.iter().map(|uid| self.texts.shared(uid)).collect();
        let namespace = self.texts.shared(&key.namespace);
        let kind = self.kind(&key.resource);
        let key = Key { resource: kind.id.clone(), namespace, name: Arc::clone(&key.name) };
        let packed = kind.dictionary.pack(&plain);
        Write {
            entry: Arc::new(Entry { key, revision, labels, fields, owners, packed }),
            plain,
            index,
            removed,
        }
    }

    /// Holds a write's key until it is durable: the next write to it is checked against this one.
    pub(super) fn stage(&mut self, write: &Write) {
        let staged = Staged { revision: write.entry.revision, exists: !write.removed };
        self.staged.insert(write.entry.key.clone(), staged);
    }

    /// Shows a write to readers.
    pub(super) fn apply(&mut self, write: Write) {
        let entry = write.entry;
        self.revision = self.revision.max(entry.revision);
        if self.staged.get(&entry.key).is_some_and(|staged| staged.revision == entry.revision) {
            self.staged.remove(&entry.key);
        }
        let name = (Arc::clone(&entry.key.namespace), Arc::clone(&entry.key.name));
        let kind = self.kind(&entry.key.resource);
        let was = if write.removed {
            kind.objects.remove(&name)
        } else {
            kind.objects.insert(name, Arc::clone(&entry))
        };
        self.own(was.as_ref(), (!write.removed).then_some(&entry));
        let (revision, resource) = (entry.revision, entry.key.resource.clone());
        self.history.add(Change { entry, was, removed: write.removed, plain: Some(write.plain) });
        self.kind(&resource).news.send_replace(revision);
    }

    /// Puts an object in place that was there before this process: it is no change.
    pub(super) fn restore(&mut self, write: Write) {
        let entry = write.entry;
        let name = (Arc::clone(&entry.key.namespace), Arc::clone(&entry.key.name));
        self.own(None, Some(&entry));
        let kind = self.kind(&entry.key.resource);
        kind.objects.insert(name, Arc::clone(&entry));
        kind.news.send_modify(|newest| *newest = entry.revision.max(*newest));
    }

    /// Forgets all writes that are not durable: they failed.
    pub(super) fn unstage(&mut self) {
        self.staged.clear();
    }

    /// Tells those who wait for changes that there will be none.
    pub(super) fn close(&mut self) {
        self.closed = true;
        for kind in self.types.values() {
            kind.news.send_replace(self.revision);
        }
    }

    /// The object of a key.
    pub(super) fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        let objects = &self.types.get(&key.resource)?.objects;
        objects.get(&(Arc::clone(&key.namespace), Arc::clone(&key.name))).cloned()
    }

    /// The objects that an owner owns.
    pub(super) fn dependents(&self, owner: &str) -> Vec<Arc<Entry>> {
        let first = (Arc::from(owner), Key::new(ResourceId::from(""), "", ""));
        let keys = self.owned.range(first..).take_while(|(uid, _)| &**uid == owner);
        keys.filter_map(|(_, key)| self.get(key)).collect()
    }

    /// A type, made when it is asked for the first time.
    pub(super) fn kind(&mut self, id: &ResourceId) -> &mut Type {
        self.types.entry(id.clone()).or_insert_with(|| Type {
            id: id.clone(),
            objects: BTreeMap::new(),
            dictionary: Dictionary::default(),
            news: watch::Sender::new(0),
        })
    }

    fn check(&self, key: &Key, expect: Expect, removed: bool) -> Result<(), StoreError> {
        let current = match self.staged.get(key) {
            Some(staged) => staged.exists.then_some(staged.revision),
            None => self.get(key).map(|entry| entry.revision),
        };
        match (expect, current) {
            (Expect::Absent, Some(_)) => Err(StoreError::AlreadyExists),
            (Expect::Absent, None) => Ok(()),
            (Expect::Any, None) if !removed => Ok(()),
            (Expect::Revision(_) | Expect::Any, None) => Err(StoreError::NotFound),
            (Expect::Revision(wanted), Some(current)) if wanted != current => {
                Err(StoreError::Conflict { current })
            }
            (Expect::Revision(_) | Expect::Any, Some(_)) => Ok(()),
        }
    }

    fn own(&mut self, before: Option<&Arc<Entry>>, after: Option<&Arc<Entry>>) {
        if let Some(entry) = before {
            for uid in &entry.owners {
                self.owned.remove(&(Arc::clone(uid), entry.key.clone()));
            }
        }
        if let Some(entry) = after {
            for uid in &entry.owners {
                self.owned.insert((Arc::clone(uid), entry.key.clone()));
            }
        }
    }
}
