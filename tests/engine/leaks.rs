//! What is in the cloud without a record: found, left alone, and destroyed when a person approved it.

use std::time::Duration;

use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::api::operation::Operation;
use kaasboard::api::operation_status::{OperationPhase, OperationStatus};
use kaasboard::cloud::provider::Cloud;
use kaasboard::cloud::types::belonging::BelongingSort;
use kaasboard::cloud::types::compute::SpreadPolicy;
use kaasboard::cloud::types::identity::NewProject;
use kaasboard::cloud::types::network::{NewPort, NewSecurityGroup, Port};
use kaasboard::engine::facts;
use kaasboard::planning::leak::Suspect;
use kube::api::{Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt};
use serde_json::json;

use crate::stage::{CLUSTER, MANAGER, Stage, TENANT};

const LONG: Duration = Duration::from_secs(3600);

fn leaks(stage: &Stage) -> Vec<Suspect> {
    stage.engine.leaks.suspects().expect("cloud and records were compared").0
}

/// A port that nobody has a record of.
async fn stray(stage: &Stage, tags: &[&str]) -> Port {
    let cluster = stage.engine.records.clusters.get(TENANT, CLUSTER).unwrap();
    let wanted = NewPort {
        project: stage.project(),
        name: "left-behind".to_owned(),
        network: cluster.spec.network.backend.to_string(),
        security_groups: Vec::new(),
        tags: tags.iter().map(|tag| format!("kaasboard:{tag}")).collect(),
    };
    stage.cloud.create_port(&wanted).await.unwrap()
}

/// Asks for its destruction, and approves that if nothing speaks against it. Answers what does.
async fn destroy(stage: &Stage, id: &str) -> Option<String> {
    let api: Api<Operation> = Api::namespaced(stage.client.clone(), SYSTEM_NAMESPACE);
    let object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Operation", "metadata": { "generateName": "delete-" },
        "spec": { "verb": "delete", "target": { "kind": "Leak", "name": id }, "requester": "mia" },
    });
    let object: Operation = serde_json::from_value(object).unwrap();
    let name = api.create(&PostParams::default(), &object).await.unwrap().name_any();
    let status = |stage: &Stage| -> OperationStatus {
        let operation = stage.engine.records.operations.get(SYSTEM_NAMESPACE, &name);
        operation.and_then(|one| one.status.clone()).unwrap_or_default()
    };
    stage.until("it is planned", LONG, |stage| status(stage).plan.is_some()).await;
    let plan = status(stage).plan.unwrap();
    if let Some(veto) = plan.vetoes.first() {
        return Some(veto.reason.clone());
    }
    let told = facts::leaks::leaks(&stage.engine, "test");
    let tombstone = told.items.iter().find(|leak| leak.id == id).unwrap();
    assert_eq!(tombstone.operation.as_ref(), Some(&name));
    let approved = json!({ "spec": { "approved": { "by": "mia", "planHash": plan.hash } } });
    api.patch(&name, &PatchParams::default(), &Patch::Merge(approved)).await.unwrap();
    let is_done = |stage: &Stage| status(stage).phase == Some(OperationPhase::Done);
    stage.until("it is done", LONG, is_done).await;
    None
}

#[tokio::test(start_paused = true)]
async fn what_nobody_has_a_record_of_is_found_and_left_alone() {
    let stage = Stage::up(1).await;
    stage.rest(1200).await;
    assert_eq!(leaks(&stage), [], "a cluster at work leaks nothing");
    let signed = |port: &Port| port.tags.contains(&format!("kaasboard:manager-uid={MANAGER}"));
    assert!(stage.cloud.ports().await.unwrap().items.iter().all(signed), "what is made says by whom");
    stray(&stage, &["cluster-uid=c", "manager-uid=another"]).await;
    let port = stray(&stage, &["cluster-uid=c"]).await;
    stage.until("it is suspect", LONG, |stage| !leaks(stage).is_empty()).await;
    let told = leaks(&stage);
    assert_eq!(told.len(), 1, "what another manager made is none of ours to judge: {told:?}");
    assert_eq!((told[0].thing.id.as_str(), told[0].is_confirmed()), (port.id.as_str(), false));
    stage.until("it is a leak", LONG, |stage| leaks(stage)[0].is_confirmed()).await;
    assert_eq!(
        destroy(&stage, port.id.as_str()).await.as_deref(),
        Some("NotOurs"),
        "it does not say who made it"
    );
    let ports = stage.cloud.ports().await.unwrap().items;
    assert!(ports.iter().any(|one| one.id == port.id), "nobody approved that it goes");
}

#[tokio::test(start_paused = true)]
async fn a_leak_is_destroyed_when_it_is_one_for_long_enough_and_a_person_approved_it() {
    let stage = Stage::up(1).await;
    let before = stage.cloud.ports().await.unwrap().items.len();
    let port = stray(&stage, &["cluster-uid=nobody", &format!("manager-uid={MANAGER}")]).await;
    stage.until("it is suspect", LONG, |stage| !leaks(stage).is_empty()).await;
    assert_eq!(destroy(&stage, port.id.as_str()).await.as_deref(), Some("NotConfirmed"));
    stage.until("it is a leak", LONG, |stage| leaks(stage)[0].is_confirmed()).await;
    assert_eq!(destroy(&stage, port.id.as_str()).await, None);
    assert_eq!(leaks(&stage), []);
    let left = stage.cloud.ports().await.unwrap().items;
    assert!(left.len() == before && left.iter().all(|one| one.id != port.id), "it alone is gone: {left:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_a_cluster_is_found_by_the_tags_of_its_project_which_goes_last() {
    let stage = Stage::up(1).await;
    let tags = ["kaasboard:cluster-uid=gone".to_owned(), format!("kaasboard:manager-uid={MANAGER}")];
    let wanted = NewProject { name: "left".to_owned(), description: String::new(), tags: tags.to_vec() };
    let project = stage.cloud.create_project(&wanted).await.unwrap().id;
    let group = NewSecurityGroup {
        project: project.clone(),
        name: "left-nodes".to_owned(),
        rules: Vec::new(),
        tags: Vec::new(),
    };
    stage.cloud.create_security_group(&group).await.unwrap();
    stage.cloud.create_server_group(&project, "left-worker", SpreadPolicy::SoftAntiAffinity).await.unwrap();
    stage.cloud.create_record(&project, "api.left.test.", "198.18.0.9".parse().unwrap()).await.unwrap();
    stage.cloud.create_credential(&project, "left-storage").await.unwrap();
    stage.until("all five are suspect", LONG, |stage| leaks(stage).len() == 5).await;
    stage.until("they are leaks", LONG, |stage| leaks(stage).iter().all(Suspect::is_confirmed)).await;
    let sorts: Vec<String> = leaks(&stage).iter().map(|one| one.thing.sort.to_string()).collect();
    assert_eq!(sorts, ["project", "securitygroup", "servergroup", "record", "credential"]);
    assert_eq!(destroy(&stage, project.as_str()).await.as_deref(), Some("NotEmpty"));
    for leak in leaks(&stage).iter().skip(1) {
        assert_eq!(destroy(&stage, &leak.thing.id).await, None, "{leak:?}");
    }
    stage
        .until("the project alone is left", LONG, |stage| {
            leaks(stage).iter().all(|one| one.holds == 0 && one.thing.id == project.as_str())
        })
        .await;
    assert_eq!(destroy(&stage, project.as_str()).await, None);
    assert_eq!(leaks(&stage), []);
    for sort in BelongingSort::ALL {
        let left = stage.cloud.belongings(sort).await.unwrap();
        assert!(left.iter().all(|one| one.project != project), "{sort}: {left:?}");
    }
}
