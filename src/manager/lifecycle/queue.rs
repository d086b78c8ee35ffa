//! What the keeper has to look at.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::manager::resource::Key;

/// One thing to look at. It names what to look at and not what to do, so that looking twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// A CustomResourceDefinition was written or removed.
    Definition(String),
    /// A namespace is to be emptied.
    Namespace(String),
    /// An object has owners: are they there?
    Owned(Key),
    /// An object waits for what it owns.
    Owner(Key),
    /// Who had this owner has it no longer.
    Bereaved(String),
    /// The budgets of a namespace are to be computed.
    Budgets(String),
    /// An Event was written.
    Event(Key),
}

/// The tasks that wait. The same task waits once, so that their number is bounded by that of the objects.
#[derive(Debug, Default)]
pub struct Queue {
    waiting: Mutex<BTreeSet<Task>>,
    news: Notify,
}

impl Queue {
    /// Adds a task.
    pub fn add(&self, task: Task) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(task);
        self.news.notify_one();
    }

    /// Takes a task out, if there is one.
    pub fn take(&self) -> Option<Task> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_first()
    }

    /// Waits until there may be a task.
    pub async fn wait(&self) {
        self.news.notified().await;
    }
}
