//! All types that are served now.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::resource::Resource;
use super::table;
use crate::manager::resource::ResourceId;

/// The built-in types. All servers of a process share them; a simulation runs thousands.
static BUILT_IN: LazyLock<Arc<Picture>> = LazyLock::new(|| {
    let mut picture = Picture::default();
    for built_in in table::all() {
        picture.put(built_in.resource());
    }
    Arc::new(picture)
});

/// The types that are served now. Readers get a picture that does not change under them.
#[derive(Debug)]
pub struct Registry {
    picture: RwLock<Arc<Picture>>,
}

/// All types at one moment.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// By group and plural.
    types: BTreeMap<(String, String), Arc<Resource>>,
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// The built-in types.
    pub fn new() -> Self {
        Self { picture: RwLock::new(Arc::clone(&BUILT_IN)) }
    }

    /// All types at this moment.
    pub fn now(&self) -> Arc<Picture> {
        Arc::clone(&self.picture.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Serves a type, in place of one of the same group and plural.
    pub fn put(&self, resource: Resource) {
        self.change(|picture| picture.put(resource));
    }

    /// Serves a type no longer.
    pub fn remove(&self, group: &str, plural: &str) {
        self.change(|picture| {
            picture.types.remove(&(group.to_owned(), plural.to_owned()));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Picture)) {
        let mut picture = self.picture.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = Picture::clone(&picture);
        change(&mut next);
        *picture = Arc::new(next);
    }
}

impl Picture {
    /// The type of a path, if it is served in that version.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        let found = self.types.get(&(group.to_owned(), plural.to_owned()))?;
        found.serves(version).then_some(found)
    }

    /// The type of a kind, if it is served in that version.
    pub fn find_kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Resource>> {
        self.all().find(|known| known.group == group && known.kind == kind && known.serves(version))
    }

    /// The type whose objects are stored under an id; where two share a place, the one it was made for.
    pub fn stored(&self, id: &ResourceId) -> Option<&Arc<Resource>> {
        self.all().find(|known| known.id == *id && known.qualified() == id.as_str())
    }

    /// All types, by group and plural.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.types.values()
    }

    /// Whether anything is served in a group and version.
    pub fn serves(&self, group: &str, version: &str) -> bool {
        self.all().any(|known| known.group == group && known.serves(version))
    }

    fn put(&mut self, resource: Resource) {
        let place = (resource.group.clone(), resource.plural.clone());
        self.types.insert(place, Arc::new(resource));
    }
}
