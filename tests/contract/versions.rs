//! What `resourceVersion` means: for writes, and for the reads that give one.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;

/// A resourceVersion is a number that every write makes larger; they can be compared.
#[test]
fn versions_grow() {
    let said = told(async |t| {
        let first = t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        let second = t.make("configmaps", json!({"metadata": {"name": "b"}})).await;
        let third = t.patch("merge", "configmaps/a", json!({"data": {"k": "v"}})).await;
        let list = t.get("configmaps").await;
        let number = |text: &serde_json::Value| text.as_str().unwrap().parse::<u64>().unwrap();
        let versions: Vec<u64> = [&first, &second, &third.body, &list.body]
            .map(|object| number(&object["metadata"]["resourceVersion"]))
            .to_vec();
        t.say(format!("growing: {}", versions[0] < versions[1] && versions[1] < versions[2]));
        t.say(format!("a list is at least as new as what it has: {}", versions[2] <= versions[3]));
    });
    assert_snapshot!(said, @"
    PATCH configmaps/a → 200
    GET configmaps → 200
    growing: true
    a list is at least as new as what it has: true
    ");
}

/// A write that names an older version is refused: nobody overwrites what he has not seen.
#[test]
fn a_stale_write_is_refused() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut made = t.make("things", thing("a", json!({"size": 1}))).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 2}})).await;
        made["spec"]["size"] = json!(3);
        let stale = t.put("things/a", made.clone()).await;
        t.say(&stale.body);
        let old = made["metadata"]["resourceVersion"].clone();
        let merge = json!({"metadata": {"resourceVersion": old}, "spec": {"size": 3}});
        t.patch("merge", "things/a", merge).await;
        let test = json!([{"op": "replace", "path": "/metadata/resourceVersion", "value": old},
            {"op": "replace", "path": "/spec/size", "value": 3}]);
        t.patch("json", "things/a", test).await;
        t.show(&t.read("things/a").await, "spec");
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 200
    PUT things/a → 409 Conflict: Operation cannot be fulfilled on things.GROUP "a": the object has been modified; please apply your changes to the latest version and try again
    {"apiVersion":"v1","code":409,"details":{"group":"GROUP","kind":"things","name":"a"},"kind":"Status","message":"Operation cannot be fulfilled on things.GROUP \"a\": the object has been modified; please apply your changes to the latest version and try again","metadata":{},"reason":"Conflict","status":"Failure"}
    PATCH things/a → 409 Conflict: Operation cannot be fulfilled on things.GROUP "a": the object has been modified; please apply your changes to the latest version and try again
    PATCH things/a → 409 Conflict: Operation cannot be fulfilled on things.GROUP "a": the object has been modified; please apply your changes to the latest version and try again
      spec={"size":2}
    "#);
}

/// Replacing a Custom Resource needs a resourceVersion; a ConfigMap can be replaced without.
#[test]
fn an_unconditional_update_is_for_some_kinds() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.put("things/a", thing("a", json!({"size": 2}))).await;
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.put("configmaps/a", json!({"metadata": {"name": "a"}, "data": {"k": "v"}})).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 3}})).await;
    });
    assert_snapshot!(said, @r#"
    PUT things/a → 422 Invalid: things.GROUP "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update
      cause FieldValueInvalid at metadata.resourceVersion: Invalid value: 0: must be specified for an update
    PUT configmaps/a → 200
    PATCH things/a → 200
    "#);
}

/// A version that is no number, and one given at creation, are refused.
#[test]
fn a_version_must_be_the_servers() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.post("configmaps", json!({"metadata": {"name": "b", "resourceVersion": "1"}})).await;
        t.codes_only();
        t.put("configmaps/a", json!({"metadata": {"name": "a", "resourceVersion": "new"}})).await;
        t.get("configmaps/a?resourceVersion=new").await;
        t.get("configmaps?resourceVersion=new").await;
    });
    assert_snapshot!(said, @"
    POST configmaps → 500 : resourceVersion should not be set on objects to be created
    PUT configmaps/a → 500
    GET configmaps/a?resourceVersion=new → 500
    GET configmaps?resourceVersion=new → 400 BadRequest
    ");
}

/// Reads may ask for any state (0), for one not older than a version, or for exactly one.
#[test]
fn reads_choose_a_version() {
    let said = told(async |t| {
        let first = t.make("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": "1"}})).await;
        let at = first["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        t.call(&at, "RV");
        t.patch("merge", "configmaps/a", json!({"data": {"k": "2"}})).await;
        t.get("configmaps/a?resourceVersion=0").await;
        t.get(&format!("configmaps/a?resourceVersion={at}")).await;
        let newer =
            t.get(&format!("configmaps?resourceVersion={at}&resourceVersionMatch=NotOlderThan")).await;
        t.show(&newer.body, "items/0/data");
        let exact = t.get(&format!("configmaps?resourceVersion={at}&resourceVersionMatch=Exact")).await;
        t.show(&exact.body, "items/0/data");
        t.say(format!("exactly it: {}", exact.version() == at));
        t.get("configmaps?resourceVersion=0&resourceVersionMatch=Exact").await;
        t.get("configmaps?resourceVersionMatch=Exact").await;
        t.get(&format!("configmaps?resourceVersion={at}&resourceVersionMatch=Near")).await;
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 200
    GET configmaps/a?resourceVersion=0 → 200
    GET configmaps/a?resourceVersion=RV → 200
    GET configmaps?resourceVersion=RV&resourceVersionMatch=NotOlderThan → 200
      items/0/data={"k":"2"}
    GET configmaps?resourceVersion=RV&resourceVersionMatch=Exact → 200
      items/0/data={"k":"1"}
    exactly it: true
    GET configmaps?resourceVersion=0&resourceVersionMatch=Exact → 422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"
      cause FieldValueForbidden at resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"
    GET configmaps?resourceVersionMatch=Exact → 422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided
      cause FieldValueForbidden at resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided
    GET configmaps?resourceVersion=RV&resourceVersionMatch=Near → 422 Invalid: ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""
      cause FieldValueNotSupported at resourceVersionMatch: Unsupported value: "Near": supported values: "Exact", "NotOlderThan", ""
    "#);
}

/// A version that has not come yet is a timeout with the wish to try again, not an answer.
#[test]
fn a_future_version_is_not_answered() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        let future = "9000000000000";
        // What it says has the current version in it, which no two servers share.
        t.codes_only();
        let list =
            t.get(&format!("configmaps?resourceVersion={future}&resourceVersionMatch=NotOlderThan")).await;
        t.show(&list.body, "details/causes/0/reason details/retryAfterSeconds");
        let exact = t.get(&format!("configmaps?resourceVersion={future}&resourceVersionMatch=Exact")).await;
        t.show(&exact.body, "details/causes/0/reason details/retryAfterSeconds");
    });
    assert_snapshot!(said, @r#"
    GET configmaps?resourceVersion=9000000000000&resourceVersionMatch=NotOlderThan → 504 Timeout
      details/causes/0/reason="ResourceVersionTooLarge" details/retryAfterSeconds=1
    GET configmaps?resourceVersion=9000000000000&resourceVersionMatch=Exact → 504 Timeout
      details/causes/0/reason="ResourceVersionTooLarge" details/retryAfterSeconds=1
    "#);
}
