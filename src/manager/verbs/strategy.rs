//! What each type does at its writes: the names it takes, which parts a write may change, what counts as a change.
//!
//! Source: the strategies in `pkg/registry` of Kubernetes, and `customresource/strategy.go` of its extensions.

use serde_json::{Map, Value};

use super::target::{Part, Target};
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::{definitions, namespaces};
use crate::manager::object;
use crate::manager::registry::resource::{Action, Resource};
use crate::manager::registry::{crd, defaults};
use crate::manager::rules::metadata::NameRule;

/// The label by which a namespace can be selected.
const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// What the names of a type may look like.
pub fn name_rule(resource: &Resource) -> NameRule {
    if resource.built_in.is_none() {
        return NameRule::Subdomain;
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Namespace") => NameRule::Label,
        ("", "Service") => NameRule::Dns1035,
        // A definition says itself what its name must be.
        ("rbac.authorization.k8s.io", _) | ("apiextensions.k8s.io", _) => NameRule::PathSegment,
        _ => NameRule::Subdomain,
    }
}

/// Whether an update may leave out which version it is based on.
pub fn may_update_blindly(resource: &Resource) -> bool {
    const NEVER: [&str; 8] = [
        "Lease",
        "CustomResourceDefinition",
        "PodDisruptionBudget",
        "VolumeAttachment",
        "CSINode",
        "CSIDriver",
        "CSIStorageCapacity",
        "HorizontalPodAutoscaler",
    ];
    resource.built_in.is_some() && !NEVER.contains(&resource.kind.as_str())
}

/// Whether generations of its objects are counted.
pub fn counts_generations(resource: &Resource) -> bool {
    resource.built_in.is_none_or(|built_in| built_in.counts_generations)
}

/// What is left of a new object before it has an owner: a status of the client's is dropped, and a namespace gets its
/// label.
pub fn before_create(resource: &Resource, object: &mut Value) {
    // Kubelets register their nodes with a status.
    if resource.has_status && resource.kind != "Node" {
        drop_field(object, "status");
    }
    if definitions::is_definition(resource) {
        crd::status::prepare(object, None);
    }
    name_namespace(resource, object);
}

/// What a new object gets that nobody owns.
pub fn begin(kernel: &Kernel, resource: &Resource, object: &mut Value) {
    if resource.built_in.is_some() {
        defaults::begin(&resource.group, &resource.kind, object);
    }
    if definitions::is_definition(resource) {
        definitions::establish(kernel, object);
    }
}

/// The label of a namespace, which is always there.
pub fn name_namespace(resource: &Resource, object: &mut Value) {
    if !resource.group.is_empty() || resource.kind != "Namespace" {
        return;
    }
    let name = Value::from(object::name(object));
    let Some(meta) = object::meta_mut(object) else { return };
    let labels = meta.entry("labels").or_insert_with(|| Value::Object(Map::new()));
    if let (Some(labels), Some(text)) = (labels.as_object_mut(), name.as_str())
        && !text.is_empty()
    {
        labels.insert(NAMESPACE_LABEL.to_owned(), name);
    }
}

/// What an update of this part makes of an object: the client's part from `given`, everything else from `before`.
pub fn restrict(target: &Target, before: &Value, given: Value) -> Value {
    match target.part {
        Part::Action(Action::Finalize) => {
            let mut after = before.clone();
            copy_finalizers(&given, &mut after);
            after
        }
        Part::Whole | Part::Scale(_) | Part::Action(_) => {
            let mut after = given;
            if namespaces::is_namespace(&target.resource) {
                copy_finalizers(before, &mut after);
            }
            if target.resource.has_status {
                copy_field(before, &mut after, "status");
            }
            if definitions::is_definition(&target.resource) {
                crd::status::prepare(&mut after, Some(before));
            }
            after
        }
        Part::Status => {
            let mut after = all_but_status(before);
            copy_field(&given, &mut after, "status");
            if changes_metadata_by_status(&target.resource) {
                for field in ["labels", "annotations", "finalizers"] {
                    copy_meta(&given, &mut after, field);
                }
            }
            copy_meta(&given, &mut after, "managedFields");
            after
        }
    }
}

/// An object without its status and without who wrote what, both of which come from elsewhere. They are most of it.
fn all_but_status(object: &Value) -> Value {
    let Some(fields) = object.as_object() else { return object.clone() };
    let rest = |map: &Map<String, Value>, but: &str| -> Map<String, Value> {
        let kept = map.iter().filter(|(field, _)| *field != but);
        kept.map(|(field, value)| (field.clone(), value.clone())).collect()
    };
    let mut all: Map<String, Value> = Map::new();
    for (field, value) in fields.iter().filter(|(field, _)| *field != "status") {
        let value = match value.as_object() {
            Some(meta) if field == "metadata" => Value::Object(rest(meta, "managedFields")),
            _ => value.clone(),
        };
        all.insert(field.clone(), value);
    }
    Value::Object(all)
}

/// Built-in types whose status may bring labels and annotations along.
fn changes_metadata_by_status(resource: &Resource) -> bool {
    resource.built_in.is_some()
        && matches!(
            resource.kind.as_str(),
            "Node" | "Pod" | "Namespace" | "PersistentVolume" | "PersistentVolumeClaim"
        )
}

/// Counts a new generation, if something else than metadata and status has changed.
pub fn count_generation(target: &Target, before: &Value, after: &mut Value) {
    let resource = &target.resource;
    if target.part == Part::Status || !counts_generations(resource) {
        return;
    }
    let part_of = |object: &Value, field: &str| object.get(field).cloned();
    let keys = |object: &Value| -> Vec<String> {
        object.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
    };
    let aside = |field: &str| {
        matches!(field, "metadata" | "apiVersion" | "kind") || (field == "status" && resource.has_status)
    };
    let mut fields: Vec<String> = keys(before).into_iter().chain(keys(after)).collect();
    fields.retain(|field| !aside(field));
    let mut changed = fields.iter().any(|field| part_of(before, field) != part_of(after, field));
    if resource.kind == "Deployment" && resource.built_in.is_some() {
        let annotations = |object: &Value| object.pointer("/metadata/annotations").cloned();
        changed |= annotations(before) != annotations(after);
    }
    if changed {
        next_generation(after);
    }
}

/// Counts a new generation.
pub fn next_generation(object: &mut Value) {
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
    if let Some(meta) = object::meta_mut(object) {
        meta.insert("generation".to_owned(), Value::from(generation.saturating_add(1)));
    }
}

fn drop_field(object: &mut Value, field: &str) {
    if let Some(map) = object.as_object_mut() {
        map.remove(field);
    }
}

fn copy_field(from: &Value, to: &mut Value, field: &str) {
    let Some(map) = to.as_object_mut() else { return };
    match from.get(field) {
        Some(value) => map.insert(field.to_owned(), value.clone()),
        None => map.remove(field),
    };
}

/// A namespace's own finalizers are written by its subresource only.
fn copy_finalizers(from: &Value, to: &mut Value) {
    let Some(map) = to.as_object_mut() else { return };
    let spec = map.entry("spec").or_insert_with(|| Value::Object(Map::new()));
    let Some(spec) = spec.as_object_mut() else { return };
    match from.pointer("/spec/finalizers") {
        Some(value) => spec.insert("finalizers".to_owned(), value.clone()),
        None => spec.remove("finalizers"),
    };
}

fn copy_meta(from: &Value, to: &mut Value, field: &str) {
    let value = from.get("metadata").and_then(|meta| meta.get(field)).cloned();
    let Some(meta) = object::meta_mut(to) else { return };
    match value {
        Some(value) => meta.insert(field.to_owned(), value),
        None => meta.remove(field),
    };
}
