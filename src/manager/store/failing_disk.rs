//! Tests of a store whose disk fails: at every single operation, before or after doing it, for a while or for good.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageBackend};
use serde_json::json;

use super::entry::Indexed;
use super::errors::StoreError;
use super::handle::{Expect, Store};
use super::limits::Limits;
use super::query::ListQuery;
use super::writer::Writer;
use crate::manager::resource::{Key, ResourceId};

/// Whether an operation that fails is done all the same: an fsync that reports an error may have worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    Undone,
    Done,
}

/// A disk that does so many operations more, and then fails.
#[derive(Clone, Debug)]
struct Fuse {
    left: Arc<AtomicI64>,
    failure: Failure,
}

impl Fuse {
    fn new(failure: Failure) -> Self {
        Self { left: Arc::new(AtomicI64::new(i64::MAX)), failure }
    }

    fn burn_after(&self, operations: i64) {
        self.left.store(operations, Ordering::SeqCst);
    }

    fn mend(&self) {
        self.burn_after(i64::MAX);
    }

    fn guard(&self, operation: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::SeqCst) > 0 {
            return operation();
        }
        if self.failure == Failure::Done {
            operation()?;
        }
        Err(io::Error::from(io::ErrorKind::StorageFull))
    }

    fn open(&self, path: &Path) -> Result<Store, StoreError> {
        let fuse = self.clone();
        let build = move |file: File| -> Result<Database, DatabaseError> {
            let disk = Disk { file: FileBackend::new(file)?, fuse: fuse.clone() };
            Builder::new().set_cache_size(1024 * 1024).create_with_backend(disk)
        };
        let (shared, writer) = Writer::open(path, Limits::default(), build)?;
        Ok(Store::of(shared, Some(writer)))
    }
}

#[derive(Debug)]
struct Disk {
    file: FileBackend,
    fuse: Fuse,
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.fuse.guard(|| self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.fuse.guard(|| self.file.sync_data())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.fuse.guard(|| self.file.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }
}

/// What is stored: the note of each object, by name.
type Notes = BTreeMap<String, u64>;

fn resource() -> ResourceId {
    ResourceId::new("machines", "kaasboard.dev")
}

async fn put(store: &Store, name: &str, note: u64) -> Result<(), StoreError> {
    let object = json!({ "metadata": { "name": name }, "note": note, "padding": "x".repeat(3000) });
    let key = Key::new(resource(), "a", name);
    store.put(&key, Expect::Any, object, Indexed::default()).await.map(|_| ())
}

fn notes(store: &Store) -> Notes {
    let resource = resource();
    let query =
        ListQuery { resource: &resource, namespace: None, after: None, limit: None, at: None, filter: None };
    let note = |entry: &Arc<super::entry::Entry>| {
        (entry.key().name.to_string(), entry.value().unwrap()["note"].as_u64().unwrap())
    };
    store.list(&query).unwrap().entries.iter().map(note).collect()
}

/// Writes to some new and some old objects at once, and notes in `known` what was acknowledged.
async fn write_some(store: &Store, note: u64, known: &mut Notes) -> Vec<StoreError> {
    let names: Vec<String> = (0..8).map(|name| format!("o{}", name * (note % 3 + 1))).collect();
    let writes = names.iter().map(|name| put(store, name, note));
    let mut errors = Vec::new();
    for (name, result) in names.iter().zip(futures::future::join_all(writes).await) {
        match result {
            Ok(()) => drop(known.insert(name.clone(), note)),
            Err(error) => errors.push(error),
        }
    }
    errors
}

/// A disk that fails after so many operations and works again later: what failed did not happen, what was
/// acknowledged did, before and after a restart.
async fn check(failure: Failure, operations: i64) -> bool {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let fuse = Fuse::new(failure);
    let store = fuse.open(&path).unwrap();
    let mut known = Notes::new();
    assert!(write_some(&store, 1, &mut known).await.is_empty());
    let mut seen = store.watch(&resource(), store.revision()).unwrap();

    fuse.burn_after(operations);
    let mut errors = Vec::new();
    for note in 2..6 {
        errors.extend(write_some(&store, note, &mut known).await);
        assert_eq!(notes(&store), known, "readers see what was acknowledged, and nothing else");
    }
    for error in &errors {
        assert!(matches!(error, StoreError::NotDurable { .. }), "{error}");
    }
    let failed = !errors.is_empty();

    fuse.mend();
    assert!(write_some(&store, 6, &mut known).await.is_empty(), "a disk that works again is used again");
    assert_eq!(notes(&store), known);
    let (revision, before) = (store.revision(), known.clone());
    drop(store);
    let mut replayed = 0;
    while let Ok(event) = seen.next().await {
        assert!(event.entry.revision() > replayed, "watchers see each write once");
        replayed = event.entry.revision();
    }
    assert_eq!(replayed, revision);
    let store = Fuse::new(failure).open(&path).unwrap();
    assert_eq!(notes(&store), before, "what failed is not there after a restart either");
    assert!(store.revision() >= revision);
    failed
}

#[tokio::test]
async fn a_disk_that_fails_at_any_operation_loses_nothing_and_adds_nothing() {
    for failure in [Failure::Undone, Failure::Done] {
        let mut failures = 0;
        for operations in 0..40 {
            failures += i32::from(check(failure, operations).await);
        }
        assert!(failures > 10, "the disk failed while there were writes in {failures} of 40 runs");
    }
}

#[tokio::test]
async fn a_full_disk_is_told_of_with_its_file_and_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store");
    let fuse = Fuse::new(Failure::Undone);
    let store = fuse.open(&path).unwrap();
    fuse.burn_after(0);
    let told = put(&store, "x", 1).await.unwrap_err().to_string();
    let told = told.replace(&path.display().to_string(), "PATH");
    insta::assert_snapshot!(told, @"the write was not made durable in PATH: I/O error: no storage space; see that the disk has room and try again");
    // The disk stays full until the end; the next process with room finds the file in order.
    drop(store);
    assert!(notes(&Store::open_file(&path, Limits::default()).unwrap()).is_empty());
}
