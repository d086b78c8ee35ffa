//! Machines fail, one by one and together.

use std::time::Duration;

use kaasboard::api::conditions::READY;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::simulation::faults::Fault;

use crate::stage::{CLUSTER, Stage, TENANT};

const LONG: Duration = Duration::from_secs(3600);

fn serving(stage: &Stage, pool: &str) -> u32 {
    let pool: Option<std::sync::Arc<MachineDeployment>> = stage.engine.records.pools.get(TENANT, pool);
    pool.and_then(|pool| pool.status.clone()).map_or(0, |status| status.available_replicas)
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_replaced_before_it_goes() {
    let stage = Stage::up(1).await;
    let (pool, worker) = (format!("{CLUSTER}-general"), stage.machines(Role::Worker)[0].clone());
    let name = worker.metadata.name.clone().unwrap();
    let since = clock::now();
    stage.inject(Fault::ServerDies(stage.server_of(&worker)));
    stage.until("the dead machine is gone", LONG, |stage| stage.machine(&name).is_none()).await;
    stage.until("three workers serve", LONG, |stage| serving(stage, &pool) == 3).await;
    let done = stage.done_since(since, "");
    let at = |act: &str| {
        let place = done.iter().position(|id| id.starts_with(act));
        place.unwrap_or_else(|| panic!("{act} was not done: {done:#?}"))
    };
    let order = [
        "begin-remediation",
        "create-machine",
        "create-port",
        "create-server",
        "remove-start-taint",
        "delete-machine",
        "delete-server",
    ];
    for pair in order.windows(2) {
        assert!(at(pair[0]) < at(pair[1]), "{} comes after {}: {done:#?}", pair[0], pair[1]);
    }
    // What the engine adds to boot and join: less than a twentieth of them.
    let timeline = stage.timeline_since(since);
    let when = |act: &str| timeline.iter().find(|(_, id)| id.starts_with(act)).map(|(at, _)| *at).unwrap();
    let (began, asked) = (when("begin-remediation"), when("create-server/"));
    let newcomer = timeline.iter().find_map(|(_, id)| id.strip_prefix("create-server/")).unwrap();
    let boot_and_join = (stage.ready_since(newcomer).await - since).num_seconds() - asked;
    let ended = timeline.last().unwrap().0;
    let added = ended - began - boot_and_join;
    assert!(
        boot_and_join >= 60 && added * 20 <= boot_and_join,
        "{added} s beside {boot_and_join} s: {timeline:#?}"
    );
    assert_eq!(done.iter().filter(|id| id.starts_with("create-server/")).count(), 1, "{done:#?}");
    assert_eq!(done.iter().filter(|id| id.starts_with("delete-server/")).count(), 1, "{done:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_zone_that_is_out_moves_nothing() {
    let stage = Stage::up(2).await;
    let since = clock::now();
    let zone = "az1".to_owned();
    stage.inject(Fault::ZoneDown { zone: zone.clone(), down: true });
    stage.rest(1800).await;
    for act in ["create-server/", "delete-server/", "delete-machine/", "evict-pod/", "remove-node/"] {
        assert_eq!(stage.done_since(since, act), Vec::<String>::new(), "{}", stage.why());
    }
    let incidents = stage.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    assert!(incidents[0].contains("az1"), "{incidents:#?}");
    let reach = stage.engine.records.incidents.all()[0].status.as_ref().unwrap().reach;
    assert!(reach.nodes > 0 && reach.clusters == 2, "{reach:?}");
    stage.inject(Fault::ZoneDown { zone, down: false });
    stage
        .until("all is well again", LONG, |stage| stage.available() == 2 && stage.incidents().is_empty())
        .await;
}

#[tokio::test(start_paused = true)]
async fn machines_of_a_dead_hypervisor_come_up_elsewhere_and_nothing_unfenced_goes() {
    let stage = Stage::up(1).await;
    let worker = stage.machines(Role::Worker)[0].clone();
    let host = worker.status.as_ref().unwrap().host.clone().unwrap();
    let on_host = |stage: &Stage| {
        let all = stage.machines(Role::Worker);
        all.iter().filter(|one| one.status.as_ref().unwrap().host.as_ref() == Some(&host)).count()
    };
    let (since, before) = (clock::now(), on_host(&stage));
    stage.inject(Fault::HostDown { host: host.clone(), down: true });
    let pool = format!("{CLUSTER}-general");
    stage.until("it is noticed", LONG, |stage| serving(stage, &pool) < 3).await;
    stage.until("three workers serve", LONG, |stage| serving(stage, &pool) == 3).await;
    // Cinder has no access list, and a hypervisor that is down proves nothing about its servers: nothing is a fence.
    stage.rest(3600).await;
    assert_eq!(stage.done_since(since, "delete-server/"), Vec::<String>::new());
    assert_eq!(stage.done_since(since, "remove-node/"), Vec::<String>::new());
    assert_eq!(on_host(&stage), before);
    let incidents = stage.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    assert!(incidents[0].contains(&host), "{incidents:#?}");
}

/// Nothing changes on a server whose hypervisor goes down, and a member of etcd says nothing either.
#[tokio::test(start_paused = true)]
async fn a_member_on_a_dead_hypervisor_is_soon_known_not_to_serve() {
    let stage = Stage::up(1).await;
    let member = stage.machines(Role::Etcd)[0].clone();
    let (name, host) = (member.metadata.name.clone().unwrap(), member.status.as_ref().unwrap().host.clone());
    stage.inject(Fault::HostDown { host: host.unwrap(), down: true });
    let serves = |stage: &Stage| {
        let member = stage.machine(&name).unwrap();
        member.status.as_ref().is_some_and(|status| status.conditions.is_true(READY))
    };
    let took = stage.until("it is not Ready", LONG, |stage| !serves(stage)).await;
    assert!(took <= chrono::TimeDelta::seconds(120), "{} s", took.num_seconds());
}

/// A change of members begins when it begins, and not when the balancer was made: that one is old is no reason to call somebody.
#[tokio::test(start_paused = true)]
async fn a_change_of_an_old_balancer_is_no_incident() {
    let stage = Stage::up(1).await;
    stage.rest(7200).await;
    let ingress = stage.machines(Role::Ingress)[0].clone();
    let (name, since) = (ingress.metadata.name.clone().unwrap(), clock::now());
    stage.inject(Fault::ServerDies(stage.server_of(&ingress)));
    while stage.machine(&name).is_some() || clock::now() - since < chrono::TimeDelta::minutes(20) {
        let incidents = stage.incidents();
        assert!(!incidents.iter().any(|one| one.contains("balancer is PENDING")), "{incidents:#?}");
        assert!(clock::now() - since < chrono::TimeDelta::hours(1), "it is not replaced: {}", stage.why());
        stage.rest(5).await;
    }
    assert!(!stage.done_since(since, "add-pool-members").is_empty(), "the balancer was changed");
}

/// One dead server is no failing hypervisor, however much of its cluster fails with it; and what nobody here replaces waits for a
/// person, who is told what to do.
#[tokio::test(start_paused = true)]
async fn a_dead_control_plane_is_not_blamed_on_its_hypervisor() {
    let stage = Stage::up(1).await;
    let server = stage.machines(Role::ControlPlane)[0].clone();
    stage.inject(Fault::ServerDies(stage.server_of(&server)));
    stage.rest(900).await;
    let incidents = stage.incidents();
    assert!(!incidents.is_empty(), "nobody is told: {}", stage.why());
    assert!(!incidents.iter().any(|one| one.contains("hypervisor")), "{incidents:#?}");
    assert!(
        stage.why().contains("a person must act: bring the server of the API server back"),
        "{}",
        stage.why()
    );
}
