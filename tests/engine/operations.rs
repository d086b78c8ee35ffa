//! What people ask for: planned, approved, carried out, and kept as the journal.

use std::time::Duration;

use kaasboard::api::machine::Scheduling;
use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::api::operation::Operation;
use kaasboard::api::operation_status::OperationPhase;
use kaasboard::api::role::Role;
use kaasboard::api::storage_tenant::StorageBackend;
use kaasboard::clock;
use kaasboard::simulation::faults::Fault;
use kube::Api;
use kube::api::{Patch, PatchParams, PostParams};
use serde_json::{Value, json};

use crate::stage::{CLUSTER, Stage, TENANT};
use crate::volumes::DATA;

const LONG: Duration = Duration::from_secs(3600);

async fn ask(stage: &Stage, name: &str, spec: Value) {
    let mut object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation",
        "metadata": { "name": name, "namespace": TENANT }, "spec": spec,
    });
    object["spec"]["requester"] = json!("mia");
    let operation: Operation = serde_json::from_value(object).unwrap();
    let api: Api<Operation> = Api::namespaced(stage.client.clone(), TENANT);
    api.create(&PostParams::default(), &operation).await.unwrap();
}

fn status(stage: &Stage, name: &str) -> kaasboard::api::operation_status::OperationStatus {
    let operation = stage.engine.records.operations.get(TENANT, name);
    operation.and_then(|operation| operation.status.clone()).unwrap_or_default()
}

async fn reach(stage: &Stage, name: &str, phase: OperationPhase) {
    let what = format!("{name} is {phase:?}");
    stage.until(&what, LONG, |stage| status(stage, name).phase == Some(phase)).await;
}

async fn approve(stage: &Stage, name: &str) {
    let hash = status(stage, name).plan.unwrap().hash;
    let approved = json!({ "by": "mia", "planHash": hash, "at": clock::now_in_seconds() });
    stage.patch::<Operation>(name, json!({ "spec": { "approved": approved } })).await;
}

#[tokio::test(start_paused = true)]
async fn a_healthy_machine_is_replaced_when_somebody_asks() {
    let stage = Stage::up(1).await;
    let name = stage.machines(Role::Worker)[0].metadata.name.clone().unwrap();
    ask(
        &stage,
        "heal",
        json!({ "verb": "heal", "target": { "kind": "Machine", "namespace": TENANT, "name": name } }),
    )
    .await;
    reach(&stage, "heal", OperationPhase::Planned).await;
    let since = clock::now();
    stage.rest(600).await;
    assert_eq!(
        stage.done_since(since, CLUSTER),
        Vec::<String>::new(),
        "nothing is done before it is approved"
    );
    let plan = status(&stage, "heal").plan.unwrap();
    let acts = plan.steps.iter().map(|step| step.id.split('/').next().unwrap());
    // Which pods are on the node is the scheduler's choice.
    let acts: Vec<&str> = acts.filter(|act| *act != "evict-pod").collect();
    let order = [
        "order-replacement",
        "begin-remediation",
        "cordon",
        "create-machine",
        "create-port",
        "create-server",
        "remove-start-taint",
        "delete-machine",
        "remove-node",
        "delete-server",
        "delete-port",
        "remove-finalizer",
    ];
    assert_eq!(acts, order, "{plan:#?}");
    approve(&stage, "heal").await;
    reach(&stage, "heal", OperationPhase::Done).await;
    assert_eq!(stage.engine.records.incidents.count(), 0, "what a person asks for is no Incident");
    assert!(stage.machine(&name).is_none());
    assert_eq!(stage.machines(Role::Worker).len(), 3);
}

/// How many pods would be asked to leave if the workers were drained, all of them together.
async fn evictions(stage: &Stage) -> usize {
    let mut all = 0;
    for (index, worker) in stage.machines(Role::Worker).iter().enumerate() {
        let name = format!("look-{index}");
        let target = json!({ "kind": "Machine", "namespace": TENANT, "name": worker.metadata.name });
        ask(stage, &name, json!({ "verb": "drain", "target": target, "planOnly": true })).await;
        reach(stage, &name, OperationPhase::Planned).await;
        let steps = foreseen(stage, &name);
        assert_eq!(steps[0], "cordon");
        let evicted = steps.iter().filter(|step| *step == "evict-pod").count();
        assert_eq!(evicted, status(stage, &name).plan.unwrap().touches.pods as usize, "{steps:?}");
        all += evicted;
    }
    all
}

/// What the loops are foreseen to do, in its order.
fn foreseen(stage: &Stage, name: &str) -> Vec<String> {
    let steps = status(stage, name).plan.unwrap().steps;
    let later = steps.iter().filter(|step| step.forecast);
    later.map(|step| step.id.split('/').next().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_pool_is_scaled_and_a_node_is_emptied_and_filled_again() {
    let stage = Stage::up(1).await;
    let name = stage.machines(Role::Worker)[0].metadata.name.clone().unwrap();
    let pool = format!("{CLUSTER}-general");
    let target = json!({ "kind": "MachineDeployment", "namespace": TENANT, "name": pool });
    ask(&stage, "scale", json!({ "verb": "scale", "target": target, "arguments": { "replicas": 4 } })).await;
    reach(&stage, "scale", OperationPhase::Planned).await;
    let steps = foreseen(&stage, "scale");
    assert_eq!(steps, ["create-machine", "create-port", "create-server", "remove-start-taint"]);
    approve(&stage, "scale").await;
    reach(&stage, "scale", OperationPhase::Done).await;
    assert_eq!(stage.machines(Role::Worker).len(), 4);

    let target = json!({ "kind": "Machine", "namespace": TENANT, "name": name });
    stage.open_shop().await;
    assert_eq!(evictions(&stage).await, 9, "the pods of the shop");
    for (verb, left) in [("drain", Scheduling::Drained), ("uncordon", Scheduling::Open)] {
        ask(&stage, verb, json!({ "verb": verb, "target": target })).await;
        reach(&stage, verb, OperationPhase::Planned).await;
        approve(&stage, verb).await;
        reach(&stage, verb, OperationPhase::Done).await;
        assert_eq!(stage.machine(&name).unwrap().spec.scheduling, left, "{verb}");
    }
    let target = json!({ "kind": "MachineDeployment", "namespace": TENANT, "name": pool });
    let down =
        json!({ "verb": "scale", "target": target, "arguments": { "replicas": 3, "victims": [name] } });
    ask(&stage, "down", down).await;
    reach(&stage, "down", OperationPhase::Planned).await;
    let steps = foreseen(&stage, "down");
    let order =
        ["delete-machine", "cordon", "remove-node", "delete-server", "delete-port", "remove-finalizer"];
    assert_eq!(steps, order);
}

#[tokio::test(start_paused = true)]
async fn a_brake_stops_everything_until_it_is_released() {
    let stage = Stage::up(1).await;
    let brake = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "name": "brake" },
        "spec": { "verb": "brake", "arguments": { "scope": "All" }, "requester": "mia" },
    });
    let brake: Operation = serde_json::from_value(brake).unwrap();
    let system: Api<Operation> = Api::namespaced(stage.client.clone(), SYSTEM_NAMESPACE);
    system.create(&PostParams::default(), &brake).await.unwrap();
    stage.rest(10).await;
    let since = clock::now();
    let worker = stage.machines(Role::Worker)[0].clone();
    stage.inject(Fault::ServerDies(stage.server_of(&worker)));
    stage.rest(1800).await;
    assert_eq!(stage.done_since(since, CLUSTER), Vec::<String>::new());
    let release = Patch::Merge(json!({ "spec": { "cancelled": true } }));
    system.patch("brake", &PatchParams::default(), &release).await.unwrap();
    let name = worker.metadata.name.clone().unwrap();
    stage.until("the dead machine is replaced", LONG, |stage| stage.machine(&name).is_none()).await;
}

/// Who takes a cluster down is to know that its data goes too.
#[tokio::test(start_paused = true)]
async fn the_plan_of_a_delete_tells_of_volumes() {
    let stage = Stage::up_with(1, DATA, StorageBackend::Cinder).await;
    let volumes = stage.cloud.world().list_volumes().len();
    assert!(volumes > 0, "the tenant keeps data");
    let target = json!({ "kind": "KubernetesCluster", "namespace": TENANT, "name": CLUSTER });
    for (name, verb, touched) in [("down", "delete", volumes), ("still", "pause", 0)] {
        ask(&stage, name, json!({ "verb": verb, "target": target, "planOnly": true })).await;
        reach(&stage, name, OperationPhase::Planned).await;
        assert_eq!(status(&stage, name).plan.unwrap().touches.volumes as usize, touched, "{verb}");
    }
}
