//! Leases and Events.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::server::told;

const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/NS/leases";

fn lease(holder: &str) -> Value {
    json!({"metadata": {"name": "leader"}, "spec": {"holderIdentity": holder, "leaseDurationSeconds": 15,
        "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": "2026-01-01T00:00:00.000000Z",
        "leaseTransitions": 0}})
}

/// A Lease is taken by whoever creates it, or replaces the version that he has seen: of two, one wins.
#[test]
fn of_two_candidates_one_wins() {
    let said = told(async |t| {
        let free = t.post(LEASES, lease("one")).await;
        t.show(&free.body, "spec");
        t.post(LEASES, lease("two")).await;
        let seen = t.read(&format!("{LEASES}/leader")).await;
        let (mut one, mut two) = (seen.clone(), seen);
        one["spec"]["renewTime"] = json!("2026-01-01T00:00:10.123456Z");
        two["spec"]["holderIdentity"] = json!("two");
        let renewed = t.put(&format!("{LEASES}/leader"), one).await;
        t.show(&renewed.body, "spec/holderIdentity spec/renewTime");
        t.put(&format!("{LEASES}/leader"), two).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/coordination.k8s.io/v1/namespaces/NS/leases → 201
      spec={"acquireTime":"2026-01-01T00:00:00.000000Z","holderIdentity":"one","leaseDurationSeconds":15,"leaseTransitions":0,"renewTime":"2026-01-01T00:00:00.000000Z"}
    POST /apis/coordination.k8s.io/v1/namespaces/NS/leases → 409 AlreadyExists: leases.coordination.k8s.io "leader" already exists
    PUT /apis/coordination.k8s.io/v1/namespaces/NS/leases/leader → 200
      spec/holderIdentity="one" spec/renewTime="2026-01-01T00:00:10.123456Z"
    PUT /apis/coordination.k8s.io/v1/namespaces/NS/leases/leader → 409 Conflict: Operation cannot be fulfilled on leases.coordination.k8s.io "leader": the object has been modified; please apply your changes to the latest version and try again
    "#);
}

/// A Lease's numbers are checked; its times have microseconds.
#[test]
fn a_lease_is_checked() {
    let said = told(async |t| {
        let mut wrong = lease("one");
        wrong["spec"]["leaseDurationSeconds"] = json!(0);
        wrong["spec"]["leaseTransitions"] = json!(-1);
        t.post(LEASES, wrong).await;
        let mut seconds = lease("one");
        seconds["spec"]["renewTime"] = json!("2026-01-01T00:00:00Z");
        t.codes_only();
        t.post(LEASES, seconds).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/coordination.k8s.io/v1/namespaces/NS/leases → 422 Invalid: Lease.coordination.k8s.io "leader" is invalid: [spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0, spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0]
      cause FieldValueInvalid at spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0
      cause FieldValueInvalid at spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0
    POST /apis/coordination.k8s.io/v1/namespaces/NS/leases → 400 BadRequest
    "#);
}

/// An Event of the new API is read in the old one as well, and the other way round.
#[test]
fn events_have_two_forms() {
    let said = told(async |t| {
        let new = "/apis/events.k8s.io/v1/namespaces/NS/events";
        let regarding = json!({"kind": "Namespace", "name": "NS", "namespace": "NS", "apiVersion": "v1"});
        let event = json!({"metadata": {"name": "a"}, "regarding": regarding, "reason": "SuccessfulCreate",
            "note": "made it", "type": "Normal", "action": "Create", "eventTime": "2026-01-01T00:00:00.000000Z",
            "reportingController": "kaasboard.dev/test", "reportingInstance": "one"});
        t.post(new, event).await;
        let old = t.get("events/a").await;
        t.show(&old.body, "kind involvedObject/name reason message type reportingComponent");
        let event = json!({"metadata": {"name": "b"}, "involvedObject": regarding, "reason": "Old", "message": "m",
            "type": "Warning", "count": 3, "source": {"component": "c"}, "firstTimestamp": "2026-01-01T00:00:00Z",
            "lastTimestamp": "2026-01-01T00:00:00Z"});
        t.post("events", event).await;
        let read = t.get(&format!("{new}/b")).await;
        t.show(
            &read.body,
            "apiVersion kind regarding/name reason note type deprecatedCount deprecatedSource",
        );
    });
    assert_snapshot!(said, @r#"
    POST /apis/events.k8s.io/v1/namespaces/NS/events → 201
    GET events/a → 200
      kind="Event" involvedObject/name="NS" reason="SuccessfulCreate" message="made it" type="Normal" reportingComponent="kaasboard.dev/test"
    POST events → 201
    GET /apis/events.k8s.io/v1/namespaces/NS/events/b → 200
      apiVersion="events.k8s.io/v1" kind="Event" regarding/name="NS" reason="Old" note="m" type="Warning" deprecatedCount=3 deprecatedSource={"component":"c"}
    "#);
}

/// An Event lives in the namespace of what it is about.
#[test]
fn events_are_checked() {
    let said = told(async |t| {
        let about = json!({"kind": "Pod", "name": "p", "namespace": "elsewhere"});
        t.post("events", json!({"metadata": {"name": "a"}, "involvedObject": about})).await;
    });
    assert_snapshot!(said, @r#"
    POST events → 422 Invalid: Event "a" is invalid: involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace
      cause FieldValueInvalid at involvedObject.namespace: Invalid value: "elsewhere": does not match event.namespace
    "#);
}

/// An Event is counted up by a patch.
#[test]
fn an_event_is_counted_up() {
    let said = told(async |t| {
        let about = json!({"kind": "Namespace", "name": "NS", "namespace": "NS", "apiVersion": "v1"});
        t.make(
            "events",
            json!({"metadata": {"name": "a"}, "involvedObject": about, "reason": "R", "count": 1}),
        )
        .await;
        let patched = t.patch("strategic", "events/a", json!({"count": 2})).await;
        t.show(&patched.body, "count reason");
    });
    assert_snapshot!(said, @r#"
    PATCH events/a → 200
      count=2 reason="R"
    "#);
}
