//! How a built-in type is described: one line of the table.

use schemars::SchemaGenerator;
use serde_json::Value;

use super::resource::{Action, Resource, ScalePaths, Verbs};
use super::typed::Typed;
use crate::manager::resource::ResourceId;

/// A built-in type.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its API group, empty for the core group.
    pub group: &'static str,
    /// Its only version.
    pub version: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Its name in paths.
    pub plural: &'static str,
    /// Its abbreviations.
    pub short: &'static [&'static str],
    /// The groups of types it is listed with on command lines.
    pub categories: &'static [&'static str],
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Whether `status` is written apart.
    pub status: bool,
    /// Whether it has the scale subresource, at the usual paths.
    pub scaled: bool,
    /// Its further subresources.
    pub actions: &'static [Action],
    /// Which verbs it answers to.
    pub verbs: Verbs,
    /// Fields that field selectors may ask for.
    pub selectable: &'static [&'static str],
    /// Where its objects are stored, if that is another type's place.
    pub stored_as: Option<&'static str>,
    /// Whether `metadata.generation` counts the changes of its spec.
    pub counts_generations: bool,
    /// Whether an update of an object that is not there creates it, as Kubernetes permits for a few.
    pub update_creates: bool,
    /// Reads its objects strictly ([`Typed::decode`]).
    pub decode: fn(Value) -> Result<Value, String>,
    /// Describes its objects ([`Typed::describe`]).
    pub describe: fn(&mut SchemaGenerator) -> String,
}

impl BuiltIn {
    /// A type with objects in namespaces and nothing special.
    pub const fn new(
        group: &'static str,
        version: &'static str,
        kind: &'static str,
        plural: &'static str,
        typed: Typed,
    ) -> Self {
        Self {
            group,
            version,
            kind,
            plural,
            short: &[],
            categories: &[],
            namespaced: true,
            status: false,
            scaled: false,
            actions: &[],
            verbs: Verbs::All,
            selectable: &[],
            stored_as: None,
            counts_generations: false,
            update_creates: false,
            decode: typed.decode,
            describe: typed.describe,
        }
    }

    /// Its objects live outside of namespaces.
    pub const fn cluster_wide(mut self) -> Self {
        self.namespaced = false;
        self
    }

    /// It has abbreviations.
    pub const fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short = names;
        self
    }

    /// `kubectl get all` lists it.
    pub const fn in_all(mut self) -> Self {
        self.categories = &["all"];
        self
    }

    /// It is listed with other types on command lines.
    pub const fn listed_with(mut self, categories: &'static [&'static str]) -> Self {
        self.categories = categories;
        self
    }

    /// Its status is written apart.
    pub const fn with_status(mut self) -> Self {
        self.status = true;
        self
    }

    /// Its generation counts the changes of its spec.
    pub const fn counting(mut self) -> Self {
        self.counts_generations = true;
        self
    }

    /// It can be scaled.
    pub const fn scaled(mut self) -> Self {
        self.scaled = true;
        self
    }

    /// It has further subresources.
    pub const fn acting(mut self, actions: &'static [Action]) -> Self {
        self.actions = actions;
        self
    }

    /// Field selectors may ask for more than name and namespace.
    pub const fn selectable(mut self, fields: &'static [&'static str]) -> Self {
        self.selectable = fields;
        self
    }

    /// Its objects are another type's, shown in another shape.
    pub const fn stored_as(mut self, place: &'static str) -> Self {
        self.stored_as = Some(place);
        self
    }

    /// It only answers questions.
    pub const fn question(mut self) -> Self {
        self.verbs = Verbs::CreateOnly;
        self
    }

    /// An update creates what is not there.
    pub const fn update_creates(mut self) -> Self {
        self.update_creates = true;
        self
    }

    /// What paths, discovery and verbs need of it.
    pub fn resource(&'static self) -> Resource {
        let usual = |replicas: bool| replicas.then(usual_paths);
        Resource {
            id: self.stored_as.map_or_else(|| ResourceId::new(self.plural, self.group), ResourceId::from),
            group: self.group.to_owned(),
            versions: vec![self.version.to_owned()],
            storage_version: self.version.to_owned(),
            kind: self.kind.to_owned(),
            list_kind: format!("{}List", self.kind),
            plural: self.plural.to_owned(),
            singular: self.kind.to_lowercase(),
            short_names: self.short.iter().map(|name| (*name).to_owned()).collect(),
            categories: self.categories.iter().map(|name| (*name).to_owned()).collect(),
            namespaced: self.namespaced,
            has_status: self.status,
            scale: usual(self.scaled),
            actions: self.actions.to_vec(),
            verbs: self.verbs,
            selectable: self.selectable.iter().map(|field| (*field).to_owned()).collect(),
            built_in: Some(self),
            custom: None,
            defined_at: 0,
        }
    }
}

fn usual_paths() -> ScalePaths {
    ScalePaths {
        spec_replicas: ".spec.replicas".to_owned(),
        status_replicas: ".status.replicas".to_owned(),
        label_selector: None,
    }
}
