//! One row.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cell::{Cell, State};
use super::subject::Subject;
use crate::api::reference::ObjectReference;

/// An object as the manager names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace; empty for kinds without.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
}

impl Target {
    /// As commands name it: `machine/shop/web-worker-x`.
    pub fn path(&self) -> String {
        let kind = self.kind.to_lowercase();
        if self.namespace.is_empty() {
            format!("{kind}/{}", self.name)
        } else {
            format!("{kind}/{}/{}", self.namespace, self.name)
        }
    }
}

/// What a row belongs to. Panes narrow each other by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// The tenant.
    pub tenant: Option<Arc<str>>,
    /// The cluster, in the tenant's namespace.
    pub cluster: Option<Arc<str>>,
    /// The pool of a machine.
    pub pool: Option<Arc<str>>,
    /// The server of a machine, or the one that a volume is attached to.
    pub server: Option<Arc<str>>,
}

/// One row. Its texts are clean.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What stays the same while the object lives: its uid.
    pub id: Arc<str>,
    /// What it is a row of.
    pub subject: Subject,
    /// The object in the manager, if it is one.
    pub target: Option<Target>,
    /// The version of the object that was looked at.
    pub version: Arc<str>,
    /// What it belongs to.
    pub links: Links,
    /// How it is.
    pub state: State,
    /// Since when it is so, if it is not well.
    pub since: Option<DateTime<Utc>>,
    /// The values, one for each column of the subject.
    pub cells: Box<[Cell]>,
    /// The object's labels.
    pub labels: Option<Box<BTreeMap<String, String>>>,
}

impl Row {
    /// The name by which people know it.
    pub fn name(&self) -> &str {
        match &self.target {
            Some(target) => &target.name,
            None => &self.id,
        }
    }

    /// The value of a column.
    pub fn cell(&self, word: &str) -> &Cell {
        self.subject.column(word).and_then(|index| self.cells.get(index)).unwrap_or(&Cell::None)
    }

    /// The object as an Operation names it: this one, in the version that was looked at.
    pub fn reference(&self) -> Option<ObjectReference> {
        let target = self.target.as_ref()?;
        // What has no version is no object of the manager: its row's id is no uid.
        let is_object = !self.version.is_empty();
        Some(ObjectReference {
            kind: target.kind.to_owned(),
            namespace: (!target.namespace.is_empty()).then(|| target.namespace.to_string()),
            name: target.name.to_string(),
            uid: is_object.then(|| self.id.to_string()),
            resource_version: is_object.then(|| self.version.to_string()),
        })
    }
}
