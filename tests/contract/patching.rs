//! Patches: JSON, merge and strategic merge.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{plain, thing};
use crate::helper::server::told;

fn map(data: Value) -> Value {
    json!({"metadata": {"name": "a", "labels": {"one": "1", "two": "2"}}, "data": data})
}

/// A merge patch adds, replaces, and with null removes.
#[test]
fn a_merge_patch_merges() {
    let said = told(async |t| {
        t.make("configmaps", map(json!({"a": "1", "b": "2"}))).await;
        let patch = json!({"data": {"a": null, "b": "3", "c": "4"}, "metadata": {"labels": {"one": null}}});
        let merged = t.patch("merge", "configmaps/a", patch).await;
        t.show(&merged.body, "data metadata/labels");
        let emptied = t.patch("merge", "configmaps/a", json!({"data": null})).await;
        t.show(&emptied.body, "data");
        t.patch("merge", "configmaps/a", json!({"metadata": {"name": "b"}})).await;
        t.patch("merge", "configmaps/none", json!({"data": null})).await;
        t.codes_only();
        t.patch("merge", "configmaps/a", json!([1])).await;
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 200
      data={"b":"3","c":"4"} metadata/labels={"two":"2"}
    PATCH configmaps/a → 200
      data=null
    PATCH configmaps/a → 400 BadRequest: the name of the object (b) does not match the name on the URL (a)
    PATCH configmaps/none → 404 NotFound: configmaps "none" not found
    PATCH configmaps/a → 400 BadRequest
    "#);
}

/// A JSON patch changes what it names, and `test` guards it.
#[test]
fn a_json_patch_operates() {
    let said = told(async |t| {
        t.make("configmaps", map(json!({"a": "1", "b": "2"}))).await;
        let all = t
            .patch(
                "json",
                "configmaps/a",
                json!([
                    {"op": "test", "path": "/data/a", "value": "1"},
                    {"op": "replace", "path": "/data/a", "value": "9"},
                    {"op": "move", "from": "/data/b", "path": "/data/c"},
                    {"op": "copy", "from": "/data/a", "path": "/data/d"},
                    {"op": "add", "path": "/metadata/annotations", "value": {"kaasboard.dev/x": "y"}},
                    {"op": "remove", "path": "/metadata/labels/one"},
                ]),
            )
            .await;
        t.show(&all.body, "data metadata/labels metadata/annotations");
        let pointer =
            json!([{"op": "replace", "path": "/metadata/annotations/kaasboard.dev~1x", "value": "z"}]);
        let escaped = t.patch("json", "configmaps/a", pointer).await;
        t.show(&escaped.body, "metadata/annotations");
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 200
      data={"a":"9","c":"2","d":"9"} metadata/labels={"two":"2"} metadata/annotations={"kaasboard.dev/x":"y"}
    PATCH configmaps/a → 200
      metadata/annotations={"kaasboard.dev/x":"z"}
    "#);
}

/// A JSON patch that cannot be done changes nothing.
#[test]
fn a_json_patch_is_done_in_full_or_not() {
    let said = told(async |t| {
        t.make("configmaps", map(json!({"a": "1"}))).await;
        t.codes_only();
        let change = json!({"op": "replace", "path": "/data/a", "value": "9"});
        let test = json!({"op": "test", "path": "/data/a", "value": "2"});
        t.patch("json", "configmaps/a", json!([change, test])).await;
        t.patch("json", "configmaps/a", json!([change, {"op": "remove", "path": "/data/none"}])).await;
        t.patch(
            "json",
            "configmaps/a",
            json!([change, {"op": "replace", "path": "/data/no/such", "value": 1}]),
        )
        .await;
        t.patch("json", "configmaps/a", json!([{"op": "twist", "path": "/data/a"}])).await;
        t.patch("json", "configmaps/a", json!({"op": "remove"})).await;
        t.show(&t.read("configmaps/a").await, "data");
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 422 Invalid
    PATCH configmaps/a → 422 Invalid
    PATCH configmaps/a → 422 Invalid
    PATCH configmaps/a → 422 Invalid
    PATCH configmaps/a → 400 BadRequest
      data={"a":"1"}
    "#);
}

/// `test` for null holds for a path that is not there: finalizer helpers rely on it.
#[test]
fn a_test_for_null_holds_for_what_is_missing() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({}))).await;
        let add = json!([
            {"op": "test", "path": "/metadata/finalizers", "value": null},
            {"op": "add", "path": "/metadata/finalizers", "value": ["kaasboard.dev/f"]},
        ]);
        let added = t.patch("json", "things/a", add.clone()).await;
        t.show(&added.body, "metadata/finalizers");
        t.codes_only();
        t.patch("json", "things/a", add).await;
        let remove = json!([
            {"op": "test", "path": "/metadata/finalizers/0", "value": "kaasboard.dev/f"},
            {"op": "remove", "path": "/metadata/finalizers/0"},
        ]);
        let removed = t.patch("json", "things/a", remove).await;
        t.show(&removed.body, "metadata/finalizers");
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 200
      metadata/finalizers=["kaasboard.dev/f"]
    PATCH things/a → 422 Invalid
    PATCH things/a → 200
      metadata/finalizers=null
    "#);
}

/// A strategic merge patch knows a kind's lists: entries merge by their key.
#[test]
fn a_strategic_patch_knows_lists() {
    let said = told(async |t| {
        t.make("configmaps", map(json!({"a": "1", "b": "2"}))).await;
        let merged = t.patch("strategic", "configmaps/a", json!({"data": {"a": null, "c": "3"}})).await;
        t.show(&merged.body, "data");
        let replaced =
            t.patch("strategic", "configmaps/a", json!({"data": {"$patch": "replace", "z": "1"}})).await;
        t.show(&replaced.body, "data");
        let held = json!({"metadata": {"finalizers": ["kaasboard.dev/one"]}});
        t.patch("strategic", "configmaps/a", held).await;
        let held = json!({"metadata": {"finalizers": ["kaasboard.dev/two"]}});
        let both = t.patch("strategic", "configmaps/a", held).await;
        t.show(&both.body, "metadata/finalizers");
        let one = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["kaasboard.dev/one"]}});
        let less = t.patch("strategic", "configmaps/a", one).await;
        t.show(&less.body, "metadata/finalizers");
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 200
      data={"b":"2","c":"3"}
    PATCH configmaps/a → 200
      data={"z":"1"}
    PATCH configmaps/a → 200
    PATCH configmaps/a → 200
      metadata/finalizers=["kaasboard.dev/two","kaasboard.dev/one"]
    PATCH configmaps/a → 200
      metadata/finalizers=["kaasboard.dev/two"]
    "#);
}

/// Secrets and Namespaces take strategic merge patches; `stringData` in one is encoded.
#[test]
fn a_strategic_patch_of_other_plain_kinds() {
    let said = told(async |t| {
        t.make("secrets", json!({"metadata": {"name": "a"}, "data": {"a": "MQ=="}})).await;
        let patched =
            t.patch("strategic", "secrets/a", json!({"stringData": {"b": "2"}, "type": null})).await;
        t.show(&patched.body, "data stringData");
        let labels = json!({"metadata": {"labels": {"tier": "gold"}}});
        let space = t.patch("strategic", "/api/v1/namespaces/NS", labels).await;
        t.show(&space.body, "metadata/labels/tier");
    });
    assert_snapshot!(said, @r#"
    PATCH secrets/a → 200
      data={"a":"MQ==","b":"Mg=="} stringData=null
    PATCH /api/v1/namespaces/NS → 200
      metadata/labels/tier="gold"
    "#);
}

/// A Custom Resource takes no strategic merge patch; an unknown format is refused everywhere.
#[test]
fn formats_are_checked() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({}))).await;
        t.patch("strategic", "things/a", json!({"spec": {"size": 1}})).await;
        t.patch("application/json", "things/a", json!({"spec": {"size": 1}})).await;
        t.codes_only();
        t.patch("text/plain", "configmaps/a", json!({})).await;
    });
    assert_snapshot!(said, @"
    PATCH things/a → 415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    PATCH things/a → 415 UnsupportedMediaType: the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    PATCH configmaps/a → 415 UnsupportedMediaType
    ");
}

/// The patched object must hold what its schema says.
#[test]
fn a_patched_object_is_checked() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.patch("merge", "things/a", json!({"spec": {"size": "big"}})).await;
        t.patch("json", "things/a", json!([{"op": "replace", "path": "/spec", "value": 1}])).await;
        t.patch("merge", "things/a", json!({"kind": "Other"})).await;
        t.show(&t.read("things/a").await, "spec");
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
      cause FieldValueTypeInvalid at spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
    PATCH things/a → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: "integer": spec in body must be of type object: "integer"
      cause FieldValueTypeInvalid at spec: Invalid value: "integer": spec in body must be of type object: "integer"
    PATCH things/a → 422 Invalid: Other.GROUP "a" is invalid: kind: Invalid value: "Other": must be Thing
      cause FieldValueInvalid at kind: Invalid value: "Other": must be Thing
      spec={"size":1}
    "#);
}
