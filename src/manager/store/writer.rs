//! Writes made durable, many at a time: while one group is on its way to the disk, the next one gathers.

use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use redb::{Database, DatabaseError};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::entry::{Entry, Indexed};
use super::errors::StoreError;
use super::file::StoreFile;
use super::handle::{Expect, Shared};
use super::limits::Limits;
use super::lock::Lock;
use super::place;
use super::state::Write;
use crate::manager::resource::Key;

/// The most writes in one group: a bound on how long the first of them waits for the last.
const LARGEST_GROUP: usize = 1024;

/// The thread that makes writes durable. Dropping it writes what waits, and closes the file.
#[derive(Debug)]
pub(super) struct Writer {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    writes: VecDeque<Queued>,
    closed: bool,
}

/// A write on its way to the disk. It keeps its place among the writes in flight even when its writer has gone.
#[derive(Debug)]
struct Queued {
    write: Write,
    reply: oneshot::Sender<Result<Arc<Entry>, StoreError>>,
    _place: OwnedSemaphorePermit,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Opens a file, reads it, and starts the thread. `build` makes a database of the file.
    pub(super) fn open(
        path: &Path,
        limits: Limits,
        build: impl Fn(File) -> Result<Database, DatabaseError> + Send + 'static,
    ) -> Result<(Arc<Shared>, Self), StoreError> {
        let path = place::find(path)?;
        let lock = Lock::take(&path)?;
        let (file, state) = StoreFile::open(&path, limits, build)?;
        let shared = Arc::new(Shared::new(state));
        let queue = Arc::new(Queue::default());
        let (ours, theirs) = ((Arc::clone(&shared), Arc::clone(&queue)), path.clone());
        let run = move || run(file, &ours.0, &ours.1, &theirs, lock);
        let thread = std::thread::Builder::new().name("store-writer".to_owned()).spawn(run);
        let thread = thread.map_err(|source| StoreError::Open { path, source: source.into() })?;
        let room = Arc::new(Semaphore::new(limits.writes_in_flight));
        Ok((Arc::clone(&shared), Self { shared, queue, room, thread: Some(thread) }))
    }

    /// Checks a write, queues it, and waits until it is durable.
    pub(super) async fn commit(
        &self,
        key: &Key,
        expect: Expect,
        object: Value,
        index: Indexed,
        removed: bool,
    ) -> Result<Arc<Entry>, StoreError> {
        let place = Arc::clone(&self.room).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        {
            // The queue is filled under the state's lock, so that its order is the order of revisions.
            let mut state = self.shared.write();
            let mut waiting = self.queue.lock();
            if waiting.closed {
                return Err(StoreError::Closed);
            }
            let write = state.begin(key, expect, object, index, removed)?;
            state.stage(&write);
            waiting.writes.push_back(Queued { write, reply, _place: place });
        }
        self.queue.news.notify_one();
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was a bug, and it is not mended by another one here.
            let _ = thread.join();
        }
    }
}

/// The thread: takes what waits, makes it durable, shows it.
fn run<B: Fn(File) -> Result<Database, DatabaseError>>(
    mut file: StoreFile<B>,
    shared: &Shared,
    queue: &Queue,
    path: &Path,
    lock: Lock,
) {
    let _end = End { queue };
    let current = |key: &Key| shared.read().get(key);
    while let Some(group) = next_group(queue) {
        let writes: Vec<&Write> = group.iter().map(|queued| &queued.write).collect();
        match file.commit(&writes, current) {
            Ok(()) => show(shared, group),
            Err(error) => fail(shared, queue, group, path, &error),
        }
    }
    if file.is_doubtful() {
        // The last chance to take back what failed. If the disk still does not work, the next start will see
        // writes that were never acknowledged, whole.
        let _ = file.commit(&[], current);
    }
    // The file is closed before another process may have it.
    drop(file);
    drop(lock);
}

/// The end of the thread, be it a panic: nobody is to wait for it any more.
struct End<'a> {
    queue: &'a Queue,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut waiting = self.queue.lock();
        waiting.closed = true;
        waiting.writes.clear();
    }
}

fn next_group(queue: &Queue) -> Option<Vec<Queued>> {
    let mut waiting = queue.lock();
    loop {
        if !waiting.writes.is_empty() {
            let many = waiting.writes.len().min(LARGEST_GROUP);
            return Some(waiting.writes.drain(..many).collect());
        }
        if waiting.closed {
            return None;
        }
        waiting = queue.news.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

fn show(shared: &Shared, group: Vec<Queued>) {
    let mut state = shared.write();
    let mut replies = Vec::with_capacity(group.len());
    for queued in group {
        replies.push((queued.reply, Arc::clone(&queued.write.entry)));
        state.apply(queued.write);
    }
    drop(state);
    for (reply, entry) in replies {
        // A writer that no longer waits has its write all the same.
        let _ = reply.send(Ok(entry));
    }
}

/// Takes back the writes of a group and all that were checked against them.
fn fail(shared: &Shared, queue: &Queue, group: Vec<Queued>, path: &Path, error: &StoreError) {
    let mut state = shared.write();
    let later: Vec<Queued> = queue.lock().writes.drain(..).collect();
    state.unstage();
    drop(state);
    let why = match error {
        StoreError::NotDurable { why, .. } => why.clone(),
        other => other.to_string(),
    };
    for queued in group.into_iter().chain(later) {
        let path: PathBuf = path.to_owned();
        let _ = queued.reply.send(Err(StoreError::NotDurable { path, why: why.clone() }));
    }
}
