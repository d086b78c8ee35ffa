//! One object at one revision.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errors::StoreError;
use super::pack::Packed;
use crate::manager::resource::Key;

/// What of an object can be searched without reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// The values of the fields that field selectors may ask for, by path (`spec.nodeName`).
    pub fields: Vec<(String, String)>,
    /// The uids of its owners.
    pub owners: Vec<String>,
}

/// Pairs of shared texts.
pub(super) type Pairs = Box<[(Arc<str>, Arc<str>)]>;

/// An object at one revision. It never changes; a change makes another entry.
#[derive(Debug)]
pub struct Entry {
    pub(super) key: Key,
    pub(super) revision: u64,
    pub(super) labels: Pairs,
    pub(super) fields: Pairs,
    pub(super) owners: Box<[Arc<str>]>,
    pub(super) packed: Packed,
}

impl Entry {
    /// Which object it is.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The revision at which it was written.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The value of a label.
    pub fn label(&self, key: &str) -> Option<&str> {
        find(&self.labels, key)
    }

    /// The value of an indexed field.
    pub fn field(&self, path: &str) -> Option<&str> {
        find(&self.fields, path)
    }

    /// The uids of its owners.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.owners.iter().map(|uid| &**uid)
    }

    /// The object as JSON, `metadata.resourceVersion` and all.
    ///
    /// # Errors
    /// Only when memory is broken.
    pub fn json(&self) -> Result<Bytes, StoreError> {
        self.packed.unpack().map_err(|error| StoreError::Object { why: error.to_string() })
    }

    /// The object as a value.
    ///
    /// # Errors
    /// Only when memory is broken.
    pub fn value(&self) -> Result<Value, StoreError> {
        let json = self.json()?;
        serde_json::from_slice(&json).map_err(|error| StoreError::Object { why: error.to_string() })
    }

    /// All that can be searched of it.
    pub(super) fn index(&self) -> Indexed {
        let owned =
            |pairs: &Pairs| pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        Indexed {
            labels: owned(&self.labels),
            fields: owned(&self.fields),
            owners: self.owners().map(str::to_owned).collect(),
        }
    }

    /// What it takes in memory, packed, in bytes.
    pub(super) fn size(&self) -> usize {
        self.packed.len() + size_of::<Self>()
    }
}

fn find<'a>(pairs: &'a Pairs, key: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| &**known == key).map(|(_, value)| &**value)
}
