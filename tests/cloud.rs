//! What the engine relies on of a cloud, test by test, unpleasant things included. Every implementation of the
//! `Cloud` trait has to pass; today that is the simulated world.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

use std::net::IpAddr;
use std::time::Duration;

use chrono::TimeDelta;
use kaasboard::api::names::Tag;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::provider::{Answer, Cloud};
use kaasboard::cloud::types::balancer::{Monitor, NewBalancer, NewListener, Operating, Provisioning};
use kaasboard::cloud::types::compute::{NewServer, Server, ServerStatus, SpreadPolicy};
use kaasboard::cloud::types::identity::{NewProject, ProjectId, Quota};
use kaasboard::cloud::types::network::{NewPort, NewSecurityGroup, Port, RecordState};
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::faults::{Fault, Service, Trouble};
use kaasboard::simulation::site::Site;
use kaasboard::simulation::world::state::{Remains, World};

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
async fn a_server_is_built_while_nobody_waits_and_is_found_by_its_tag() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let (port, server) = made(&cloud, &project, 1).await;
    assert_eq!((server.status, server.task.as_deref()), (ServerStatus::Build, Some("spawning")));
    minutes(1).await;
    let found = cloud.servers_tagged(&project, &machine(1).to_string()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.clone(), &found[0].status), (server.id.clone(), &ServerStatus::Active));
    assert!(found[0].zone.is_some() && found[0].host.is_some());
    let ports = cloud.ports_tagged(&project, &machine(1).to_string()).await.unwrap();
    assert_eq!((ports[0].id.clone(), ports[0].server.clone()), (port.id, Some(server.id)));
    assert!(cloud.servers_tagged(&project, &machine(2).to_string()).await.unwrap().is_empty());
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
async fn what_cannot_work_is_refused_and_what_has_no_room_ends_in_error() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let free = port(&cloud, &project, &machine(1)).await.unwrap();
    let image = NewServer { image: "nothing".into(), ..server(&free, &machine(1)) };
    let flavor = NewServer { flavor: "nothing".into(), ..server(&free, &machine(1)) };
    for wanted in [image, flavor] {
        let refused = kind(cloud.create_server(&wanted).await);
        assert!(
            matches!(&refused, CloudErrorKind::Invalid(why) if why.contains("could not be found")),
            "{refused}"
        );
    }
    cloud.world().inject(Fault::NoValidHost(1));
    let (_, lost) = made(&cloud, &project, 2).await;
    minutes(1).await;
    let lost = cloud.server(&project, &lost.id).await.unwrap();
    assert_eq!(lost.status, ServerStatus::Error);
    assert!(lost.fault.unwrap().message.contains("No valid host"));
    let small = Quota { servers: 1, ..cloud.quota(&project).await.unwrap().limit };
    cloud.set_quota(&project, &small).await.unwrap();
    let refused = kind(cloud.create_server(&server(&free, &machine(1))).await);
    assert!(matches!(&refused, CloudErrorKind::Quota(what) if what.contains("instances")), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_works_in_any_state_and_then_there_is_nothing() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let (port, server) = made(&cloud, &project, 1).await;
    cloud.delete_server(&project, &server.id).await.unwrap();
    assert_eq!(kind(cloud.delete_server(&project, &server.id).await), CloudErrorKind::NotFound);
    assert_eq!(kind(cloud.server(&project, &server.id).await), CloudErrorKind::NotFound);
    let ports = cloud.ports_tagged(&project, &machine(1).to_string()).await.unwrap();
    assert_eq!(ports[0].server, None, "the port outlives its server");
    cloud.delete_port(&project, &port.id).await.unwrap();
    assert_eq!(kind(cloud.delete_port(&project, &port.id).await), CloudErrorKind::NotFound);
    assert_eq!(cloud.world().remains(&project), Remains::default());
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
async fn groups_keep_servers_apart_and_a_hard_one_holds_no_more_than_there_are_hypervisors() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let policies = [(SpreadPolicy::AntiAffinity, 1), (SpreadPolicy::SoftAntiAffinity, 0)];
    for (round, (policy, failed)) in (0_u32..).zip(policies) {
        let group = cloud.create_server_group(&project, "workers", policy).await.unwrap();
        let mut ids = Vec::new();
        for number in 0..7 {
            let tag = machine(round * 10 + number);
            let port = port(&cloud, &project, &tag).await.unwrap();
            let wanted = NewServer { group: Some(group.id.clone()), ..server(&port, &tag) };
            ids.push(cloud.create_server(&wanted).await.unwrap());
        }
        minutes(1).await;
        let mut errors = 0;
        let mut hosts = std::collections::BTreeSet::new();
        for id in &ids {
            let server = cloud.server(&project, id).await.unwrap();
            errors += usize::from(server.status == ServerStatus::Error);
            hosts.extend(server.host);
        }
        assert_eq!((errors, hosts.len()), (failed, 6), "{policy:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_fails_says_whether_it_may_have_been_carried_out() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let port = port(&cloud, &project, &machine(1)).await.unwrap();
    let trouble = |trouble| Fault::Calls { service: Service::Compute, trouble };
    let servers = async || cloud.world().servers_tagged(&project, &machine(1).to_string()).len();
    cloud.world().inject(trouble(Trouble { unavailable: 1.0, ..Trouble::default() }));
    assert_eq!(kind(cloud.create_server(&server(&port, &machine(1))).await), CloudErrorKind::Transient);
    assert_eq!(servers().await, 0, "it was not carried out");
    cloud.world().inject(trouble(Trouble { throttled: 1.0, ..Trouble::default() }));
    let refused = kind(cloud.create_server(&server(&port, &machine(1))).await);
    assert!(matches!(refused, CloudErrorKind::Throttled { .. }));
    assert_eq!(servers().await, 0);
    cloud.world().inject(trouble(Trouble { reply_lost: 1.0, ..Trouble::default() }));
    let lost = cloud.create_server(&server(&port, &machine(1))).await.unwrap_err();
    assert!(matches!(lost.kind, CloudErrorKind::OutcomeUnknown(_)));
    insta::assert_snapshot!(lost, @"create server shop-worker-1: no certain answer, it may have been carried out: no answer within the time limit");
    assert_eq!(servers().await, 1, "it was carried out");
    assert!(cloud.ports().await.is_ok(), "other services go on");
}

#[tokio::test(start_paused = true)]
async fn a_balancer_refuses_changes_while_an_earlier_one_is_under_way() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let listener = NewListener { listens: 6443, monitor: Monitor::Https("/readyz".into()) };
    let wanted = NewBalancer {
        project: project.clone(),
        name: "shop-api".into(),
        network: "frontend".into(),
        provider: "software".into(),
        flavor: None,
        listeners: vec![listener],
        tags: vec![Tag::ClusterUid("c".into()).to_string()],
    };
    let id = cloud.create_balancer(&wanted).await.unwrap();
    let balancer = cloud.balancer(&project, &id).await.unwrap();
    assert_eq!(balancer.provisioning, Provisioning::PendingCreate);
    assert!(balancer.vip.is_some(), "its address is known from the start");
    let pool = balancer.pools[0].id.clone();
    let (port, _) = made(&cloud, &project, 1).await;
    let address: IpAddr = port.addresses[0];
    let add = || cloud.add_pool_member(&project, &id, &pool, address, 6443);
    assert!(matches!(kind(add().await), CloudErrorKind::Conflict(_)));
    assert!(matches!(kind(cloud.delete_balancer(&project, &id).await), CloudErrorKind::Conflict(_)));
    minutes(2).await;
    let member = add().await.unwrap();
    assert!(matches!(kind(add().await), CloudErrorKind::Conflict(_)));
    minutes(2).await;
    assert!(matches!(kind(add().await), CloudErrorKind::Conflict(why) if why.contains("already")));
    let seen = cloud.balancer(&project, &id).await.unwrap();
    assert_eq!((seen.operating, seen.pools[0].members[0].operating), (Operating::Online, Operating::Online));
    cloud.remove_pool_member(&project, &id, &pool, &member.id).await.unwrap();
    minutes(1).await;
    cloud.delete_balancer(&project, &id).await.unwrap();
    minutes(1).await;
    assert_eq!(kind(cloud.balancer(&project, &id).await), CloudErrorKind::NotFound);
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
async fn names_are_unique_and_known_after_a_while_and_guards_go_after_their_ports() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let address: IpAddr = "198.18.0.20".parse().unwrap();
    let record = cloud.create_record(&project, "shop.k8s.example.net.", address).await.unwrap();
    assert_eq!(record.state, RecordState::Pending);
    assert!(matches!(
        kind(cloud.create_record(&project, &record.name, address).await),
        CloudErrorKind::Conflict(_)
    ));
    minutes(1).await;
    assert_eq!(cloud.records(&project, "example.net.").await.unwrap()[0].state, RecordState::Active);
    let guard = NewSecurityGroup {
        project: project.clone(),
        name: "shop".into(),
        rules: Vec::new(),
        tags: Vec::new(),
    };
    let guard = cloud.create_security_group(&guard).await.unwrap();
    let wanted = NewPort {
        project: project.clone(),
        name: "port".into(),
        network: "backend".into(),
        security_groups: vec![guard.id.clone()],
        tags: Vec::new(),
    };
    let port = cloud.create_port(&wanted).await.unwrap();
    assert!(matches!(
        kind(cloud.delete_security_group(&project, &guard.id).await),
        CloudErrorKind::Conflict(_)
    ));
    cloud.delete_port(&project, &port.id).await.unwrap();
    cloud.delete_security_group(&project, &guard.id).await.unwrap();
    cloud.delete_record(&project, &record.id).await.unwrap();
    assert_eq!(cloud.world().remains(&project), Remains::default());
}

#[tokio::test(start_paused = true)]
async fn projects_and_credentials_are_unique_and_a_project_s_things_are_its_own() {
    let cloud = cloud();
    let project = project(&cloud).await;
    let again = NewProject { name: "shop".into(), description: String::new(), tags: Vec::new() };
    assert!(matches!(kind(cloud.create_project(&again).await), CloudErrorKind::Conflict(_)));
    let other = NewProject { name: "bank".into(), ..again };
    let other = cloud.create_project(&other).await.unwrap();
    let (port, server) = made(&cloud, &project, 1).await;
    assert_eq!(kind(cloud.delete_server(&other.id, &server.id).await), CloudErrorKind::NotFound);
    assert_eq!(kind(cloud.delete_port(&other.id, &port.id).await), CloudErrorKind::NotFound);
    let credential = cloud.create_credential(&project, "csi-1").await.unwrap();
    assert!(matches!(kind(cloud.create_credential(&project, "csi-1").await), CloudErrorKind::Conflict(_)));
    assert!(!format!("{credential:?}").contains(&credential.secret));
    cloud.revoke_credential(&project, &credential.id).await.unwrap();
    let rule = cloud.grant_access(&project, "iqn.x:1").await.unwrap();
    assert_eq!(cloud.access_rules(&project).await.unwrap(), std::slice::from_ref(&rule));
    cloud.revoke_access(&project, &rule.id).await.unwrap();
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
    let zones: Vec<bool> = cloud.zones().await.unwrap().iter().map(|zone| zone.available).collect();
    assert_eq!(zones, [true, false, true]);
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
