//! What broke, since when, how far, and what its cause is: on the first screen, without a key.

use kaasboard::console::message::Message;
use kaasboard::console::still;
use kaasboard::console::theme::Theme;
use kaasboard::console::view::{self, Look};
use kaasboard::settings::context::Writing;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::fleet::Fleet;
use serde_json::{Value, json};

use crate::screenshots::album::Album;
use crate::screenshots::night::Night;
use crate::stage::{Stage, fleet};

/// Waits for an incident that names all of these, on the first screen.
async fn triage(stage: &mut Stage, words: &[&str]) {
    let what = format!("an incident that tells {words:?}");
    stage
        .until(&what, |stage| {
            let screen = stage.screen();
            words.iter().all(|word| screen.contains(word))
        })
        .await;
}

fn host_of(stage: &Stage) -> (String, String) {
    let node = stage.console.model.fleet.shelf(kaasboard::console::rows::subject::Subject::Node);
    let worker = node.rows().find(|row| row.cell("role").text() == "worker").unwrap();
    (worker.cell("host").text().to_owned(), worker.cell("zone").text().to_owned())
}

#[tokio::test(start_paused = true)]
async fn one_hypervisor() {
    // So many that one of them is not half of its zone.
    let fleet = Fleet { hypervisors: 18, ..fleet(4) };
    let mut stage = Stage::of(&fleet, (140, 40), Writing::Always).await;
    let (host, _) = host_of(&stage);
    stage.world().inject(Fault::HostDown { host: host.clone(), down: true });
    triage(&mut stage, &[&format!("hypervisor {host}"), "SINCE", "CLUSTERS"]).await;
}

#[tokio::test(start_paused = true)]
async fn one_zone() {
    let mut stage = Stage::up(4, (140, 40)).await;
    let (_, zone) = host_of(&stage);
    stage.world().inject(Fault::ZoneDown { zone: zone.clone(), down: true });
    triage(&mut stage, &[&format!("zone {zone}"), "critical"]).await;
    stage.press("enter").await;
    stage.shows("incident ");
}

/// One server of a role in each cluster.
fn one_of_each(stage: &Stage, role: &str) -> Vec<kaasboard::cloud::types::compute::ServerId> {
    let nodes = stage.console.model.fleet.shelf(kaasboard::console::rows::subject::Subject::Node);
    let mut one_each = std::collections::BTreeMap::new();
    for row in nodes.rows().filter(|row| row.cell("role").text() == role) {
        one_each.insert(row.links.cluster.clone(), row.links.server.clone().unwrap());
    }
    let ids = one_each.into_values();
    ids.map(|id| kaasboard::cloud::types::compute::ServerId::new(id.to_string())).collect()
}

/// An object as the manager answers it.
fn object(kind: &str, object: impl serde::Serialize, status: Value) -> Value {
    let mut value = serde_json::to_value(object).unwrap();
    value["kind"] = json!(kind);
    value["status"] = status;
    value
}

#[test]
fn one_noisy_cluster_among_1207() {
    let large = Fleet { tenants: 110, clusters: 1_207, machines: 41_735, ..fleet(4) };
    let drawn = large.draw().unwrap();
    let noisy = &drawn.clusters[814].metadata;
    let noisy = format!("{}/{}", noisy.namespace.as_deref().unwrap(), noisy.name.as_deref().unwrap());
    let condition = |status: &str| {
        json!([{
            "type": "Available", "status": status, "reason": "AsWanted", "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2026-03-14T02:48:00Z",
        }])
    };
    let mut objects: Vec<Value> = drawn
        .clusters
        .iter()
        .map(|cluster| {
            let name = format!(
                "{}/{}",
                cluster.metadata.namespace.as_deref().unwrap(),
                cluster.metadata.name.as_deref().unwrap()
            );
            let status = if name == noisy { "Unknown" } else { "True" };
            object("KubernetesCluster", cluster, json!({ "conditions": condition(status) }))
        })
        .collect();
    objects.push(json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Incident", "metadata": { "name": "cluster-noisy" }, "spec": {},
        "status": {
            "what": format!("the cluster's API does not answer: no route to it, and 41 more, of cluster {noisy}"),
            "cause": { "kind": "Cluster", "name": noisy }, "severity": "Critical", "since": "2026-03-14T02:48:00Z",
            "trend": "Growing", "objects": [], "reach": { "clusters": 1, "nodes": 34, "tenants": 1, "vips": 2 },
            "worst": { "clusters": 1, "nodes": 34, "tenants": 1, "vips": 2 },
            "doing": "asks again with longer pauses",
        },
    }));
    let mut album = Album::open(Night { now: "2026-03-14T03:00:00Z".parse().unwrap(), objects });
    for (columns, rows) in [(80, 24), (120, 40)] {
        album.tell(Message::Resize(columns, rows));
        let styles = Theme::built_in("default").unwrap().styles(kaasboard::console::palette::Depth::Mono);
        let screen = still::text(&view::draw(&album.model, &Look { styles, ascii: false }));
        for told in
            ["1207", "1 unknown", "1206 OK", "the cluster's API does not answer", &noisy, "12m", "asks again"]
        {
            assert!(screen.contains(told), "not on the screen: {told}\n{screen}");
        }
        let clusters = screen.lines().filter(|line| line.contains("team-")).count();
        assert!(clusters <= 4, "one line for all that are well\n{screen}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_bad_image() {
    let mut stage = Stage::up(3, (140, 40)).await;
    let image = kaasboard::simulation::fleet::image("v1.34.2");
    stage.world().inject(Fault::BrokenImage { image: image.clone(), broken: true });
    for server in one_of_each(&stage, "worker") {
        stage.world().inject(Fault::ServerDies(server));
    }
    triage(&mut stage, &[&format!("image {image}, which all of it shares"), "3 clusters"]).await;
}

/// Half of the clusters have hardware before them. What all of it shares is the provider, and the others have nothing to do
/// with it.
#[tokio::test(start_paused = true)]
async fn one_balancer_provider() {
    let fleet = Fleet { hardware_share: 0.5, ..fleet(4) };
    let provider =
        |cluster: &kaasboard::api::cluster::KubernetesCluster| cluster.spec.load_balancers.api.provider;
    let drawn = fleet.draw().unwrap().clusters;
    let hardware: Vec<_> = drawn
        .iter()
        .filter(|one| provider(one) == kaasboard::api::load_balancer::Provider::Hardware)
        .collect();
    let (clusters, owners) = (hardware.len(), hardware.iter().map(|one| one.metadata.namespace.clone()));
    let tenants = owners.collect::<std::collections::BTreeSet<_>>().len();
    assert!((2..4).contains(&clusters), "{clusters} of 4 have hardware");
    let mut stage = Stage::of(&fleet, (80, 24), Writing::Always).await;
    stage.world().inject(Fault::ProviderFails { provider: "hardware".to_owned(), failing: true });
    let words = [
        "critical balancers of provider hardware fail".to_owned(),
        "balancer hardware, which all of it shares".to_owned(),
        format!("{clusters} clusters, {tenants} tenant"),
        format!("{} VIPs", clusters * 2),
        "m ago".to_owned(),
        "waits: a person must act: mend the balancer".to_owned(),
    ];
    triage(&mut stage, &words.each_ref().map(String::as_str)).await;
    stage.shows("incidents 1 ");
    stage.world().inject(Fault::ProviderFails { provider: "hardware".to_owned(), failing: false });
    stage.until("it is over", |stage| stage.screen().contains("◌ over")).await;
}

/// The storage refuses what one cluster shows it. Its driver fails because of that, and is told of with it.
#[tokio::test(start_paused = true)]
async fn one_storage_credential() {
    let mut stage = Stage::up(3, (80, 24)).await;
    let clusters = stage.sandbox.working.engine.records.clusters.all();
    let cluster = clusters.iter().find(|one| one.metadata.name.as_deref() == Some("c0002")).unwrap();
    let name = format!("{}/c0002", cluster.metadata.namespace.as_deref().unwrap());
    let project = cluster.status.as_ref().and_then(|status| status.project_id.clone()).unwrap();
    let project = kaasboard::cloud::types::identity::ProjectId::new(project);
    let revoked = |revoked| Fault::CredentialsRevoked { project: project.clone(), revoked };
    stage.world().inject(revoked(true));
    let words = [
        format!("warning  credential of {name} is refused"),
        format!("credential {name}"),
        "reaches      1 cluster, 1 tenant".to_owned(),
        "m ago".to_owned(),
        "waits: a person must act: find out why the storage refuses the".to_owned(),
    ];
    triage(&mut stage, &words.each_ref().map(String::as_str)).await;
    stage.shows("incidents 1 ");
    stage.world().inject(revoked(false));
    stage.until("it is over", |stage| stage.screen().contains("◌ over")).await;
}
