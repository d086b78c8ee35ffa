//! The store, for readers and writers.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

use super::cursor::Cursor;
use super::entry::{Entry, Indexed};
use super::errors::StoreError;
use super::file;
use super::limits::Limits;
use super::query::{ListQuery, Page};
use super::state::{FIRST_REVISION, State};
use super::writer::Writer;
use crate::manager::resource::{Key, ResourceId};

/// What a writer takes for granted of the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is not there.
    Absent,
    /// It is at this revision.
    Revision(u64),
    /// Nothing.
    Any,
}

/// The store. Clones are the same store; the last one to go makes durable what waits, and closes it.
#[derive(Clone, Debug)]
pub struct Store {
    parts: Arc<Parts>,
}

/// The store's parts. Cursors share the first alone, and so do not keep a store open.
#[derive(Debug)]
struct Parts {
    shared: Arc<Shared>,
    /// Nothing for a store in memory.
    writer: Option<Writer>,
}

impl Drop for Parts {
    fn drop(&mut self) {
        // The writer goes first, so that watchers still see the last writes.
        self.writer = None;
        self.shared.write().close();
    }
}

/// What the store's parts share.
#[derive(Debug)]
pub(super) struct Shared {
    state: RwLock<State>,
}

/// How much there is of what, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Objects.
    pub objects: usize,
    /// Bytes of objects, packed.
    pub object_bytes: usize,
    /// Changes in the history.
    pub changes: usize,
    /// Bytes that only the history keeps.
    pub change_bytes: usize,
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        Self { state: RwLock::new(state) }
    }

    pub(super) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// A store that lives as long as the process, and needs no thread.
    pub fn in_memory(limits: Limits) -> Self {
        Self::of(Arc::new(Shared::new(State::empty(FIRST_REVISION, limits))), None)
    }

    /// A store in a file, which is made if it is not there, readable and writable by its owner only. A symlink is followed.
    ///
    /// # Errors
    /// When another process has the file, or it is no regular file, cannot be opened, or holds something else.
    pub fn open_file(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        let (shared, writer) = Writer::open(path, limits, file::with_small_cache)?;
        Ok(Self::of(shared, Some(writer)))
    }

    pub(super) fn of(shared: Arc<Shared>, writer: Option<Writer>) -> Self {
        Self { parts: Arc::new(Parts { shared, writer }) }
    }

    /// Writes an object, with its new revision in `metadata.resourceVersion`. The answer comes when the write is
    /// durable; until then nobody sees it.
    ///
    /// # Errors
    /// When the object is not as expected, or the write cannot be made durable: then it did not happen.
    pub async fn put(
        &self,
        key: &Key,
        expect: Expect,
        object: Value,
        index: Indexed,
    ) -> Result<Arc<Entry>, StoreError> {
        self.commit(key, expect, object, index, false).await
    }

    /// Removes an object. Watchers see `last` with the revision of the removal.
    ///
    /// # Errors
    /// When the object is not as expected, or the removal cannot be made durable: then it did not happen.
    pub async fn remove(
        &self,
        key: &Key,
        expect: Expect,
        last: Value,
        index: Indexed,
    ) -> Result<Arc<Entry>, StoreError> {
        self.commit(key, expect, last, index, true).await
    }

    /// The object of a key.
    pub fn get(&self, key: &Key) -> Option<Arc<Entry>> {
        self.parts.shared.read().get(key)
    }

    /// The newest revision.
    pub fn revision(&self) -> u64 {
        self.parts.shared.read().revision
    }

    /// The newest revision of the objects of one type that this process knows of, zero if there is none: as long as it is the same,
    /// no object of the type was changed.
    pub fn newest(&self, resource: &ResourceId) -> u64 {
        self.parts.shared.read().types.get(resource).map_or(0, |kind| *kind.news.borrow())
    }

    /// Lists a state, present or past.
    ///
    /// # Errors
    /// `Compacted` for a revision that is no longer kept, `Future` for one that is yet to come.
    pub fn list(&self, query: &ListQuery<'_>) -> Result<Page, StoreError> {
        self.forget_old();
        self.parts.shared.read().list(query)
    }

    /// Follows the changes of a type after a revision.
    ///
    /// # Errors
    /// `Compacted` for a revision that is no longer kept, `Future` for one that is yet to come.
    pub fn watch(&self, resource: &ResourceId, from: u64) -> Result<Cursor, StoreError> {
        self.forget_old();
        let (oldest, current) = {
            let state = self.parts.shared.read();
            (state.history.floor(resource), state.revision)
        };
        if from < oldest {
            return Err(StoreError::Compacted { wanted: from, oldest });
        }
        if from > current {
            return Err(StoreError::Future { wanted: from, current });
        }
        Ok(Cursor::new(Arc::clone(&self.parts.shared), resource.clone(), from))
    }

    /// The objects that name an owner.
    pub fn dependents(&self, owner_uid: &str) -> Vec<Arc<Entry>> {
        self.parts.shared.read().dependents(owner_uid)
    }

    /// How much there is of what.
    pub fn size(&self) -> Size {
        let state = self.parts.shared.read();
        let (changes, change_bytes) = state.history.size();
        let entries = state.types.values().flat_map(|kind| kind.objects.values());
        let (objects, object_bytes) =
            entries.fold((0, 0), |(count, bytes), entry| (count + 1, bytes + entry.size()));
        Size { objects, object_bytes, changes, change_bytes }
    }

    /// Forgets what has become too old: writes do that as well, but a store may be without writes for long, and what
    /// can be asked for should depend on the time alone.
    fn forget_old(&self) {
        let shared = &self.parts.shared;
        let is_old = shared.read().history.is_beyond_limits();
        if is_old {
            shared.write().history.forget();
        }
    }

    async fn commit(
        &self,
        key: &Key,
        expect: Expect,
        object: Value,
        index: Indexed,
        removed: bool,
    ) -> Result<Arc<Entry>, StoreError> {
        if let Some(writer) = &self.parts.writer {
            return writer.commit(key, expect, object, index, removed).await;
        }
        let mut state = self.parts.shared.write();
        let write = state.begin(key, expect, object, index, removed)?;
        let entry = Arc::clone(&write.entry);
        state.apply(write);
        Ok(entry)
    }
}
