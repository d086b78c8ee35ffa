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
