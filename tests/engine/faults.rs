//! What goes wrong beside machines: networks, quotas, disks, access lists, credentials, clocks, slow services; and what
//! the engine does about it.

use std::time::Duration;

use chrono::TimeDelta;
use k8s_openapi::api::core::v1::{ConfigMap, Pod};
use kaasboard::api::load_balancer::LoadBalancer;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::machine_status::MachineStatus;
use kaasboard::api::role::Role;
use kaasboard::api::storage_tenant::{StorageBackend, StorageTenant};
use kaasboard::clock;
use kaasboard::planning::leak::Sort;
use kaasboard::simulation::faults::{Fault, Segment, Service, Trouble};
use kaasboard::simulation::fleet::Claims;
use kube::api::{ListParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::stage::{CLUSTER, Stage, TENANT};

/// An hour is far more than anything here takes.
const LONG: Duration = Duration::from_secs(3600);

/// What moves or takes away something that may still be there.
const MOVES: [&str; 5] =
    ["create-server/", "delete-server/", "delete-machine/", "evict-pod/", "remove-node/"];

fn moved(stage: &Stage, since: chrono::DateTime<chrono::Utc>) -> Vec<String> {
    MOVES.iter().flat_map(|act| stage.done_since(since, act)).collect()
}

async fn all_well(stage: &Stage, clusters: usize) {
    let is_well = |stage: &Stage| stage.available() == clusters && stage.incidents().is_empty();
    stage.until("all is well again", LONG, is_well).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_out_moves_nothing() {
    let stage = Stage::up(2).await;
    let since = clock::now();
    let zone = Segment::Zone("az1".to_owned());
    stage.inject(Fault::NetworkOut { of: zone.clone(), out: true });
    stage.rest(1800).await;
    assert_eq!(moved(&stage, since), Vec::<String>::new(), "{}", stage.why());
    let incidents = stage.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    assert!(incidents[0].contains("az1"), "{incidents:#?}");
    stage.inject(Fault::NetworkOut { of: zone, out: false });
    all_well(&stage, 2).await;
    let project = Segment::Project(stage.project());
    stage.inject(Fault::NetworkOut { of: project.clone(), out: true });
    stage.rest(60).await;
    let why = stage.why();
    assert!(
        why.contains(&format!("kubernetescluster/{TENANT}/{CLUSTER}\n    waits: the cluster's API")),
        "{why}"
    );
    stage.rest(1740).await;
    assert_eq!(moved(&stage, since), Vec::<String>::new(), "{}", stage.why());
    let incidents = stage.incidents();
    assert!(
        incidents.iter().any(|one| one.contains(&format!("cluster {TENANT}/{CLUSTER}"))),
        "{incidents:#?}"
    );
    assert_eq!(stage.available(), 1);
    stage.inject(Fault::NetworkOut { of: project, out: false });
    all_well(&stage, 2).await;
    assert_eq!(moved(&stage, since), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_project_that_gets_no_more_waits_and_says_so() {
    let stage = Stage::up(1).await;
    let project = stage.project();
    stage.inject(Fault::QuotaFull { project: project.clone(), full: true });
    let pool = format!("{CLUSTER}-general");
    stage.leave_count_to_pool().await;
    stage.patch::<MachineDeployment>(&pool, json!({ "spec": { "replicas": 4 } })).await;
    let is_told = |stage: &Stage| {
        let incidents = stage.incidents();
        incidents.iter().any(|one| one.contains("quota") && one.contains("no room"))
    };
    stage.until("an Incident tells of the quota", LONG, is_told).await;
    let servers = || stage.cloud.world().list_servers(None).len();
    assert_eq!(servers(), 12);
    stage.inject(Fault::QuotaFull { project, full: false });
    stage.until("the fourth worker is made", LONG, |stage| stage.machines(Role::Worker).len() == 4).await;
    let serving = |stage: &Stage| {
        let pool = stage.engine.records.pools.get(TENANT, &pool).unwrap();
        pool.status.clone().unwrap_or_default().available_replicas == 4
    };
    stage.until("it serves", LONG, serving).await;
    all_well(&stage, 1).await;
}

/// A kubelet whose disk is full puts its pods out one after the other; those that belong to the node stay, and others take
/// the place of those that went.
async fn evicts(stage: &Stage, client: kube::Client) {
    let node = stage.machines(Role::Worker)[0].status.clone().unwrap().node_name.unwrap();
    let server = stage.server_of(&stage.machines(Role::Worker)[0]);
    stage.inject(Fault::DiskFull { server: server.clone(), full: false });
    stage.open_shop().await;
    stage.inject(Fault::DiskFull { server, full: true });
    stage.rest(900).await;
    let pods = Api::<Pod>::all(client).list(&ListParams::default()).await.unwrap().items;
    let status = |pod: &Pod| pod.status.clone().unwrap();
    let is_evicted = |pod: &&Pod| status(pod).reason.as_deref() == Some("Evicted");
    let runs = |pod: &&Pod| status(pod).phase.as_deref() == Some("Running");
    let of_daemon = |pod: &Pod| pod.owner_references().iter().any(|owner| owner.kind == "DaemonSet");
    let is_here = |pod: &&Pod| pod.spec.as_ref().unwrap().node_name.as_ref() == Some(&node);
    let of_shop = || pods.iter().filter(|pod| pod.labels().get("app").is_some_and(|app| app == "shop"));
    assert!(of_shop().filter(is_here).filter(is_evicted).count() >= 3, "{pods:#?}");
    assert!(of_shop().filter(is_here).all(|pod| is_evicted(&pod)), "{pods:#?}");
    assert_eq!(of_shop().filter(runs).count(), 9, "{pods:#?}");
    assert!(pods.iter().filter(is_here).any(of_daemon), "{pods:#?}");
    assert!(pods.iter().filter(|pod| of_daemon(pod)).all(|pod| runs(&pod)), "{pods:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_told_and_nothing_is_moved() {
    let stage = Stage::up(1).await;
    let since = clock::now();
    let full = |role, full| Fault::DiskFull { server: stage.server_of(&stage.machines(role)[0]), full };
    stage.inject(full(Role::Worker, true));
    let told =
        |stage: &Stage| stage.incidents().iter().any(|one| one.contains("the disk of the node is full"));
    stage.until("the worker's disk is told of", LONG, told).await;
    let client = stage.inside();
    evicts(&stage, client.clone()).await;
    stage.inject(full(Role::Etcd, true));
    let told = |stage: &Stage| stage.incidents().iter().any(|one| one.contains("NoSpace"));
    stage.until("the alarm is told", LONG, told).await;
    assert_eq!(moved(&stage, since), Vec::<String>::new());
    let maps: Api<ConfigMap> = Api::namespaced(client, "default");
    let map: ConfigMap = serde_json::from_value(json!({ "metadata": { "name": "note" } })).unwrap();
    let refused = maps.create(&PostParams::default(), &map).await.unwrap_err();
    assert!(refused.to_string().contains("database space exceeded"), "{refused}");
    stage.inject(full(Role::Worker, false));
    stage.inject(full(Role::Etcd, false));
    all_well(&stage, 1).await;
    maps.create(&PostParams::default(), &map).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_access_list_that_lost_a_machine_is_mended_and_counted() {
    access_lost(StorageBackend::Array).await;
}

/// Manila's rules let addresses in, and no initiators: its nodes are known by them, and are opened for pods.
#[tokio::test(start_paused = true)]
async fn an_access_list_of_addresses_is_kept_as_well() {
    access_lost(StorageBackend::Manila).await;
}

async fn access_lost(backend: StorageBackend) {
    let stage = Stage::up_with(1, Claims::default(), backend).await;
    let rules = |stage: &Stage| stage.cloud.world().access_rules(&stage.project()).len();
    let (all, repairs) = (rules(&stage), || {
        let tenant = stage.engine.records.storage.get(TENANT, CLUSTER).unwrap();
        tenant.status.clone().unwrap_or_default().access_repairs
    });
    let before = repairs();
    stage.inject(Fault::AccessLost(stage.server_of(&stage.machines(Role::Worker)[0])));
    assert_eq!(rules(&stage), all - 1);
    let took = stage.until("it is back", LONG, |stage| rules(stage) == all).await;
    assert!(took <= TimeDelta::minutes(11), "{} s", took.num_seconds());
    stage.rest(60).await;
    assert_eq!(repairs(), before + 1);
    all_well(&stage, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_is_refused_keeps_claims_waiting_and_is_told_with_its_addon() {
    let claims = Claims { cluster_share: 1.0, each: 1 };
    let stage = Stage::begin_with(1, claims, StorageBackend::Cinder).await;
    stage.until("there is a project", LONG, |stage| stage.cloud.world().list_projects().len() == 1).await;
    let project = stage.cloud.world().list_projects()[0].id.clone();
    stage.inject(Fault::CredentialsRevoked { project: project.clone(), revoked: true });
    let words = format!("credential of {TENANT}/{CLUSTER} is refused");
    let told = |stage: &Stage| {
        stage.engine.records.incidents.all().iter().any(|incident| {
            let status = incident.status.clone().unwrap_or_default();
            let names = |kind: &str| status.objects.iter().any(|object| object.kind == kind);
            status.what.contains(&words) && names("StorageTenant") && names("Addon")
        })
    };
    stage.until("one Incident tells of the credential and of the addon", LONG, told).await;
    assert_eq!(stage.cloud.world().list_volumes(), Vec::new());
    stage.inject(Fault::CredentialsRevoked { project, revoked: false });
    let bound = |stage: &Stage| stage.cloud.world().list_volumes().iter().any(|one| one.status == "in-use");
    stage.until("the claim has its volume", LONG, bound).await;
    all_well(&stage, 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_wrong_is_no_evidence_and_a_slow_service_only_makes_things_late() {
    let stage = Stage::up(1).await;
    let since = clock::now();
    let worker = stage.machines(Role::Worker)[0].clone();
    let behind = |minutes| {
        let behind = TimeDelta::minutes(minutes);
        Fault::ClockSkew { server: stage.server_of(&worker), behind }
    };
    stage.inject(behind(15));
    stage.rest(1800).await;
    assert_eq!(moved(&stage, since), Vec::<String>::new());
    assert_eq!(stage.incidents(), Vec::<String>::new());
    stage.inject(behind(0));
    let trouble = Trouble { slow: 1.0, delay: TimeDelta::seconds(20), ..Trouble::default() };
    stage.inject(Fault::Calls { service: Service::Compute, trouble });
    stage.inject(Fault::ServerDies(stage.server_of(&worker)));
    let name = worker.metadata.name.clone().unwrap();
    stage.until("the dead machine is replaced", LONG, |stage| stage.machine(&name).is_none()).await;
    assert_eq!(stage.done_since(since, "create-server/").len(), 1);
    stage.inject(Fault::Calls { service: Service::Compute, trouble: Trouble::default() });
    all_well(&stage, 1).await;
}

/// Ports are listed every five minutes only, but for who waits for one.
#[tokio::test(start_paused = true)]
async fn who_lost_the_reply_to_a_port_goes_on_as_soon_as_it_shows() {
    let stage = Stage::up(1).await;
    let pool = format!("{CLUSTER}-general");
    stage.leave_count_to_pool().await;
    let before = stage.cloud.world().list_ports().len();
    let trouble = Trouble { reply_lost: 1.0, ..Trouble::default() };
    stage.inject(Fault::Calls { service: Service::Network, trouble });
    stage.patch::<MachineDeployment>(&pool, json!({ "spec": { "replicas": 4 } })).await;
    let is_made = |stage: &Stage| stage.cloud.world().list_ports().len() > before;
    stage.until("a port that nobody knows of", Duration::from_secs(20), is_made).await;
    stage.inject(Fault::Calls { service: Service::Network, trouble: Trouble::default() });
    let has_it = |stage: &Stage| {
        let all = stage.machines(Role::Worker);
        let has_port = |status: &MachineStatus| status.port_id.is_some();
        all.len() == 4 && all.iter().all(|machine| machine.status.as_ref().is_some_and(has_port))
    };
    let took = stage.until("the machine has it", LONG, has_it).await;
    assert!(took <= TimeDelta::seconds(70), "{} s", took.num_seconds());
    assert_eq!(stage.cloud.world().list_ports().len(), before + 1, "no second one");
}

#[tokio::test(start_paused = true)]
async fn a_balancer_is_failed_over_once_although_its_record_is_changed_meanwhile() {
    let stage = Stage::up(1).await;
    let name = format!("{CLUSTER}-api");
    let since = clock::now();
    let trouble = Trouble { slow: 1.0, delay: TimeDelta::seconds(20), ..Trouble::default() };
    stage.inject(Fault::Calls { service: Service::Balancer, trouble });
    stage.patch::<LoadBalancer>(&name, json!({ "spec": { "failovers": 1 } })).await;
    stage.rest(10).await;
    stage.patch::<LoadBalancer>(&name, json!({ "metadata": { "labels": { "seen": "yes" } } })).await;
    stage.rest(1200).await;
    assert_eq!(stage.done_since(since, "fail-over-balancer").len(), 1);
    let record = stage.engine.records.balancers.get(TENANT, &name).unwrap();
    assert_eq!(record.status.as_ref().unwrap().failovers, 1);
}

/// A turn of several slow steps is under way when somebody pauses the record that it is about.
#[tokio::test(start_paused = true)]
async fn a_record_that_is_paused_has_no_further_step_of_a_turn_that_began() {
    let stage = Stage::up_with(1, Claims::default(), StorageBackend::Array).await;
    let rules = |stage: &Stage| stage.cloud.world().access_rules(&stage.project()).len();
    let all = rules(&stage);
    let trouble = Trouble { slow: 1.0, delay: TimeDelta::seconds(20), ..Trouble::default() };
    stage.inject(Fault::Calls { service: Service::Storage, trouble });
    for worker in stage.machines(Role::Worker) {
        stage.inject(Fault::AccessLost(stage.server_of(&worker)));
    }
    let lost = all - rules(&stage);
    assert!(lost >= 3, "{lost} of {all}");
    stage.until("the first is back", LONG, |stage| rules(stage) > all - lost).await;
    stage.patch::<StorageTenant>(CLUSTER, json!({ "spec": { "paused": true } })).await;
    stage.rest(600).await;
    // The call that was under way was finished, and no other was begun.
    assert_eq!(rules(&stage), all - lost + 2);
    stage.patch::<StorageTenant>(CLUSTER, json!({ "spec": { "paused": false } })).await;
    stage.until("all are back", LONG, |stage| rules(stage) == all).await;
}

/// What is suspect of being a leak stays so while the volumes cannot be listed, since when it is known.
#[tokio::test(start_paused = true)]
async fn volumes_that_cannot_be_listed_do_not_look_gone() {
    let claims = Claims { cluster_share: 1.0, each: 1 };
    let stage = Stage::up_with(1, claims, StorageBackend::Cinder).await;
    let volumes = |stage: &Stage| {
        let things = stage.engine.inventory.things()?;
        Some(things.iter().filter(|thing| thing.sort == Sort::Volume).count())
    };
    stage.until("its volume is listed", LONG, |stage| volumes(stage) == Some(1)).await;
    let trouble = Trouble { unavailable: 1.0, ..Trouble::default() };
    stage.inject(Fault::Calls { service: Service::Storage, trouble });
    stage.rest(400).await;
    assert_eq!(volumes(&stage), None);
}
