//! What holds of every plan, whatever was observed: scenes made of random words.

use kaasboard::planning::observation::machine::MachineView;
use kaasboard::planning::plan::Plan;
use kaasboard::planning::policy::Policy;
use kaasboard::planning::safety;
use kaasboard::planning::step::Step;
use kaasboard::planning::step_cloud::CloudStep;
use kaasboard::planning::step_inside::InsideStep;
use kaasboard::planning::step_record::{MachineGoes, RecordStep};
use proptest::prelude::*;
use proptest::sample::select;

use crate::scene::{Scene, plan_machine, plan_pool, read};

/// The words that a machine can have, a choice of each line at most.
const WORDS: [&[&str]; 16] = [
    &["", "new", "unclaimed"],
    &["", "role=ingress"],
    &["", "port=none", "port=two", "port=unbound", "port=unknown", "stranger"],
    &["", "server=none", "server=two", "server=BUILD", "server=ERROR", "server=SHUTOFF", "server=unknown"],
    &["", "age=10", "age=700"],
    &["", "node=none", "node=False", "node=Unknown", "node=silent-api"],
    &["", "since=10", "since=400"],
    &["", "lease=400"],
    &["", "cordon=ours", "cordon=foreign"],
    &["", "starting", "out-of-service"],
    &["", "pods=plain", "pods=bound", "pods=volume,going,refused"],
    &["", "volumes=1"],
    &["", "access=yes", "access=no"],
    &["", "zone=a", "zone=b host=h"],
    &["", "failed=unknown at=30", "failed=quota retry=40", "failed=invalid", "missing=30", "missing=120"],
    &["", "asked", "skip", "drained", "fenced", "pooled=yes", "pooled=unknown"],
];

/// The words of what goes on with it.
const FATES: &[&str] =
    &["", "", "deleting=60", "replaced-by=m1", "replaced-by=nobody", "replaced-by=m2 tries=3"];

/// What is around.
const AROUND: [&[&str]; 6] = [
    &["", "host h", "host h down"],
    &[
        "",
        "zone a machines=9",
        "zone a machines=9 broken=5",
        "zone a machines=9 broken=1 is=out",
        "zone a machines=9 broken=1 is=closed",
        "zone a machines=9 is=braked",
    ],
    &["", "zone b machines=9"],
    &["", "network backend machines=6 broken=4"],
    &["", "", "full quota", "blind now"],
    &["", "", "", "paused now", "brake op-1"],
];

const POOLS: &[&str] = &[
    "pool 0",
    "pool 1",
    "pool 3",
    "pool 5 surge=2",
    "pool 3 surge=0 unavailable=1",
    "pool 3 ingress",
    "pool 3 victims=m0,m2",
    "pool 3 deleting=60",
    "pool 3 cluster-deleting",
];

fn machine() -> impl Strategy<Value = String> {
    let words: Vec<_> = WORDS.iter().map(|choices| select(*choices)).collect();
    (words, select(FATES)).prop_map(|(words, fate)| format!("{} {fate}", words.join(" ")))
}

fn scene() -> impl Strategy<Value = String> {
    let around: Vec<_> = AROUND.iter().map(|choices| select(*choices)).collect();
    (select(POOLS), around, prop::collection::vec(machine(), 1..6)).prop_map(|(pool, around, machines)| {
        let machines =
            machines.iter().enumerate().map(|(number, words)| format!("machine m{number} {words}"));
        let lines: Vec<String> = [pool.to_owned()]
            .into_iter()
            .chain(around.into_iter().map(str::to_owned))
            .chain(machines)
            .collect();
        lines.join("\n")
    })
}

fn clouds(plan: &Plan) -> impl Iterator<Item = &CloudStep> {
    plan.steps.iter().filter_map(|step| match step {
        Step::Cloud(step) => Some(step.as_ref()),
        Step::Inside(_) | Step::Record(_) | Step::Edit(_) => None,
    })
}

fn records(plan: &Plan) -> impl Iterator<Item = &RecordStep> {
    plan.steps.iter().filter_map(|step| match step {
        Step::Record(step) => Some(step.as_ref()),
        Step::Inside(_) | Step::Cloud(_) | Step::Edit(_) => None,
    })
}

/// What holds of each plan: I12, I13, and that steps can be told apart.
fn check_any(scene: &Scene, plan: &Plan) {
    if scene.around.hold.is_some() {
        assert!(plan.steps.iter().all(Step::only_reports), "I12: held, but\n{plan}");
        assert!(!plan.waiting.is_empty(), "I13: nobody says that it is held\n{plan}");
    }
    for wait in &plan.waiting {
        assert!(wait.deadline > wait.since && !wait.on.to_string().is_empty(), "I13: {wait:?}");
    }
    let mut ids: Vec<String> = plan.steps.iter().map(Step::id).collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(all, ids.len(), "two steps have one id\n{plan}");
}

/// What holds of each plan of a machine: I1, I2, I3, I8, I9.
fn check_machine(scene: &Scene, plan: &Plan) {
    let view = scene.pool.machines.first().unwrap();
    let is_known_empty = |count: Option<usize>| count == Some(0);
    let fenced = safety::fence(view, &scene.around).is_some();
    let host_down = safety::host_down(view, &scene.around).is_some();
    let outage = safety::outage(view, "backend", &scene.around, &Policy::default()).is_some();
    let whole = scene.cluster.deleting.is_some();
    for step in clouds(plan) {
        match step {
            CloudStep::CreatePort(_) => {
                assert!(is_known_empty(view.ports.value().map(Vec::len)), "I1: a second port\n{plan}");
            }
            CloudStep::CreateServer(_) => {
                assert!(is_known_empty(view.servers.value().map(Vec::len)), "I1: a second server\n{plan}");
                assert!(view.meta.deleting.is_none(), "I2: a server for what goes\n{plan}");
            }
            CloudStep::DeleteServer { server, .. } => {
                let known = view.servers.value().unwrap();
                assert!(known.iter().any(|one| one.id == *server), "I3: a foreign server\n{plan}");
                let goes = view.meta.deleting.is_some();
                assert!(!goes || whole || !outage, "I8: a deletion in an outage\n{plan}");
                assert!(!goes || fenced || !host_down, "I8: a deletion on a dead host\n{plan}");
            }
            CloudStep::DeletePort { port, .. } => {
                let known = view.ports.value().unwrap();
                assert!(known.iter().any(|one| one.id == *port), "I3: a foreign port\n{plan}");
                assert!(
                    is_known_empty(view.servers.value().map(Vec::len)),
                    "I2: a server without port\n{plan}"
                );
            }
            other => panic!("not a machine's step: {other}"),
        }
    }
    for step in &plan.steps {
        let Step::Inside(InsideStep::RemoveNode { .. }) = step else { continue };
        let load = view.load.value().unwrap();
        let runs = load.pods.iter().any(|pod| !pod.bound && !pod.finished);
        assert!(load.volumes.is_empty() && !runs, "I9: the node is not empty\n{plan}");
        assert!(fenced || !safety::is_unreachable(view), "I9: the node is not fenced\n{plan}");
        assert!(!outage, "I8: a node removed in an outage\n{plan}");
    }
    let ends = records(plan).any(|step| matches!(step, RecordStep::RemoveFinalizer { .. }));
    if ends {
        assert!(is_known_empty(view.servers.value().map(Vec::len)), "I2: a server is left\n{plan}");
        assert!(is_known_empty(view.ports.value().map(Vec::len)), "I2: a port is left\n{plan}");
    }
}

/// What holds of each plan of a pool: I3, I7, I8.
fn check_pool(scene: &Scene, plan: &Plan) {
    let pool = &scene.pool;
    let replicas = usize::try_from(pool.spec.replicas).unwrap();
    let surge = usize::try_from(pool.spec.rollout.max_surge.of_rounded_up(pool.spec.replicas)).unwrap();
    let find = |name: &str| pool.machines.iter().find(|machine| machine.meta.name == name);
    let live = |machine: &&MachineView| machine.meta.deleting.is_none();
    let mut created = 0;
    for step in records(plan) {
        match step {
            RecordStep::CreateMachine(wanted) => {
                created += 1;
                assert!(find(&wanted.name).is_none(), "I1: the name is taken\n{plan}");
                assert!(pool.meta.deleting.is_none() && scene.cluster.deleting.is_none(), "I2\n{plan}");
            }
            RecordStep::DeleteMachine { machine, why, .. } => {
                let machine = find(machine).expect("I3: a machine of the pool");
                let outage = safety::outage(machine, "backend", &scene.around, &Policy::default()).is_some();
                if matches!(why, MachineGoes::Replaced | MachineGoes::MakesRoom) {
                    assert!(!outage, "I8: a replacement in an outage\n{plan}");
                    assert!(machine.status.remediation.is_some(), "replaced without a beginning\n{plan}");
                }
            }
            RecordStep::BeginRemediation { machine, .. } => {
                let machine = find(machine).unwrap();
                let outage = safety::outage(machine, "backend", &scene.around, &Policy::default()).is_some();
                assert!(!outage, "I8: a replacement in an outage\n{plan}");
            }
            _ => {}
        }
    }
    let marked = |machine: &&MachineView| machine.status.remediation.is_some();
    let leaving = pool.machines.iter().filter(live).filter(marked).count();
    let there = pool.machines.iter().filter(live).count();
    assert!(
        created == 0 || there + created <= replicas + surge.max(leaving),
        "I7: too many machines\n{plan}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_of_a_machine_breaks_an_invariant(text in scene()) {
        let scene = read(&text);
        let plan = plan_machine(&scene);
        check_any(&scene, &plan);
        check_machine(&scene, &plan);
        prop_assert_eq!(plan, plan_machine(&scene));
    }

    #[test]
    fn no_plan_of_a_pool_breaks_an_invariant(text in scene()) {
        let scene = read(&text);
        let plan = plan_pool(&scene);
        check_any(&scene, &plan);
        check_pool(&scene, &plan);
        prop_assert_eq!(plan, plan_pool(&scene));
    }
}
