//! The compiled schemas and shapes of the types that come from CustomResourceDefinitions.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::apply::shape::Shape;
use super::resource::ResourceId;

/// What is compiled of one version of a type.
#[derive(Debug)]
pub struct Compiled {
    /// How its objects are merged.
    pub shape: Shape,
}

/// All of them, by type and version.
#[derive(Debug, Default)]
pub struct Definitions {
    known: RwLock<HashMap<ResourceId, HashMap<String, Arc<Compiled>>>>,
}

impl Definitions {
    /// One version of a type.
    pub fn find(&self, resource: &ResourceId, version: &str) -> Option<Arc<Compiled>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(resource)?.get(version).cloned()
    }

    /// Takes in all versions of a type, in place of what was known of it.
    pub fn put(&self, resource: ResourceId, versions: HashMap<String, Arc<Compiled>>) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(resource, versions);
    }

    /// Forgets a type.
    pub fn remove(&self, resource: &ResourceId) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).remove(resource);
    }
}
