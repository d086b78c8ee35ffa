//! Server-side apply: who wants what, and what happens when two want different things.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{crd, thing};
use crate::helper::server::told;
use crate::helper::talk::Talk;

/// A definition with lists of every sort.
fn listed() -> Value {
    let entry = json!({"type": "object", "required": ["name"],
        "properties": {"name": {"type": "string"}, "size": {"type": "integer"}, "zone": {"type": "string"}}});
    crd(json!({
        "size": {"type": "integer"}, "color": {"type": "string"},
        "pools": {"type": "array", "items": entry,
            "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "order": {"type": "array", "items": {"type": "string"}},
        "whole": {"type": "object", "x-kubernetes-map-type": "atomic",
            "additionalProperties": {"type": "string"}},
    }))
}

async fn apply(t: &Talk, who: &str, spec: Value) -> Value {
    t.patch("apply", &format!("things/a?fieldManager={who}"), thing("a", spec)).await.body
}

/// Who owns which fields, one line a manager.
fn owners(t: &Talk, object: &Value) {
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        let (who, how, part) = (&entry["manager"], &entry["operation"], &entry["subresource"]);
        t.say(format!("  {who} {how} {part}: {}", entry["fieldsV1"]));
    }
}

/// Applying creates what is not there, and tells whose each field is.
#[test]
fn applying_creates() {
    let said = told(async |t| {
        t.define(listed()).await;
        let made =
            apply(t, "one", json!({"size": 1, "tags": ["x"], "pools": [{"name": "p", "size": 1}]})).await;
        t.show(&made, "spec metadata/generation");
        owners(t, &made);
        let entry = &made["metadata"]["managedFields"][0];
        t.show(entry, "apiVersion fieldsType");
        let again =
            apply(t, "one", json!({"size": 1, "tags": ["x"], "pools": [{"name": "p", "size": 1}]})).await;
        let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
        t.say(format!("applying the same again is no write: {}", version(&made) == version(&again)));
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
      spec={"pools":[{"name":"p","size":1}],"size":1,"tags":["x"]} metadata/generation=1
      "one" "Apply" null: {"f:spec":{"f:pools":{"k:{\"name\":\"p\"}":{".":{},"f:name":{},"f:size":{}}},"f:size":{},"f:tags":{"v:\"x\"":{}}}}
      apiVersion="GROUP/v1" fieldsType="FieldsV1"
    PATCH things/a?fieldManager=one → 200
    applying the same again is no write: true
    "#);
}

/// Another's field is not taken without force; the conflict names the manager and the field.
#[test]
fn a_conflict_names_its_owner() {
    let said = told(async |t| {
        t.define(listed()).await;
        apply(t, "one", json!({"size": 1, "color": "red"})).await;
        let conflict = apply(t, "two", json!({"size": 2})).await;
        t.say(&conflict);
        apply(t, "two", json!({"size": 2, "color": "blue"})).await;
        let forced = apply(t, "two&force=true", json!({"size": 2})).await;
        t.show(&forced, "spec");
        owners(t, &forced);
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
    PATCH things/a?fieldManager=two → 409 Conflict: Apply failed with 1 conflict: conflict with "one": .spec.size
      cause FieldManagerConflict at .spec.size: conflict with "one"
    {"apiVersion":"v1","code":409,"details":{"causes":[{"field":".spec.size","message":"conflict with \"one\"","reason":"FieldManagerConflict"}]},"kind":"Status","message":"Apply failed with 1 conflict: conflict with \"one\": .spec.size","metadata":{},"reason":"Conflict","status":"Failure"}
    PATCH things/a?fieldManager=two → 409 Conflict: Apply failed with 2 conflicts: conflicts with "one":
    - .spec.color
    - .spec.size
      cause FieldManagerConflict at .spec.color: conflict with "one"
      cause FieldManagerConflict at .spec.size: conflict with "one"
    PATCH things/a?fieldManager=two&force=true → 200
      spec={"color":"red","size":2}
      "one" "Apply" null: {"f:spec":{"f:color":{}}}
      "two" "Apply" null: {"f:spec":{"f:size":{}}}
    "#);
}

/// Wanting the same value is no conflict: both own it then.
#[test]
fn two_can_want_the_same() {
    let said = told(async |t| {
        t.define(listed()).await;
        apply(t, "one", json!({"size": 1, "color": "red"})).await;
        let both = apply(t, "two", json!({"size": 1})).await;
        owners(t, &both);
        let left = apply(t, "one", json!({"color": "red"})).await;
        t.show(&left, "spec");
        owners(t, &left);
        let gone = apply(t, "two", json!({})).await;
        t.show(&gone, "spec");
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
    PATCH things/a?fieldManager=two → 200
      "two" "Apply" null: {"f:spec":{"f:size":{}}}
      "one" "Apply" null: {"f:spec":{"f:color":{},"f:size":{}}}
    PATCH things/a?fieldManager=one → 200
      spec={"color":"red","size":1}
      "two" "Apply" null: {"f:spec":{"f:size":{}}}
      "one" "Apply" null: {"f:spec":{"f:color":{}}}
    PATCH things/a?fieldManager=two → 200
      spec={"color":"red"}
    "#);
}

/// A field that its only owner no longer wants is removed.
#[test]
fn what_nobody_wants_is_removed() {
    let said = told(async |t| {
        t.define(listed()).await;
        apply(
            t,
            "one",
            json!({"size": 1, "color": "red", "tags": ["x", "y"],
            "pools": [{"name": "p", "size": 1}, {"name": "q"}]}),
        )
        .await;
        let less = apply(t, "one", json!({"size": 1, "tags": ["y"], "pools": [{"name": "q"}]})).await;
        t.show(&less, "spec");
        owners(t, &less);
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
    PATCH things/a?fieldManager=one → 200
      spec={"pools":[{"name":"q"}],"size":1,"tags":["y"]}
      "one" "Apply" null: {"f:spec":{"f:pools":{"k:{\"name\":\"q\"}":{".":{},"f:name":{}}},"f:size":{},"f:tags":{"v:\"y\"":{}}}}
    "#);
}

/// Lists merge as the schema says: a map by its keys, a set by its values, any other as a whole.
#[test]
fn lists_merge_by_their_type() {
    let said = told(async |t| {
        t.define(listed()).await;
        apply(
            t,
            "one",
            json!({"tags": ["x"], "pools": [{"name": "p", "size": 1}], "order": ["1"],
            "whole": {"a": "1"}}),
        )
        .await;
        let both =
            apply(t, "two", json!({"tags": ["y"], "pools": [{"name": "p", "zone": "z"}, {"name": "q"}]}))
                .await;
        t.show(&both, "spec");
        owners(t, &both);
        apply(t, "two", json!({"order": ["2"], "whole": {"b": "2"}})).await;
        apply(t, "two", json!({"pools": [{"name": "p", "size": 2}]})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
    PATCH things/a?fieldManager=two → 200
      spec={"order":["1"],"pools":[{"name":"p","size":1,"zone":"z"},{"name":"q"}],"tags":["x","y"],"whole":{"a":"1"}}
      "one" "Apply" null: {"f:spec":{"f:order":{},"f:pools":{"k:{\"name\":\"p\"}":{".":{},"f:name":{},"f:size":{}}},"f:tags":{"v:\"x\"":{}},"f:whole":{}}}
      "two" "Apply" null: {"f:spec":{"f:pools":{"k:{\"name\":\"p\"}":{".":{},"f:name":{},"f:zone":{}},"k:{\"name\":\"q\"}":{".":{},"f:name":{}}},"f:tags":{"v:\"y\"":{}}}}
    PATCH things/a?fieldManager=two → 409 Conflict: Apply failed with 2 conflicts: conflicts with "one":
    - .spec.order
    - .spec.whole
      cause FieldManagerConflict at .spec.order: conflict with "one"
      cause FieldManagerConflict at .spec.whole: conflict with "one"
    PATCH things/a?fieldManager=two → 409 Conflict: Apply failed with 1 conflict: conflict with "one": .spec.pools[name="p"].size
      cause FieldManagerConflict at .spec.pools[name="p"].size: conflict with "one"
    "#);
}

/// What is created or updated otherwise is owned too, by the field manager of that request.
#[test]
fn updates_own_what_they_change() {
    let said = told(async |t| {
        t.define(listed()).await;
        t.post("things?fieldManager=maker", thing("a", json!({"size": 1, "color": "red"}))).await;
        t.patch("merge", "things/a?fieldManager=changer", json!({"spec": {"size": 2}})).await;
        let status = json!({"status": {"ready": 1}});
        t.patch("merge", "things/a/status?fieldManager=reporter", status).await;
        owners(t, &t.read("things/a").await);
        apply(t, "one", json!({"size": 3, "color": "red"})).await;
    });
    let said = regex::Regex::new("at [0-9-]+T[0-9:]+Z").unwrap().replace_all(&said, "at TIME").into_owned();
    assert_snapshot!(said, @r#"
    POST things?fieldManager=maker → 201
    PATCH things/a?fieldManager=changer → 200
    PATCH things/a/status?fieldManager=reporter → 200
      "changer" "Update" null: {"f:spec":{"f:size":{}}}
      "maker" "Update" null: {"f:spec":{".":{},"f:color":{}}}
      "reporter" "Update" "status": {"f:status":{".":{},"f:ready":{}}}
    PATCH things/a?fieldManager=one → 409 Conflict: Apply failed with 1 conflict: conflict with "changer" using GROUP/v1: .spec.size
      cause FieldManagerConflict at .spec.size: conflict with "changer" using GROUP/v1
    "#);
}

/// The status is applied by its own path, and owned apart from the spec.
#[test]
fn a_status_is_applied_apart() {
    let said = told(async |t| {
        t.define(listed()).await;
        let mut both = thing("a", json!({"size": 1}));
        both["status"] = json!({"ready": 1, "phase": "New"});
        let spec = t.patch("apply", "things/a?fieldManager=one", both.clone()).await;
        t.show(&spec.body, "spec status");
        both["spec"]["size"] = json!(2);
        let status = t.patch("apply", "things/a/status?fieldManager=one", both).await;
        t.show(&status.body, "spec status");
        owners(t, &status.body);
        let none = thing("none", json!({}));
        t.patch("apply", "things/none/status?fieldManager=one", none).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a?fieldManager=one → 201
      spec={"size":1} status=null
    PATCH things/a/status?fieldManager=one → 200
      spec={"size":1} status={"phase":"New","ready":1}
      "one" "Apply" null: {"f:spec":{"f:size":{}}}
      "one" "Apply" "status": {"f:status":{"f:phase":{},"f:ready":{}}}
    PATCH things/none/status?fieldManager=one → 404 NotFound: things.GROUP "none" not found
    "#);
}

/// Applying needs a field manager, a whole name, and no managedFields of its own.
#[test]
fn applying_has_rules() {
    let said = told(async |t| {
        t.define(listed()).await;
        t.patch("apply", "things/a", thing("a", json!({}))).await;
        t.patch("apply", "things/a?fieldManager=one", json!({"spec": {}})).await;
        t.patch("apply", "things/a?fieldManager=one", thing("b", json!({}))).await;
        let mut managed = thing("a", json!({}));
        managed["metadata"]["managedFields"] = json!([{"manager": "one", "operation": "Apply",
            "apiVersion": "GROUP/v1", "fieldsType": "FieldsV1", "fieldsV1": {}}]);
        t.patch("apply", "things/a?fieldManager=one", managed).await;
        t.patch("merge", "things/a?fieldManager=one&force=true", json!({})).await;
        t.codes_only();
        t.said("PATCH", "things/a?fieldManager=one", "application/apply-patch+yaml", b": {".to_vec()).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 422 Invalid: PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch
      cause FieldValueRequired at fieldManager: Required value: is required for apply patch
    PATCH things/a?fieldManager=one → 400 BadRequest: invalid object type: /, Kind=
    PATCH things/a?fieldManager=one → 400 BadRequest: the name of the object (b) does not match the name on the URL (a)
    PATCH things/a?fieldManager=one → 400 BadRequest: metadata.managedFields must be nil
    PATCH things/a?fieldManager=one&force=true → 422 Invalid: PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch
      cause FieldValueForbidden at force: Forbidden: may not be specified for non-apply patch
    PATCH things/a?fieldManager=one → 400 BadRequest
    "#);
}

/// The body may be YAML.
#[test]
fn yaml_is_applied() {
    let said = told(async |t| {
        let yaml =
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: |\n    two\n    lines\n";
        let path = "configmaps/a?fieldManager=one";
        let answer = t.said("PATCH", path, "application/apply-patch+yaml", yaml.into()).await;
        t.show(&answer.body, "data");
        owners(t, &answer.body);
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a?fieldManager=one → 201
      data={"k":"two\nlines\n"}
      "one" "Apply" null: {"f:data":{"f:k":{}}}
    "#);
}

/// Metadata is applied field by field: labels, annotations, finalizers, owners.
#[test]
fn metadata_is_owned_by_field() {
    let said = told(async |t| {
        let path = |who: &str| format!("configmaps/a?fieldManager={who}");
        let map = |labels: Value| {
            json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "a", "labels": labels, "finalizers": ["kaasboard.dev/f"]}})
        };
        t.patch("apply", &path("one"), map(json!({"a": "1"}))).await;
        let both = t.patch("apply", &path("two"), map(json!({"b": "2"}))).await;
        t.show(&both.body, "metadata/labels metadata/finalizers");
        t.patch("apply", &path("two"), map(json!({"a": "2"}))).await;
        let none = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        t.patch("apply", &path("one"), none.clone()).await;
        let gone = t.patch("apply", &path("two"), none).await;
        t.show(&gone.body, "metadata/labels metadata/finalizers");
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a?fieldManager=one → 201
    PATCH configmaps/a?fieldManager=two → 200
      metadata/labels={"a":"1","b":"2"} metadata/finalizers=["kaasboard.dev/f"]
    PATCH configmaps/a?fieldManager=two → 409 Conflict: Apply failed with 1 conflict: conflict with "one": .metadata.labels.a
      cause FieldManagerConflict at .metadata.labels.a: conflict with "one"
    PATCH configmaps/a?fieldManager=one → 200
    PATCH configmaps/a?fieldManager=two → 200
      metadata/labels=null metadata/finalizers=null
    "#);
}

/// Built-in kinds have lists of their own that merge by key: containers by their names, ports by number and protocol.
#[test]
fn built_in_lists_merge_by_key() {
    let said = told(async |t| {
        let path = "/apis/apps/v1/namespaces/NS/deployments/a";
        let deployment = |containers: Value| {
            let pod = json!({"metadata": {"labels": {"app": "x"}}, "spec": {"containers": containers}});
            let spec = json!({"replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": pod});
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": spec})
        };
        let main = json!([{"name": "main", "image": "i", "ports": [{"containerPort": 80}]}]);
        t.patch("apply", &format!("{path}?fieldManager=one"), deployment(main)).await;
        let more =
            json!([{"name": "side", "image": "j"}, {"name": "main", "ports": [{"containerPort": 81}]}]);
        let pod = json!({"spec": {"template": {"spec": {"containers": more}}}});
        let mut side = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}});
        side["spec"] = pod["spec"].clone();
        let both = t.patch("apply", &format!("{path}?fieldManager=two"), side).await;
        for container in both.at("spec/template/spec/containers").as_array().into_iter().flatten() {
            t.show(container, "name image ports");
        }
        let other = json!([{"name": "main", "image": "k"}]);
        t.patch("apply", &format!("{path}?fieldManager=two"), deployment(other)).await;
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/apps/v1/namespaces/NS/deployments/a?fieldManager=one → 201
    PATCH /apis/apps/v1/namespaces/NS/deployments/a?fieldManager=two → 200
      name="side" image="j" ports=null
      name="main" image="i" ports=[{"containerPort":80,"protocol":"TCP"},{"containerPort":81,"protocol":"TCP"}]
    PATCH /apis/apps/v1/namespaces/NS/deployments/a?fieldManager=two → 409 Conflict: Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="main"].image
      cause FieldManagerConflict at .spec.template.spec.containers[name="main"].image: conflict with "one"
    "#);
}
