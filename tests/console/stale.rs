//! What is not heard of any more: said at once, since when, and no longer than it is so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use kaasboard::clock;
use kaasboard::console::feed::{Inbox, follow_all};
use kaasboard::console::fleet::News;
use kaasboard::console::message::Message;
use kaasboard::console::rows::cell::Cell;
use kaasboard::console::rows::shelf::Freshness;
use kaasboard::console::rows::subject::Subject;
use kaasboard::settings::context::Writing;
use tokio::time::sleep;
use tower::ServiceExt;

use crate::stage::{Stage, fleet};

/// The last word about the tenants.
fn freshness(inbox: &Inbox) -> Option<Freshness> {
    let of_tenants = |news| match news {
        News::Freshness(Subject::Tenant, freshness) => Some(freshness),
        _ => None,
    };
    inbox.take().into_iter().filter_map(of_tenants).next_back()
}

fn since(freshness: Option<Freshness>) -> DateTime<Utc> {
    match freshness {
        Some(Freshness::Stale { since, .. }) => since,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn stale_begins_with_the_first_failure_and_ends_although_nothing_changes() {
    let stage = Stage::up(1, (80, 24)).await;
    let cut = Arc::new(AtomicBool::new(false));
    let (inside, is_cut) = (stage.sandbox.manager.in_process(), cut.clone());
    let service = tower::service_fn(move |request| {
        let (inside, is_cut) = (inside.clone(), is_cut.load(Ordering::Relaxed));
        async move {
            if is_cut {
                return Err(std::io::Error::other("cut"));
            }
            inside.oneshot(request).await.map_err(std::io::Error::other)
        }
    });
    let inbox = Arc::new(Inbox::default());
    let _following = follow_all(&kube::Client::new(service, "default"), &inbox);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(freshness(&inbox), Some(Freshness::Live));
    cut.store(true, Ordering::Relaxed);
    // A watch that is open ends after five minutes, and no other can be opened.
    sleep(Duration::from_secs(400)).await;
    let first = since(freshness(&inbox));
    sleep(Duration::from_secs(200)).await;
    assert_eq!(since(freshness(&inbox)), first, "it has been so for longer, and not anew");
    cut.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(120)).await;
    assert_eq!(freshness(&inbox), Some(Freshness::Live));
}

async fn tell(stage: &mut Stage, subject: Subject, freshness: Freshness) {
    stage.tell(Message::News(vec![News::Freshness(subject, freshness)])).await;
}

fn broken() -> Freshness {
    Freshness::Stale {
        since: clock::now(),
        why: "the manager does not answer, and nobody knows for how long".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_read_is_not_well() {
    let mut stage = Stage::up(1, (80, 24)).await;
    stage.shows("no incidents: 1 of 1 clusters OK");
    tell(&mut stage, Subject::Incident, broken()).await;
    stage.hides("no incidents");
    stage.shows("incidents not read: the manager does not answer");
    // The header says so before it says who leads, and the frame as much as it has room for.
    stage.shows("incidents stale 0s");
    stage.shows(" stale 0s: the manager");
}

#[tokio::test(start_paused = true)]
async fn the_share_of_an_incident_is_told_once_the_fleet_is_known() {
    let mut stage = Stage::of(&fleet(1), (160, 40), Writing::Always).await;
    let incident = serde_json::json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Incident", "metadata": { "name": "three" }, "spec": {},
        "status": {
            "what": "three nodes", "since": clock::now(), "severity": "Warning", "trend": "Steady", "objects": [],
            "reach": { "clusters": 1, "nodes": 3, "tenants": 1, "vips": 0 },
            "worst": { "clusters": 1, "nodes": 3, "tenants": 1, "vips": 0 },
        },
    });
    let incident: kaasboard::api::incident::Incident = serde_json::from_value(incident).unwrap();
    let row = kaasboard::console::rows::objects::Shown::row(&incident, &mut Default::default());
    let share = |stage: &Stage| {
        let incidents = stage.console.model.fleet.shelf(Subject::Incident);
        incidents.rows().next().unwrap().cell("share").clone()
    };
    tell(&mut stage, Subject::Node, Freshness::Listing).await;
    stage.tell(Message::News(vec![News::Put(Box::new(row))])).await;
    assert_eq!(share(&stage), Cell::None, "of a part of the fleet it would be wrong");
    tell(&mut stage, Subject::Node, Freshness::Live).await;
    assert_eq!(share(&stage).text(), "25.0%");
}
