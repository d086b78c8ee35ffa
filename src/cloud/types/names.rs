//! Ids and tags.
//!
//! An id is a service's own name of an object. Each kind of object has a type of its own, so that a port's
//! id cannot be handed over where a server's is wanted.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The id of an object of kind `K`, as its service gave it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<K> {
    text: Box<str>,
    #[serde(skip)]
    kind: std::marker::PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// An id from a service's answer.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self { text: text.into(), kind: std::marker::PhantomData }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        Self::new(self.text.clone())
    }
}

impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<K> Eq for Id<K> {}

impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<K> std::hash::Hash for Id<K> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.text)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// A tag that marks an object of the cloud as ours, and as which of ours.
///
/// Tags rather than metadata: whoever is no administrator can search by tags only (Nova, microversion 2.26).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tag(String);

impl Tag {
    /// What every tag of ours begins with.
    pub const PREFIX: &'static str = "kaasboard:";

    /// The tag of everything that belongs to a cluster.
    pub fn cluster(uid: &str) -> Self {
        Self(format!("{}cluster-uid={uid}", Self::PREFIX))
    }

    /// The tag of everything that belongs to a machine.
    pub fn machine(uid: &str) -> Self {
        Self(format!("{}machine-uid={uid}", Self::PREFIX))
    }

    /// The tag of a port that outlives its machines: the slot of an etcd member.
    pub fn slot(slot: &str) -> Self {
        Self(format!("{}slot={slot}", Self::PREFIX))
    }

    /// A tag as a service shows it, ours or not.
    pub fn foreign(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The machine's uid, if this is a machine's tag.
    pub fn machine_uid(&self) -> Option<&str> {
        self.value_of("machine-uid")
    }

    /// The cluster's uid, if this is a cluster's tag.
    pub fn cluster_uid(&self) -> Option<&str> {
        self.value_of("cluster-uid")
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn value_of(&self, key: &str) -> Option<&str> {
        self.0.strip_prefix(Self::PREFIX)?.strip_prefix(key)?.strip_prefix('=')
    }
}
