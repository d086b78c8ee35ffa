//! Discovery in one document: `APIGroupDiscoveryList` of `apidiscovery.k8s.io/v2`.

use serde_json::{Value, json};

use super::catalogue::{Catalogue, Group};
use super::subresources;
use crate::manager::registry::resource::Resource;

/// How the document is asked for, and what it says of itself.
pub const CONTENT_TYPE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// The core group.
pub fn core(catalogue: &Catalogue) -> Value {
    list(catalogue.core())
}

/// All groups with a name.
pub fn groups(catalogue: &Catalogue) -> Value {
    list(catalogue.named())
}

fn list<'a>(groups: impl Iterator<Item = &'a Group>) -> Value {
    let items: Vec<Value> = groups.map(described).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    })
}

fn described(group: &Group) -> Value {
    let version = |version: &super::catalogue::Version| {
        let of = (group.name.as_str(), version.name.as_str());
        let types: Vec<Value> = version.types.iter().map(|resource| told(resource, of)).collect();
        json!({ "version": version.name, "resources": types, "freshness": "Current" })
    };
    let versions: Vec<Value> = group.versions.iter().map(version).collect();
    let metadata = if group.name.is_empty() { json!({}) } else { json!({ "name": group.name }) };
    json!({ "metadata": metadata, "versions": versions })
}

fn told(resource: &Resource, (group, version): (&str, &str)) -> Value {
    let kind =
        |group: &str, version: &str, kind: &str| json!({ "group": group, "version": version, "kind": kind });
    let mut told = json!({
        "resource": resource.plural,
        "responseKind": kind(group, version, &resource.kind),
        "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": resource.singular,
        "verbs": resource.verbs.names(),
    });
    if !resource.short_names.is_empty() {
        told["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        told["categories"] = json!(resource.categories);
    }
    let below = subresources::of(resource);
    if !below.is_empty() {
        let below = below.iter().map(|subresource| {
            let (group, version) = subresource.of.unwrap_or((group, version));
            json!({
                "subresource": subresource.name,
                "responseKind": kind(group, version, subresource.kind),
                "verbs": subresource.verbs,
            })
        });
        told["subresources"] = below.collect();
    }
    told
}
