//! The kinds: their definitions, their checked types, and what is found wrong with a spec.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kaasboard::api::cidr::Cidr;
use kaasboard::api::crds;
use kaasboard::api::duration::Duration;
use kaasboard::api::quantity::Quantity;
use kaasboard::api::version::{ReleaseName, Version};
use proptest::prelude::*;
use serde_json::Value;

/// The largest annotation of an object: `kubectl apply` keeps a whole definition in one.
const ANNOTATIONS_MAX: usize = 256 * 1024;

/// Each definition as it is installed, one file a kind under `tests/api/`.
#[test]
fn definitions() {
    let all = crds::to_yaml().unwrap();
    let documents: Vec<&str> = all.split("---\n").skip(1).collect();
    assert_eq!(documents.len(), 13);
    for document in documents {
        let crd: CustomResourceDefinition = serde_saphyr::from_str(document).unwrap();
        insta::with_settings!({ snapshot_path => "api", prepend_module_to_snapshot => false, omit_expression => true }, {
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
        if !described && !["status", "spec"].contains(&name.as_str()) {
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

/// Parsed and printed, a text says the same, and says it the same way the second time.
fn settles<T: FromStr<Err = E> + Display + PartialEq + Debug, E: Debug>(
    text: &str,
) -> Result<(), TestCaseError> {
    let once: T = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error:?}")))?;
    let twice: T = once.to_string().parse().map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
    prop_assert_eq!(&once, &twice);
    prop_assert_eq!(once.to_string(), twice.to_string());
    Ok(())
}

proptest! {
    #[test]
    fn versions_settle(text in r"v(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})\.(0|[1-9][0-9]{0,3})") {
        settles::<Version, _>(&text)?;
        prop_assert_eq!(text.parse::<Version>().unwrap().to_string(), text);
    }

    #[test]
    fn releases_settle(text in r"v1\.[1-9][0-9]\.[0-9](-[1-9][0-9]{0,8})?") {
        settles::<ReleaseName, _>(&text)?;
        prop_assert_eq!(text.parse::<ReleaseName>().unwrap().to_string(), text);
    }

    #[test]
    fn versions_are_ordered_by_number(a in any::<[u8; 3]>(), b in any::<[u8; 3]>()) {
        let version = |n: [u8; 3]| Version::new(n[0].into(), n[1].into(), n[2].into());
        prop_assert_eq!(version(a).cmp(&version(b)), a.cmp(&b));
        let there = version(a).minors_to(version(b));
        prop_assert_eq!(there, version(b).minors_to(version(a)).map(|minors| -minors));
        prop_assert_eq!(there.is_some(), a[0] == b[0]);
    }

    #[test]
    fn durations_settle(seconds in any::<u32>()) {
        settles::<Duration, _>(&Duration::seconds(seconds).to_string())?;
    }

    #[test]
    fn ranges_contain_their_first_address(bits in any::<u32>(), prefix in 0_u8..=32) {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let first = std::net::Ipv4Addr::from_bits(bits & mask);
        let text = format!("{first}/{prefix}");
        settles::<Cidr, _>(&text)?;
        let range: Cidr = text.parse().unwrap();
        prop_assert!(range.contains(std::net::IpAddr::from(std::net::Ipv4Addr::from_bits(bits))));
    }

    #[test]
    fn nothing_makes_a_parser_panic(text in any::<String>()) {
        let _ = text.parse::<Version>();
        let _ = text.parse::<ReleaseName>();
        let _ = text.parse::<Quantity>();
        let _ = text.parse::<Duration>();
        let _ = text.parse::<Cidr>();
    }
}
