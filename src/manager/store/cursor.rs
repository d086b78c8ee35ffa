//! A watcher's position in the changes of one type.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::watch;

use super::entry::Entry;
use super::errors::StoreError;
use super::handle::Shared;
use crate::manager::resource::ResourceId;

/// One change, as a watcher gets it.
#[derive(Clone, Debug)]
pub struct Event {
    /// The object after the change; its last state, if it was removed.
    pub entry: Arc<Entry>,
    /// The object before the change, if it was there.
    pub was: Option<Arc<Entry>>,
    /// Whether it was removed.
    pub removed: bool,
    plain: Option<Bytes>,
}

impl Event {
    /// The object as JSON; many watchers share one copy.
    ///
    /// # Errors
    /// Only when memory is broken.
    pub fn json(&self) -> Result<Bytes, StoreError> {
        self.plain.clone().map_or_else(|| self.entry.json(), Ok)
    }
}

/// A position. It holds nothing of the history, so a slow one costs nothing and may fall behind it.
#[derive(Debug)]
pub struct Cursor {
    shared: Arc<Shared>,
    resource: ResourceId,
    position: u64,
    news: watch::Receiver<u64>,
}

impl Cursor {
    pub(super) fn new(shared: Arc<Shared>, resource: ResourceId, position: u64) -> Self {
        let news = shared.write().kind(&resource).news.subscribe();
        Self { shared, resource, position, news }
    }

    /// The next change, as soon as there is one. It may be dropped while it waits, and nothing is lost.
    ///
    /// # Errors
    /// `Compacted` when the history no longer holds what comes next; `Closed` when the store is.
    pub async fn next(&mut self) -> Result<Event, StoreError> {
        loop {
            // What is new from here on wakes the wait below, so that nothing is missed in between.
            self.news.mark_unchanged();
            if let Some(event) = self.try_next()? {
                return Ok(event);
            }
            if self.shared.read().closed {
                return Err(StoreError::Closed);
            }
            self.news.changed().await.map_err(|_| StoreError::Closed)?;
        }
    }

    /// Waits until there may be a change that [`Cursor::try_next`] has not given yet. It may be dropped while it
    /// waits, and nothing is lost.
    ///
    /// # Errors
    /// `Closed` when the store is.
    pub async fn wait(&mut self) -> Result<(), StoreError> {
        if self.shared.read().closed {
            return Err(StoreError::Closed);
        }
        self.news.changed().await.map_err(|_| StoreError::Closed)
    }

    /// The next change, if there is one already.
    ///
    /// # Errors
    /// `Compacted` when the history no longer holds what comes next.
    pub fn try_next(&mut self) -> Result<Option<Event>, StoreError> {
        let state = self.shared.read();
        let oldest = state.history.floor(&self.resource);
        if self.position < oldest {
            return Err(StoreError::Compacted { wanted: self.position, oldest });
        }
        let Some(change) = state.history.next(&self.resource, self.position) else { return Ok(None) };
        self.position = change.entry.revision;
        Ok(Some(Event {
            entry: Arc::clone(&change.entry),
            was: change.was.clone(),
            removed: change.removed,
            plain: change.plain.clone(),
        }))
    }

    /// Up to which revision everything has been seen: what a bookmark says.
    pub fn progress(&mut self) -> u64 {
        let state = self.shared.read();
        if state.history.next(&self.resource, self.position).is_none() {
            self.position = self.position.max(state.revision);
        }
        self.position
    }
}
