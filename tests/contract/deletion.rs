//! Deleting: finalizers, preconditions, collections.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;

fn held(name: &str, by: &[&str]) -> Value {
    json!({"metadata": {"name": name, "finalizers": by}})
}

/// What has finalizers is marked, stays readable and changeable, and goes with its last finalizer.
#[test]
fn finalizers_hold_an_object() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut held = thing("a", json!({"size": 1}));
        held["metadata"]["finalizers"] = json!(["kaasboard.dev/one", "kaasboard.dev/two"]);
        t.make("things", held).await;
        let deleted = t.delete("things/a", json!(null)).await;
        t.show(
            &deleted.body,
            "kind metadata/finalizers metadata/deletionGracePeriodSeconds metadata/generation",
        );
        t.say(format!("marked: {}", deleted.at("metadata/deletionTimestamp").is_string()));
        let again = t.delete("things/a", json!(null)).await;
        t.say(format!("marked once: {}", again.version() == deleted.version()));
        t.patch("merge", "things/a", json!({"spec": {"size": 2}})).await;
        t.patch("merge", "things/a/status", json!({"status": {"ready": 2}})).await;
        t.patch("merge", "things/a", json!({"metadata": {"finalizers": ["kaasboard.dev/two"]}})).await;
        let last =
            t.patch("json", "things/a", json!([{"op": "remove", "path": "/metadata/finalizers/0"}])).await;
        t.show(&last.body, "kind metadata/finalizers spec status");
        t.get("things/a").await;
    });
    assert_snapshot!(said, @r#"
    DELETE things/a → 200
      kind="Thing" metadata/finalizers=["kaasboard.dev/one","kaasboard.dev/two"] metadata/deletionGracePeriodSeconds=0 metadata/generation=2
    marked: true
    DELETE things/a → 200
    marked once: true
    PATCH things/a → 200
    PATCH things/a/status → 200
    PATCH things/a → 200
    PATCH things/a → 200
      kind="Thing" metadata/finalizers=null spec={"size":2} status={"ready":2}
    GET things/a → 404 NotFound: things.GROUP "a" not found
    "#);
}

/// While an object is being deleted, no finalizer can come, and the mark stays.
#[test]
fn a_marked_object_gets_no_new_finalizer() {
    let said = told(async |t| {
        t.make("configmaps", held("a", &["kaasboard.dev/one"])).await;
        t.delete("configmaps/a", json!(null)).await;
        let more = json!({"metadata": {"finalizers": ["kaasboard.dev/one", "kaasboard.dev/two"]}});
        t.patch("merge", "configmaps/a", more).await;
        let unmark = t.patch("merge", "configmaps/a", json!({"metadata": {"deletionTimestamp": null}})).await;
        t.say(format!("still marked: {}", unmark.at("metadata/deletionTimestamp").is_string()));
        t.post("configmaps", held("a", &[])).await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/a → 200
    PATCH configmaps/a → 422 Invalid: ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"kaasboard.dev/two"}
      cause FieldValueForbidden at metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"kaasboard.dev/two"}
    PATCH configmaps/a → 200
    still marked: true
    POST configmaps → 409 AlreadyExists: object is being deleted: configmaps "a" already exists
    "#);
}

/// A watcher sees the mark as a change, and the end as DELETED.
#[test]
fn a_watcher_sees_the_mark_and_the_end() {
    let said = told(async |t| {
        let made = t.make("configmaps", held("a", &["kaasboard.dev/one"])).await;
        let from = made["metadata"]["resourceVersion"].as_str().unwrap().to_owned();
        t.call(&from, "RV");
        t.delete("configmaps/a", json!(null)).await;
        t.patch("merge", "configmaps/a", json!({"metadata": {"finalizers": null}})).await;
        let mut watch = t.watch(&format!("configmaps?resourceVersion={from}")).await;
        let events = watch.expect(2, "metadata/finalizers").await;
        let marked = |event: &Value| event["object"]["metadata"]["deletionTimestamp"].is_string();
        t.say(format!("marked: {}, {}", marked(&events[0]), marked(&events[1])));
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/a → 200
    PATCH configmaps/a → 200
    watch: MODIFIED a
      metadata/finalizers=["kaasboard.dev/one"]
    watch: DELETED a
      metadata/finalizers=["kaasboard.dev/one"]
    marked: true, true
    "#);
}

/// A finalizer needs a qualified name.
#[test]
fn finalizers_have_qualified_names() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.post("configmaps", held("a", &["not a name"])).await;
        let mut unqualified = thing("a", json!({}));
        unqualified["metadata"]["finalizers"] = json!(["short"]);
        t.post("things", unqualified).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 422 Invalid: ConfigMap "a" is invalid: [metadata.finalizers: Invalid value: "not a name": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'), metadata.finalizers[0]: Invalid value: "not a name": name is neither a standard finalizer name nor is it fully qualified]
      cause FieldValueInvalid at metadata.finalizers: Invalid value: "not a name": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')
      cause FieldValueInvalid at metadata.finalizers[0]: Invalid value: "not a name": name is neither a standard finalizer name nor is it fully qualified
    POST things → 201
      warning 299 - "metadata.finalizers: \"short\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
    "#);
}

/// A deletion can demand that the object is the one it means.
#[test]
fn preconditions_guard_a_deletion() {
    let said = told(async |t| {
        let made = t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        let (uid, version) = (&made["metadata"]["uid"], &made["metadata"]["resourceVersion"]);
        t.call(uid.as_str().unwrap(), "UID");
        t.call(version.as_str().unwrap(), "RV");
        t.delete("configmaps/a", json!({"preconditions": {"uid": "other"}})).await;
        t.delete("configmaps/a", json!({"preconditions": {"resourceVersion": "1"}})).await;
        t.delete("configmaps/a", json!({"preconditions": {"uid": uid, "resourceVersion": version}})).await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/a → 409 Conflict: Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) does not match the UID in record (UID). The object might have been deleted and then recreated
    DELETE configmaps/a → 409 Conflict: Operation cannot be fulfilled on ConfigMap "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (RV). The object might have been modified
    DELETE configmaps/a → 200
    "#);
}

/// Options that nobody knows are refused.
#[test]
fn deletion_options_are_checked() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        t.delete("configmaps/a", json!({"propagationPolicy": "Sideways"})).await;
        t.delete("configmaps/a", json!({"propagationPolicy": "Orphan", "orphanDependents": true})).await;
        t.delete("configmaps/a", json!({"dryRun": ["Some"]})).await;
        t.delete("configmaps/a?propagationPolicy=Background", json!(null)).await;
    });
    assert_snapshot!(said, @r#"
    DELETE configmaps/a → 422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"
      cause FieldValueNotSupported at propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"
    DELETE configmaps/a → 422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set
      cause FieldValueInvalid at propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set
    DELETE configmaps/a → 422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"
      cause FieldValueNotSupported at dryRun: Unsupported value: ["Some"]: supported values: "All"
    DELETE configmaps/a?propagationPolicy=Background → 200
    "#);
}

/// A collection is deleted as far as the selectors choose it.
#[test]
fn a_collection_is_deleted_by_selector() {
    let said = told(async |t| {
        t.define(plain()).await;
        for (name, app) in [("a", "x"), ("b", "x"), ("c", "y"), ("d", "y")] {
            let mut one = thing(name, json!({}));
            one["metadata"]["labels"] = json!({"app": app});
            t.make("things", one).await;
        }
        let chosen = t.delete("things?labelSelector=app=x", json!(null)).await;
        t.show(&chosen.body, "kind items/0/metadata/name items/1/metadata/name items/2");
        let chosen = t.delete("things?fieldSelector=metadata.name=c", json!(null)).await;
        t.show(&chosen.body, "kind items/0/metadata/name items/1");
        let rest = t.get("things").await;
        t.show(&rest.body, "items/0/metadata/name items/1");
        t.delete("things", json!(null)).await;
        t.show(&t.read("things").await, "items");
    });
    assert_snapshot!(said, @r#"
    DELETE things?labelSelector=app=x → 200
      kind="ThingList" items/0/metadata/name="a" items/1/metadata/name="b" items/2=null
    DELETE things?fieldSelector=metadata.name=c → 200
      kind="ThingList" items/0/metadata/name="c" items/1=null
    GET things → 200
      items/0/metadata/name="d" items/1=null
    DELETE things → 200
      items=[]
    "#);
}

/// A Pod on a node is given time to end: it is marked, and goes when the node's agent, or a deletion without
/// grace, says so. One without a node goes at once.
#[test]
fn a_pod_on_a_node_ends_with_grace() {
    let said = told(async |t| {
        t.make("serviceaccounts", json!({"metadata": {"name": "default"}})).await;
        let spec = |node: Option<&str>| json!({"nodeName": node, "containers": [{"name": "c", "image": "i"}], "schedulerName": "nobody"});
        t.make("pods", json!({"metadata": {"name": "on"}, "spec": spec(Some("NS-node"))})).await;
        t.make("pods", json!({"metadata": {"name": "off"}, "spec": spec(None)})).await;
        let on = t.delete("pods/on", json!(null)).await;
        t.show(&on.body, "kind metadata/deletionGracePeriodSeconds");
        let shorter = t.delete("pods/on", json!({"gracePeriodSeconds": 5})).await;
        t.show(&shorter.body, "kind metadata/deletionGracePeriodSeconds");
        t.delete("pods/on", json!({"gracePeriodSeconds": 0})).await;
        t.get("pods/on").await;
        t.delete("pods/off", json!(null)).await;
        t.get("pods/off").await;
    });
    assert_snapshot!(said, @r#"
    DELETE pods/on → 200
      kind="Pod" metadata/deletionGracePeriodSeconds=30
    DELETE pods/on → 200
      kind="Pod" metadata/deletionGracePeriodSeconds=5
    DELETE pods/on → 200
    GET pods/on → 404 NotFound: pods "on" not found
    DELETE pods/off → 200
    GET pods/off → 404 NotFound: pods "off" not found
    "#);
}
