//! One machine: made once, let in, taken down in order.

use kaasboard::api::machine_status::Fence;
use kaasboard::planning::step::Step;
use kaasboard::planning::step_record::{RecordStep, Status};

use crate::scene::{plan_machine, read, show};

/// Each scene with its plan, one after the other.
fn check(scenes: &[&str]) -> String {
    let tell =
        |scene: &&str| format!("# {}\n{}", scene.replace('\n', "\n# "), show(&plan_machine(&read(scene))));
    scenes.iter().map(tell).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_server_is_made_once() {
    insta::assert_snapshot!(check(&[
        "machine m new unclaimed",
        "machine m new port=none",
        "machine m new port=unknown",
        "machine m new port=two",
        "machine m new stranger",
        "machine m new zone=a",
        "machine m new server=unknown",
        "machine m new server=ACTIVE stranger port=one",
        "machine m new server=BUILD age=30",
        "machine m new server=BUILD age=1200",
        "machine m new server=ERROR age=30",
        "machine m new server=ACTIVE age=100",
        "machine m new server=ACTIVE age=700",
        "machine m new server=two",
        "machine m new server=two port=unbound",
        "machine m new server=none missing=30",
        "machine m new server=none missing=120",
    ]));
}

#[test]
fn failures_are_followed_by_what_their_cause_asks_for() {
    insta::assert_snapshot!(check(&[
        "machine m new failed=unknown at=30",
        "machine m new port=none failed=unknown at=30",
        "machine m new failed=unknown at=91",
        "machine m new failed=quota retry=40",
        "machine m new failed=quota retry=-1",
        "zone a machines=9\nzone b machines=9\nmachine m new zone=a failed=no-host retry=-1 attempts=1",
        "zone a machines=9\nzone b machines=9\nmachine m new zone=a failed=no-host retry=-1 attempts=2",
        "machine m new failed=invalid",
        "full quota\nmachine m new",
    ]));
}

#[test]
fn a_node_is_let_in_and_closed_as_wanted() {
    insta::assert_snapshot!(check(&[
        "machine m",
        "machine m starting access=yes",
        "machine m starting access=yes drained cordon=ours",
        "machine m starting access=no",
        "machine m starting",
        "machine m role=ingress starting pooled=no",
        "machine m drained pods=plain",
        "machine m drained cordon=ours pods=plain,volume,volume,bound,refused",
        "machine m drained cordon=ours pods=volume,going",
        "machine m cordon=ours",
        "machine m cordon=foreign",
        "machine m replaced-by=other",
        "paused now\nmachine m cordon=ours",
        "brake op-1\nmachine m new",
    ]));
}

#[test]
fn a_machine_is_taken_down_in_order() {
    insta::assert_snapshot!(check(&[
        "machine m deleting=60",
        "machine m role=ingress deleting=60 cordon=ours pooled=yes",
        "machine m role=ingress deleting=60 cordon=ours pooled=unknown",
        "machine m deleting=60 cordon=ours pods=plain,bound",
        "pool 3\nmachine m deleting=7200 cordon=ours pods=refused",
        "pool 3 force\nmachine m deleting=7200 cordon=ours pods=refused",
        "machine m deleting=60 cordon=ours volumes=2",
        "machine m deleting=60 cordon=ours pods=bound",
        "machine m deleting=60 node=silent-api",
        "machine m deleting=60 node=none",
        "machine m deleting=60 node=none server=none access=yes",
        "machine m deleting=60 node=none server=none",
        "machine m deleting=60 node=none server=none port=none",
        "pool 3 cluster-deleting\nmachine m deleting=60 pods=plain volumes=1",
    ]));
}

#[test]
fn a_silent_node_is_fenced_before_its_volumes_go_elsewhere() {
    insta::assert_snapshot!(check(&[
        "host h down\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1",
        "host h\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1",
        "host h\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 server=SHUTOFF",
        "host h down\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 server=SHUTOFF",
        "host h down\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 fenced",
        "host h down\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 access=no",
        "host h down\nmachine m host=h replaced-by=n was-off deleting=60 cordon=ours node=Unknown volumes=1 server=SHUTOFF",
        "host h down\nmachine m host=h replaced-by=n was-off deleting=60 cordon=ours node=Unknown volumes=1",
        "host h\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 server=ERROR",
        "host h down\nmachine m host=h deleting=60 cordon=ours node=Unknown volumes=1 server=ERROR",
        "machine m host=h deleting=60 cordon=ours node=Unknown volumes=1 server=ERROR",
        "machine m fenced deleting=60 cordon=ours node=Unknown volumes=1 out-of-service",
        "machine m fenced deleting=60 cordon=ours node=Unknown out-of-service",
        "host h down\nmachine m host=h deleting=60 node=none",
        // Which hypervisors are down is not known: only a machine that shows that it works is on none of them.
        "blind\nmachine m host=h deleting=60 node=none answers=no",
        "blind\npool 3 cluster-deleting\nmachine m host=h deleting=60 node=none answers=no",
        "blind\npool 3 cluster-deleting\nmachine m host=h fenced deleting=60 node=none answers=no",
        "zone a machines=10 broken=6\nmachine m zone=a deleting=60",
    ]));
}

#[test]
fn a_fence_ends_when_the_server_runs_again() {
    let fence = |words: &str| {
        let plan = plan_machine(&read(&format!("host h\nmachine m host=h replaced-by=n was-off {words}")));
        let status = plan.steps.iter().find_map(|step| match step {
            Step::Record(step) => match step.as_ref() {
                RecordStep::SetStatus { status: Status::Machine(status), .. } => {
                    Some(status.remediation.clone()?.fence)
                }
                _ => None,
            },
            _ => None,
        });
        status.unwrap()
    };
    assert_eq!(fence("server=SHUTOFF"), Some(Fence::ServerOff));
    assert_eq!(fence("server=unknown"), Some(Fence::ServerOff));
    assert_eq!(fence("server=ACTIVE"), None);
}
