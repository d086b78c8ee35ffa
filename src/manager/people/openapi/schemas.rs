//! The schemas of a document.

use k8s_openapi::api::autoscaling::v1::Scale;
use k8s_openapi::api::core::v1::Binding;
use k8s_openapi::api::policy::v1::Eviction;
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{DeleteOptions, ListMeta, ObjectMeta};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::reference;
use crate::manager::registry::resource::Resource;
use crate::manager::registry::typed::describe;

/// The schema of what a failed request, or a deletion, is answered with.
pub const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
/// The schema of what a deletion takes.
pub const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
/// The schema of a patch, which is anything.
pub const PATCH: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";

const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object.";
const KIND: &str = "Kind is a string value representing the REST resource this object represents.";
const METADATA: &str = "Standard object's metadata.";

/// The schemas of a document, as they come together.
#[derive(Debug)]
pub struct Schemas {
    generator: SchemaGenerator,
    own: Map<String, Value>,
    /// The group, version and kind of what is an object of its own, by the name of its schema.
    kinds: Vec<(String, Value)>,
    metadata: String,
    list_metadata: String,
}

impl Schemas {
    /// What every document has.
    pub fn new() -> Self {
        let mut generator = SchemaSettings::openapi3().into_generator();
        describe::<meta::Status>(&mut generator);
        describe::<DeleteOptions>(&mut generator);
        let metadata = describe::<ObjectMeta>(&mut generator);
        let list_metadata = describe::<ListMeta>(&mut generator);
        let patch =
            json!({ "type": "object", "description": "A patch of one of the accepted content types." });
        let own = Map::from_iter([(PATCH.to_owned(), patch)]);
        Self { generator, own, kinds: Vec::new(), metadata, list_metadata }
    }

    /// Adds the schema of a type in a version; gives back its name.
    pub fn add(&mut self, resource: &Resource, version: &str) -> String {
        let name = match resource.built_in {
            Some(built_in) => (built_in.describe)(&mut self.generator),
            None => self.add_custom(resource, version),
        };
        self.kinds.push((name.clone(), kind(resource, version, &resource.kind)));
        name
    }

    /// Adds the schema of lists of a type; gives back its name.
    pub fn add_list(&mut self, resource: &Resource, version: &str, item: &str) -> String {
        let name = format!("{item}List");
        let schema = json!({
            "type": "object",
            "description": format!("{} is a list of {}.", resource.list_kind, resource.kind),
            "required": ["items"],
            "properties": {
                "apiVersion": { "type": "string", "description": API_VERSION },
                "kind": { "type": "string", "description": KIND },
                "metadata": self.referred(&self.list_metadata, "Standard list metadata."),
                "items": { "type": "array", "items": reference(item), "description": "The objects." },
            },
        });
        self.own.insert(name.clone(), schema);
        self.kinds.push((name.clone(), kind(resource, version, &resource.list_kind)));
        name
    }

    /// Adds the schema of what some subresources take in place of the type; nothing for all other kinds.
    pub fn add_known(&mut self, kind: &str) -> Option<String> {
        let generator = &mut self.generator;
        let (name, group) = match kind {
            "Scale" => (describe::<Scale>(generator), "autoscaling"),
            "Eviction" => (describe::<Eviction>(generator), "policy"),
            "Binding" => (describe::<Binding>(generator), ""),
            _ => return None,
        };
        self.kinds.push((name.clone(), json!({ "group": group, "version": "v1", "kind": kind })));
        Some(name)
    }

    /// All schemas by name.
    pub fn finish(mut self) -> Map<String, Value> {
        let mut all = self.generator.take_definitions(true);
        all.extend(self.own);
        for (name, kind) in self.kinds {
            if let Some(schema) = all.get_mut(&name) {
                // The types require metadata because an object has them; what a client sends may leave them out.
                if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                    required.retain(|field| field != "metadata");
                }
                schema["x-kubernetes-group-version-kind"] = json!([kind]);
            }
        }
        all
    }

    /// A custom type: its schema as it was written, with the metadata that every object has.
    fn add_custom(&mut self, resource: &Resource, version: &str) -> String {
        let reversed: Vec<&str> = resource.group.split('.').rev().collect();
        let name = format!("{}.{version}.{}", reversed.join("."), resource.kind);
        let written = resource.custom_version(version).map(|version| Value::clone(&version.written_schema));
        let mut schema = written.unwrap_or_else(|| json!({ "type": "object" }));
        let properties = schema
            .as_object_mut()
            .map(|schema| schema.entry("properties").or_insert_with(|| Value::Object(Map::new())));
        if let Some(Value::Object(properties)) = properties {
            let text = |description: &str| json!({ "type": "string", "description": description });
            properties.insert("apiVersion".to_owned(), text(API_VERSION));
            properties.insert("kind".to_owned(), text(KIND));
            properties.insert("metadata".to_owned(), self.referred(&self.metadata, METADATA));
        }
        self.own.insert(name.clone(), schema);
        name
    }

    fn referred(&self, schema: &str, description: &str) -> Value {
        json!({ "allOf": [reference(schema)], "description": description })
    }
}

impl Default for Schemas {
    fn default() -> Self {
        Self::new()
    }
}

fn kind(resource: &Resource, version: &str, kind: &str) -> Value {
    json!({ "group": resource.group, "version": version, "kind": kind })
}
