//! All kinds as CustomResourceDefinitions, ready for an API server.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

use super::addon::Addon;
use super::cluster::KubernetesCluster;
use super::control_plane::ControlPlane;
use super::etcd::Etcd;
use super::fleet_rollout::FleetRollout;
use super::incident::Incident;
use super::load_balancer::LoadBalancer;
use super::machine::Machine;
use super::machine_deployment::MachineDeployment;
use super::operation::Operation;
use super::release::Release;
use super::rules::METADATA_NAME;
use super::storage_tenant::StorageTenant;
use super::tenant::Tenant;

/// Why the definitions could not be made. It would be a mistake in the kinds, which tests find.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// A definition is no JSON, or no definition any more after it was tidied.
    #[error("the definition of {kind} cannot be converted")]
    Convert {
        /// The kind.
        kind: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A definition cannot be written as YAML.
    #[error("the definition of {kind} cannot be written as YAML")]
    Yaml {
        /// The kind.
        kind: String,
        /// What is wrong.
        source: serde_saphyr::ser::Error,
    },
}

/// The definitions of all kinds, from the tree's root to its leaves, always in the same order.
///
/// They differ from what `CustomResourceExt::crd` of a kind gives by [`tidy`]; only these are meant to be
/// installed.
///
/// # Errors
/// [`CrdError::Convert`].
pub fn all() -> Result<Vec<CustomResourceDefinition>, CrdError> {
    let derived = [
        Tenant::crd(),
        Release::crd(),
        KubernetesCluster::crd(),
        Etcd::crd(),
        ControlPlane::crd(),
        MachineDeployment::crd(),
        Machine::crd(),
        LoadBalancer::crd(),
        StorageTenant::crd(),
        Addon::crd(),
        Operation::crd(),
        Incident::crd(),
        FleetRollout::crd(),
    ];
    derived.into_iter().map(tidied).collect()
}

/// The definitions of all kinds as YAML documents for `kubectl apply -f -`.
///
/// # Errors
/// [`CrdError`].
pub fn to_yaml() -> Result<String, CrdError> {
    let mut text = String::new();
    for crd in all()? {
        let kind = crd.spec.names.kind.clone();
        let convert = |source| CrdError::Convert { kind: kind.clone(), source };
        let mut value = serde_json::to_value(crd).map_err(convert)?;
        whole_numbers(&mut value);
        let written = serde_saphyr::to_string(&value).map_err(|source| CrdError::Yaml { kind, source })?;
        text.push_str("---\n");
        text.push_str(&written);
        if !written.ends_with('\n') {
            text.push('\n');
        }
    }
    Ok(text)
}

/// Writes `7.0` as `7`: bounds are floating-point numbers in the type of a definition, and whole ones in ours.
fn whole_numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(whole_numbers),
        Value::Object(fields) => fields.values_mut().for_each(whole_numbers),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            if let Some(whole) = whole.and_then(|float| format!("{float:.0}").parse::<i64>().ok()) {
                *number = whole.into();
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

fn tidied(crd: CustomResourceDefinition) -> Result<CustomResourceDefinition, CrdError> {
    let kind = crd.spec.names.kind.clone();
    let convert = |source| CrdError::Convert { kind: kind.clone(), source };
    let mut value = serde_json::to_value(crd).map_err(convert)?;
    let versions = value.pointer_mut("/spec/versions").and_then(Value::as_array_mut);
    for version in versions.into_iter().flatten() {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            tidy(schema);
            mention_name(schema);
        }
    }
    serde_json::from_value(value).map_err(convert)
}

/// Mentions `metadata.name` in a schema with a rule about it: a rule may only point at a field that is there.
fn mention_name(schema: &mut Value) {
    let rules = schema.get("x-kubernetes-validations").and_then(Value::as_array);
    let points_at_name = rules.into_iter().flatten().any(|rule| rule["fieldPath"] == METADATA_NAME);
    if let Some(properties) = schema.get_mut("properties").filter(|_| points_at_name) {
        properties["metadata"] = json!({ "type": "object", "properties": { "name": { "type": "string" } } });
    }
}

/// Takes out of a schema what the derivation puts in and Kubernetes does not know or we do not mean:
///
/// - `nullable`: a field is there or not. Where it is not said, an API server drops a `null`, so that rules
///   with `has()` need not think of it;
/// - formats of unsigned integers: Kubernetes knows `int32` and `int64`, and warns of others. Their bounds stay.
pub fn tidy(schema: &mut Value) {
    let Value::Object(node) = schema else { return };
    node.remove("nullable");
    if let Some(Value::Array(words)) = node.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    tidy_integer(node);
    for child in ["items", "additionalProperties"] {
        if let Some(child) = node.get_mut(child) {
            tidy(child);
        }
    }
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        properties.values_mut().for_each(tidy);
    }
}

/// Gives an unsigned integer a format that Kubernetes knows, and the bounds that its own format implied. The
/// bound of 64 bits is left to `int64`: as a floating-point number it would be one too high.
fn tidy_integer(node: &mut Map<String, Value>) {
    let (known, largest) = match node.get("format").and_then(Value::as_str) {
        Some("uint8") => ("int32", Some(u32::from(u8::MAX))),
        Some("uint16") => ("int32", Some(u32::from(u16::MAX))),
        Some("uint32") => ("int64", Some(u32::MAX)),
        Some("uint64" | "uint") => ("int64", None),
        _ => return,
    };
    node.insert("format".to_owned(), Value::from(known));
    node.entry("minimum").or_insert_with(|| Value::from(0));
    if let Some(largest) = largest {
        node.entry("maximum").or_insert_with(|| Value::from(largest));
    }
}
