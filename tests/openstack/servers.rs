//! Servers, their ports and what keeps them apart.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::cloud::types::compute::{NewServer, ServerId, ServerStatus, SpreadPolicy};
use kaasboard::cloud::types::network::{NewPort, PortId};

use crate::helper::stage::{HUGE, Stage, kind, tell};

#[test]
fn a_server_is_built_is_found_by_its_tag_and_leaves_its_port() {
    tell("a server's life", |stage| Box::pin(life(stage)));
}

async fn life(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let (port, id) = stage.server(1).await;
    assert!(port.addresses.len() == 1 && port.network == "backend" && port.server.is_none());
    let shown = cloud.server(project, &id).await.unwrap();
    assert_eq!((shown.project.clone(), shown.tags.clone()), (project.clone(), vec![stage.tag(1)]));
    let built = stage.settled(&id).await;
    assert_eq!((&built.status, &built.fault), (&ServerStatus::Active, &None));
    assert!(built.zone.is_some() && built.host_id.is_some());
    let known_host = cloud.hypervisors().await.is_ok();
    assert_eq!(built.host.is_some(), known_host, "hosts have names for administrators");
    let found = cloud.servers_tagged(project, &stage.tag(1)).await.unwrap();
    assert_eq!(found.iter().map(|server| &server.id).collect::<Vec<_>>(), [&id]);
    assert!(cloud.servers_tagged(project, &stage.tag(2)).await.unwrap().is_empty());
    let held = stage.until("the port is the server's", async || {
        let ports = cloud.ports_tagged(project, &stage.tag(1)).await.unwrap();
        ports.into_iter().find(|port| port.server.as_ref() == Some(&id))
    });
    let held = held.await;
    assert_eq!((&held.id, &held.addresses, &held.tags), (&port.id, &port.addresses, &vec![stage.tag(1)]));
    assert!(!cloud.console_log(project, &id, 10).await.unwrap().is_empty());
    stage.delete(&id).await;
    assert_eq!(kind(cloud.delete_server(project, &id).await), CloudErrorKind::NotFound);
    assert!(cloud.servers_tagged(project, &stage.tag(1)).await.unwrap().is_empty());
    let left = cloud.ports_tagged(project, &stage.tag(1)).await.unwrap();
    assert_eq!((left.len(), &left[0].server), (1, &None), "the port outlives its server");
    cloud.delete_port(project, &port.id).await.unwrap();
    assert_eq!(kind(cloud.delete_port(project, &port.id).await), CloudErrorKind::NotFound);
}

#[test]
fn a_server_that_is_being_built_can_be_deleted_and_its_port_is_free_again() {
    tell("a deletion during the build", |stage| Box::pin(early_end(stage)));
}

async fn early_end(stage: &Stage) {
    let (port, id) = stage.server(1).await;
    stage.delete(&id).await;
    let again = stage.until("the port is free", async || {
        stage.cloud.create_server(&stage.new_server(&port, 1)).await.ok()
    });
    let again = again.await;
    assert_eq!(stage.settled(&again).await.status, ServerStatus::Active);
    stage.clear(1..2).await;
}

#[test]
fn two_requests_for_one_port_never_make_two_servers_that_run() {
    tell("two servers on one port", |stage| Box::pin(two_on_one(stage)));
}

async fn two_on_one(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let (port, first) = stage.server(1).await;
    let second = cloud.create_server(&stage.new_server(&port, 1)).await;
    let mut running = vec![stage.settled(&first).await.status];
    match second {
        Ok(second) => {
            let second = stage.settled(&second).await;
            assert!(second.status != ServerStatus::Error || second.fault.is_some(), "{second:?}");
            running.push(second.status);
        }
        Err(error) => assert!(matches!(error.kind, CloudErrorKind::Conflict(_)), "{error}"),
    }
    assert_eq!(running.iter().filter(|status| **status == ServerStatus::Active).count(), 1);
    // Nova's clean-up after the one that lost may take the port from the one that runs: then nobody holds it.
    let held = cloud.ports_tagged(project, &stage.tag(1)).await.unwrap().remove(0).server;
    if held.is_some() {
        let third = kind(cloud.create_server(&stage.new_server(&port, 1)).await);
        assert!(matches!(third, CloudErrorKind::Conflict(_)), "{third}");
    }
    let all = cloud.servers_tagged(project, &stage.tag(1)).await.unwrap();
    assert_eq!(all.len(), running.len(), "one in ERROR stays listed");
    stage.clear(1..2).await;
}

#[test]
fn what_cannot_work_is_refused_and_what_has_no_room_ends_in_error() {
    tell("impossible servers", |stage| Box::pin(impossible(stage)));
}

async fn impossible(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let port = stage.port(1).await;
    let like = stage.new_server(&port, 1);
    let wrong = [
        NewServer { image: "nothing".into(), ..like.clone() },
        NewServer { flavor: "nothing".into(), ..like.clone() },
        NewServer { port: PortId::new("7c3df79e-5d6b-4d55-a6fc-cb8bd8e4a0d1"), ..like.clone() },
        NewServer { zone: Some("nowhere".into()), ..like.clone() },
    ];
    for wanted in wrong {
        let refused = kind(cloud.create_server(&wanted).await);
        assert!(matches!(refused, CloudErrorKind::Invalid(_)), "{wanted:?}: {refused}");
    }
    let nowhere = NewPort { network: "nothing".into(), ..stage.new_port(1) };
    assert!(matches!(kind(cloud.create_port(&nowhere).await), CloudErrorKind::Invalid(_)));
    let huge = cloud.create_server(&NewServer { flavor: HUGE.into(), ..like.clone() }).await.unwrap();
    let huge = stage.settled(&huge).await;
    assert_eq!(huge.status, ServerStatus::Error);
    assert!(huge.fault.unwrap().message.contains("No valid host"));
    assert_eq!((huge.host, huge.zone), (None, None));
    cloud.delete_server(project, &huge.id).await.unwrap();
    stage.clear(1..2).await;
}

#[test]
fn names_need_not_be_unique() {
    tell("equal names", |stage| Box::pin(equal_names(stage)));
}

async fn equal_names(stage: &Stage) {
    let (one, other) = (stage.server(1).await, stage.server(2).await);
    let (one, other) = (stage.settled(&one.1).await, stage.settled(&other.1).await);
    assert_eq!(one.name, other.name);
    assert_ne!(one.id, other.id);
    stage.clear(1..3).await;
}

#[test]
fn a_listing_of_changes_shows_what_changed_and_what_was_deleted_and_nothing_else() {
    tell("a listing of changes", |stage| Box::pin(changes(stage)));
}

async fn changes(stage: &Stage) {
    let cloud = &stage.cloud;
    let (first, second) = (stage.server(1).await.1, stage.server(2).await.1);
    let (first, second) = (stage.settled(&first).await, stage.settled(&second).await);
    let status = async |since| {
        let listing = cloud.servers(since).await.unwrap();
        let of = |id: &ServerId| {
            listing.items.iter().find(|server| server.id == *id).map(|server| server.status.clone())
        };
        (of(&first.id), of(&second.id), listing.as_of)
    };
    let (one, two, _) = status(None).await;
    assert_eq!((one, two), (Some(ServerStatus::Active), Some(ServerStatus::Active)));
    // The service itself writes to a server for a while after it became active. Once nothing changes, nothing is shown.
    let quiet = async || {
        let as_of = status(None).await.2;
        // Times of services are in seconds.
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        let since = Some(as_of + TimeDelta::seconds(2));
        let (one, two, _) = status(since).await;
        (one.is_none() && two.is_none()).then_some(since)
    };
    let since = stage.until("a listing of no changes", quiet).await;
    stage.delete(&first.id).await;
    let (one, two, _) = status(since).await;
    assert_eq!((one, two), (Some(ServerStatus::Deleted), None));
    let (one, two, _) = status(None).await;
    assert_eq!((one, two), (None, Some(ServerStatus::Active)));
    stage.clear(1..3).await;
}

#[test]
fn groups_keep_servers_apart_and_a_hard_one_holds_no_more_than_there_are_hypervisors() {
    tell("server groups", |stage| Box::pin(groups(stage)));
}

async fn groups(stage: &Stage) {
    let (cloud, project) = (&stage.cloud, &stage.project);
    let name = format!("{}-etcd", stage.mark);
    for (round, (policy, failed)) in
        (0_u32..).zip([(SpreadPolicy::AntiAffinity, 1), (SpreadPolicy::SoftAntiAffinity, 0)])
    {
        let group = cloud.create_server_group(project, &name, policy).await.unwrap();
        let listed = cloud.server_groups(project).await.unwrap();
        let listed = listed.into_iter().find(|known| known.id == group.id).unwrap();
        assert_eq!((listed.name, listed.policy, listed.project), (name.clone(), policy, project.clone()));
        let numbers = round * 10..round * 10 + 4;
        let mut errors = 0;
        let mut hosts = BTreeSet::new();
        for number in numbers.clone() {
            let port = stage.port(number).await;
            let wanted = NewServer { group: Some(group.id.clone()), ..stage.new_server(&port, number) };
            let id = cloud.create_server(&wanted).await.unwrap();
            let server = stage.settled(&id).await;
            errors += u32::from(server.status == ServerStatus::Error);
            hosts.extend(server.host_id.filter(|_| server.status == ServerStatus::Active));
        }
        assert_eq!((errors, hosts.len()), (failed, 3), "{policy:?}");
        stage.clear(numbers).await;
        cloud.delete_server_group(project, &group.id).await.unwrap();
        assert_eq!(kind(cloud.delete_server_group(project, &group.id).await), CloudErrorKind::NotFound);
    }
}
