//! The definitions of the kinds, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kaasboard::api::crds;
use kaasboard::manager::registry::crd::definition::Definition;
use kaasboard::manager::registry::crd::{defaults, status};
use serde_json::Value;

/// The largest annotation of an object: `kubectl apply` keeps a whole definition in one.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Each definition as it is installed, one file a kind under `tests/api/definitions/`.
#[test]
fn definitions() {
    let all = crds::to_yaml().unwrap();
    let documents: Vec<&str> = all.split("---\n").skip(1).collect();
    assert_eq!(documents.len(), 13);
    for document in documents {
        let crd: CustomResourceDefinition = serde_saphyr::from_str(document).unwrap();
        insta::with_settings!({ snapshot_path => "definitions", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(crd.spec.names.plural.clone(), document);
        });
    }
}

/// What is printed is what the library gives, and fits where kubectl puts it.
#[test]
fn yaml_says_the_same() {
    let all = crds::all().unwrap();
    let printed = crds::to_yaml().unwrap();
    let documents: Vec<&str> = printed.split("---\n").skip(1).collect();
    for (crd, document) in all.iter().zip(documents) {
        let read: CustomResourceDefinition = serde_saphyr::from_str(document).unwrap();
        assert_eq!(&read, crd);
        assert!(serde_json::to_string(crd).unwrap().len() < ANNOTATIONS_MAX, "{}", crd.spec.names.kind);
    }
}

/// The embedded API server takes each definition: structure, defaults, columns, and rules that compile at a
/// bounded cost.
#[test]
fn the_embedded_server_takes_them() {
    for crd in crds::all().unwrap() {
        let mut object = serde_json::to_value(&crd).unwrap();
        defaults::fill(&mut object);
        status::prepare(&mut object, None);
        let taken = Definition::read(&object, None);
        let taken = taken.unwrap_or_else(|causes| panic!("{}: {causes:#?}", crd.spec.names.kind));
        assert_eq!(taken.names.plural, crd.spec.names.plural);
    }
}

/// The rules of a structural schema, and our own: each field is described, each list says how it merges,
/// and nothing that Kubernetes does not know is left of the derivation.
#[test]
fn schemas_are_complete() {
    let mut complaints = Vec::new();
    for crd in crds::all().unwrap() {
        let schema = serde_json::to_value(crd.spec.versions[0].schema.clone().unwrap()).unwrap();
        complain(&crd.spec.names.kind, &schema["openAPIV3Schema"], &mut complaints);
    }
    assert_eq!(complaints, Vec::<String>::new());
}

fn complain(path: &str, schema: &Value, complaints: &mut Vec<String>) {
    let mut say = |what: &str| complaints.push(format!("{path}: {what}"));
    for unknown in ["nullable", "anyOf", "oneOf", "allOf", "not", "$ref"] {
        if schema.get(unknown).is_some() {
            say(&format!("has {unknown}"));
        }
    }
    if schema["type"] == "array" {
        if schema.get("x-kubernetes-list-type").is_none() {
            say("is a list without a type");
        }
        if schema.get("maxItems").is_none() {
            say("is a list without a bound");
        }
    }
    if schema.get("additionalProperties").is_some() && schema.get("maxProperties").is_none() {
        say("is a map without a bound");
    }
    let known_format = |format: &str| ["int32", "int64", "date", "date-time"].contains(&format);
    if schema["format"].as_str().is_some_and(|format| !known_format(format)) {
        say("has a format that Kubernetes does not know");
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let described = property["description"].as_str().is_some_and(|text| text.len() > 3);
        let everywhere = path.ends_with(".metadata") || path.ends_with(".metadata.name");
        if !described && !everywhere && name != "status" {
            complaints.push(format!("{path}: has no description"));
        }
        complain(&path, property, complaints);
    }
    for child in ["items", "additionalProperties"] {
        if let Some(child) = schema.get(child) {
            complain(&format!("{path}[]"), child, complaints);
        }
    }
}
