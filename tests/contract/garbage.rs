//! What goes together: owners and dependents, namespaces and what is in them.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{plain, thing};
use crate::helper::server::{Needs, told, told_if};
use crate::helper::talk::Talk;

/// A ConfigMap that is owned by another object.
fn owned(name: &str, owner: &Value, kind: &str, version: &str, blocks: bool) -> Value {
    let meta = &owner["metadata"];
    let reference = json!({"apiVersion": version, "kind": kind, "name": meta["name"], "uid": meta["uid"],
        "blockOwnerDeletion": blocks});
    json!({"metadata": {"name": name, "ownerReferences": [reference]}})
}

async fn family(t: &Talk, blocks: bool) {
    let owner = t.make("configmaps", json!({"metadata": {"name": "owner"}})).await;
    t.make("configmaps", owned("child", &owner, "ConfigMap", "v1", blocks)).await;
}

/// In the background: the owner goes at once, what it owned follows.
#[test]
fn dependents_follow_in_the_background() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        family(t, false).await;
        t.delete("configmaps/owner", json!({"propagationPolicy": "Background"})).await;
        t.get("configmaps/owner").await;
        t.until_gone("configmaps/child").await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/owner → 200
    GET configmaps/owner → 404 NotFound: configmaps "owner" not found
    configmaps/child goes
    "#);
}

/// In the foreground: the owner waits, with a finalizer of the collector, until what blocks it is gone.
#[test]
fn an_owner_waits_in_the_foreground() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        let owner = t.make("configmaps", json!({"metadata": {"name": "owner"}})).await;
        let mut child = owned("child", &owner, "ConfigMap", "v1", true);
        child["metadata"]["finalizers"] = json!(["kaasboard.dev/held"]);
        t.make("configmaps", child).await;
        let deleted = t.delete("configmaps/owner", json!({"propagationPolicy": "Foreground"})).await;
        t.show(&deleted.body, "kind metadata/finalizers");
        t.until("configmaps/child", |child| child["metadata"]["deletionTimestamp"].is_string()).await;
        t.get("configmaps/owner").await;
        t.patch("merge", "configmaps/child", json!({"metadata": {"finalizers": null}})).await;
        t.until_gone("configmaps/child").await;
        t.until_gone("configmaps/owner").await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/owner → 200
      kind="ConfigMap" metadata/finalizers=["foregroundDeletion"]
    GET configmaps/owner → 200
    PATCH configmaps/child → 200
    configmaps/child goes
    configmaps/owner goes
    "#);
}

/// As orphans: what was owned stays, and loses the reference.
#[test]
fn dependents_can_be_left_as_orphans() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        family(t, true).await;
        t.delete("configmaps/owner", json!({"propagationPolicy": "Orphan"})).await;
        t.until_gone("configmaps/owner").await;
        t.show(&t.read("configmaps/child").await, "metadata/name metadata/ownerReferences");
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/owner → 200
    configmaps/owner goes
      metadata/name="child" metadata/ownerReferences=null
    "#);
}

/// What has two owners stays with the one that is left.
#[test]
fn a_second_owner_keeps_its_dependent() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        let one = t.make("configmaps", json!({"metadata": {"name": "one"}})).await;
        let two = t.make("configmaps", json!({"metadata": {"name": "two"}})).await;
        let mut child = owned("child", &one, "ConfigMap", "v1", false);
        let second = owned("child", &two, "ConfigMap", "v1", false)["metadata"]["ownerReferences"][0].clone();
        child["metadata"]["ownerReferences"].as_array_mut().unwrap().push(second);
        t.make("configmaps", child).await;
        t.delete("configmaps/one", json!(null)).await;
        let left =
            |child: &Value| child["metadata"]["ownerReferences"].as_array().is_some_and(|all| all.len() == 1);
        let child = t.until("configmaps/child", left).await;
        t.show(&child, "metadata/ownerReferences/0/name");
        t.delete("configmaps/two", json!(null)).await;
        t.until_gone("configmaps/child").await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/one → 200
      metadata/ownerReferences/0/name="two"
    DELETE configmaps/two → 200
    configmaps/child goes
    "#);
}

/// An owner that is not there, by uid, is as good as deleted.
#[test]
fn an_owner_is_known_by_its_uid() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        let mut owner = t.make("configmaps", json!({"metadata": {"name": "owner"}})).await;
        t.make("configmaps", owned("right", &owner, "ConfigMap", "v1", false)).await;
        owner["metadata"]["uid"] = json!("11111111-2222-3333-4444-555555555555");
        t.make("configmaps", owned("wrong", &owner, "ConfigMap", "v1", false)).await;
        t.until_gone("configmaps/wrong").await;
        t.get("configmaps/right").await;
    });
    assert_snapshot!(said, @"
    configmaps/wrong goes
    GET configmaps/right → 200
    ");
}

/// A Custom Resource owns as any other kind does.
#[test]
fn a_custom_resource_owns() {
    let said = told_if(Needs::GarbageCollector, async |t| {
        t.define(plain()).await;
        let owner = t.make("things", thing("owner", json!({}))).await;
        t.make("secrets", owned("child", &owner, "Thing", "GROUP/v1", true)).await;
        t.delete("things/owner", json!(null)).await;
        t.until_gone("secrets/child").await;
    });
    assert_snapshot!(said, @"
    DELETE things/owner → 200
    secrets/child goes
    ");
}

/// References to owners are checked; there is one controller at most.
#[test]
fn owner_references_are_checked() {
    let said = told(async |t| {
        let owner = json!({"metadata": {"name": "o", "uid": "u"}});
        let mut wrong = owned("a", &owner, "", "", false);
        t.post("configmaps", wrong.clone()).await;
        let good = json!({"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "1", "controller": true});
        let other = json!({"apiVersion": "v1", "kind": "Pod", "name": "q", "uid": "2", "controller": true});
        wrong["metadata"]["ownerReferences"] = json!([good, other]);
        t.codes_only();
        t.post("configmaps", wrong).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 422 Invalid: ConfigMap "a" is invalid: [metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty, metadata.ownerReferences.kind: Invalid value: "": must not be empty]
      cause FieldValueInvalid at metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty
      cause FieldValueInvalid at metadata.ownerReferences.kind: Invalid value: "": must not be empty
    POST configmaps → 422 Invalid
    "#);
}

/// A deleted namespace is Terminating, takes nothing new, is emptied, and goes.
#[test]
fn a_namespace_is_emptied() {
    let said = told_if(Needs::NamespaceController, async |t| {
        let space = "/api/v1/namespaces/NS-two";
        let made = t.make("/api/v1/namespaces", json!({"metadata": {"name": "NS-two"}})).await;
        t.show(&made, "status/phase spec/finalizers metadata/labels");
        let held = json!({"metadata": {"name": "held", "finalizers": ["kaasboard.dev/held"]}});
        t.make(&format!("{space}/configmaps"), held).await;
        t.make(&format!("{space}/secrets"), json!({"metadata": {"name": "free"}})).await;
        let deleted = t.delete(space, json!(null)).await;
        t.show(&deleted.body, "kind status/phase");
        t.post(&format!("{space}/configmaps"), json!({"metadata": {"name": "new"}})).await;
        t.until_gone(&format!("{space}/secrets/free")).await;
        t.get(&format!("{space}/configmaps/held")).await;
        t.get(space).await;
        let free = json!({"metadata": {"finalizers": null}});
        t.until(&format!("{space}/configmaps/held"), |held| {
            held["metadata"]["deletionTimestamp"].is_string()
        })
        .await;
        t.patch("merge", &format!("{space}/configmaps/held"), free).await;
        t.until_gone(space).await;
    });
    assert_snapshot!(said, @r#"
      status/phase="Active" spec/finalizers=["kubernetes"] metadata/labels={"kubernetes.io/metadata.name":"NS-two"}
    DELETE /api/v1/namespaces/NS-two → 200
      kind="Namespace" status/phase="Terminating"
    POST /api/v1/namespaces/NS-two/configmaps → 403 Forbidden: configmaps "new" is forbidden: unable to create new content in namespace NS-two because it is being terminated
      cause NamespaceTerminating at metadata.namespace: namespace NS-two is being terminated
    /api/v1/namespaces/NS-two/secrets/free goes
    GET /api/v1/namespaces/NS-two/configmaps/held → 200
    GET /api/v1/namespaces/NS-two → 200
    PATCH /api/v1/namespaces/NS-two/configmaps/held → 200
    /api/v1/namespaces/NS-two goes
    "#);
}

/// The namespaces that every cluster needs are not deleted.
#[test]
fn some_namespaces_stay() {
    let said = told(async |t| {
        for name in ["default", "kube-system"] {
            t.get(&format!("/api/v1/namespaces/{name}")).await;
            t.delete(&format!("/api/v1/namespaces/{name}"), json!(null)).await;
        }
    });
    assert_snapshot!(said, @r#"
    GET /api/v1/namespaces/default → 200
    DELETE /api/v1/namespaces/default → 403 Forbidden: namespaces "default" is forbidden: this namespace may not be deleted
    GET /api/v1/namespaces/kube-system → 200
    DELETE /api/v1/namespaces/kube-system → 403 Forbidden: namespaces "kube-system" is forbidden: this namespace may not be deleted
    "#);
}
