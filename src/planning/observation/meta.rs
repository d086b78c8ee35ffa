//! What all records have in common.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::api::names::{ANNOTATION_FORCE_DELETION, ANNOTATION_SKIP_REMEDIATION, FINALIZER};
use crate::api::reference::ObjectReference;
use crate::api::time::Time;

/// A record that lacks what every stored object has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {kind} was read without its {field}")]
pub struct MetaError {
    /// The kind of record.
    pub kind: &'static str,
    /// The field that is missing.
    pub field: &'static str,
}

/// The metadata of a record that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace, empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// The resourceVersion that was looked at.
    pub resource_version: String,
    /// The generation of its spec.
    pub generation: i64,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// Since when it is being deleted.
    pub deleting: Option<DateTime<Utc>>,
    /// Whether our finalizer is on it.
    pub finalizer: bool,
    /// Whether an annotation keeps the engine from replacing it.
    pub skip_remediation: bool,
    /// The Operation by which a person asked to go on with its deletion past what would be waited for.
    pub forced: Option<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

impl Meta {
    /// The metadata of a stored object.
    ///
    /// # Errors
    /// When it lacks what every stored object has.
    pub fn read(kind: &'static str, meta: &ObjectMeta) -> Result<Self, MetaError> {
        let missing = |field| MetaError { kind, field };
        let time = |time| Time::from(time).at();
        let skips = |all: &BTreeMap<String, String>| {
            all.get(ANNOTATION_SKIP_REMEDIATION).is_some_and(|value| value != "false")
        };
        Ok(Self {
            kind,
            namespace: meta.namespace.clone().unwrap_or_default(),
            name: meta.name.clone().ok_or_else(|| missing("name"))?,
            uid: meta.uid.clone().ok_or_else(|| missing("uid"))?,
            resource_version: meta.resource_version.clone().unwrap_or_default(),
            generation: meta.generation.unwrap_or_default(),
            created: meta
                .creation_timestamp
                .as_ref()
                .map(time)
                .ok_or_else(|| missing("creationTimestamp"))?,
            deleting: meta.deletion_timestamp.as_ref().map(time),
            finalizer: meta.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER),
            skip_remediation: meta.annotations.as_ref().is_some_and(skips),
            forced: meta.annotations.as_ref().and_then(|all| all.get(ANNOTATION_FORCE_DELETION).cloned()),
            labels: meta.labels.clone().unwrap_or_default(),
        })
    }

    /// The record as it was looked at: what was worked out from all of it is not written over a later state.
    pub fn as_seen(&self) -> ObjectReference {
        ObjectReference { resource_version: Some(self.resource_version.clone()), ..self.reference() }
    }

    /// The record, as steps and findings name it.
    pub fn reference(&self) -> ObjectReference {
        ObjectReference {
            kind: self.kind.to_owned(),
            namespace: (!self.namespace.is_empty()).then(|| self.namespace.clone()),
            name: self.name.clone(),
            uid: Some(self.uid.clone()),
            resource_version: None,
        }
    }
}
