//! A cluster comes up, is scaled, is paused, and goes.

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Pod;
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::cloud::types::identity::ProjectId;
use kube::api::{ListParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::stage::{CLUSTER, Stage, TENANT};

/// An hour is far more than anything here takes.
const LONG: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_cluster_comes_up_in_its_order() {
    let stage = Stage::begin(1).await;
    let begun = clock::now();
    stage.until("the cluster is available", LONG, |stage| stage.available() == 1).await;
    let took = clock::now() - begun;
    let firsts = stage.firsts();
    let order = [
        "create-project",
        "create-balancer",
        "create-port",
        "create-server etcd",
        "create-server control-plane",
        "create-server worker",
        "remove-start-taint",
    ];
    let at = |act: &str| {
        let place = firsts.iter().position(|(_, known)| known == act);
        place.unwrap_or_else(|| panic!("{act} was never done: {firsts:?}"))
    };
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{} comes after {}: {firsts:#?}", pair[0], pair[1]);
    }
    assert!(at("create-pki") < at("create-server etcd"), "{firsts:#?}");
    // The critical path: the balancer beside nothing, and three boots one after the other.
    let timing = stage.cloud.world().site.timing;
    let path = timing.balancer + (timing.build + timing.boot) * 3;
    let timeline: Vec<String> =
        firsts.iter().map(|(at, act)| format!("{:5} s {act}", (*at - begun).num_seconds())).collect();
    assert!(
        took < path * 3 / 2,
        "{} s, and the critical path takes {} s\n{}",
        took.num_seconds(),
        path.num_seconds(),
        timeline.join("\n")
    );
    for role in Role::ALL {
        assert_eq!(stage.machines(role).len(), 3, "{role}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pool_grows_and_shrinks_and_whoever_is_named_goes() {
    let stage = Stage::up(1).await;
    let pool = format!("{CLUSTER}-general");
    stage.leave_count_to_pool().await;
    stage.patch::<MachineDeployment>(&pool, json!({ "spec": { "replicas": 5 } })).await;
    let ready = |stage: &Stage, count: u32| {
        let pool = stage.engine.records.pools.get(TENANT, &pool).unwrap();
        let status = pool.status.clone().unwrap_or_default();
        status.available_replicas == count && status.replicas == count
    };
    stage.until("five workers serve", LONG, |stage| ready(stage, 5)).await;
    let victim = stage.machines(Role::Worker)[1].metadata.name.clone().unwrap();
    let smaller = json!({ "spec": { "replicas": 4, "victims": [victim] } });
    stage.patch::<MachineDeployment>(&pool, smaller).await;
    stage.until("four workers are left", LONG, |stage| ready(stage, 4)).await;
    assert!(stage.machine(&victim).is_none(), "{victim} was to go");
}

#[tokio::test(start_paused = true)]
async fn a_deleted_cluster_leaves_nothing() {
    let stage = Stage::up(1).await;
    let status = stage.engine.records.clusters.get(TENANT, CLUSTER).unwrap().status.clone().unwrap();
    let project = ProjectId::new(status.project_id.unwrap());
    stage.delete_cluster().await;
    stage.until("the record is gone", LONG, |stage| stage.engine.records.clusters.count() == 0).await;
    let world = stage.cloud.world();
    assert_eq!(world.remains(&project), Default::default());
    assert!(world.project_named(&format!("{TENANT}-{CLUSTER}")).is_none());
    drop(world);
    assert_eq!(stage.engine.records.machines.count(), 0);
    let (servers, ports, balancers) = stage.engine.inventory.counts();
    assert_eq!((servers, ports, balancers), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cluster_can_be_deleted_at_any_moment_and_goes_soon() {
    for seconds in [5, 60, 120, 180, 240, 300] {
        let stage = Stage::begin(1).await;
        stage.rest(seconds).await;
        stage.delete_cluster().await;
        let gone = |stage: &Stage| stage.engine.records.clusters.count() == 0;
        let took = stage.until("the record is gone", LONG, gone).await;
        assert!(took.num_minutes() < 5, "deleted after {seconds} s, it took {} s", took.num_seconds());
        assert_eq!(stage.cloud.world().list_projects(), Vec::new());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_done_for_a_cluster_that_is_paused() {
    let stage = Stage::up(1).await;
    stage.patch::<KubernetesCluster>(CLUSTER, json!({ "spec": { "paused": true } })).await;
    stage.rest(5).await;
    let since = clock::now();
    let worker = stage.machines(Role::Worker)[0].clone();
    stage.inject(kaasboard::simulation::faults::Fault::ServerDies(stage.server_of(&worker)));
    stage.rest(1800).await;
    assert_eq!(stage.done_since(since, CLUSTER), Vec::<String>::new());
    stage.patch::<KubernetesCluster>(CLUSTER, json!({ "spec": { "paused": false } })).await;
    let name = worker.metadata.name.clone().unwrap();
    stage.until("the dead machine is replaced", LONG, |stage| stage.machine(&name).is_none()).await;
}

/// The proxies of an ingress node, and what every node has, and nothing of the tenant's.
#[tokio::test(start_paused = true)]
async fn ingress_nodes_take_no_ordinary_pods() {
    let stage = Stage::up(1).await;
    let uid = stage.engine.records.clusters.get(TENANT, CLUSTER).unwrap().uid().unwrap();
    let client = stage.engine.contacts.known(&uid).unwrap().client.clone();
    let labels = json!({ "app": "shop" });
    let shop = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "shop" },
        "spec": {
            "replicas": 12, "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "shop", "image": "registry.example.net/shop:1" }] },
            },
        },
    });
    let shop: Deployment = serde_json::from_value(shop).unwrap();
    let sets: Api<Deployment> = Api::namespaced(client.clone(), "default");
    sets.create(&PostParams::default(), &shop).await.unwrap();
    stage.rest(120).await;
    let pods = Api::<Pod>::all(client).list(&ListParams::default()).await.unwrap().items;
    let ingress = |pod: &&Pod| {
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_ref());
        node.is_some_and(|node| node.contains("-ingress-"))
    };
    let is_of_a_set = |pod: &Pod| pod.owner_references().iter().any(|owner| owner.kind == "DaemonSet");
    assert!(pods.iter().filter(ingress).all(is_of_a_set));
    let apps: BTreeSet<&str> =
        pods.iter().filter(ingress).filter_map(|pod| pod.labels().get("app").map(String::as_str)).collect();
    assert_eq!(apps, BTreeSet::from(["cni", "csi", "ingress-proxy"]));
    let placed = pods.iter().filter(|pod| pod.labels().get("app").is_some_and(|app| app == "shop"));
    assert_eq!(placed.filter(|pod| pod.spec.as_ref().unwrap().node_name.is_some()).count(), 12);
}
