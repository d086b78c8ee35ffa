//! The store's file: a redb database with one table of objects and one of facts about the store.

use std::fs::{File, OpenOptions, Permissions};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::entry::Indexed;
use super::errors::StoreError;
use super::limits::Limits;
use super::state::{State, Write};
use crate::manager::resource::{Key, ResourceId};

/// Objects by type, namespace and name, separated by a zero byte, which none of them may contain.
const OBJECTS: TableDefinition<'_, &str, (&[u8], &[u8])> = TableDefinition::new("objects");
/// Facts about the store, by name.
const FACTS: TableDefinition<'_, &str, u64> = TableDefinition::new("facts");
/// The newest revision.
const REVISION: &str = "revision";
/// The form of this file. A file of another form is refused.
const FORM: &str = "form";
/// The form that this code writes.
const FORM_HERE: u64 = 1;

/// What redb may keep of the file in memory: the objects are in memory anyway.
const CACHE_BYTES: usize = 16 * 1024 * 1024;

/// An open file.
#[derive(Debug)]
pub(super) struct StoreFile {
    path: PathBuf,
    database: Option<Database>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl StoreFile {
    /// Opens or makes a file and reads all that is in it.
    pub(super) fn open(path: &Path, limits: Limits) -> Result<(Self, State), StoreError> {
        let database = open_database(path)?;
        let damaged =
            |source: Failure| StoreError::Damaged { path: path.to_owned(), why: source.to_string() };
        let state = load(&database, limits).map_err(damaged)?;
        Ok((Self { path: path.to_owned(), database: Some(database) }, state))
    }

    /// Makes writes durable, all of them or none.
    pub(super) fn commit(&mut self, writes: &[&Write]) -> Result<(), StoreError> {
        let done = self.try_commit(writes);
        done.map_err(|source| {
            // After a failure the database refuses everything until it is opened anew, which the next write does.
            self.database = None;
            StoreError::NotDurable { path: self.path.clone(), why: source.to_string() }
        })
    }

    fn try_commit(&mut self, writes: &[&Write]) -> Result<(), Failure> {
        let database = match self.database.take() {
            Some(database) => database,
            None => open_database(&self.path)?,
        };
        let database = self.database.insert(database);
        let mut transaction = database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut objects = transaction.open_table(OBJECTS)?;
            let mut facts = transaction.open_table(FACTS)?;
            for write in writes {
                let key = text_of(&write.entry.key);
                if write.removed {
                    objects.remove(key.as_str())?;
                } else {
                    let index = serde_json::to_vec(&write.index)?;
                    objects.insert(key.as_str(), (index.as_slice(), &write.plain[..]))?;
                }
                facts.insert(REVISION, write.entry.revision)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

fn open_database(path: &Path) -> Result<Database, StoreError> {
    let open = |source: Failure| StoreError::Open { path: path.to_owned(), source };
    let file = open_private(path).map_err(|source| open(source.into()))?;
    let is_new = file.metadata().map_err(|source| open(source.into()))?.len() == 0;
    let database = Builder::new().set_cache_size(CACHE_BYTES).create_file(file);
    let damaged = |why: String| StoreError::Damaged { path: path.to_owned(), why };
    let database = database.map_err(|error| damaged(error.to_string()))?;
    let form = if is_new { begin(&database) } else { form(&database) };
    match form.map_err(|error| damaged(error.to_string()))? {
        FORM_HERE => Ok(database),
        other => Err(damaged(format!("its form is {other}, this program reads {FORM_HERE}"))),
    }
}

/// Opens the file so that only its owner can read it, whatever it was before.
fn open_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}

fn begin(database: &Database) -> Result<u64, Failure> {
    let transaction = database.begin_write()?;
    {
        transaction.open_table(OBJECTS)?;
        let mut facts = transaction.open_table(FACTS)?;
        facts.insert(FORM, FORM_HERE)?;
        facts.insert(REVISION, 1)?;
    }
    transaction.commit()?;
    Ok(FORM_HERE)
}

fn form(database: &Database) -> Result<u64, Failure> {
    let transaction = database.begin_read()?;
    let facts = transaction.open_table(FACTS)?;
    Ok(facts.get(FORM)?.map_or(0, |value| value.value()))
}

fn load(database: &Database, limits: Limits) -> Result<State, Failure> {
    let transaction = database.begin_read()?;
    let facts = transaction.open_table(FACTS)?;
    let revision = facts.get(REVISION)?.map_or(1, |value| value.value());
    let mut state = State::empty(revision, limits);
    for row in transaction.open_table(OBJECTS)?.iter()? {
        let (key, value) = row?;
        let key = key_of(key.value())?;
        let (index, plain) = value.value();
        let index: Indexed = serde_json::from_slice(index)?;
        let version = version_of(plain)?;
        let write = state.make(&key, version, Bytes::copy_from_slice(plain), index, false);
        state.restore(write);
    }
    Ok(state)
}

fn text_of(key: &Key) -> String {
    format!("{}\0{}\0{}", key.resource.as_str(), key.namespace, key.name)
}

fn key_of(text: &str) -> Result<Key, Failure> {
    let mut parts = text.split('\0');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(resource), Some(namespace), Some(name), None) => {
            Ok(Key::new(ResourceId::from(resource), namespace, name))
        }
        _ => Err(format!("an object has the key {text:?}").into()),
    }
}

/// The revision of a stored object, without reading the rest of it.
fn version_of(plain: &[u8]) -> Result<u64, Failure> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        resource_version: String,
    }
    #[derive(serde::Deserialize)]
    struct Object {
        metadata: Meta,
    }
    let object: Object = serde_json::from_slice(plain)?;
    Ok(object.metadata.resource_version.parse()?)
}
