//! A record as it is stored: metadata, spec, status.

use super::meta::Meta;

/// A record as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored<S, T> {
    /// Its metadata.
    pub meta: Meta,
    /// What is wanted.
    pub spec: S,
    /// What was written down of it.
    pub status: T,
}

impl<S, T> Stored<S, T> {
    /// Whether it is being deleted.
    pub fn is_going(&self) -> bool {
        self.meta.deleting.is_some()
    }
}
