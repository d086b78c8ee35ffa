//! The example of every kind, and that a program sees all of it.

use std::collections::BTreeMap;

use kaasboard::api::addon::Addon;
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::control_plane::ControlPlane;
use kaasboard::api::crds;
use kaasboard::api::etcd::Etcd;
use kaasboard::api::fleet_rollout::FleetRollout;
use kaasboard::api::incident::Incident;
use kaasboard::api::load_balancer::LoadBalancer;
use kaasboard::api::machine::Machine;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::operation::Operation;
use kaasboard::api::release::Release;
use kaasboard::api::storage_tenant::StorageTenant;
use kaasboard::api::tenant::Tenant;
use kaasboard::manager::schema::compiled::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The objects of `tree.yaml`.
pub fn objects() -> Vec<Value> {
    let documents = include_str!("tree.yaml").split("\n---\n");
    documents
        .map(|document| serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{error}")))
        .collect()
}

/// The compiled schema of each kind.
#[track_caller]
pub fn schemas() -> BTreeMap<String, Schema> {
    let crds = crds::all().unwrap_or_else(|error| panic!("{error}"));
    let compiled = crds.into_iter().map(|crd| {
        let kind = crd.spec.names.kind.clone();
        let crd = serde_json::to_value(crd).unwrap_or_default();
        let schema = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let schema = Schema::compile(schema, "spec.validation.openAPIV3Schema", true);
        let schema = schema.unwrap_or_else(|causes| panic!("{kind}: {causes:#?}"));
        (kind, schema)
    });
    compiled.collect()
}

fn typed<T: DeserializeOwned + Serialize>(object: &Value) -> Value {
    let typed: T = serde_json::from_value(object.clone()).unwrap_or_else(|error| panic!("{error}: {object}"));
    serde_json::to_value(typed).unwrap_or_default()
}

fn through_its_type(object: &Value) -> Value {
    match object["kind"].as_str().unwrap_or_default() {
        "Tenant" => typed::<Tenant>(object),
        "Release" => typed::<Release>(object),
        "KubernetesCluster" => typed::<KubernetesCluster>(object),
        "Etcd" => typed::<Etcd>(object),
        "ControlPlane" => typed::<ControlPlane>(object),
        "MachineDeployment" => typed::<MachineDeployment>(object),
        "Machine" => typed::<Machine>(object),
        "LoadBalancer" => typed::<LoadBalancer>(object),
        "StorageTenant" => typed::<StorageTenant>(object),
        "Addon" => typed::<Addon>(object),
        "Operation" => typed::<Operation>(object),
        "Incident" => typed::<Incident>(object),
        "FleetRollout" => typed::<FleetRollout>(object),
        other => panic!("no kind {other}"),
    }
}

/// An API server takes the example as it is, and what it stores is what a program reads and would write back:
/// its defaults are those of the types.
#[test]
fn the_example_is_stored_and_read_alike() {
    let schemas = schemas();
    for mut object in objects() {
        let schema = &schemas[object["kind"].as_str().unwrap()];
        assert_eq!(schema.prune(&mut object), Vec::<String>::new(), "{object:#}");
        schema.default(&mut object);
        let causes = schema.validate(&object, None);
        assert!(causes.is_empty(), "{object:#}\n{causes:#?}");
        assert_eq!(through_its_type(&object), object);
    }
}

/// The example leaves no kind out.
#[test]
fn the_example_has_every_kind() {
    let shown: Vec<Value> = objects().into_iter().map(|object| object["kind"].clone()).collect();
    for crd in crds::all().unwrap() {
        assert!(shown.contains(&Value::from(crd.spec.names.kind.clone())), "{}", crd.spec.names.kind);
    }
}
