//! The engine in earnest: nothing is simulated. The servers here never boot, so that a cluster comes as far as its first
//! servers; the engine says what it waits for, and leaves nothing when the cluster is deleted.

use std::time::{Duration, Instant};

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::cli::manager::StoreAt;
use kaasboard::simulation::seeding;
use kaasboard::startup;
use kaasboard::startup::real_cloud;
use kaasboard::startup::working::Working;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, ResourceExt};
use serde_json::json;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::helper::clusters::{self, USUAL, assert_empty, fleet, servers, services};
use crate::helper::stage::{self, entries};

/// How long anything may take that is to come.
const PATIENCE: Duration = Duration::from_secs(1200);

#[test]
fn an_engine_makes_what_a_cluster_begins_with_waits_for_it_and_takes_it_down() {
    let Some((home, admin @ Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: an engine in earnest on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an \
             administrator"
        );
        return;
    };
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        let at = servers(home, admin);
        let image = real_cloud::open(&at).await.unwrap().image(Some(stage::IMAGE)).await.unwrap();
        let manager = startup::manager_with_kinds(&StoreAt::Memory).await.unwrap();
        let client = manager.client("default");
        let drawn = startup::on_image(&fleet(USUAL, 1), &image).unwrap();
        seeding::seed(&client, &drawn).await.unwrap();
        let working = Working::on_openstack(client.clone(), &at).await.unwrap();

        let waiting = || clusters::waiting(&working.engine.trace.all());
        let begun = json!({ "ACTIVE": 3 });
        until(async || services()["servers"] == begun, &waiting).await;
        until(async || services()["balancers"].as_object().unwrap().len() == 1, &waiting).await;
        // Nothing answers where etcd should be: that is told, and nothing comes after it.
        until(async || waiting().contains("the server has not joined yet"), &waiting).await;
        assert_eq!(services()["servers"], begun, "no control plane before etcd: {}", waiting());

        let clusters: Api<KubernetesCluster> = Api::all(client.clone());
        let cluster = clusters.list(&ListParams::default()).await.unwrap().items.remove(0);
        let own: Api<KubernetesCluster> = Api::namespaced(client.clone(), &cluster.namespace().unwrap());
        own.delete(&cluster.name_any(), &DeleteParams::default()).await.unwrap();
        let is_gone = async || clusters.list(&ListParams::default()).await.unwrap().items.is_empty();
        until(is_gone, &waiting).await;
        assert_empty();
        working.resign().await;
    });
}

async fn until(come: impl AsyncFn() -> bool, state: &impl Fn() -> String) {
    let deadline = Instant::now() + PATIENCE;
    while !come().await {
        assert!(Instant::now() < deadline, "in vain: {}\n{}", services(), state());
        sleep(Duration::from_millis(500)).await;
    }
}
