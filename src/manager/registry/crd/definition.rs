//! A CustomResourceDefinition that was checked.

use std::cmp::{Ordering, Reverse};
use std::sync::Arc;

use serde_json::Value;

use super::versions::Version;
use super::{names, spec, status, versions};
use crate::manager::registry::resource::{Resource, Verbs};
use crate::manager::resource::ResourceId;
use crate::manager::status::Cause;

/// A type that a CustomResourceDefinition defines.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its API group.
    pub group: String,
    /// Its names.
    pub names: Names,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Its versions, in the order of the definition.
    pub versions: Vec<Version>,
}

/// The names of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// In paths.
    pub plural: String,
    /// On command lines.
    pub singular: String,
    /// The kind of its objects.
    pub kind: String,
    /// The kind of its lists.
    pub list_kind: String,
    /// Abbreviations on command lines.
    pub short_names: Vec<String>,
    /// The groups of types it is listed with on command lines.
    pub categories: Vec<String>,
}

impl Definition {
    /// Checks a definition after its defaults were filled in and its status was prepared. `old` is its state
    /// before an update.
    ///
    /// # Errors
    /// The causes for which a real API server refuses it, and those for which only this one does: conversion by
    /// webhook is not supported.
    pub fn read(object: &Value, old: Option<&Value>) -> Result<Self, Vec<Cause>> {
        let mut causes = Vec::new();
        names::metadata(object, old, &mut causes);
        let spec_value = object.get("spec").unwrap_or(&Value::Null);
        spec::group_and_scope(spec_value, &mut causes);
        let read = versions::read(spec_value, &mut causes);
        names::names(spec_value, &mut causes);
        let (per_version, shared) = (read.per_version, read.shared);
        causes.extend(shared);
        spec::conversion(spec_value, &mut causes);
        if let Some(old) = old {
            spec::immutable(object, old, &mut causes);
        }
        status::check(object, &mut causes);
        names::approval(object, old, &mut causes);
        spec::preserve_unknown(object, old, &mut causes);
        if !causes.is_empty() {
            return Err(causes);
        }
        let text = |name: &str| spec_value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            group: text("group"),
            names: names::of(spec_value.get("names").unwrap_or(&Value::Null)),
            namespaced: spec_value.get("scope").is_some_and(|scope| scope == "Namespaced"),
            versions: per_version,
        })
    }

    /// One of its versions.
    pub fn version(&self, name: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.name == name)
    }

    /// The version that objects are stored in.
    pub fn storage(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.storage)
    }

    /// The served versions as Kubernetes prefers them: stable before beta before alpha, newer before older.
    pub fn served(&self) -> Vec<&Version> {
        let mut served: Vec<&Version> = self.versions.iter().filter(|version| version.served).collect();
        served.sort_by(|one, other| by_preference(&one.name, &other.name));
        served
    }

    /// What whoever uses a version is warned of, if it is deprecated.
    pub fn deprecation(&self, version: &Version) -> Option<String> {
        let usual = || format!("{}/{} {} is deprecated", self.group, version.name, self.names.kind);
        version.deprecated.then(|| version.deprecation_warning.clone().unwrap_or_else(usual))
    }

    /// What paths, discovery and verbs need to know of the type. Subresources and selectable fields are those of
    /// the preferred served version; where versions differ, ask the version.
    pub fn resource(self: &Arc<Self>) -> Resource {
        let served = self.served();
        let first = served.first().copied().or_else(|| self.storage());
        Resource {
            id: ResourceId::new(&self.names.plural, &self.group),
            group: self.group.clone(),
            versions: served.iter().map(|version| version.name.clone()).collect(),
            storage_version: self.storage().map(|version| version.name.clone()).unwrap_or_default(),
            kind: self.names.kind.clone(),
            list_kind: self.names.list_kind.clone(),
            plural: self.names.plural.clone(),
            singular: self.names.singular.clone(),
            short_names: self.names.short_names.clone(),
            categories: self.names.categories.clone(),
            namespaced: self.namespaced,
            has_status: first.is_some_and(|version| version.has_status),
            scale: first.and_then(|version| version.scale.clone()),
            actions: Vec::new(),
            verbs: Verbs::All,
            selectable: first.map(Version::selectable_names).unwrap_or_default(),
            built_in: None,
            custom: Some(Arc::clone(self)),
            defined_at: 0,
        }
    }
}

/// Kubernetes' order of versions: `v2`, `v1`, `v1beta2`, `v1beta1`, `v1alpha1`, then all others by name.
pub fn by_preference(one: &str, other: &str) -> Ordering {
    match (parts(one), parts(other)) {
        (Some(one), Some(other)) => Reverse(one).cmp(&Reverse(other)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => one.cmp(other),
    }
}

/// Stability (2 stable, 1 beta, 0 alpha), major, minor: larger is preferred.
fn parts(version: &str) -> Option<(u8, u64, u64)> {
    let rest = version.strip_prefix('v')?;
    let number = |text: &str| {
        let is_plain =
            !text.is_empty() && !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| text.parse::<u64>().ok()).flatten()
    };
    for (stability, word) in [(1, "beta"), (0, "alpha")] {
        if let Some((major, minor)) = rest.split_once(word) {
            return Some((stability, number(major)?, number(minor)?));
        }
    }
    Some((2, number(rest)?, 0))
}
