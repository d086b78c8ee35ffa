//! The last changes of each type, oldest first.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use super::entry::Entry;
use super::limits::Limits;
use crate::manager::resource::ResourceId;

/// One change.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) entry: Arc<Entry>,
    pub(super) was: Option<Arc<Entry>>,
    pub(super) removed: bool,
    pub(super) plain: Option<Bytes>,
}

/// All changes that are kept.
#[derive(Debug)]
pub(super) struct History {
    limits: Limits,
    changes: HashMap<ResourceId, VecDeque<Change>>,
    /// In order of revision: whose change it was, when it came, and what it costs to keep it.
    order: VecDeque<Stamp>,
    /// In order of revision: whose changes still have plain JSON.
    plain: VecDeque<(ResourceId, u64, usize)>,
    bytes: usize,
    plain_bytes: usize,
    /// Up to this revision everything is forgotten.
    floor: u64,
    /// Up to these revisions the changes of a type are forgotten.
    floors: HashMap<ResourceId, u64>,
}

#[derive(Debug)]
struct Stamp {
    resource: ResourceId,
    at: Instant,
    bytes: usize,
}

/// The name of an object within its type: namespace and name.
pub(super) type Name = (Arc<str>, Arc<str>);

impl History {
    /// A history that begins after a revision.
    pub(super) fn after(floor: u64, limits: Limits) -> Self {
        Self {
            limits,
            changes: HashMap::new(),
            order: VecDeque::new(),
            plain: VecDeque::new(),
            bytes: 0,
            plain_bytes: 0,
            floor,
            floors: HashMap::new(),
        }
    }

    /// Adds the newest change, and forgets what is beyond the limits.
    pub(super) fn add(&mut self, change: Change) {
        let resource = change.entry.key.resource.clone();
        let removed = if change.removed { change.entry.size() } else { 0 };
        let bytes = change.was.as_ref().map_or(0, |was| was.size()) + removed;
        if let Some(plain) = &change.plain {
            self.plain_bytes += plain.len();
            self.plain.push_back((resource.clone(), change.entry.revision, plain.len()));
        }
        self.bytes += bytes;
        self.order.push_back(Stamp { resource: resource.clone(), at: Instant::now(), bytes });
        self.changes.entry(resource).or_default().push_back(change);
        self.forget();
    }

    /// The oldest revision after which all changes of a type are known.
    pub(super) fn floor(&self, resource: &ResourceId) -> u64 {
        self.floors.get(resource).copied().unwrap_or_default().max(self.floor)
    }

    /// The first change of a type after a revision.
    pub(super) fn next(&self, resource: &ResourceId, after: u64) -> Option<&Change> {
        let changes = self.changes.get(resource)?;
        changes.get(changes.partition_point(|change| change.entry.revision <= after))
    }

    /// What was of the objects of a type at a revision, as far as it differs from now. Nothing stands for an object
    /// that was not there.
    pub(super) fn since(&self, resource: &ResourceId, revision: u64) -> BTreeMap<Name, Option<Arc<Entry>>> {
        let mut before = BTreeMap::new();
        let Some(changes) = self.changes.get(resource) else { return before };
        let first = changes.partition_point(|change| change.entry.revision <= revision);
        for change in changes.range(first..) {
            let key = &change.entry.key;
            let name = (Arc::clone(&key.namespace), Arc::clone(&key.name));
            before.entry(name).or_insert_with(|| change.was.clone());
        }
        before
    }

    /// How many changes are kept, and how many bytes they take.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.order.len(), self.bytes + self.plain_bytes)
    }

    /// Forgets what is beyond the limits.
    pub(super) fn forget(&mut self) {
        while self.is_beyond_limits() {
            let Some(stamp) = self.order.pop_front() else { break };
            self.bytes -= stamp.bytes;
            let Some(changes) = self.changes.get_mut(&stamp.resource) else { continue };
            if let Some(change) = changes.pop_front() {
                self.floors.insert(stamp.resource, change.entry.revision);
            }
        }
        while self.plain_bytes > self.limits.plain_bytes {
            let Some((resource, revision, bytes)) = self.plain.pop_front() else { break };
            self.plain_bytes -= bytes;
            let Some(changes) = self.changes.get_mut(&resource) else { continue };
            let index = changes.partition_point(|change| change.entry.revision < revision);
            if let Some(change) = changes.get_mut(index).filter(|change| change.entry.revision == revision) {
                change.plain = None;
            }
        }
    }

    /// Whether there is something to forget: without a change it is time alone that brings this about.
    pub(super) fn is_beyond_limits(&self) -> bool {
        let old = self.order.front().is_some_and(|stamp| stamp.at.elapsed() > self.limits.history_time);
        old || self.order.len() > self.limits.history_changes || self.bytes > self.limits.history_bytes
    }
}
