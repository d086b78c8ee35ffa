//! Secrets and ConfigMaps.

use insta::assert_snapshot;
use serde_json::json;

use crate::helper::server::told;

/// `stringData` of a Secret is written as `data` and not read back; its type has a default and is fixed.
#[test]
fn a_secret_takes_texts() {
    let said = told(async |t| {
        let texts = json!({"metadata": {"name": "a"}, "data": {"a": "MQ==", "b": "Mg=="},
            "stringData": {"b": "two", "c": "three"}});
        let made = t.post("secrets", texts).await;
        t.show(&made.body, "data stringData type");
        t.patch("merge", "secrets/a", json!({"type": "mine.dev/x"})).await;
        let merged = t.patch("merge", "secrets/a", json!({"stringData": {"a": "one"}})).await;
        t.show(&merged.body, "data");
    });
    assert_snapshot!(said, @r#"
    POST secrets → 201
      data={"a":"MQ==","b":"dHdv","c":"dGhyZWU="} stringData=null type="Opaque"
    PATCH secrets/a → 422 Invalid: Secret "a" is invalid: type: Invalid value: "mine.dev/x": field is immutable
      cause FieldValueInvalid at type: Invalid value: "mine.dev/x": field is immutable
    PATCH secrets/a → 200
      data={"a":"b25l","b":"dHdv","c":"dGhyZWU="}
    "#);
}

/// Data is base64, keys are simple names, typed Secrets have what their type needs.
#[test]
fn a_secret_is_checked() {
    let said = told(async |t| {
        t.post("secrets", json!({"metadata": {"name": "a"}, "data": {"a/b": "YQ=="}})).await;
        t.post("secrets", json!({"metadata": {"name": "a"}, "type": "kubernetes.io/tls", "data": {}})).await;
        t.codes_only();
        for data in [json!({"a": "*"}), json!({"a": "YQ"}), json!({"a": 1}), json!("text")] {
            t.post("secrets", json!({"metadata": {"name": "a"}, "data": data})).await;
        }
    });
    assert_snapshot!(said, @r#"
    POST secrets → 422 Invalid: Secret "a" is invalid: data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
      cause FieldValueInvalid at data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
    POST secrets → 422 Invalid: Secret "a" is invalid: [data[tls.crt]: Required value, data[tls.key]: Required value]
      cause FieldValueRequired at data[tls.crt]: Required value
      cause FieldValueRequired at data[tls.key]: Required value
    POST secrets → 400 BadRequest
    POST secrets → 400 BadRequest
    POST secrets → 400 BadRequest
    POST secrets → 400 BadRequest
    "#);
}

/// Once immutable, data stays, and stays immutable; metadata can change.
#[test]
fn data_can_be_immutable() {
    let said = told(async |t| {
        t.make("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": "v"}, "immutable": true})).await;
        t.make("secrets", json!({"metadata": {"name": "a"}, "data": {"k": "YQ=="}, "immutable": true})).await;
        t.patch("merge", "configmaps/a", json!({"data": {"k": "w"}})).await;
        t.patch("merge", "configmaps/a", json!({"immutable": false})).await;
        t.patch("merge", "configmaps/a", json!({"metadata": {"labels": {"a": "b"}}})).await;
        t.patch("merge", "secrets/a", json!({"stringData": {"k": "w"}})).await;
        t.patch("merge", "secrets/a", json!({"immutable": null})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH configmaps/a → 422 Invalid: ConfigMap "a" is invalid: data: Forbidden: field is immutable when `immutable` is set
      cause FieldValueForbidden at data: Forbidden: field is immutable when `immutable` is set
    PATCH configmaps/a → 422 Invalid: ConfigMap "a" is invalid: immutable: Forbidden: field is immutable when `immutable` is set
      cause FieldValueForbidden at immutable: Forbidden: field is immutable when `immutable` is set
    PATCH configmaps/a → 200
    PATCH secrets/a → 422 Invalid: Secret "a" is invalid: data: Forbidden: field is immutable when `immutable` is set
      cause FieldValueForbidden at data: Forbidden: field is immutable when `immutable` is set
    PATCH secrets/a → 422 Invalid: Secret "a" is invalid: immutable: Forbidden: field is immutable when `immutable` is set
      cause FieldValueForbidden at immutable: Forbidden: field is immutable when `immutable` is set
    "#);
}

/// A ConfigMap holds texts and bytes, under different keys, of the right types.
#[test]
fn a_config_map_is_checked() {
    let said = told(async |t| {
        let both = json!({"metadata": {"name": "a"}, "data": {"k": "v"}, "binaryData": {"b": "AAE="}});
        let made = t.post("configmaps", both).await;
        t.show(&made.body, "data binaryData");
        let twice = json!({"metadata": {"name": "b"}, "data": {"k": "v"}, "binaryData": {"k": "AAE="}});
        t.post("configmaps", twice).await;
        t.post("configmaps", json!({"metadata": {"name": "b"}, "data": {"not a key": "v"}})).await;
        t.codes_only();
        t.post("configmaps", json!({"metadata": {"name": "b"}, "data": {"k": 1}})).await;
        t.post("configmaps", json!({"metadata": {"name": "b"}, "data": "text"})).await;
        t.post("configmaps", json!({"metadata": "text"})).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 201
      data={"k":"v"} binaryData={"b":"AAE="}
    POST configmaps → 422 Invalid: ConfigMap "b" is invalid: data[k]: Invalid value: "k": duplicate of key present in binaryData
      cause FieldValueInvalid at data[k]: Invalid value: "k": duplicate of key present in binaryData
    POST configmaps → 422 Invalid: ConfigMap "b" is invalid: data[not a key]: Invalid value: "not a key": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
      cause FieldValueInvalid at data[not a key]: Invalid value: "not a key": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')
    POST configmaps → 400 BadRequest
    POST configmaps → 400 BadRequest
    POST configmaps → 400 BadRequest
    "#);
}

/// What is larger than a mebibyte is refused.
#[test]
fn data_is_limited() {
    let said = told(async |t| {
        let large = "x".repeat(1024 * 1024 + 1);
        t.post("configmaps", json!({"metadata": {"name": "a"}, "data": {"k": large}})).await;
        t.post("secrets", json!({"metadata": {"name": "a"}, "stringData": {"k": large}})).await;
    });
    assert_snapshot!(said, @r#"
    POST configmaps → 422 Invalid: ConfigMap "a" is invalid: []: Too long: may not be more than 1048576 bytes
      cause FieldValueTooLong at []: Too long: may not be more than 1048576 bytes
    POST secrets → 422 Invalid: Secret "a" is invalid: data: Too long: may not be more than 1048576 bytes
      cause FieldValueTooLong at data: Too long: may not be more than 1048576 bytes
    "#);
}
