//! What tenants keep: volumes that come with their claims, follow their pods, and go with them.

use std::time::Duration;

use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kaasboard::api::role::Role;
use kaasboard::api::storage_tenant::StorageBackend;
use kaasboard::engine::glance;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::fleet::Claims;

use kube::api::PostParams;
use kube::{Api, Resource, ResourceExt};
use serde_json::json;

use crate::stage::{CLUSTER, Stage, TENANT};

const LONG: Duration = Duration::from_secs(3600);
/// Every tenant has an application with two claims.
pub const DATA: Claims = Claims { cluster_share: 1.0, each: 2 };

/// The servers that have the volumes, in the order of the volumes' claims.
fn holders(stage: &Stage) -> Vec<Option<String>> {
    let mut volumes = stage.cloud.world().list_volumes();
    volumes.sort_by(|one, other| one.claim.cmp(&other.claim));
    volumes.iter().map(|volume| volume.attached.first().map(ToString::to_string)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_claim_has_a_volume_that_follows_its_pod_and_is_told_with_its_cluster_and_machine() {
    let stage = Stage::up_with(1, DATA, StorageBackend::Cinder).await;
    stage.until("two volumes are attached", LONG, |stage| holders(stage).iter().flatten().count() == 2).await;
    stage.rest(90).await;
    let told = glance::volumes(&stage.engine).unwrap();
    let mut claims: Vec<_> = told.iter().map(|volume| volume.claim.clone().unwrap()).collect();
    claims.sort();
    assert_eq!(claims, ["default/data-shop-data-0", "default/data-shop-data-1"]);
    for volume in &told {
        assert_eq!((volume.tenant.as_deref(), volume.cluster.as_deref()), (Some(TENANT), Some(CLUSTER)));
        assert_eq!((volume.size_gib, volume.status.as_str()), (10, "in-use"));
        let machine = stage.machine(volume.machine.as_ref().unwrap()).unwrap();
        assert_eq!(machine.status.as_ref().unwrap().server_id, volume.server);
    }
    let first =
        told.iter().find(|volume| volume.claim.as_deref() == Some("default/data-shop-data-0")).unwrap();
    let (machine, server) = (first.machine.clone().unwrap(), first.server.clone().unwrap());
    let dead = stage.machine(&machine).unwrap();
    stage.inject(Fault::ServerDies(stage.server_of(&dead)));
    stage.until("the machine is replaced", LONG, |stage| stage.machine(&machine).is_none()).await;
    let moved = |stage: &Stage| {
        let holder = holders(stage)[0].clone();
        holder.is_some_and(|holder| holder != server)
    };
    stage.until("its volume is elsewhere", LONG, moved).await;
    let live: Vec<String> = stage
        .machines(Role::Worker)
        .iter()
        .filter_map(|machine| machine.status.as_ref()?.server_id.clone())
        .collect();
    assert!(live.contains(holders(&stage)[0].as_ref().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_cluster_leaves_no_volume() {
    let stage = Stage::up_with(1, DATA, StorageBackend::Cinder).await;
    stage.until("two volumes are attached", LONG, |stage| holders(stage).iter().flatten().count() == 2).await;
    let project = stage.project();
    stage.delete_cluster().await;
    let took =
        stage.until("the record is gone", LONG, |stage| stage.engine.records.clusters.count() == 0).await;
    assert!(took.num_seconds() < 300, "{} s", took.num_seconds());
    assert_eq!(stage.cloud.world().remains(&project), Default::default());
    assert_eq!(stage.cloud.world().list_volumes(), Vec::new());
    assert_eq!(stage.incidents(), Vec::<String>::new());
}

/// A pod whose claim is its own: Kubernetes makes the claim for it, and another one for the pod that takes its place.
#[tokio::test(start_paused = true)]
async fn a_claim_that_belongs_to_a_pod_goes_with_its_cluster() {
    let stage = Stage::up(1).await;
    let uid = stage.engine.records.clusters.get(TENANT, CLUSTER).unwrap().uid().unwrap();
    let client = stage.engine.contacts.known(&uid).unwrap().client.clone();
    let spec = json!({
        "storageClassName": "kaasboard", "accessModes": ["ReadWriteOnce"],
        "resources": { "requests": { "storage": "10Gi" } },
    });
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "batch" },
        "spec": {
            "nodeSelector": { "kaasboard.dev/role": "worker" },
            "containers": [{ "name": "work", "image": "registry.example.net/shop/batch:1" }],
            "volumes": [{ "name": "scratch", "ephemeral": { "volumeClaimTemplate": { "spec": spec } } }],
        },
    });
    let pod: Pod = serde_json::from_value(pod).unwrap();
    let pods: Api<Pod> = Api::namespaced(client.clone(), "default");
    let pod = pods.create(&PostParams::default(), &pod).await.unwrap();
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": "batch-scratch", "ownerReferences": [pod.controller_owner_ref(&()).unwrap()] },
        "spec": spec,
    });
    let claim: PersistentVolumeClaim = serde_json::from_value(claim).unwrap();
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client, "default");
    claims.create(&PostParams::default(), &claim).await.unwrap();
    stage.until("its volume is attached", LONG, |stage| holders(stage).iter().flatten().count() == 1).await;
    stage.delete_cluster().await;
    stage.until("the record is gone", LONG, |stage| stage.engine.records.clusters.count() == 0).await;
    assert_eq!(stage.cloud.world().list_volumes(), Vec::new());
}
