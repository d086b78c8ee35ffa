//! One document: a version of a group.

use serde_json::{Map, Value, json};

use super::paths;
use super::schemas::Schemas;
use crate::manager::people::discovery::catalogue::{Group, Version};

/// The document of a version of a group.
pub fn of(group: &Group, version: &Version) -> Value {
    let mut schemas = Schemas::new();
    let mut all = Map::new();
    let root = format!("/{}", base(group, &version.name));
    for resource in &version.types {
        let place = paths::Place { root: &root, group: &group.name, version: &version.name };
        paths::of(resource, &place, &mut schemas, &mut all);
    }
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes API of kaasboard", "version": env!("CARGO_PKG_VERSION") },
        "paths": all,
        "components": { "schemas": schemas.finish() },
    })
}

/// `api/v1`, `apis/apps/v1`: where the paths of a version begin, and how the index calls its document.
pub fn base(group: &Group, version: &str) -> String {
    if group.name.is_empty() { format!("api/{version}") } else { format!("apis/{}/{version}", group.name) }
}
