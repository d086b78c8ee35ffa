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

/// Pairs of texts, labels for one, of which one copy serves all objects that have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pairs(Arc<[(Arc<str>, Arc<str>)]>);

impl Pairs {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| &**known == key).map(|(_, value)| &**value)
    }

    /// Whether anything else has this copy.
    pub(super) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether it is the same copy.
    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn owned(&self) -> Vec<(String, String)> {
        self.0.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }
}

impl FromIterator<(Arc<str>, Arc<str>)> for Pairs {
    fn from_iter<I: IntoIterator<Item = (Arc<str>, Arc<str>)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

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
        self.labels.get(key)
    }

    /// All its labels.
    pub fn labels(&self) -> &Pairs {
        &self.labels
    }

    /// The value of an indexed field.
    pub fn field(&self, path: &str) -> Option<&str> {
        self.fields.get(path)
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
        Indexed {
            labels: self.labels.owned(),
            fields: self.fields.owned(),
            owners: self.owners().map(str::to_owned).collect(),
        }
    }

    /// What it takes in memory, packed, in bytes.
    pub(super) fn size(&self) -> usize {
        self.packed.len() + size_of::<Self>()
    }
}
