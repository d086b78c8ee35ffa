//! Events: what the loops did, told on the objects, for a while.

use std::collections::BTreeMap;

use k8s_openapi::api::events::v1::Event;
use kaasboard::api::machine::Machine;
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::engine::key::{Key, Kind};
use kaasboard::engine::trace::{LoopRecord, Taken};
use kube::Api;
use kube::api::ListParams;

use crate::stage::{Stage, TENANT};

async fn events(stage: &Stage) -> Vec<Event> {
    let api: Api<Event> = Api::namespaced(stage.client.clone(), TENANT);
    api.list(&ListParams::default()).await.unwrap().items
}

#[tokio::test(start_paused = true)]
async fn what_is_done_is_told_on_the_objects_and_forgotten_after_an_hour() {
    let stage = Stage::up(1).await;
    let all = events(&stage).await;
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for event in &all {
        *reasons.entry(event.reason.clone().unwrap()).or_default() += 1;
    }
    let worker = stage.machines(Role::Worker)[0].clone();
    let is_its = |event: &&Event| event.regarding.as_ref().unwrap().uid == worker.metadata.uid;
    let own: Vec<&str> = all.iter().filter(is_its).map(|event| event.reason.as_deref().unwrap()).collect();
    assert!(own.contains(&"SuccessfulCreateServer"), "{own:?} of {reasons:?}");
    let event = all.iter().find(|event| event.reason.as_deref() == Some("SuccessfulCreateServer")).unwrap();
    assert_eq!(event.type_.as_deref(), Some("Normal"));
    assert!(event.note.as_deref().unwrap().starts_with("create server "), "{event:?}");
    stage.rest(2 * 3600).await;
    assert_eq!(events(&stage).await.len(), 0, "an Event lives for an hour");

    // The same again is one more of its series.
    for _ in 0..12 {
        note(&stage, &worker, "create server x");
        stage.rest(10).await;
    }
    let all = events(&stage).await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].reason.as_deref(), Some("FailedCreateServer"));
    assert_eq!(all[0].type_.as_deref(), Some("Warning"));
    assert!(all[0].series.as_ref().is_some_and(|series| series.count >= 4), "{:?}", all[0].series);

    // Of too many the rest is left out.
    for number in 0..5000 {
        note(&stage, &worker, &format!("create server {number}"));
    }
    stage.rest(5).await;
    let count = events(&stage).await.len();
    assert!((500..2100).contains(&count), "{count} Events at once");
}

/// A turn of a machine in which a step failed.
fn note(stage: &Stage, machine: &Machine, what: &str) {
    let key = Key::new(Kind::Machine, TENANT, machine.metadata.name.clone().unwrap());
    let step = Taken {
        id: "create-server/x".to_owned(),
        what: what.to_owned(),
        reports: false,
        failure: Some("no valid host".to_owned()),
    };
    let record = LoopRecord {
        key,
        at: clock::now(),
        findings: Vec::new(),
        waiting: Vec::new(),
        steps: vec![step],
        left: 0,
        failure: None,
        took: std::time::Duration::ZERO,
        next: clock::now(),
    };
    kaasboard::engine::events::note(&stage.engine, &record);
}
