//! What goes wrong between us and a service, and what may be concluded from it.

use hyper::Method;
use kaasboard::cloud::errors::CloudErrorKind;
use kaasboard::simulation::faults::{Fault, Service, Trouble};

use crate::helper::proxy::Deed;
use crate::helper::stage::{Stage, kind, tell, tell_real};

/// The one call that must not be made twice.
const SERVERS: &str = "/servers";
/// A call that only reads.
const ZONES: &str = "/os-availability-zone";

/// Lets the next creation of a server go wrong in one of the ways that both clouds have.
fn spoil(stage: &Stage, trouble: Trouble, deed: Deed) {
    match (&stage.world, &stage.proxy) {
        (Some(world), _) => world.world().inject(Fault::Calls { service: Service::Compute, trouble }),
        (None, Some(proxy)) => proxy.trick(Method::POST, SERVERS, deed, 1),
        (None, None) => panic!("a cloud without faults"),
    }
}

fn mend(stage: &Stage) {
    if let Some(world) = &stage.world {
        let trouble = Trouble::default();
        world.world().inject(Fault::Calls { service: Service::Compute, trouble });
    }
}

#[test]
fn a_call_that_fails_says_whether_it_may_have_been_carried_out() {
    tell("failures", |stage| Box::pin(failures(stage)));
}

async fn failures(stage: &Stage) {
    let port = stage.port(1).await;
    let create = async || kind(stage.cloud.create_server(&stage.new_server(&port, 1)).await);
    let count = async || {
        mend(stage);
        stage.cloud.servers_tagged(&stage.project, &stage.tag(1)).await.unwrap().len()
    };
    let unavailable = Trouble { unavailable: 1.0, ..Trouble::default() };
    spoil(stage, unavailable, Deed::Refuse(503, Vec::new(), "nobody is here"));
    assert_eq!(create().await, CloudErrorKind::Transient);
    assert_eq!(count().await, 0, "it was not carried out");
    let throttled = Trouble { throttled: 1.0, ..Trouble::default() };
    spoil(stage, throttled, Deed::Refuse(429, vec![("retry-after", "7")], "{}"));
    let refused = create().await;
    let CloudErrorKind::Throttled { retry_after } = refused else { panic!("{refused}") };
    assert!(stage.world.is_some() || retry_after.is_some_and(|after| after.as_secs() == 7));
    assert_eq!(count().await, 0, "it was not carried out");
    let lost = Trouble { reply_lost: 1.0, ..Trouble::default() };
    spoil(stage, lost, Deed::LoseReply);
    assert!(matches!(create().await, CloudErrorKind::OutcomeUnknown(_)));
    assert_eq!(count().await, 1, "it was carried out");
    stage.clear(1..2).await;
}

#[test]
fn a_failure_of_the_service_after_it_acted_leaves_the_outcome_unknown() {
    tell_real("failures after the act", |stage| Box::pin(spoiled(stage)));
}

async fn spoiled(stage: &Stage) {
    let proxy = stage.proxy.as_ref().unwrap();
    let port = stage.port(1).await;
    for status in [500, 502, 504] {
        proxy.trick(Method::POST, SERVERS, Deed::Spoil(status), 1);
        let error = stage.cloud.create_server(&stage.new_server(&port, 1)).await.unwrap_err();
        assert!(matches!(error.kind, CloudErrorKind::OutcomeUnknown(_)), "{error}");
        assert_eq!(error.status, Some(status));
        let made = stage.cloud.servers_tagged(&stage.project, &stage.tag(1)).await.unwrap();
        assert_eq!(made.len(), 1);
        stage.settled(&made[0].id).await;
        stage.delete(&made[0].id).await;
    }
    proxy.trick(Method::GET, SERVERS, Deed::Spoil(500), 1);
    assert_eq!(kind(stage.cloud.servers(None).await), CloudErrorKind::Transient, "reading changes nothing");
    stage.clear(1..2).await;
}

#[test]
fn an_error_names_the_operation_the_subject_the_status_the_request_and_the_services_words() {
    tell_real("errors", |stage| Box::pin(errors(stage)));
}

async fn errors(stage: &Stage) {
    let proxy = stage.proxy.as_ref().unwrap();
    let words = "{\"forbidden\": {\"code\": 403, \"message\": \"Policy says no\"}}";
    let reply = Deed::Refuse(403, vec![("x-openstack-request-id", "req-1")], words);
    proxy.trick(Method::GET, "/os-services", reply, 1);
    let error = stage.cloud.hypervisors().await.unwrap_err();
    insta::assert_snapshot!(error, @"list hypervisors all: not permitted: Policy says no (HTTP 403, request req-1)");
    let words = "{\"overLimit\": {\"code\": 413, \"message\": \"Too much\"}}";
    proxy.trick(Method::GET, "/os-services", Deed::Refuse(413, vec![("retry-after", "3")], words), 1);
    let error = stage.cloud.hypervisors().await.unwrap_err();
    insta::assert_snapshot!(error, @"list hypervisors all: too many calls; the service asks to wait 3 s (HTTP 413)");
    let words =
        "{\"conflictingRequest\": {\"code\": 409, \"message\": \"Quota exceeded for resources: ['port']\"}}";
    proxy.trick(Method::POST, "/ports", Deed::Refuse(409, Vec::new(), words), 1);
    assert!(matches!(kind(stage.cloud.create_port(&stage.new_port(1)).await), CloudErrorKind::Quota(_)));
    proxy.trick(Method::GET, "/os-services", Deed::Refuse(200, Vec::new(), "<html>"), 1);
    assert_eq!(
        kind(stage.cloud.hypervisors().await),
        CloudErrorKind::Transient,
        "no answer that makes sense"
    );
}

#[test]
fn a_token_that_is_refused_is_replaced_once_however_many_calls_meet_it() {
    tell_real("tokens", |stage| Box::pin(tokens(stage)));
}

async fn tokens(stage: &Stage) {
    let proxy = stage.proxy.as_ref().unwrap();
    let logins = || proxy.answers(&Method::POST, "/auth/tokens").len();
    stage.cloud.zones().await.unwrap();
    let before = logins();
    proxy.revoke(ZONES);
    stage.cloud.zones().await.unwrap();
    assert_eq!(logins(), before + 1, "one login");
    proxy.revoke(ZONES);
    let calls = (0..8).map(|_| stage.cloud.zones());
    for answer in futures::future::join_all(calls).await {
        answer.unwrap();
    }
    assert_eq!(logins(), before + 2, "one login for all eight");
    let words = "{\"error\": {\"code\": 401, \"message\": \"whoever you are\"}}";
    proxy.trick(Method::GET, ZONES, Deed::Refuse(401, Vec::new(), words), 2);
    let error = stage.cloud.zones().await.unwrap_err();
    assert!(matches!(error.kind, CloudErrorKind::Denied(_)), "{error}");
    assert_eq!(logins(), before + 3, "a new token that is refused as well is not replaced again");
}

#[test]
fn a_login_that_fails_means_that_nothing_was_done() {
    tell_real("logins", |stage| Box::pin(logins(stage)));
}

async fn logins(stage: &Stage) {
    let proxy = stage.proxy.as_ref().unwrap();
    let fresh = proxy.cloud(false);
    proxy.trick(Method::POST, "/auth/tokens", Deed::Refuse(500, Vec::new(), "no"), 1);
    let call = kaasboard::cloud::provider::Cloud::zones(&fresh).await;
    assert_eq!(kind(call), CloudErrorKind::Transient);
    proxy.trick(Method::POST, "/auth/tokens", Deed::LoseReply, 1);
    let call = kaasboard::cloud::provider::Cloud::zones(&fresh).await;
    assert_eq!(kind(call), CloudErrorKind::Transient);
    let words = "{\"error\": {\"code\": 401, \"message\": \"wrong password\"}}";
    proxy.trick(Method::POST, "/auth/tokens", Deed::Refuse(401, Vec::new(), words), 1);
    let error = kaasboard::cloud::provider::Cloud::zones(&fresh).await.unwrap_err();
    assert!(matches!(error.kind, CloudErrorKind::Denied(_)), "{error}");
    kaasboard::cloud::provider::Cloud::zones(&fresh).await.unwrap();
}

#[test]
fn a_listing_is_complete_however_small_its_pages_are() {
    tell_real("pages", |stage| Box::pin(pages(stage)));
}

async fn pages(stage: &Stage) {
    let proxy = stage.proxy.as_ref().unwrap();
    for number in 0..5 {
        stage.port(number).await;
    }
    for number in 0..3 {
        let port = stage.cloud.ports_tagged(&stage.project, &stage.tag(number)).await.unwrap().remove(0);
        stage.cloud.create_server(&stage.new_server(&port, number)).await.unwrap();
    }
    proxy.trick(Method::GET, "/ports", Deed::Pages(2), 1000);
    proxy.trick(Method::GET, "/servers/detail", Deed::Pages(1), 1000);
    proxy.trick(Method::GET, "/images", Deed::Pages(1), 1000);
    proxy.trick(Method::GET, "/flavors/detail", Deed::Pages(2), 1000);
    let mine = stage.cloud.ports().await.unwrap().items;
    let mine = mine.iter().filter(|port| port.tags.iter().any(|tag| tag.contains(&stage.mark)));
    assert_eq!(mine.count(), 5);
    assert!(proxy.answers(&Method::GET, "/ports").len() > 5, "there were several pages");
    let servers = stage.cloud.servers(None).await.unwrap().items;
    assert_eq!(servers.iter().filter(|server| server.name.starts_with(&stage.mark)).count(), 3);
    assert_eq!(stage.cloud.flavors().await.unwrap().len(), 5);
    assert!(!stage.cloud.images().await.unwrap().is_empty());
    for number in 0..3 {
        for server in stage.cloud.servers_tagged(&stage.project, &stage.tag(number)).await.unwrap() {
            stage.settled(&server.id).await;
        }
    }
    stage.clear(0..5).await;
}
