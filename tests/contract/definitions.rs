//! CustomResourceDefinitions: how a kind comes, changes and goes.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{CRD, CRDS, established, plain, thing};
use crate::helper::server::told;

/// A definition is accepted and established, with names filled in; then its objects are served.
#[test]
fn a_definition_is_established() {
    let said = told(async |t| {
        let mut minimal = plain();
        minimal["spec"]["names"] = json!({"plural": "things", "kind": "Thing", "shortNames": ["th"],
            "categories": ["all"]});
        let made = t.post(CRDS, minimal).await;
        t.show(&made.body, "spec/names spec/conversion metadata/generation");
        let ready = t.until(CRD, established).await;
        t.show(&ready, "status/acceptedNames status/storedVersions");
        for condition in ready["status"]["conditions"].as_array().unwrap() {
            t.show(condition, "type status reason message");
        }
    });
    assert_snapshot!(said, @r#"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions → 201
      spec/names={"categories":["all"],"kind":"Thing","listKind":"ThingList","plural":"things","shortNames":["th"],"singular":"thing"} spec/conversion={"strategy":"None"} metadata/generation=1
      status/acceptedNames={"categories":["all"],"kind":"Thing","listKind":"ThingList","plural":"things","shortNames":["th"],"singular":"thing"} status/storedVersions=["v1"]
      type="NamesAccepted" status="True" reason="NoConflicts" message="no conflicts found"
      type="Established" status="True" reason="InitialNamesAccepted" message="the initial names have been accepted"
    "#);
}

/// Several versions: each serves what it knows, one is stored, one not served is not found.
#[test]
fn versions_are_served_or_not() {
    let said = told(async |t| {
        let mut many = plain();
        let mut second = many["spec"]["versions"][0].clone();
        second["name"] = json!("v2");
        second["storage"] = json!(false);
        let mut third = second.clone();
        third["name"] = json!("v3");
        third["served"] = json!(false);
        many["spec"]["versions"].as_array_mut().unwrap().extend([second, third]);
        t.define(many).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        let second = t.get("/apis/GROUP/v2/namespaces/NS/things/a").await;
        t.show(&second.body, "apiVersion kind spec");
        t.code("GET", "/apis/GROUP/v3/namespaces/NS/things/a").await;
        t.show(&t.read(CRD).await, "status/storedVersions");
        let list = t.get("/apis/GROUP/v2/namespaces/NS/things").await;
        t.show(&list.body, "apiVersion kind items/0/apiVersion items/0/kind");
    });
    assert_snapshot!(said, @r#"
    GET /apis/GROUP/v2/namespaces/NS/things/a → 200
      apiVersion="GROUP/v2" kind="Thing" spec={"size":1}
    GET /apis/GROUP/v3/namespaces/NS/things/a → 404
      status/storedVersions=["v1"]
    GET /apis/GROUP/v2/namespaces/NS/things → 200
      apiVersion="GROUP/v2" kind="ThingList" items/0/apiVersion="GROUP/v2" items/0/kind="Thing"
    "#);
}

/// A cluster-wide kind has no namespace in its paths.
#[test]
fn a_kind_can_be_cluster_wide() {
    let said = told(async |t| {
        let mut wide = plain();
        wide["spec"]["scope"] = json!("Cluster");
        t.make(CRDS, wide).await;
        t.until(CRD, established).await;
        t.until("/apis/GROUP/v1/things", |list| list["kind"] == "ThingList").await;
        let made = t.post("/apis/GROUP/v1/things", thing("a", json!({"size": 1}))).await;
        t.show(&made.body, "metadata/name metadata/namespace");
        t.code("GET", "things/a").await;
        let mut spaced = thing("b", json!({}));
        spaced["metadata"]["namespace"] = json!("NS");
        t.post("/apis/GROUP/v1/things", spaced).await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/GROUP/v1/things → 201
      metadata/name="a" metadata/namespace=null
    GET things/a → 404
    POST /apis/GROUP/v1/things → 201
    "#);
}

/// A deleted definition takes its objects with it, those with finalizers when these are gone.
#[test]
fn a_deleted_definition_takes_its_objects() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.make("things", thing("free", json!({}))).await;
        let mut held = thing("held", json!({}));
        held["metadata"]["finalizers"] = json!(["kaasboard.dev/held"]);
        t.make("things", held).await;
        let deleted = t.delete(CRD, json!(null)).await;
        t.show(&deleted.body, "kind metadata/finalizers");
        t.until_gone("things/free").await;
        let marked = |thing: &Value| thing["metadata"]["deletionTimestamp"].is_string();
        t.until("things/held", marked).await;
        t.get(CRD).await;
        t.patch("merge", "things/held", json!({"metadata": {"finalizers": null}})).await;
        t.until_gone(CRD).await;
        t.until_gone("things").await;
    });
    assert_snapshot!(said, @r#"
    DELETE /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
      kind="CustomResourceDefinition" metadata/finalizers=["customresourcecleanup.apiextensions.k8s.io"]
    things/free goes
    GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
    PATCH things/held → 200
    /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP goes
    things goes
    "#);
}

/// What is fixed at birth stays: the group, the scope, the names.
#[test]
fn parts_of_a_definition_are_immutable() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.patch("merge", CRD, json!({"spec": {"scope": "Cluster"}})).await;
        t.patch("merge", CRD, json!({"spec": {"group": "other.GROUP"}})).await;
        t.patch("merge", CRD, json!({"spec": {"names": {"kind": "Other"}}})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.scope: Invalid value: "Cluster": field is immutable
      cause FieldValueInvalid at spec.scope: Invalid value: "Cluster": field is immutable
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.group: Invalid value: "other.GROUP": field is immutable
      cause FieldValueInvalid at spec.group: Invalid value: "other.GROUP": field is immutable
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 422 Invalid: CustomResourceDefinition.apiextensions.k8s.io "things.GROUP" is invalid: spec.names.kind: Invalid value: "Other": field is immutable
      cause FieldValueInvalid at spec.names.kind: Invalid value: "Other": field is immutable
    "#);
}

/// A deprecated version says so in a warning.
#[test]
fn a_deprecated_version_warns() {
    let said = told(async |t| {
        let mut old = plain();
        old["spec"]["versions"][0]["deprecated"] = json!(true);
        t.define(old).await;
        t.post("things", thing("a", json!({}))).await;
        let words =
            json!([{"op": "add", "path": "/spec/versions/0/deprecationWarning", "value": "use others"}]);
        t.patch("json", CRD, words).await;
        t.until_warned("things/a", "use others").await;
        t.get("things/a").await;
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      warning 299 - "GROUP/v1 Thing is deprecated"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
    GET things/a → 200
      warning 299 - "use others"
    "#);
}
