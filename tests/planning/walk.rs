//! Random histories on the stage: whatever befalls a cluster and wherever the engine stops, no step breaks an invariant, what
//! can be mended is mended, and a deletion leaves nothing.

use std::sync::LazyLock;

use kaasboard::api::int_or_percent::IntOrPercent;
use kaasboard::api::machine::{Order, Scheduling};
use kaasboard::api::role::Role;
use kaasboard::cloud::types::balancer::Provisioning;
use kaasboard::cloud::types::compute::ServerStatus;
use kaasboard::planning::observation::node::{Load, PodView};
use kaasboard::planning::step_inside::PodName;
use proptest::prelude::*;

use crate::stage::{Blind, Stage};

/// What can happen.
#[derive(Clone, Debug)]
enum Event {
    /// A pass in which each loop comes so far and no further.
    Pass(usize),
    /// Time goes on without the engine.
    Rest,
    /// A server of workers or ingress nodes stops, or fails, or runs again.
    Server(usize, ServerStatus),
    /// Somebody changes the count of workers.
    Scale(u32),
    /// Somebody asks to replace a machine.
    Heal(usize),
    /// Somebody drains a node, or lets pods come again.
    Drain(usize, bool),
    /// Pods with volumes come to a node.
    Pods(usize),
    /// The cluster is paused or resumed.
    Pause(bool),
    /// Something cannot be read, or can again.
    Blind(Option<Blind>),
    /// The engine dies after creations, or no more.
    Forget(bool),
    /// A balancer fails.
    Balancer(usize),
    /// The storage loses an entry.
    Rule(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let status = prop::sample::select(vec![ServerStatus::ShutOff, ServerStatus::Error, ServerStatus::Active]);
    let blind = vec![None, None, Some(Blind::Cloud), Some(Blind::Cluster), Some(Blind::Balancers)];
    prop_oneof![
        12 => (0_usize..9).prop_map(Event::Pass),
        1 => Just(Event::Rest),
        4 => (0_usize..4, status).prop_map(|(which, status)| Event::Server(which, status)),
        2 => (0_u32..5).prop_map(Event::Scale),
        1 => (0_usize..4).prop_map(Event::Heal),
        1 => (0_usize..4, any::<bool>()).prop_map(|(which, drained)| Event::Drain(which, drained)),
        2 => (0_usize..4).prop_map(Event::Pods),
        1 => any::<bool>().prop_map(Event::Pause),
        2 => prop::sample::select(blind).prop_map(Event::Blind),
        1 => any::<bool>().prop_map(Event::Forget),
        1 => (0_usize..2).prop_map(Event::Balancer),
        1 => (0_usize..4).prop_map(Event::Rule),
    ]
}

/// The names of the machines of workers and ingress nodes.
fn pool_machines(stage: &Stage) -> Vec<String> {
    let in_pool = |role| matches!(role, Role::Worker | Role::Ingress);
    let all = stage.machines.iter().filter(|(_, machine)| in_pool(machine.view.spec.role));
    all.map(|(name, _)| name.clone()).collect()
}

fn happen(stage: &mut Stage, event: &Event) {
    let names = pool_machines(stage);
    let name = |which: usize| names.get(which % names.len().max(1)).cloned();
    let now = stage.now;
    match event.clone() {
        Event::Pass(most) => {
            stage.tick();
            stage.work(most);
        }
        Event::Rest => stage.tick(),
        Event::Server(which, status) => {
            let Some(view) = name(which).map(|name| stage.machines[&name].view.clone()) else { return };
            let Some(id) = stage.server_of(&view).map(|server| server.id.clone()) else { return };
            let server = stage.servers.iter_mut().find(|server| server.id == id).unwrap();
            (server.status, server.updated) = (status, now);
        }
        Event::Scale(count) => {
            let spec = &mut stage.cluster.as_mut().unwrap().spec;
            spec.workers.first_mut().unwrap().replicas = Some(count);
        }
        Event::Heal(which) => {
            let Some(name) = name(which) else { return };
            let order = Order { by: "mia".to_owned(), at: now.into(), operation: None, force: false };
            stage.machines.get_mut(&name).unwrap().view.spec.remediate = Some(order);
        }
        Event::Drain(which, drained) => {
            let Some(name) = name(which) else { return };
            let scheduling = if drained { Scheduling::Drained } else { Scheduling::Open };
            stage.machines.get_mut(&name).unwrap().view.spec.scheduling = scheduling;
        }
        Event::Pods(which) => {
            let open = stage.nodes.values().filter(|node| node.is_ready() && !node.starting);
            let names: Vec<String> = open.map(|node| node.name.clone()).collect();
            let Some(node) = names.get(which % names.len().max(1)) else { return };
            stage.loads.insert(node.clone(), load(which));
        }
        Event::Pause(paused) => stage.paused = paused,
        Event::Blind(blind) => stage.blind = blind,
        Event::Forget(forgets) => stage.forgets = forgets,
        Event::Balancer(which) => {
            if let Some(balancer) = stage.balancers.get_mut(which) {
                balancer.provisioning = Provisioning::Error;
            }
        }
        Event::Rule(which) => {
            if which < stage.rules.len() {
                stage.rules.remove(which);
            }
        }
    }
}

fn load(which: usize) -> Load {
    let pod = |number: usize| PodView {
        name: PodName {
            namespace: "app".to_owned(),
            name: format!("pod-{which}-{number}"),
            uid: String::new(),
        },
        bound: number == 0,
        finished: false,
        volumes: number > 1,
        deleting: None,
        refused: None,
    };
    Load { pods: (0..4).map(pod).collect(), volumes: vec!["one".to_owned(), "two".to_owned()] }
}

/// The world is kind again, and what was asked of machines is taken back.
fn calm(stage: &mut Stage) {
    (stage.paused, stage.blind, stage.forgets) = (false, None, false);
    for server in stage.servers.iter_mut().filter(|server| server.status != ServerStatus::Build) {
        (server.status, server.updated) = (ServerStatus::Active, stage.now);
    }
    // A person mends what the engine does not.
    for balancer in stage.balancers.iter_mut().filter(|one| one.provisioning == Provisioning::Error) {
        balancer.provisioning = Provisioning::Active;
    }
    for machine in stage.machines.values_mut() {
        machine.view.spec.scheduling = Scheduling::Open;
        if machine.view.status.remediation.is_none() {
            machine.view.spec.remediate = None;
        }
    }
}

/// A machine is healed, its pool enlarged, and another one fails, while each loop comes only so far.
#[test]
fn a_failure_beside_a_heal_and_a_scaling_makes_no_machine_too_many() {
    let mut stage = UP.clone();
    let begin = [
        Event::Heal(3),
        Event::Pass(0),
        Event::Pass(1),
        Event::Scale(4),
        Event::Server(2, ServerStatus::ShutOff),
    ];
    for event in begin.into_iter().chain([2, 2, 1, 2, 2, 0, 1, 2, 2].map(Event::Pass)) {
        happen(&mut stage, &event);
    }
    for _ in 0..120 {
        stage.pass();
    }
    assert!(stage.is_available() && stage.of(Role::Worker).len() == 4, "{}", stage.why());
}

/// A pool of five, of which two may be replaced at once, and somebody asks to replace two that work.
fn two_to_be_healed(surge: u32) -> (Stage, [String; 2]) {
    let mut stage = UP.clone();
    let spec = &mut stage.cluster.as_mut().unwrap().spec;
    spec.workers.first_mut().unwrap().replicas = Some(5);
    spec.healing.max_in_flight = 2;
    spec.upgrade.max_surge = IntOrPercent::Count(surge);
    for _ in 0..40 {
        stage.pass();
    }
    let names = [0, 1].map(|which| stage.of(Role::Worker)[which].meta.name.clone());
    for name in &names {
        let order = Order { by: "mia".to_owned(), at: stage.now.into(), operation: None, force: false };
        stage.machines.get_mut(name).unwrap().view.spec.remediate = Some(order);
    }
    (stage, names)
}

fn are_healed(mut stage: Stage, names: &[String]) {
    for _ in 0..120 {
        stage.pass();
    }
    // One that is made in place of another may have its name.
    let is_old =
        |name: &&String| stage.machines.get(*name).is_some_and(|one| one.view.spec.remediate.is_some());
    let left: Vec<&String> = names.iter().filter(is_old).collect();
    assert!(left.is_empty() && stage.of(Role::Worker).len() == 5, "{left:?}\n{}", stage.why());
    assert!(stage.is_available(), "{}", stage.why());
}

#[test]
fn two_that_are_healed_at_once_share_one_place_beside_the_pool() {
    let (stage, names) = two_to_be_healed(1);
    are_healed(stage, &names);
}

#[test]
fn replacements_that_were_announced_and_have_no_room_any_more_lock_nobody() {
    for (surge, unavailable) in [(1, 0), (0, 1)] {
        let (mut stage, names) = two_to_be_healed(2);
        stage.work(2);
        let is_announced = |name: &String| stage.machines[name].view.status.remediation.is_some();
        assert!(names.iter().all(is_announced), "{}", stage.why());
        let upgrade = &mut stage.cluster.as_mut().unwrap().spec.upgrade;
        upgrade.max_surge = IntOrPercent::Count(surge);
        upgrade.max_unavailable = IntOrPercent::Count(unavailable);
        are_healed(stage, &names);
    }
}

/// A cluster that is up, brought up once.
static UP: LazyLock<Stage> = LazyLock::new(Stage::up);

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_running_cluster_survives_what_befalls_it(events in prop::collection::vec(event(), 1..60)) {
        let mut stage = UP.clone();
        for event in &events {
            happen(&mut stage, event);
        }
        calm(&mut stage);
        let wanted = stage.cluster.as_ref().unwrap().spec.workers.first().unwrap().replicas.unwrap();
        let is_mended = |stage: &Stage| {
            stage.is_available() && stage.of(Role::Worker).len() == usize::try_from(wanted).unwrap()
        };
        for _ in 0..120 {
            if is_mended(&stage) {
                break;
            }
            stage.pass();
        }
        let there = stage.of(Role::Worker).len();
        prop_assert!(there == usize::try_from(wanted).unwrap(), "{there} of {wanted}\n{}", stage.why());
        prop_assert!(stage.is_available(), "{}", stage.why());
    }

    #[test]
    fn a_deletion_leaves_nothing(
        is_up in any::<bool>(),
        before in prop::collection::vec(event(), 0..30),
        after in prop::collection::vec(event(), 0..30),
    ) {
        let mut stage = if is_up { UP.clone() } else { Stage::new() };
        for event in &before {
            happen(&mut stage, event);
        }
        stage.delete("KubernetesCluster", "web");
        for event in &after {
            if stage.cluster.is_some() {
                happen(&mut stage, event);
            }
        }
        calm(&mut stage);
        for _ in 0..150 {
            if stage.cluster.is_none() {
                break;
            }
            stage.pass();
        }
        prop_assert!(stage.cluster.is_none(), "{}", stage.why());
        prop_assert_eq!(stage.left(), Vec::<&str>::new());
        prop_assert!(stage.project.is_none() && stage.kept.is_empty() && !stage.keys && stage.machines.is_empty());
    }
}
