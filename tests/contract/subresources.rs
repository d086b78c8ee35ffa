//! Status, scale and generation: which part of an object a path can change.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;

/// A write to the object leaves its status alone, a write to `/status` everything but the status and some metadata.
#[test]
fn status_and_spec_are_written_apart() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut wished = thing("a", json!({"size": 1}));
        wished["status"] = json!({"ready": 1});
        let mut made = t.post("things", wished).await.body;
        t.show(&made, "spec status metadata/generation");
        made["spec"]["size"] = json!(2);
        made["status"] = json!({"ready": 2});
        let mut spec = t.put("things/a", made).await.body;
        t.show(&spec, "spec status metadata/generation");
        spec["spec"]["size"] = json!(3);
        spec["status"] = json!({"ready": 3});
        spec["metadata"]["labels"] = json!({"on": "status"});
        spec["metadata"]["finalizers"] = json!(["kaasboard.dev/status"]);
        let status = t.put("things/a/status", spec).await;
        t.show(&status.body, "spec status metadata/generation metadata/labels metadata/finalizers");
        let read = t.get("things/a/status").await;
        t.show(&read.body, "kind status");
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      spec={"size":1} status=null metadata/generation=1
    PUT things/a → 200
      spec={"size":2} status=null metadata/generation=2
    PUT things/a/status → 200
      spec={"size":2} status={"ready":3} metadata/generation=2 metadata/labels=null metadata/finalizers=null
    GET things/a/status → 200
      kind="Thing" status={"ready":3}
    "#);
}

/// Patches follow the same rule.
#[test]
fn patches_of_status_and_spec_are_apart() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        let both = json!({"spec": {"size": 2}, "status": {"ready": 2}});
        let main = t.patch("merge", "things/a", both.clone()).await;
        t.show(&main.body, "spec status metadata/generation");
        let status = t.patch("merge", "things/a/status", both).await;
        t.show(&status.body, "spec status metadata/generation");
        t.patch("json", "things/a/status", json!([{"op": "remove", "path": "/status/ready"}])).await;
        t.show(&t.read("things/a").await, "spec status metadata/generation");
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 200
      spec={"size":2} status=null metadata/generation=2
    PATCH things/a/status → 200
      spec={"size":2} status={"ready":2} metadata/generation=2
    PATCH things/a/status → 200
      spec={"size":2} status={} metadata/generation=2
    "#);
}

/// The generation counts changes of what is wanted: not of metadata, not of the status.
#[test]
fn generation_counts_changes_of_spec() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut born = thing("a", json!({"size": 1}));
        born["metadata"]["generation"] = json!(7);
        t.post("things", born).await;
        for patch in [
            json!({"metadata": {"labels": {"a": "b"}, "annotations": {"a": "b"}}}),
            json!({"spec": {"size": 2}}),
            json!({"spec": {"size": 2}}),
            json!({"metadata": {"generation": 9}}),
        ] {
            let answer = t.patch("merge", "things/a", patch).await;
            t.show(&answer.body, "metadata/generation");
        }
        let answer = t.patch("merge", "things/a/status", json!({"status": {"ready": 1}})).await;
        t.show(&answer.body, "metadata/generation");
    });
    assert_snapshot!(said, @"
    POST things → 201
    PATCH things/a → 200
      metadata/generation=1
    PATCH things/a → 200
      metadata/generation=2
    PATCH things/a → 200
      metadata/generation=2
    PATCH things/a → 200
      metadata/generation=2
    PATCH things/a/status → 200
      metadata/generation=2
    ");
}

/// A stale status is refused as well: one resourceVersion covers the whole object.
#[test]
fn a_stale_status_is_refused() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut made = t.make("things", thing("a", json!({"size": 1}))).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 2}})).await;
        made["status"] = json!({"ready": 1});
        t.put("things/a/status", made).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 200
    PUT things/a/status → 409 Conflict: Operation cannot be fulfilled on things.GROUP "a": the object has been modified; please apply your changes to the latest version and try again
    "#);
}

/// A definition without the status subresource has no such path, and its status is like any other field.
#[test]
fn without_the_subresource_status_is_a_field() {
    let said = told(async |t| {
        let mut crd = plain();
        crd["spec"]["versions"][0]["subresources"] = json!({});
        t.define(crd).await;
        let mut wished = thing("a", json!({}));
        wished["status"] = json!({"ready": 1});
        let made = t.post("things", wished).await;
        t.show(&made.body, "status metadata/generation");
        let changed = t.patch("merge", "things/a", json!({"status": {"ready": 2}})).await;
        t.show(&changed.body, "status metadata/generation");
        t.codes_only();
        t.patch("merge", "things/a/status", json!({"status": {"ready": 3}})).await;
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      status={"ready":1} metadata/generation=1
    PATCH things/a → 200
      status={"ready":2} metadata/generation=2
    PATCH things/a/status → 404 NotFound
    "#);
}

fn scaled() -> serde_json::Value {
    let mut crd = plain();
    crd["spec"]["versions"][0]["subresources"]["scale"] = json!({"specReplicasPath": ".spec.size",
        "statusReplicasPath": ".status.ready", "labelSelectorPath": ".status.labels"});
    crd
}

/// The scale subresource shows and changes the replicas wherever the definition says that they are.
#[test]
fn a_custom_resource_is_scaled() {
    let said = told(async |t| {
        t.define(scaled()).await;
        t.make("things", thing("a", json!({"size": 3}))).await;
        t.patch("merge", "things/a/status", json!({"status": {"ready": 2, "labels": "app=x"}})).await;
        let mut scale = t.get("things/a/scale").await.body;
        t.show(&scale, "kind apiVersion metadata/name spec status");
        scale["spec"]["replicas"] = json!(5);
        let put = t.put("things/a/scale", scale.clone()).await;
        t.show(&put.body, "kind spec status");
        t.put("things/a/scale", scale).await;
        let patched = t.patch("merge", "things/a/scale", json!({"spec": {"replicas": 7}})).await;
        t.show(&patched.body, "kind spec");
        t.show(&t.read("things/a").await, "spec metadata/generation");
        t.patch("merge", "things/a/scale", json!({"spec": {"replicas": -1}})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a/status → 200
    GET things/a/scale → 200
      kind="Scale" apiVersion="autoscaling/v1" metadata/name="a" spec={"replicas":3} status={"replicas":2,"selector":"app=x"}
    PUT things/a/scale → 200
      kind="Scale" spec={"replicas":5} status={"replicas":2,"selector":"app=x"}
    PUT things/a/scale → 409 Conflict: Operation cannot be fulfilled on things.GROUP "a": the object has been modified; please apply your changes to the latest version and try again
    PATCH things/a/scale → 200
      kind="Scale" spec={"replicas":7}
      spec={"size":7} metadata/generation=3
    PATCH things/a/scale → 422 Invalid: Thing.GROUP "a" is invalid: .spec.size: Invalid value: -1: should be a non-negative integer
      cause FieldValueInvalid at .spec.size: Invalid value: -1: should be a non-negative integer
    "#);
}

/// An object that has no count yet shows none in its spec, and zero in its status.
#[test]
fn a_scale_without_counts() {
    let said = told(async |t| {
        t.define(scaled()).await;
        t.make("things", thing("a", json!({}))).await;
        t.codes_only();
        t.get("things/a/scale").await;
        let set = t.patch("merge", "things/a/scale", json!({"spec": {"replicas": 2}})).await;
        t.show(&set.body, "spec status");
        t.get("things/none/scale").await;
    });
    assert_snapshot!(said, @r#"
    GET things/a/scale → 500 InternalError
    PATCH things/a/scale → 200
      spec={"replicas":2} status={"replicas":0}
    GET things/none/scale → 404 NotFound
    "#);
}

/// A Deployment is scaled through the same subresource.
#[test]
fn a_deployment_is_scaled() {
    let said = told(async |t| {
        let path = "/apis/apps/v1/namespaces/NS/deployments";
        let pod = json!({"metadata": {"labels": {"app": "x"}},
            "spec": {"containers": [{"name": "c", "image": "i"}], "schedulerName": "nobody"}});
        let spec = json!({"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": pod});
        t.make(path, json!({"metadata": {"name": "a"}, "spec": spec})).await;
        let scale = t.get(&format!("{path}/a/scale")).await;
        t.show(&scale.body, "kind apiVersion spec status");
        let set = t.patch("merge", &format!("{path}/a/scale"), json!({"spec": {"replicas": 2}})).await;
        t.show(&set.body, "spec");
        t.show(&t.read(&format!("{path}/a")).await, "spec/replicas metadata/generation");
    });
    assert_snapshot!(said, @r#"
    GET /apis/apps/v1/namespaces/NS/deployments/a/scale → 200
      kind="Scale" apiVersion="autoscaling/v1" spec={"replicas":1} status={"replicas":0,"selector":"app=x"}
    PATCH /apis/apps/v1/namespaces/NS/deployments/a/scale → 200
      spec={"replicas":2}
      spec/replicas=2 metadata/generation=2
    "#);
}
