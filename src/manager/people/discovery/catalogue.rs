//! The registry in the order in which it is told: built-in groups first, then the others by name.
//!
//! The order matters: where two types go by the same short name, command lines mean the first one.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manager::registry::crd::definition::by_preference;
use crate::manager::registry::index::Picture;
use crate::manager::registry::resource::Resource;
use crate::manager::registry::table;

/// All groups, in order.
#[derive(Debug)]
pub struct Catalogue {
    groups: Vec<Group>,
}

/// One group.
#[derive(Debug)]
pub struct Group {
    /// Its name, empty for the core group.
    pub name: String,
    /// Its versions, the preferred one first.
    pub versions: Vec<Version>,
}

/// One version of a group.
#[derive(Debug)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// The types that are served in it, by plural.
    pub types: Vec<Arc<Resource>>,
}

impl Catalogue {
    /// The types of a registry, in order.
    pub fn of(picture: &Picture) -> Self {
        let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Arc<Resource>>>> = BTreeMap::new();
        for resource in picture.all() {
            for version in &resource.versions {
                let types = groups.entry(&resource.group).or_default().entry(version).or_default();
                types.push(Arc::clone(resource));
            }
        }
        let mut groups: Vec<Group> =
            groups.into_iter().map(|(name, versions)| Group::of(name, versions)).collect();
        let place = |name: &str| table::all().position(|known| known.group == name).unwrap_or(usize::MAX);
        groups.sort_by_cached_key(|group| place(&group.name));
        Self { groups }
    }

    /// The core group.
    pub fn core(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| group.name.is_empty())
    }

    /// All groups with a name.
    pub fn named(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().filter(|group| !group.name.is_empty())
    }

    /// All groups.
    pub fn all(&self) -> &[Group] {
        &self.groups
    }

    /// A group by its name.
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }
}

impl Group {
    fn of(name: &str, versions: BTreeMap<&str, Vec<Arc<Resource>>>) -> Self {
        let mut versions: Vec<Version> =
            versions.into_iter().map(|(name, types)| Version { name: name.to_owned(), types }).collect();
        versions.sort_by(|one, other| by_preference(&one.name, &other.name));
        Self { name: name.to_owned(), versions }
    }

    /// `apps/v1`, or plain `v1` in the core group.
    pub fn qualified(&self, version: &str) -> String {
        if self.name.is_empty() { version.to_owned() } else { format!("{}/{version}", self.name) }
    }
}
