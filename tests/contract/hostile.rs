//! Bodies that are wrong, or meant to harm: each gets a Status.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::crd::plain;
use crate::helper::server::told;

const JSON: &str = "application/json";

/// What is no JSON, no UTF-8, cut off or of another type is a bad request.
#[test]
fn broken_bodies_are_refused() {
    let said = told(async |t| {
        t.define(plain()).await;
        for path in ["things", "configmaps"] {
            for body in [&b"{"[..], b"", b"[]", b"7", b"\"text\"", b"{\"a\":\xff}", b"\xff\xfe"] {
                let answer = t.ask("POST", path, &[("content-type", JSON)], body.to_vec()).await;
                t.say(format!("{path} {:?} → {}", String::from_utf8_lossy(body), answer.code));
                t.show(&answer.body, "kind reason");
            }
        }
    });
    assert_snapshot!(said, @r#"
    things "{" → 400
      kind="Status" reason="BadRequest"
    things "" → 400
      kind="Status" reason="BadRequest"
    things "[]" → 400
      kind="Status" reason="BadRequest"
    things "7" → 400
      kind="Status" reason="BadRequest"
    things "\"text\"" → 400
      kind="Status" reason="BadRequest"
    things "{\"a\":�}" → 400
      kind="Status" reason="BadRequest"
    things "��" → 400
      kind="Status" reason="BadRequest"
    configmaps "{" → 400
      kind="Status" reason="BadRequest"
    configmaps "" → 400
      kind="Status" reason="BadRequest"
    configmaps "[]" → 400
      kind="Status" reason="BadRequest"
    configmaps "7" → 400
      kind="Status" reason="BadRequest"
    configmaps "\"text\"" → 400
      kind="Status" reason="BadRequest"
    configmaps "{\"a\":�}" → 400
      kind="Status" reason="BadRequest"
    configmaps "��" → 400
      kind="Status" reason="BadRequest"
    "#);
}

/// A body of more than three mebibytes is too large.
#[test]
fn a_body_can_be_too_large() {
    let said = told(async |t| {
        let large = "x".repeat(4 * 1024 * 1024);
        let body = json!({"metadata": {"name": "a", "annotations": {"a": large}}}).to_string();
        t.said("POST", "configmaps", JSON, body.into_bytes()).await;
    });
    assert_snapshot!(said, @"POST configmaps → 413 RequestEntityTooLarge: Request entity too large: limit is 3145728");
}

/// Annotations have a limit of their own, of 256 KiB.
#[test]
fn annotations_are_limited() {
    let said = told(async |t| {
        let large = "x".repeat(256 * 1024);
        t.post("configmaps", json!({"metadata": {"name": "a", "annotations": {"a": large}}})).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 422 Invalid: ConfigMap "a" is invalid: metadata.annotations: Too long: may not be more than 262144 bytes
      cause FieldValueTooLong at metadata.annotations: Too long: may not be more than 262144 bytes
    "#);
}

/// A body that is nested without end is refused, however it comes.
#[test]
fn a_body_can_be_too_deep() {
    let said = told(async |t| {
        let mut crd = plain();
        let schema = &mut crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        schema["x-kubernetes-preserve-unknown-fields"] = json!(true);
        t.define(crd).await;
        let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let text =
            format!(r#"{{"apiVersion":"GROUP/v1","kind":"Thing","metadata":{{"name":"a"}},"deep":{deep}}}"#);
        let answer = t.ask("POST", "things", &[("content-type", JSON)], t.fill(&text).into_bytes()).await;
        t.say(answer.code);
        t.show(&answer.body, "kind status reason");
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        let merge = [("content-type", "application/merge-patch+json")];
        let answer =
            t.ask("PATCH", "configmaps/a", &merge, format!(r#"{{"deep":{deep}}}"#).into_bytes()).await;
        t.say(answer.code);
        t.show(&answer.body, "kind status reason");
    });
    assert_snapshot!(said, @r#"
    400
      kind="Status" status="Failure" reason="BadRequest"
    400
      kind="Status" status="Failure" reason="BadRequest"
    "#);
}

/// A JSON patch has a limit of operations.
#[test]
fn a_patch_has_a_limit_of_operations() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}})).await;
        let one = json!({"op": "add", "path": "/metadata/labels", "value": {}});
        t.patch("json", "configmaps/a", json!(vec![one; 10_001])).await;
    });
    assert_snapshot!(said, @"PATCH configmaps/a → 413 RequestEntityTooLarge: Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001");
}

/// A body in a format that the server does not read is told so.
#[test]
fn formats_of_bodies() {
    let said = told(async |t| {
        t.codes_only();
        let body = br#"{"metadata":{"name":"a"}}"#.to_vec();
        t.said("POST", "configmaps", "text/xml", body.clone()).await;
        t.said("POST", "configmaps", "", body).await;
        let yaml = b"metadata:\n  name: b\n".to_vec();
        t.said("POST", "configmaps", "application/yaml", yaml).await;
    });
    assert_snapshot!(said, @"
    POST configmaps → 415 UnsupportedMediaType
    POST configmaps → 201
    POST configmaps → 201
    ");
}

/// Metadata of the wrong types is a bad request for every kind.
#[test]
fn metadata_has_types() {
    let said = told(async |t| {
        t.define(plain()).await;
        t.codes_only();
        for metadata in [
            json!("text"),
            json!([]),
            json!({"name": 1}),
            json!({"name": "a", "labels": {"a": 1}}),
            json!({"name": "a", "finalizers": "f"}),
            json!({"name": "a", "ownerReferences": [1]}),
            json!({"name": "a", "managedFields": {}}),
            json!({"name": "a", "generation": "new"}),
            json!({"name": "a", "creationTimestamp": "yesterday"}),
        ] {
            t.say(&metadata);
            t.post(
                "things?dryRun=All",
                json!({"apiVersion": "GROUP/v1", "kind": "Thing", "metadata": metadata}),
            )
            .await;
            t.post("configmaps?dryRun=All", json!({"metadata": metadata})).await;
        }
    });
    assert_snapshot!(said, @r#"
    "text"
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    []
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"name":1}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"labels":{"a":1},"name":"a"}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"finalizers":"f","name":"a"}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"name":"a","ownerReferences":[1]}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"managedFields":{},"name":"a"}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"generation":"new","name":"a"}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    {"creationTimestamp":"yesterday","name":"a"}
    POST things?dryRun=All → 400 BadRequest
    POST configmaps?dryRun=All → 400 BadRequest
    "#);
}

/// Parameters that mean nothing are ignored, those that cannot be read are refused.
#[test]
fn parameters_are_read() {
    let said = told(async |t| {
        t.codes_only();
        for parameters in
            ["none=1", "limit=", "pretty=true", "watch=0", "watch=false", "timeoutSeconds=x", "&&&=", "%zz"]
        {
            let answer = t.ask("GET", &format!("configmaps?{parameters}"), &[], Vec::new()).await;
            t.say(format!("{parameters}: {} {}", answer.code, answer.at("kind")));
        }
    });
    assert_snapshot!(said, @r#"
    none=1: 200 "ConfigMapList"
    limit=: 400 "Status"
    pretty=true: 200 "ConfigMapList"
    watch=0: 200 "ConfigMapList"
    watch=false: 200 "ConfigMapList"
    timeoutSeconds=x: 400 "Status"
    &&&=: 200 "ConfigMapList"
    %zz: 200 "ConfigMapList"
    "#);
}
