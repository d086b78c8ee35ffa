//! Watches: what a reader learns of changes, in which order, from which moment on.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;
use crate::helper::talk::at;

/// From a list's version on, a watch tells every change in order, those before it was opened too.
#[test]
fn a_watch_replays_from_a_version() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        let from = t.get("things").await.version().to_owned();
        t.make("things", thing("b", json!({"size": 1}))).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 2}})).await;
        t.delete("things/a", json!(null)).await;
        t.call(&from, "RV");
        let mut watch = t.watch(&format!("things?resourceVersion={from}")).await;
        let past = watch.expect(3, "kind spec").await;
        t.make("things", thing("c", json!({"size": 9}))).await;
        let now = watch.expect(1, "kind spec").await;
        let versions: Vec<u64> = past
            .iter()
            .chain(&now)
            .map(|event| at(event, "object/metadata/resourceVersion").as_str().unwrap().parse().unwrap())
            .collect();
        t.say(format!("versions grow: {}", versions.is_sorted_by(|one, two| one < two)));
    });
    assert_snapshot!(said, @r#"
    GET things → 200
    PATCH things/a → 200
    DELETE things/a → 200
    watch: ADDED b
      kind="Thing" spec={"size":1}
    watch: MODIFIED a
      kind="Thing" spec={"size":2}
    watch: DELETED a
      kind="Thing" spec={"size":2}
    watch: ADDED c
      kind="Thing" spec={"size":9}
    versions grow: true
    "#);
}

/// DELETED carries the last state, with the version of the deletion.
#[test]
fn deleted_carries_the_last_state() {
    let said = told(async |t| {
        let made = t.make("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).await;
        let from = made["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        t.call(&from, "RV");
        t.delete("configmaps/a", json!(null)).await;
        let name = "fieldSelector=metadata.name=a";
        let mut watch = t.watch(&format!("configmaps?resourceVersion={from}&{name}")).await;
        let gone = watch.expect(1, "data").await;
        t.say(format!(
            "its version is new: {}",
            at(&gone[0], "object/metadata/resourceVersion") != from.as_str()
        ));
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/a → 200
    watch: DELETED a
      data={"k":"v"}
    its version is new: true
    "#);
}

/// Without a version, and with 0, a watch begins with what is there as ADDED.
#[test]
fn a_watch_without_a_version_begins_with_what_is_there() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.watch("things").await.expect(1, "spec").await;
        t.watch("things?resourceVersion=0").await.expect(1, "spec").await;
        let mut watch = t.watch("things?resourceVersion=0&fieldSelector=metadata.name=b").await;
        t.make("things", thing("b", json!({"size": 2}))).await;
        watch.expect(1, "spec").await;
    });
    assert_snapshot!(said, @r#"
    watch: ADDED a
      spec={"size":1}
    watch: ADDED a
      spec={"size":1}
    watch: ADDED b
      spec={"size":2}
    "#);
}

/// For a watch with a selector, an object that comes to match is ADDED, one that ceases to is DELETED.
#[test]
fn a_selector_turns_changes_into_coming_and_going() {
    let said = told(async |t| {
        let from = t.get("configmaps").await.version().to_owned();
        t.call(&from, "RV");
        t.make("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": "0"}})).await;
        for (on, k) in [("yes", "1"), ("yes", "2"), ("no", "3"), ("yes", "4")] {
            t.patch("merge", "configmaps/a", json!({"metadata": {"labels": {"on": on}}, "data": {"k": k}}))
                .await;
        }
        t.delete("configmaps/a", json!(null)).await;
        let mut watch = t.watch(&format!("configmaps?resourceVersion={from}&labelSelector=on=yes")).await;
        let events = watch.expect(5, "metadata/labels data").await;
        let version = |event| -> u64 {
            at(event, "object/metadata/resourceVersion").as_str().unwrap().parse().unwrap()
        };
        t.say(format!(
            "leaving has the version of the change: {}",
            version(&events[1]) < version(&events[2])
        ));
    });
    assert_snapshot!(said, @r#"
    GET configmaps → 200
    PATCH configmaps/a → 200
    PATCH configmaps/a → 200
    PATCH configmaps/a → 200
    PATCH configmaps/a → 200
    DELETE configmaps/a → 200
    watch: ADDED a
      metadata/labels={"on":"yes"} data={"k":"1"}
    watch: MODIFIED a
      metadata/labels={"on":"yes"} data={"k":"2"}
    watch: DELETED a
      metadata/labels={"on":"yes"} data={"k":"2"}
    watch: ADDED a
      metadata/labels={"on":"yes"} data={"k":"4"}
    watch: DELETED a
      metadata/labels={"on":"yes"} data={"k":"4"}
    leaving has the version of the change: true
    "#);
}

/// The same holds for a field of a definition.
#[test]
fn a_field_turns_changes_into_coming_and_going() {
    let said = told(async |t| {
        let mut crd = plain();
        crd["spec"]["versions"][0]["selectableFields"] = json!([{"jsonPath": ".spec.color"}]);
        t.define(crd).await;
        let mut watch = t.watch("things?fieldSelector=spec.color=red&resourceVersion=0").await;
        t.make("things", thing("a", json!({"color": "blue"}))).await;
        for color in ["red", "blue"] {
            t.patch("merge", "things/a", json!({"spec": {"color": color}})).await;
        }
        watch.expect(2, "spec").await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 200
    PATCH things/a → 200
    watch: ADDED a
      spec={"color":"red"}
    watch: DELETED a
      spec={"color":"red"}
    "#);
}

/// `timeoutSeconds` ends a watch without an error.
#[test]
fn a_watch_ends_after_its_timeout() {
    let said = told(async |t| {
        let watch =
            t.watch("configmaps?resourceVersion=0&timeoutSeconds=1&fieldSelector=metadata.name=a").await;
        watch.end().await;
    });
    assert_snapshot!(said, @"watch: ends");
}

/// Streaming lists: what is there as ADDED, then a bookmark that says so, then changes.
#[test]
fn initial_events_end_with_a_bookmark() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.make("things", thing("b", json!({"size": 2}))).await;
        let stream = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
        let mut watch = t.watch(&format!("things?{stream}")).await;
        watch.expect(2, "spec").await;
        let mark = watch.expect(1, "kind apiVersion metadata/annotations spec").await;
        let list = t.get("things").await;
        let version = |text: &str| text.parse::<u64>().unwrap();
        let marked = at(&mark[0], "object/metadata/resourceVersion").as_str().unwrap();
        t.say(format!(
            "the bookmark is as new as a list before: {}",
            version(marked) <= version(list.version())
        ));
        t.make("things", thing("c", json!({"size": 3}))).await;
        watch.expect(1, "spec").await;
    });
    assert_snapshot!(said, @r#"
    watch: ADDED a
      spec={"size":1}
    watch: ADDED b
      spec={"size":2}
    watch: BOOKMARK
      kind="Thing" apiVersion="GROUP/v1" metadata/annotations={"k8s.io/initial-events-end":"true"} spec=null
    GET things → 200
    the bookmark is as new as a list before: true
    watch: ADDED c
      spec={"size":3}
    "#);
}

/// The streaming list's parameters must fit together.
#[test]
fn initial_events_have_rules() {
    let said = told(async |t| {
        t.watch("configmaps?sendInitialEvents=true").await.refused().await;
        let other = "sendInitialEvents=true&resourceVersionMatch=Exact&allowWatchBookmarks=true";
        t.watch(&format!("configmaps?{other}")).await.refused().await;
        let list = t.get("configmaps?sendInitialEvents=true&resourceVersionMatch=NotOlderThan").await;
        assert_eq!(list.code, 422);
        t.watch("configmaps?resourceVersion=1&resourceVersionMatch=NotOlderThan").await.refused().await;
    });
    assert_snapshot!(said, @r#"
    watch: refused with 422
      code=422 reason="Invalid" message="ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
    watch: refused with 422
      code=422 reason="Invalid" message="ListOptions.meta.k8s.io \"\" is invalid: [resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: \"Exact\": supported values: \"NotOlderThan\"]"
    GET configmaps?sendInitialEvents=true&resourceVersionMatch=NotOlderThan → 422 Invalid: ListOptions.meta.k8s.io "" is invalid: [resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided, sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list]
      cause FieldValueForbidden at resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided
      cause FieldValueForbidden at sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list
    watch: refused with 422
      code=422 reason="Invalid" message="ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
    "#);
}

/// A watch that cannot be understood is refused before it begins.
#[test]
fn a_broken_watch_is_refused() {
    let said = told(async |t| {
        t.watch("configmaps?fieldSelector=data.k=v").await.refused().await;
        let long = t.ask("GET", "configmaps?watch=1&timeoutSeconds=long", &[], Vec::new()).await;
        t.say(format!("{} {}", long.code, long.at("reason")));
        t.watch("configmaps?labelSelector=a=b=c").await.refused().await;
    });
    assert_snapshot!(said, @r#"
    watch: refused with 400
      code=400 reason="BadRequest" message="\"data.k\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    400 "BadRequest"
    watch: refused with 400
      code=400 reason="BadRequest" message="found '=', expected: ',' or 'end of string'"
    "#);
}

/// One object is watched through its collection and a field selector.
#[test]
fn one_object_is_watched_by_its_name() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.make("configmaps", json!({"metadata": {"name": "b"}})).await;
        let mut watch = t.watch("configmaps?fieldSelector=metadata.name=b&resourceVersion=0").await;
        watch.expect(1, "").await;
        t.patch("merge", "configmaps/a", json!({"data": {"k": "v"}})).await;
        t.patch("merge", "configmaps/b", json!({"data": {"k": "v"}})).await;
        watch.expect(1, "data").await;
    });
    assert_snapshot!(said, @r#"
    watch: ADDED b
    PATCH configmaps/a → 200
    PATCH configmaps/b → 200
    watch: MODIFIED b
      data={"k":"v"}
    "#);
}

/// A watch from long ago tells everything since, or says that it cannot: 410 as an event. It never leaves out.
#[test]
fn a_watch_from_long_ago_is_whole_or_refused() {
    let said = told(async |t| {
        let leases = "/apis/coordination.k8s.io/v1/namespaces/NS/leases";
        t.make(leases, json!({"metadata": {"name": "NS-a"}})).await;
        let body = json!({"spec": {"leaseDurationSeconds": 7}});
        t.patch("merge", &format!("{leases}/NS-a"), body).await;
        let mut watch =
            t.watch(&format!("{leases}?resourceVersion=1&fieldSelector=metadata.name=NS-a")).await;
        let first = watch.next().await.unwrap();
        if first["type"] == "ERROR" {
            let status = &first["object"];
            assert_eq!((&status["code"], &status["reason"]), (&json!(410), &json!("Expired")));
            assert!(status["message"].as_str().unwrap().starts_with("too old resource version: 1 ("));
            assert_eq!((&status["kind"], &status["status"]), (&json!("Status"), &json!("Failure")));
            assert!(watch.next().await.is_none(), "an ERROR is the last event");
        } else {
            assert_eq!(
                (&first["type"], at(&first, "object/spec/leaseDurationSeconds")),
                (&json!("ADDED"), &json!(null))
            );
            let second = watch.next().await.unwrap();
            assert_eq!(
                (&second["type"], at(&second, "object/spec/leaseDurationSeconds")),
                (&json!("MODIFIED"), &json!(7))
            );
        }
        t.say("nothing is left out");
    });
    assert_snapshot!(said, @"
    PATCH /apis/coordination.k8s.io/v1/namespaces/NS/leases/NS-a → 200
    nothing is left out
    ");
}

/// Who asks for bookmarks gets one before the watch ends, so that the next one can go on from there.
#[test]
fn a_bookmark_comes_before_the_end() {
    let said = told(async |t| {
        let from = t.get("configmaps").await.version().to_owned();
        t.call(&from, "RV");
        t.make("secrets", json!({"metadata": {"name": "elsewhere"}})).await;
        let mut watch = t
            .watch(&format!("configmaps?resourceVersion={from}&allowWatchBookmarks=true&timeoutSeconds=8"))
            .await;
        let mark = watch.expect(1, "kind apiVersion data metadata/name").await;
        let marked = at(&mark[0], "object/metadata/resourceVersion").as_str().unwrap();
        t.say(format!(
            "not older than the list: {}",
            marked.parse::<u64>().unwrap() >= from.parse().unwrap()
        ));
    });
    assert_snapshot!(said, @r#"
    GET configmaps → 200
    watch: BOOKMARK
      kind="ConfigMap" apiVersion="v1" data=null metadata/name=null
    not older than the list: true
    "#);
}
