//! Fields that a schema does not know, and writes that are only tried.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::{CRDS, plain, thing};
use crate::helper::server::told;

/// An unknown field of a Custom Resource is refused, told, or dropped, as the client asks; by default it is told.
#[test]
fn unknown_fields_of_a_custom_resource() {
    let said = told(async |t| {
        t.define(plain()).await;
        let wrong = |name: &str| thing(name, json!({"size": 1, "sise": 2, "collor": "red"}));
        t.post("things?fieldValidation=Strict", wrong("a")).await;
        t.post("things?fieldValidation=Warn", wrong("b")).await;
        t.post("things?fieldValidation=Ignore", wrong("c")).await;
        let usual = t.post("things", wrong("d")).await;
        t.show(&usual.body, "spec");
        let patch = json!({"spec": {"sise": 3}});
        t.patch("merge", "things/d", patch.clone()).await;
        t.post("things?fieldValidation=Maybe", wrong("e")).await;
        t.codes_only();
        t.patch("merge", "things/d?fieldValidation=Strict", patch).await;
    });
    assert_snapshot!(said, @r#"
    POST things?fieldValidation=Strict → 400 BadRequest: Thing in version "v1" cannot be handled as a Thing: strict decoding error: unknown field "spec.collor", unknown field "spec.sise"
    POST things?fieldValidation=Warn → 201
      warning 299 - "unknown field \"spec.collor\""
      warning 299 - "unknown field \"spec.sise\""
    POST things?fieldValidation=Ignore → 201
    POST things → 201
      warning 299 - "unknown field \"spec.collor\""
      warning 299 - "unknown field \"spec.sise\""
      spec={"size":1}
    PATCH things/d → 200
      warning 299 - "unknown field \"spec.sise\""
    POST things?fieldValidation=Maybe → 422 Invalid: CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"
      cause FieldValueNotSupported at fieldValidation: Unsupported value: "Maybe": supported values: "", "Ignore", "Strict", "Warn"
    PATCH things/d?fieldValidation=Strict → 422 Invalid
    "#);
}

/// The same for a built-in kind.
#[test]
fn unknown_fields_of_a_built_in_kind() {
    let said = told(async |t| {
        let wrong = |name: &str| json!({"metadata": {"name": name, "lables": {}}, "dada": {"k": "v"}});
        t.post("configmaps?fieldValidation=Strict", wrong("a")).await;
        t.post("configmaps?fieldValidation=Warn", wrong("b")).await;
        t.post("configmaps?fieldValidation=Ignore", wrong("c")).await;
        t.post("configmaps", wrong("d")).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps?fieldValidation=Strict → 400 BadRequest: ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dada", unknown field "metadata.lables"
    POST configmaps?fieldValidation=Warn → 201
      warning 299 - "unknown field \"dada\""
      warning 299 - "unknown field \"metadata.lables\""
    POST configmaps?fieldValidation=Ignore → 201
    POST configmaps → 201
      warning 299 - "unknown field \"dada\""
      warning 299 - "unknown field \"metadata.lables\""
    "#);
}

/// A field that is there twice is told in the same way; the last one counts.
#[test]
fn fields_given_twice() {
    let said = told(async |t| {
        t.define(plain()).await;
        let twice = |name: &str| {
            let text = format!(
                r#"{{"apiVersion":"GROUP/v1","kind":"Thing","metadata":{{"name":"{name}"}},"spec":{{"size":1,"size":2}}}}"#
            );
            t.fill(&text).into_bytes()
        };
        let json = "application/json";
        t.said("POST", "things?fieldValidation=Strict", json, twice("a")).await;
        let warned = t.said("POST", "things?fieldValidation=Warn", json, twice("b")).await;
        t.show(&warned.body, "spec");
    });
    assert_snapshot!(said, @r#"
    POST things?fieldValidation=Strict → 400 BadRequest: Thing in version "v1" cannot be handled as a Thing: strict decoding error: duplicate field "spec.size"
    POST things?fieldValidation=Warn → 201
      warning 299 - "duplicate field \"spec.size\""
      spec={"size":2}
    "#);
}

/// An applied unknown field is always an error: the schema must say how to merge it.
#[test]
fn an_applied_unknown_field_is_refused() {
    let said = told(async |t| {
        t.define(plain()).await;
        let mut unknown = thing("a", json!({"sise": 2}));
        unknown["metadata"]["namespace"] = json!("NS");
        for validation in ["Ignore", "Warn", "Strict"] {
            let path = format!("things/a?fieldManager=one&fieldValidation={validation}");
            let answer = t.ask_apply(&path, &unknown).await;
            t.show(&answer.body, "code message");
        }
    });
    assert_snapshot!(said, @r#"
    code=500 message="failed to create typed patch object (NS/a; GROUP/v1, Kind=Thing): .spec.sise: field not declared in schema"
    code=500 message="failed to create typed patch object (NS/a; GROUP/v1, Kind=Thing): .spec.sise: field not declared in schema"
    code=500 message="failed to create typed patch object (NS/a; GROUP/v1, Kind=Thing): .spec.sise: field not declared in schema"
    "#);
}

/// A dry run checks and answers as the write would, and writes nothing.
#[test]
fn a_dry_run_writes_nothing() {
    let said = told(async |t| {
        t.define(plain()).await;
        let made = t.post("things?dryRun=All", thing("a", json!({"size": 1}))).await;
        t.show(&made.body, "spec metadata/generation");
        t.say(format!("uid: {}, version: {:?}", made.at("metadata/uid").is_string(), made.version()));
        t.get("things/a").await;
        t.post("things?dryRun=All", thing("a", json!({"size": "big"}))).await;
        t.make("things", thing("a", json!({"size": 1}))).await;
        t.post("things?dryRun=All", thing("a", json!({"size": 1}))).await;
        let changed = t.patch("merge", "things/a?dryRun=All", json!({"spec": {"size": 2}})).await;
        t.show(&changed.body, "spec metadata/generation");
        let applied = t.patch(
            "apply",
            "things/a?dryRun=All&fieldManager=one&force=true",
            thing("a", json!({"size": 3})),
        );
        t.show(&applied.await.body, "spec");
        t.delete("things/a?dryRun=All", json!(null)).await;
        t.delete("things/a", json!({"dryRun": ["All"]})).await;
        t.show(&t.read("things/a").await, "spec metadata/generation");
        t.post("things?dryRun=Some", thing("b", json!({}))).await;
        t.delete("things?dryRun=All", json!(null)).await;
        t.get("things/a").await;
    });
    assert_snapshot!(said, @r#"
    POST things?dryRun=All → 201
      spec={"size":1} metadata/generation=1
    uid: true, version: ""
    GET things/a → 404 NotFound: things.GROUP "a" not found
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
      cause FieldValueTypeInvalid at spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
    POST things?dryRun=All → 409 AlreadyExists: things.GROUP "a" already exists
    PATCH things/a?dryRun=All → 200
      spec={"size":2} metadata/generation=2
    PATCH things/a?dryRun=All&fieldManager=one&force=true → 200
      spec={"size":3}
    DELETE things/a?dryRun=All → 200
    DELETE things/a → 200
      spec={"size":1} metadata/generation=1
    POST things?dryRun=Some → 422 Invalid: CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"
      cause FieldValueNotSupported at dryRun: Unsupported value: ["Some"]: supported values: "All"
    DELETE things?dryRun=All → 200
    GET things/a → 200
    "#);
}

/// A definition is tried in the same way.
#[test]
fn a_definition_can_be_tried() {
    let said = told(async |t| {
        t.post(&format!("{CRDS}?dryRun=All"), plain()).await;
        t.get(&format!("{CRDS}/things.GROUP")).await;
        t.code("GET", "things").await;
    });
    assert_snapshot!(said, @r#"
    POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All → 201
    GET /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 404 NotFound: customresourcedefinitions.apiextensions.k8s.io "things.GROUP" not found
    GET things → 404
    "#);
}
