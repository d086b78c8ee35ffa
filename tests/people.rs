//! What the embedded API server says to people and their tools: tables, discovery, OpenAPI.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on is a failed test")]

use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, Response};
use kaasboard::manager::people::table::render::{Include, Renderer};
use kaasboard::manager::people::{discovery, openapi};
use kaasboard::manager::registry::crd::definition::Definition;
use kaasboard::manager::registry::crd::{defaults as crd_defaults, status};
use kaasboard::manager::registry::defaults;
use kaasboard::manager::registry::index::{Picture, Registry};
use serde_json::{Value, json};

const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

fn now() -> DateTime<Utc> {
    "2026-11-20T21:00:00Z".parse().unwrap()
}

/// The built-in types, and two custom ones.
fn picture() -> Arc<Picture> {
    let registry = Registry::new();
    for text in documents(include_str!("people/definitions.yaml")) {
        let mut definition: Value = serde_saphyr::from_str(text).unwrap();
        crd_defaults::fill(&mut definition);
        status::prepare(&mut definition, None);
        registry.put(Arc::new(Definition::read(&definition, None).unwrap()).resource());
    }
    registry.now()
}

fn documents(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n---\n")
}

/// An object as it would be stored a day ago.
fn stored(picture: &Picture, text: &str) -> (String, String, Value) {
    let mut object: Value = serde_saphyr::from_str(text).unwrap();
    let api_version = object["apiVersion"].as_str().unwrap().to_owned();
    let kind = object["kind"].as_str().unwrap().to_owned();
    let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
    let resource = picture.find_kind(group, version, &kind).unwrap();
    let status = object.get("status").cloned();
    if let Some(built_in) = resource.built_in {
        object = (built_in.decode)(object).unwrap();
        object["apiVersion"] = json!(api_version);
        object["kind"] = json!(kind);
        defaults::fill(group, &kind, &mut object);
        defaults::begin(group, &kind, &mut object);
    }
    if let Some(status) = status {
        object["status"] = status;
    }
    object["metadata"]["creationTimestamp"] = json!("2026-11-19T21:00:00Z");
    (api_version, kind, object)
}

/// A table as text: columns of the wide form in brackets, one line an object.
fn shown(table: &Value) -> String {
    let heads = table["columnDefinitions"].as_array().unwrap().iter().map(|column| {
        let name = column["name"].as_str().unwrap();
        if column["priority"] == 0 { name.to_owned() } else { format!("[{name}]") }
    });
    let mut text = heads.collect::<Vec<_>>().join(" | ");
    for row in table["rows"].as_array().unwrap() {
        let cells = row["cells"].as_array().unwrap();
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.as_str().map_or(cell.to_string(), str::to_owned)).collect();
        write!(text, "\n  {}", cells.join(" | ")).unwrap();
        if let Some(conditions) = row.get("conditions") {
            write!(text, " {}", conditions[0]["reason"]).unwrap();
        }
    }
    text
}

#[test]
fn tables_show_what_kubernetes_shows() {
    let picture = picture();
    let mut tables: Vec<(String, Vec<Value>)> = Vec::new();
    for text in documents(include_str!("people/objects.yaml")) {
        let (api_version, kind, object) = stored(&picture, text);
        let head = format!("{api_version} {kind}");
        match tables.iter_mut().find(|(known, _)| *known == head) {
            Some((_, objects)) => objects.push(object),
            None => tables.push((head, vec![object])),
        }
    }
    let mut text = String::new();
    for (head, objects) in tables {
        let (api_version, kind) = head.split_once(' ').unwrap();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let resource = picture.find_kind(group, version, kind).unwrap();
        let renderer = Renderer::of(resource, version);
        let rows = objects.iter().map(|object| renderer.row(object, Include::Nothing, now())).collect();
        writeln!(text, "{head}\n  {}", shown(&renderer.table(json!({}), rows, true)).replace('\n', "\n  "))
            .unwrap();
    }
    insta::assert_snapshot!("tables", text);
}

#[test]
fn rows_carry_what_is_asked_for() {
    let picture = picture();
    let pods = picture.find("", "v1", "pods").unwrap();
    let object = json!({ "kind": "Pod", "metadata": { "name": "a" }, "spec": {} });
    let renderer = Renderer::of(pods, "v1");
    let carried = |word: Option<&str>| match Include::parse(word) {
        Ok(include) => renderer.row(&object, include, now())["object"].to_string(),
        Err(error) => format!("{} {error}", error.code()),
    };
    assert_eq!(carried(Some("None")), "null");
    let metadata =
        r#"{"apiVersion":"meta.k8s.io/v1","kind":"PartialObjectMetadata","metadata":{"name":"a"}}"#;
    assert_eq!(carried(None), metadata);
    assert_eq!(carried(Some("Metadata")), metadata);
    assert_eq!(carried(Some("Object")), object.to_string());
    assert_eq!(
        carried(Some("All")),
        "400 Unable to convert to Table as requested: includeObject: Invalid value: \"All\": \
         must be 'Metadata', 'Object', 'None', or empty"
    );
    let without_heads = renderer.table(json!({ "resourceVersion": "7" }), Vec::new(), false);
    assert_eq!(without_heads["columnDefinitions"], Value::Null);
    assert_eq!(without_heads["metadata"]["resourceVersion"], "7");
}

fn discover(picture: &Picture, path: &str, accept: &'static str) -> Result<Value, String> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert("host", HeaderValue::from_static("127.0.0.1:1"));
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let answer = discovery::answer::answer(picture, &segments, &headers);
    read(answer)
}

fn read(answer: Result<Response<Bytes>, kaasboard::manager::status::ApiError>) -> Result<Value, String> {
    let answer = answer.map_err(|error| format!("{} {error}", error.code()))?;
    Ok(serde_json::from_slice(answer.body()).unwrap())
}

/// A type as one line, from either form of discovery.
fn line(group_version: &str, name: &str, kind: &str, namespaced: bool, entry: &Value) -> String {
    let words = |field: &str| {
        let list = entry[field].as_array().into_iter().flatten().filter_map(Value::as_str);
        list.collect::<Vec<_>>().join(",")
    };
    let scope = if namespaced { "namespaced" } else { "cluster" };
    format!(
        "{group_version} {name} {kind} {scope} [{}] [{}] {}",
        words("shortNames"),
        words("categories"),
        words("verbs")
    )
}

#[test]
fn both_forms_of_discovery_tell_the_same() {
    let picture = picture();
    let mut at_once = Vec::new();
    for root in ["/api", "/apis"] {
        let list = discover(&picture, root, AGGREGATED).unwrap();
        for group in list["items"].as_array().unwrap() {
            for version in group["versions"].as_array().unwrap() {
                let number = version["version"].as_str().unwrap();
                let of = group["metadata"]["name"].as_str();
                let of = of.map_or(number.to_owned(), |name| format!("{name}/{number}"));
                for entry in version["resources"].as_array().unwrap() {
                    let (name, namespaced) =
                        (entry["resource"].as_str().unwrap(), entry["scope"] == "Namespaced");
                    let kind = |entry: &Value| entry["responseKind"]["kind"].as_str().unwrap().to_owned();
                    at_once.push(line(&of, name, &kind(entry), namespaced, entry));
                    for below in entry["subresources"].as_array().into_iter().flatten() {
                        let name = format!("{name}/{}", below["subresource"].as_str().unwrap());
                        at_once.push(line(&of, &name, &kind(below), namespaced, below));
                    }
                }
            }
        }
    }
    let groups = discover(&picture, "/apis", "application/json").unwrap();
    let versions =
        groups["groups"].as_array().unwrap().iter().flat_map(|group| group["versions"].as_array().unwrap());
    let versions = versions.map(|version| format!("/apis/{}", version["groupVersion"].as_str().unwrap()));
    let mut one_by_one = Vec::new();
    for path in std::iter::once("/api/v1".to_owned()).chain(versions) {
        let list = discover(&picture, &path, "application/json").unwrap();
        for entry in list["resources"].as_array().unwrap() {
            let (name, kind) = (entry["name"].as_str().unwrap(), entry["kind"].as_str().unwrap());
            let of = list["groupVersion"].as_str().unwrap();
            one_by_one.push(line(of, name, kind, entry["namespaced"] == true, entry));
        }
    }
    assert_eq!(at_once, one_by_one);
    insta::assert_snapshot!("discovery", at_once.join("\n"));
}

#[test]
fn small_documents_of_discovery() {
    let picture = picture();
    let check = |path: &str, accept: &'static str| match discover(&picture, path, accept) {
        Ok(document) => document.to_string(),
        Err(error) => error,
    };
    let text = [
        check("/api", "application/json"),
        check("/apis/cheese.dev", "application/json"),
        check("/apis/cheese.dev", AGGREGATED),
        check("/apis/nope", "application/json"),
        check("/apis/apps/v9", "application/json"),
        check("/api/v9", "*/*"),
        check("/api", "application/vnd.kubernetes.protobuf"),
    ];
    insta::assert_snapshot!("documents", text.join("\n"));
}

fn open_api(picture: &Picture, path: &str, hash: Option<&str>) -> Result<Response<Bytes>, String> {
    let segments: Vec<&str> = path.split('/').collect();
    let answer = openapi::answer::answer(picture, &segments, hash, &HeaderMap::new());
    answer.map_err(|error| format!("{} {error}", error.code()))
}

#[test]
fn every_reference_of_every_document_leads_somewhere() {
    let picture = picture();
    let index: Value = serde_json::from_slice(open_api(&picture, "v3", None).unwrap().body()).unwrap();
    let paths = index["paths"].as_object().unwrap();
    assert!(paths.contains_key("api/v1") && paths.contains_key("apis/cheese.dev/v1"), "{paths:?}");
    for (path, entry) in paths {
        let (_, hash) = entry["serverRelativeURL"].as_str().unwrap().split_once("?hash=").unwrap();
        let answer = open_api(&picture, &format!("v3/{path}"), Some(hash)).unwrap();
        let document: Value = serde_json::from_slice(answer.body()).unwrap();
        let mut missing = Vec::new();
        references(&document, &mut |reference| {
            let pointer = reference.trim_start_matches('#');
            if document.pointer(pointer).is_none() {
                missing.push(reference.to_owned());
            }
        });
        assert_eq!(missing, Vec::<String>::new(), "{path}");
        operations(path, &document);
    }
}

fn references(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name == "$ref") {
                    Some(reference) => found(reference),
                    None => references(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// kubectl leaves the checking of fields to servers that say so of each patch; ids are there once.
fn operations(path: &str, document: &Value) {
    let mut ids = Vec::new();
    for (place, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values().filter_map(Value::as_object) {
            ids.push(operation["operationId"].as_str().unwrap());
            let kind = &operation["x-kubernetes-group-version-kind"]["kind"];
            assert!(kind.is_string(), "{path} {place}");
        }
        let parameters = item.pointer("/patch/parameters").and_then(Value::as_array);
        if let Some(parameters) = parameters {
            for wanted in ["fieldValidation", "dryRun", "force"] {
                assert!(parameters.iter().any(|one| one["name"] == wanted), "{path} {place} {wanted}");
            }
        }
    }
    let many = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), many, "{path}");
}

#[test]
fn a_document_moves_with_its_hash() {
    let picture = picture();
    let path = "v3/apis/cheese.dev/v1";
    let moved = open_api(&picture, path, Some("0")).unwrap();
    assert_eq!(moved.status(), 301);
    let target = moved.headers()[LOCATION].to_str().unwrap().to_owned();
    let (_, hash) = target.split_once("?hash=").unwrap();
    let found = open_api(&picture, path, Some(hash)).unwrap();
    assert_eq!(
        (found.status().as_u16(), found.headers()[ETAG].to_str().unwrap()),
        (200, &*format!("\"{hash}\""))
    );
    let mut headers = HeaderMap::new();
    headers.insert(IF_NONE_MATCH, found.headers()[ETAG].clone());
    let again =
        openapi::answer::answer(&picture, &["v3", "apis", "cheese.dev", "v1"], None, &headers).unwrap();
    assert_eq!((again.status().as_u16(), again.body().len()), (304, 0));
    assert!(open_api(&picture, "v2", None).unwrap_err().starts_with("404 OpenAPI v2 is not served here"));
    assert!(open_api(&picture, "v3/apis/nope/v1", None).unwrap_err().starts_with("404"));
}

#[test]
fn a_custom_type_is_described_as_it_was_defined() {
    let picture = picture();
    let answer = open_api(&picture, "v3/apis/cheese.dev/v1", None).unwrap();
    let document: Value = serde_json::from_slice(answer.body()).unwrap();
    let paths: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, item)| {
            format!("{path} {}", item.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(","))
        })
        .collect();
    let schema = &document["components"]["schemas"]["dev.cheese.v1.Cheese"];
    let text = format!("{}\n{}", paths.join("\n"), serde_json::to_string_pretty(schema).unwrap());
    insta::assert_snapshot!("open_api", text);
}
