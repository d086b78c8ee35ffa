//! Discovery as it was first: a document each for the groups, a group, and the types of a version.

use serde_json::{Value, json};

use super::catalogue::{Catalogue, Group};
use super::subresources::{self, Subresource};
use crate::manager::people::negotiate;
use crate::manager::registry::resource::Resource;

/// `/api`: the versions of the core group. `host` is where the client reached the server.
pub fn versions(catalogue: &Catalogue, host: &str) -> Value {
    let names: Vec<&str> =
        catalogue.core().flat_map(|group| &group.versions).map(|version| version.name.as_str()).collect();
    json!({
        "kind": "APIVersions",
        "versions": names,
        "serverAddressByClientCIDRs": [{ "clientCIDR": "0.0.0.0/0", "serverAddress": host }],
    })
}

/// `/apis`: the groups with a name.
pub fn groups(catalogue: &Catalogue) -> Value {
    let groups: Vec<Value> = catalogue.named().map(described).collect();
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

/// `/apis/GROUP`: one group with a name.
pub fn group(catalogue: &Catalogue, name: &str) -> Option<Value> {
    let mut group = described(catalogue.group(name).filter(|group| !group.name.is_empty())?);
    group["kind"] = Value::from("APIGroup");
    group["apiVersion"] = Value::from("v1");
    Some(group)
}

/// `/api/v1` and `/apis/GROUP/VERSION`: the types of a version, each followed by its subresources.
pub fn types(catalogue: &Catalogue, group: &str, version: &str) -> Option<Value> {
    let group = catalogue.group(group)?;
    let version = group.versions.iter().find(|known| known.name == version)?;
    let types: Vec<Value> = version.types.iter().flat_map(|resource| with_subresources(resource)).collect();
    Some(json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group.qualified(&version.name),
        "resources": types,
    }))
}

fn described(group: &Group) -> Value {
    let version = |name: &str| json!({ "groupVersion": group.qualified(name), "version": name });
    let versions: Vec<Value> = group.versions.iter().map(|known| version(&known.name)).collect();
    let preferred = versions.first().cloned().unwrap_or_default();
    json!({ "name": group.name, "versions": versions, "preferredVersion": preferred })
}

fn with_subresources(resource: &Resource) -> Vec<Value> {
    let mut all = vec![own(resource)];
    all.extend(subresources::of(resource).iter().map(|subresource| below(resource, subresource)));
    all
}

fn own(resource: &Resource) -> Value {
    let mut own = json!({
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": resource.verbs.names(),
    });
    if !resource.short_names.is_empty() {
        own["shortNames"] = json!(resource.short_names);
    }
    if !resource.categories.is_empty() {
        own["categories"] = json!(resource.categories);
    }
    if resource.is_stored() {
        // Clients only compare it with itself; it says where and in which version the objects are stored.
        let place = (resource.id.as_str(), &resource.storage_version);
        own["storageVersionHash"] = Value::from(negotiate::tag(&place));
    }
    own
}

fn below(resource: &Resource, subresource: &Subresource<'_>) -> Value {
    let mut below = json!({
        "name": format!("{}/{}", resource.plural, subresource.name),
        "singularName": "",
        "namespaced": resource.namespaced,
        "kind": subresource.kind,
        "verbs": subresource.verbs,
    });
    if let Some((group, version)) = subresource.of {
        below["group"] = Value::from(group);
        below["version"] = Value::from(version);
    }
    below
}
