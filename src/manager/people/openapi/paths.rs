//! The paths of a type, and what can be done on them.

use serde_json::{Map, Value};

use super::operation::{Subject, Verb};
use super::parameters;
use super::schemas::Schemas;
use crate::manager::people::discovery::subresources;
use crate::manager::registry::resource::{Resource, Verbs};

/// Which document the paths are for.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Where its paths begin: `/apis/apps/v1`.
    pub root: &'a str,
    /// Its group.
    pub group: &'a str,
    /// Its version.
    pub version: &'a str,
}

/// Adds the paths of a type to a document, and the schemas that they refer to.
pub fn of(resource: &Resource, place: &Place<'_>, schemas: &mut Schemas, paths: &mut Map<String, Value>) {
    let schema = schemas.add(resource, place.version);
    let list = schemas.add_list(resource, place.version, &schema);
    let scope = if resource.namespaced { "Namespaced" } else { "" };
    let id = format!("{}{scope}{}", camel(place), resource.kind);
    let kind = (place.group, place.version, resource.kind.as_str());
    let subject = Subject { kind, schema: &schema, list: &list, id: &id };
    let below = if resource.namespaced { "/namespaces/{namespace}" } else { "" };
    let collection = format!("{}{below}/{}", place.root, resource.plural);
    match resource.verbs {
        Verbs::CreateOnly => put(paths, collection, resource, &[Verb::Create], &subject),
        Verbs::All => {
            let object = format!("{collection}/{{name}}");
            let of_object = [Verb::Read, Verb::Replace, Verb::Patch, Verb::Delete];
            let of_list = [Verb::List, Verb::Create, Verb::DeleteCollection];
            subresource_paths(resource, &object, &subject, schemas, paths);
            put(paths, object, resource, &of_object, &subject);
            put(paths, collection, resource, &of_list, &subject);
            if resource.namespaced {
                let id = format!("{}{}ForAllNamespaces", camel(place), resource.kind);
                let everywhere = format!("{}/{}", place.root, resource.plural);
                put(paths, everywhere, resource, &[Verb::List], &Subject { id: &id, ..subject });
            }
        }
    }
}

fn subresource_paths(
    resource: &Resource,
    object: &str,
    subject: &Subject<'_>,
    schemas: &mut Schemas,
    paths: &mut Map<String, Value>,
) {
    for subresource in subresources::of(resource) {
        let (group, version) = subresource.of.unwrap_or((subject.kind.0, subject.kind.1));
        let other = schemas.add_known(subresource.kind);
        let id = format!("{}{}", subject.id, capital(subresource.name));
        let subject = Subject {
            kind: (group, version, subresource.kind),
            schema: other.as_deref().unwrap_or(subject.schema),
            id: &id,
            ..*subject
        };
        let verbs: Vec<Verb> = subresource.verbs.iter().filter_map(|verb| verb_of(verb)).collect();
        put(paths, format!("{object}/{}", subresource.name), resource, &verbs, &subject);
    }
}

fn put(
    paths: &mut Map<String, Value>,
    path: String,
    resource: &Resource,
    verbs: &[Verb],
    subject: &Subject<'_>,
) {
    let mut item = Map::new();
    for verb in verbs {
        item.insert(verb.method().to_owned(), verb.written(subject));
    }
    let mut in_path = Vec::new();
    if path.contains("{namespace}") {
        in_path.push(parameters::in_path("namespace", "The object's namespace."));
    }
    if path.contains("{name}") {
        in_path.push(parameters::in_path("name", &format!("The name of the {}.", resource.kind)));
    }
    if !in_path.is_empty() {
        item.insert("parameters".to_owned(), Value::Array(in_path));
    }
    paths.insert(path, Value::Object(item));
}

fn verb_of(name: &str) -> Option<Verb> {
    match name {
        "get" => Some(Verb::Read),
        "create" => Some(Verb::Create),
        "update" => Some(Verb::Replace),
        "patch" => Some(Verb::Patch),
        _ => None,
    }
}

/// `CoordinationK8sIoV1`
fn camel(place: &Place<'_>) -> String {
    let group = if place.group.is_empty() { "core" } else { place.group };
    let words = group.split(['.', '-']).chain([place.version]);
    words.map(capital).collect()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
