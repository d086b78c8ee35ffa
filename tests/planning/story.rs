//! A cluster's life on the stage: what all planners together do, pass by pass.

use kaasboard::api::role::Role;
use kaasboard::cloud::types::compute::ServerStatus;
use kaasboard::planning::observation::node::{Load, PodView};
use kaasboard::planning::observation::whole::Owned;
use kaasboard::planning::step_inside::PodName;

use crate::stage::Stage;

/// Plays passes until nothing more is done for as long as the longest wait takes, and tells what each did.
fn play(stage: &mut Stage) -> String {
    let mut told = String::new();
    let mut quiet = 0;
    for pass in 1..400 {
        let done = stage.pass();
        quiet = if done.is_empty() { quiet + 1 } else { 0 };
        if !done.is_empty() {
            told.push_str(&format!("pass {pass}\n  {}\n", done.join("\n  ")));
        }
        if quiet > 25 {
            break;
        }
    }
    told
}

#[test]
fn a_cluster_is_provisioned_in_order() {
    let mut stage = Stage::new();
    insta::assert_snapshot!(play(&mut stage));
    assert!(stage.is_available());
    assert_eq!(Role::ALL.map(|role| stage.of(role).len()), [3, 3, 2, 2]);
}

#[test]
fn a_dead_worker_is_replaced_in_order() {
    let mut stage = Stage::up();
    let worker = stage.of(Role::Worker).remove(0);
    let node = worker.node().unwrap().name.clone();
    let pod = |name: &str, volumes| PodView {
        name: PodName { namespace: "app".to_owned(), name: name.to_owned(), uid: String::new() },
        bound: false,
        finished: false,
        volumes,
        deleting: None,
        refused: None,
    };
    let load = Load { pods: vec![pod("one", false), pod("two", true)], volumes: vec!["v".to_owned()] };
    stage.loads.insert(node.clone(), load);
    let server = stage.servers.iter_mut().find(|server| server.name == node).unwrap();
    (server.status, server.updated) = (ServerStatus::ShutOff, stage.now);
    insta::assert_snapshot!(play(&mut stage));
    assert!(stage.is_available());
    assert_eq!(Role::ALL.map(|role| stage.of(role).len()), [3, 3, 2, 2]);
}

#[test]
fn a_dead_ingress_node_is_replaced_in_order() {
    let mut stage = Stage::up();
    let node = stage.of(Role::Ingress).remove(0).node().unwrap().name.clone();
    let server = stage.servers.iter_mut().find(|server| server.name == node).unwrap();
    (server.status, server.updated) = (ServerStatus::Error, stage.now);
    insta::assert_snapshot!(play(&mut stage));
    assert!(stage.is_available());
}

#[test]
fn a_pool_is_scaled_up_and_down() {
    let mut stage = Stage::up();
    let set = |stage: &mut Stage, count| {
        let spec = &mut stage.cluster.as_mut().unwrap().spec;
        spec.workers.first_mut().unwrap().replicas = Some(count);
    };
    set(&mut stage, 4);
    let up = play(&mut stage);
    set(&mut stage, 1);
    let down = play(&mut stage);
    insta::assert_snapshot!(format!("# up\n{up}# down\n{down}"));
    assert_eq!(stage.of(Role::Worker).len(), 1);
}

#[test]
fn a_cluster_is_taken_down_and_nothing_is_left() {
    let mut stage = Stage::up();
    let owned = |name: &str| Owned {
        namespace: "app".to_owned(),
        name: name.to_owned(),
        going: false,
        pods: Vec::new(),
    };
    stage.services = vec![owned("front")];
    stage.sets = vec![owned("data")];
    stage.claims = vec![owned("data-0"), owned("data-1")];
    stage.volumes = vec!["data-0".to_owned(), "data-1".to_owned()];
    stage.again = vec![owned("scratch")];
    stage.cluster.as_mut().unwrap().meta.deleting = Some(stage.now);
    insta::assert_snapshot!(play(&mut stage));
    assert!(stage.cluster.is_none() && stage.machines.is_empty() && stage.project.is_none());
    assert_eq!(stage.left(), Vec::<&str>::new());
    assert!(stage.kept.is_empty() && !stage.keys);
}

#[test]
fn what_is_protected_or_paused_stays() {
    let mut stage = Stage::up();
    stage.cluster.as_mut().unwrap().spec.protected = true;
    stage.cluster.as_mut().unwrap().meta.deleting = Some(stage.now);
    assert_eq!(play(&mut stage), "");
    stage.cluster.as_mut().unwrap().spec.protected = false;
    stage.paused = true;
    assert_eq!(play(&mut stage), "");
    stage.paused = false;
    assert_ne!(play(&mut stage), "");
    assert!(stage.cluster.is_none());
}
