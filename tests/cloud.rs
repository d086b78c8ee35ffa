//! What the simulated cloud shows that no real one can be made to show: outages, crashes, and the same world again. What
//! holds for every cloud is in `tests/openstack`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

use std::time::Duration;

use chrono::TimeDelta;
use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::provider::{Answer, Cloud};
use kaasboard::cloud::types::balancer::{NewBalancer, Provisioning};
use kaasboard::cloud::types::compute::{NewServer, Server, ServerStatus};
use kaasboard::cloud::types::identity::{NewProject, ProjectId, Quota};
use kaasboard::cloud::types::network::{NewPort, Port};
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::faults::{Fault, Segment};
use kaasboard::simulation::site::Site;
use kaasboard::simulation::world::ground::{Life, Reach};
use kaasboard::simulation::world::state::World;
use kaasboard::simulation::world::volumes::NewVolume;

const IMAGE: &str = "ubuntu-24.04-kube-v1.34.2";

fn cloud() -> SimulatedCloud {
    SimulatedCloud::new(World::new(Site::new(3, 6, &[IMAGE]), 7))
}

async fn project(cloud: &SimulatedCloud) -> ProjectId {
    let wanted = NewProject { name: "shop".into(), description: String::new(), tags: Vec::new() };
    let project = cloud.create_project(&wanted).await.unwrap();
    let quota = Quota {
        servers: 20,
        cores: 100,
        memory_mib: 400_000,
        ports: 30,
        balancers: 4,
        volumes: 10,
        volume_gib: 100,
    };
    cloud.set_quota(&project.id, &quota).await.unwrap();
    project.id
}

async fn port(cloud: &SimulatedCloud, project: &ProjectId, tag: &Tag) -> Answer<Port> {
    let wanted = NewPort {
        project: project.clone(),
        name: "port".into(),
        network: "backend".into(),
        security_groups: Vec::new(),
        tags: vec![tag.to_string()],
    };
    cloud.create_port(&wanted).await
}

fn server(port: &Port, tag: &Tag) -> NewServer {
    NewServer {
        project: port.project.clone(),
        name: "shop-worker-1".into(),
        flavor: "m1.kube.small".into(),
        image: IMAGE.into(),
        port: port.id.clone(),
        zone: None,
        group: None,
        user_data: b"#cloud-config\n".to_vec(),
        tags: vec![tag.to_string()],
    }
}

fn machine(number: u32) -> Tag {
    Tag::MachineUid(format!("machine-{number}"))
}

async fn made(cloud: &SimulatedCloud, project: &ProjectId, number: u32) -> (Port, Server) {
    let tag = machine(number);
    let port = port(cloud, project, &tag).await.unwrap();
    let id = cloud.create_server(&server(&port, &tag)).await.unwrap();
    (port, cloud.server(project, &id).await.unwrap())
}

async fn minutes(count: u64) {
    tokio::time::advance(Duration::from_secs(60 * count)).await;
}

fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> CloudErrorKind {
    answer.unwrap_err().kind
}

#[tokio::test(start_paused = true)]
async fn two_requests_for_one_port_can_both_be_accepted_and_one_server_ends_in_error() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let port = port(&cloud, &project, &machine(1)).await.unwrap();
    let first = cloud.create_server(&server(&port, &machine(1))).await.unwrap();
    let second = cloud.create_server(&server(&port, &machine(1))).await.unwrap();
    minutes(1).await;
    let status = |server: Server| (server.status, server.fault.map(|fault| fault.message));
    assert_eq!(status(cloud.server(&project, &first).await.unwrap()).0, ServerStatus::Active);
    let (state, fault) = status(cloud.server(&project, &second).await.unwrap());
    assert_eq!(state, ServerStatus::Error);
    assert!(fault.unwrap().contains("still in use"));
    assert!(matches!(
        kind(cloud.create_server(&server(&port, &machine(1))).await),
        CloudErrorKind::Conflict(_)
    ));
    assert_eq!(cloud.servers_tagged(&project, &machine(1).to_string()).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_listing_of_changes_shows_what_changed_by_itself_and_what_was_deleted() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let (_, first) = made(&cloud, &project, 1).await;
    let (_, second) = made(&cloud, &project, 2).await;
    minutes(1).await;
    let all = cloud.servers(None).await.unwrap();
    assert_eq!(all.items.len(), 2);
    minutes(1).await;
    assert!(
        cloud.servers(Some(all.as_of)).await.unwrap().items.is_empty(),
        "nothing changed, nothing is shown"
    );
    cloud.delete_server(&project, &first.id).await.unwrap();
    cloud.world().inject(Fault::ServerDies(second.id.clone()));
    minutes(1).await;
    let mut changed: Vec<_> = cloud.servers(Some(all.as_of)).await.unwrap().items;
    changed.sort_by_key(|server| server.id == second.id);
    let seen: Vec<_> = changed.iter().map(|server| (&server.id, &server.status)).collect();
    assert_eq!(seen, [(&first.id, &ServerStatus::Deleted), (&second.id, &ServerStatus::ShutOff)]);
    assert_eq!(cloud.servers(None).await.unwrap().items.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_balancer_that_is_stuck_stays_pending_until_its_service_goes_on() {
    let cloud = cloud();
    let project = project(&cloud).await;
    cloud.world().inject(Fault::BalancersStuck(true));
    let wanted = NewBalancer {
        project: project.clone(),
        name: "shop-api".into(),
        network: "frontend".into(),
        provider: "software".into(),
        flavor: None,
        listeners: Vec::new(),
        tags: Vec::new(),
    };
    let id = cloud.create_balancer(&wanted).await.unwrap();
    minutes(60).await;
    let state = async || cloud.balancer(&project, &id).await.unwrap().provisioning;
    assert_eq!(state().await, Provisioning::PendingCreate);
    cloud.world().inject(Fault::BalancersStuck(false));
    minutes(1).await;
    assert_eq!(state().await, Provisioning::Active);
}

#[tokio::test(start_paused = true)]
async fn a_project_s_things_are_its_own() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let again = NewProject { name: "shop".into(), description: String::new(), tags: Vec::new() };
    assert!(matches!(kind(cloud.create_project(&again).await), CloudErrorKind::Conflict(_)));
    let other = NewProject { name: "bank".into(), ..again };
    let other = cloud.create_project(&other).await.unwrap();
    let (port, server) = made(&cloud, &project, 1).await;
    assert_eq!(kind(cloud.delete_server(&other.id, &server.id).await), CloudErrorKind::NotFound);
    assert_eq!(kind(cloud.delete_port(&other.id, &port.id).await), CloudErrorKind::NotFound);
    let rule = cloud.grant_access(&project, "iqn.x:1").await.unwrap();
    assert_eq!(cloud.access_rules(&project).await.unwrap(), std::slice::from_ref(&rule));
    cloud.revoke_access(&project, &rule.id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_volume_has_one_server_at_a_time_and_the_quota_is_kept() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let (_, first) = made(&cloud, &project, 1).await;
    let (_, second) = made(&cloud, &project, 2).await;
    let limit = cloud.quota(&project).await.unwrap().limit.volume_gib;
    let wanted = |name: &str, size_gib| NewVolume {
        project: project.clone(),
        name: name.to_owned(),
        claim: format!("default/{name}"),
        size_gib,
    };
    let id = cloud.world().create_volume(&wanted("pvc-1", limit)).unwrap();
    assert_eq!(cloud.world().create_volume(&wanted("pvc-1", limit)), Ok(id.clone()), "its name is known");
    let over = cloud.world().create_volume(&wanted("pvc-2", 1));
    assert!(matches!(over, Err(CloudErrorKind::Quota(_))), "{over:?}");
    cloud.world().attach_volume(&id, &first.id).unwrap();
    assert!(cloud.world().attach_volume(&id, &second.id).is_err());
    assert!(matches!(kind(cloud.delete_volume(&project, &id).await), CloudErrorKind::Invalid(_)));
    cloud.delete_server(&project, &first.id).await.unwrap();
    cloud.world().attach_volume(&id, &second.id).unwrap();
    let shown = cloud.volumes_of(&project).await.unwrap();
    assert_eq!((shown[0].status.as_str(), &shown[0].attached), ("in-use", &vec![second.id.clone()]));
    cloud.world().detach_volume(&id, &second.id).unwrap();
    cloud.delete_volume(&project, &id).await.unwrap();
    assert_eq!(cloud.volumes().await.unwrap().items, Vec::new());
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_host_is_seen_at_the_hypervisor_and_not_at_its_servers() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let (_, server) = made(&cloud, &project, 1).await;
    minutes(3).await;
    let host = cloud.server(&project, &server.id).await.unwrap().host.unwrap();
    let alive = |cloud: &SimulatedCloud| cloud.world().is_alive(&server.id, kaasboard::clock::now());
    assert!(alive(&cloud));
    cloud.world().inject(Fault::HostDown { host: host.clone(), down: true });
    assert_eq!(cloud.server(&project, &server.id).await.unwrap().status, ServerStatus::Active);
    assert!(!alive(&cloud));
    let down = cloud.hypervisors().await.unwrap().into_iter().find(|known| known.host == host).unwrap();
    assert!(!down.up);
    cloud.world().inject(Fault::ZoneDown { zone: "az2".into(), down: true });
    // The compute service says of zones only whether their services are enabled.
    let zones: Vec<bool> = cloud.zones().await.unwrap().iter().map(|zone| zone.available).collect();
    assert_eq!(zones, [true, true, true]);
    let dark = cloud.hypervisors().await.unwrap().into_iter().filter(|host| host.zone == "az2");
    assert!(dark.collect::<Vec<_>>().iter().all(|host| !host.up));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_out_does_not_come_back() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let tag = Tag::ClusterUid("web".to_owned());
    let port = port(&cloud, &project, &tag).await.unwrap();
    cloud.create_server(&server(&port, &tag)).await.unwrap();
    minutes(3).await;
    let life = || cloud.world().ground("web", kaasboard::clock::now()).servers[0].life;
    let before = life();
    assert!(matches!(before, Life::Alive { .. }));
    for zone in ["az1", "az2", "az3"] {
        cloud.world().inject(Fault::ZoneDown { zone: zone.into(), down: false });
        let of = Segment::Zone(zone.into());
        cloud.world().inject(Fault::NetworkOut { of, out: false });
    }
    minutes(3).await;
    assert_eq!(life(), before, "its programs were never stopped");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_reaches_runs_on() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let tag = Tag::ClusterUid("web".to_owned());
    let port = port(&cloud, &project, &tag).await.unwrap();
    cloud.create_server(&server(&port, &tag)).await.unwrap();
    minutes(3).await;
    let ground = || cloud.world().ground("web", kaasboard::clock::now()).servers[0].clone();
    let (before, since) = (ground(), kaasboard::clock::now());
    let set = |out| cloud.world().inject(Fault::NetworkOut { of: Segment::Project(project.clone()), out });
    set(true);
    minutes(10).await;
    assert_eq!((ground().life, ground().reach), (before.life, Reach::Cut { since }));
    assert!(cloud.world().is_alive(&before.id, kaasboard::clock::now()));
    assert!(!cloud.world().is_reachable(&before.id, kaasboard::clock::now()));
    set(false);
    let since = Some(kaasboard::clock::now());
    assert_eq!((ground().life, ground().reach), (before.life, Reach::Open { since }));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_makes_the_same_world() {
    let story = async || {
        let _epoch =
            kaasboard::clock::Epoch::begin(chrono::DateTime::from_timestamp(1_790_000_000, 0).unwrap());
        let cloud = cloud();
        let project = project(&cloud).await;
        for number in 0..5 {
            made(&cloud, &project, number).await;
        }
        minutes(1).await;
        cloud.servers(None).await.unwrap().items
    };
    let (first, second) = (story().await, story().await);
    assert_eq!(first, second);
    assert!(first.iter().all(|server| server.updated - server.created == TimeDelta::seconds(20)));
}
