//! The store's file: a redb database with one table of objects and one of facts about the store.
//!
//! It is made under another name and renamed when it is whole, so that a process killed meanwhile leaves no half
//! of a file behind. A commit that fails leaves it open whether its writes reached the disk; the next one finds out
//! from the revision in the file, and takes back what did.

use std::error::Error;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{
    Builder, Database, DatabaseError, Durability, ReadableDatabase, ReadableTableMetadata, Table,
    TableDefinition,
};

use super::entry::{Entry, Indexed};
use super::errors::{StoreError, in_full};
use super::limits::Limits;
use super::record;
use super::state::{FIRST_REVISION, State, Write};
use crate::manager::resource::Key;

/// Objects, in the form of [`record`].
const OBJECTS: TableDefinition<'_, &str, Row<'static>> = TableDefinition::new("objects");
/// Facts about the store, by name.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");
/// The newest revision.
const REVISION: &str = "revision";
/// The same with all bits turned: a revision that is read wrong must not be gone on from.
const REVISION_TURNED: &str = "revision-turned";
/// The form of this file. A file of another form is refused.
const FORM: &str = "form";
/// The form that this code writes.
const FORM_HERE: u64 = 1;

/// What redb may keep of the file in memory: the objects are in memory anyway, so this is for its inner pages.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// A row: the index, the object and their checksum, in the form of [`record`].
type Row<'a> = (&'a [u8], &'a [u8], u64);

type Failure = Box<dyn Error + Send + Sync>;

/// An open file. `B` makes a database of it: [`with_small_cache`], or what a test puts in between.
#[derive(Debug)]
pub(super) struct StoreFile<B> {
    path: PathBuf,
    build: B,
    /// Nothing after a failure: the database refuses everything then, until it is opened anew.
    database: Option<Database>,
    /// Writes that failed, by revision, and may be on the disk all the same.
    doubtful: Vec<(u64, Key)>,
}

/// The database of a file.
pub(super) fn with_small_cache(file: File) -> Result<Database, DatabaseError> {
    Builder::new().set_cache_size(CACHE_BYTES).create_file(file)
}

impl<B: Fn(File) -> Result<Database, DatabaseError>> StoreFile<B> {
    /// Opens or makes a file and reads all that is in it.
    pub(super) fn open(path: &Path, limits: Limits, build: B) -> Result<(Self, State), StoreError> {
        let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
        let open = || {
            let database = open_database(path, &build)?;
            let state = load(&database, limits).map_err(|error| damaged(in_full(&*error)))?;
            Ok((database, state))
        };
        // The database library checks what it reads, but not everywhere: some broken files make it panic.
        let opened = catch_unwind(AssertUnwindSafe(open));
        let (database, state) =
            opened.unwrap_or_else(|_| Err(damaged("the database library gave up on it".to_owned())))?;
        Ok((Self { path: path.to_owned(), build, database: Some(database), doubtful: Vec::new() }, state))
    }

    /// Makes writes durable, all of them or none. `current` tells what readers see of an object.
    pub(super) fn commit(
        &mut self,
        writes: &[&Write],
        current: impl Fn(&Key) -> Option<Arc<Entry>>,
    ) -> Result<(), StoreError> {
        let done = self.try_commit(writes, current);
        done.map_err(|source| {
            self.database = None;
            let keys = writes.iter().map(|write| (write.entry.revision, write.entry.key.clone()));
            self.doubtful.extend(keys);
            StoreError::NotDurable { path: self.path.clone(), why: in_full(&*source) }
        })
    }

    /// Whether writes that failed may be on the disk.
    pub(super) fn is_doubtful(&self) -> bool {
        !self.doubtful.is_empty()
    }

    fn try_commit(
        &mut self,
        writes: &[&Write],
        current: impl Fn(&Key) -> Option<Arc<Entry>>,
    ) -> Result<(), Failure> {
        let database = match self.database.take() {
            Some(database) => database,
            None => {
                let database = open_database(&self.path, &self.build)?;
                let reached = revision(&database)?;
                self.doubtful.retain(|(revision, _)| *revision <= reached);
                database
            }
        };
        let database = self.database.insert(database);
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut objects = transaction.open_table(OBJECTS)?;
            for (_, key) in &self.doubtful {
                match current(key) {
                    Some(entry) => insert(&mut objects, &entry, &entry.index(), &entry.json()?)?,
                    None => remove(&mut objects, key)?,
                }
            }
            for write in writes {
                match write.removed {
                    true => remove(&mut objects, &write.entry.key)?,
                    false => insert(&mut objects, &write.entry, &write.index, &write.plain)?,
                }
            }
            if let Some(last) = writes.last() {
                note_revision(&mut transaction.open_table(FACTS)?, last.entry.revision)?;
            }
        }
        transaction.commit()?;
        self.doubtful.clear();
        Ok(())
    }
}

type Objects<'a> = Table<'a, &'static str, Row<'static>>;

fn insert(objects: &mut Objects<'_>, entry: &Entry, index: &Indexed, plain: &[u8]) -> Result<(), Failure> {
    let (key, index, packed) = (record::key(&entry.key), record::index(index)?, record::object(plain));
    let checksum = record::checksum(&key, &index, &packed);
    objects.insert(key.as_str(), (index.as_slice(), packed.as_slice(), checksum))?;
    Ok(())
}

fn remove(objects: &mut Objects<'_>, key: &Key) -> Result<(), Failure> {
    objects.remove(record::key(key).as_str())?;
    Ok(())
}

fn open_database(
    path: &Path,
    build: impl Fn(File) -> Result<Database, DatabaseError>,
) -> Result<Database, StoreError> {
    let failed = |source: io::Error| StoreError::Open { path: path.to_owned(), source: source.into() };
    match fs::metadata(path) {
        Ok(known) if known.len() > 0 => {}
        Ok(_) => make(path, &build)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => make(path, &build)?,
        Err(error) => return Err(failed(error)),
    }
    let file = OpenOptions::new().read(true).write(true).open(path).map_err(failed)?;
    let private = file.try_clone().map_err(failed)?;
    let database = build(file).map_err(|error| refused(path, error))?;
    let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
    match fact(&database, FORM).map_err(|error| damaged(in_full(&*error)))? {
        FORM_HERE => {}
        other => return Err(damaged(format!("its form is {other}, this program reads {FORM_HERE}"))),
    }
    // Only now is it certain to be ours to change; it may have been copied here with other permissions.
    private.set_permissions(Permissions::from_mode(0o600)).map_err(failed)?;
    Ok(database)
}

/// Makes a file, whole from the first moment on that it has its name.
fn make(path: &Path, build: impl Fn(File) -> Result<Database, DatabaseError>) -> Result<(), StoreError> {
    let draft = beside(path, ".new");
    let failed = |source: io::Error| StoreError::Open { path: draft.clone(), source: source.into() };
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create_new(true).mode(0o600).open(&draft).map_err(failed)?;
    let database = build(file.try_clone().map_err(failed)?).map_err(|error| refused(path, error))?;
    begin(&database).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
    drop(database);
    file.sync_all().map_err(failed)?;
    fs::rename(&draft, path).map_err(failed)?;
    // The name is durable when the directory is.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}

/// The name of a file that belongs to the store's.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn begin(database: &Database) -> Result<(), Failure> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(OBJECTS)?;
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(FORM, FORM_HERE)?;
        note_revision(&mut facts, FIRST_REVISION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// What it means that the database refuses a file: the disk fails, or what is on it is wrong.
fn refused(path: &Path, error: DatabaseError) -> StoreError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path, pid: "?".to_owned() },
        DatabaseError::Storage(redb::StorageError::Io(error))
            if error.kind() != io::ErrorKind::InvalidData =>
        {
            StoreError::Open { path, source: error.into() }
        }
        other => StoreError::Damaged { path, why: other.to_string() },
    }
}

fn fact(database: &Database, name: &str) -> Result<u64, Failure> {
    let facts = database.begin_read()?.open_table(FACTS)?;
    let value = facts.get(name)?.map(|value| value.value());
    value.ok_or_else(|| format!("it does not tell its {name}").into())
}

fn revision(database: &Database) -> Result<u64, Failure> {
    let revision = fact(database, REVISION)?;
    if fact(database, REVISION_TURNED)? != !revision {
        return Err("its revision cannot be relied on".into());
    }
    Ok(revision)
}

fn note_revision(facts: &mut Table<'_, &'static str, u64>, revision: u64) -> Result<(), redb::StorageError> {
    facts.insert(REVISION, revision)?;
    facts.insert(REVISION_TURNED, !revision)?;
    Ok(())
}

fn load(database: &Database, limits: Limits) -> Result<State, Failure> {
    let mut state = State::empty(revision(database)?, limits);
    let objects = database.begin_read()?.open_table(OBJECTS)?;
    let mut rows = 0;
    for row in objects.range::<&str>(..)? {
        let (key, value) = row?;
        let (index, packed, checksum) = value.value();
        let record = record::read(key.value(), index, packed, checksum)?;
        let write = state.make(&record.key, record.revision, record.plain, record.index, false);
        state.restore(write);
        rows += 1;
    }
    let expected = objects.len()?;
    if rows != expected {
        return Err(format!("{rows} of its {expected} objects can be found").into());
    }
    Ok(state)
}
