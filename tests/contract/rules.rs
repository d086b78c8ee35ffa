//! Rules in CEL: what crosses fields, and what depends on the state before.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{CRDS, crd, thing};
use crate::helper::server::told;

/// A definition whose `spec` has these properties and these rules.
fn ruled(properties: Value, rules: Value) -> Value {
    let mut crd = crd(properties);
    crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["x-kubernetes-validations"] =
        rules;
    crd
}

fn sizes() -> Value {
    json!({"size": {"type": "integer"}, "max": {"type": "integer"}, "name": {"type": "string"}})
}

/// A rule that does not hold is told with its message, or itself, at its field, for its reason.
#[test]
fn a_rule_speaks() {
    let said = told(async |t| {
        t.define(ruled(sizes(), json!([
            {"rule": "!has(self.max) || self.size <= self.max", "message": "size must not exceed max",
                "fieldPath": ".size"},
            {"rule": "!has(self.size) || self.size % 2 == 1",
                "messageExpression": "'size must be odd' + (self.size > 9 ? '' : ', even a small one')", "reason": "FieldValueForbidden"},
            {"rule": "!has(self.name) || self.name.startsWith('k')"},
        ]))).await;
        t.post("things?dryRun=All", thing("a", json!({"size": 5, "max": 3}))).await;
        t.post("things?dryRun=All", thing("a", json!({"size": 4}))).await;
        t.post("things?dryRun=All", thing("a", json!({"name": "x"}))).await;
        t.post("things?dryRun=All", thing("a", json!({"size": 4, "max": 3, "name": "x"}))).await;
        t.post("things?dryRun=All", thing("a", json!({"size": 3, "max": 3, "name": "kaas"}))).await;
    });
    assert_snapshot!(said, @r#"
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: size must not exceed max
      cause FieldValueInvalid at spec.size: Invalid value: size must not exceed max
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Forbidden: size must be odd, even a small one
      cause FieldValueForbidden at spec: Forbidden: size must be odd, even a small one
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: failed rule: !has(self.name) || self.name.startsWith('k')
      cause FieldValueInvalid at spec: Invalid value: failed rule: !has(self.name) || self.name.startsWith('k')
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: [spec.size: Invalid value: size must not exceed max, spec: Forbidden: size must be odd, even a small one, spec: Invalid value: failed rule: !has(self.name) || self.name.startsWith('k')]
      cause FieldValueInvalid at spec.size: Invalid value: size must not exceed max
      cause FieldValueForbidden at spec: Forbidden: size must be odd, even a small one
      cause FieldValueInvalid at spec: Invalid value: failed rule: !has(self.name) || self.name.startsWith('k')
    POST things?dryRun=All → 201
    "#);
}

/// A rule with `oldSelf` holds for changes: that is how a field is made immutable.
#[test]
fn a_rule_can_forbid_a_change() {
    let said = told(async |t| {
        let mut properties = sizes();
        properties["size"]["x-kubernetes-validations"] =
            json!([{"rule": "self == oldSelf", "message": "size is immutable"}]);
        let rules =
            json!([{"rule": "!has(oldSelf.max) || has(self.max)", "message": "max stays once it is set"}]);
        t.define(ruled(properties, rules)).await;
        t.make("things", thing("a", json!({"size": 1, "max": 2}))).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 2}})).await;
        t.patch("merge", "things/a", json!({"spec": {"max": null}})).await;
        t.patch("merge", "things/a", json!({"spec": {"max": 3}})).await;
        t.patch("merge", "things/a", json!({"spec": {"size": null}})).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 5}})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH things/a → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: 2: size is immutable
      cause FieldValueInvalid at spec.size: Invalid value: 2: size is immutable
    PATCH things/a → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: max stays once it is set
      cause FieldValueInvalid at spec: Invalid value: max stays once it is set
    PATCH things/a → 200
    PATCH things/a → 200
    PATCH things/a → 200
    "#);
}

/// Rules see lists and maps, with macros and Kubernetes' own functions.
#[test]
fn rules_see_lists_and_maps() {
    let said = told(async |t| {
        let pool = json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 20},
            "min": {"type": "integer"}, "max": {"type": "integer"}}, "required": ["name"],
            "x-kubernetes-validations": [{"rule": "!has(self.min) || !has(self.max) || self.min <= self.max",
                "message": "min must not exceed max"}]});
        let properties = json!({
            "pools": {"type": "array", "maxItems": 10, "items": pool},
            "labels": {"type": "object", "maxProperties": 10, "additionalProperties": {"type": "string", "maxLength": 20}},
            "memory": {"type": "string", "maxLength": 20}, "net": {"type": "string", "maxLength": 50},
            "version": {"type": "string", "maxLength": 20},
        });
        t.define(ruled(properties, json!([
            {"rule": "!has(self.pools) || self.pools.all(p, self.pools.exists_one(q, q.name == p.name))",
                "message": "pools have names of their own"},
            {"rule": "!has(self.labels) || self.labels.all(k, self.labels[k] != '')", "message": "no empty labels"},
            {"rule": "!has(self.memory) || isQuantity(self.memory)", "message": "memory must be a quantity"},
            {"rule": "!has(self.net) || isCIDR(self.net)", "message": "net must be a network"},
            {"rule": "!has(self.version) || self.version.matches('^v[0-9]+[.][0-9]+$')", "message": "a version is vN.N"},
        ]))).await;
        for spec in [
            json!({"pools": [{"name": "a"}, {"name": "a"}]}),
            json!({"pools": [{"name": "a"}, {"name": "b", "min": 3, "max": 2}]}),
            json!({"labels": {"a": ""}}),
            json!({"memory": "much"}),
            json!({"net": "10.0.0.1"}),
            json!({"version": "1.2"}),
            json!({"pools": [{"name": "a", "min": 1, "max": 2}], "labels": {"a": "1"}, "memory": "4Gi",
                "net": "10.0.0.0/8", "version": "v1.36"}),
        ] {
            t.say(&spec);
            t.post("things?dryRun=All", thing("a", spec)).await;
        }
    });
    assert_snapshot!(said, @r#"
    {"pools":[{"name":"a"},{"name":"a"}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: pools have names of their own
      cause FieldValueInvalid at spec: Invalid value: pools have names of their own
    {"pools":[{"name":"a"},{"max":2,"min":3,"name":"b"}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.pools[1]: Invalid value: min must not exceed max
      cause FieldValueInvalid at spec.pools[1]: Invalid value: min must not exceed max
    {"labels":{"a":""}}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: no empty labels
      cause FieldValueInvalid at spec: Invalid value: no empty labels
    {"memory":"much"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: memory must be a quantity
      cause FieldValueInvalid at spec: Invalid value: memory must be a quantity
    {"net":"10.0.0.1"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: net must be a network
      cause FieldValueInvalid at spec: Invalid value: net must be a network
    {"version":"1.2"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: a version is vN.N
      cause FieldValueInvalid at spec: Invalid value: a version is vN.N
    {"labels":{"a":"1"},"memory":"4Gi","net":"10.0.0.0/8","pools":[{"max":2,"min":1,"name":"a"}],"version":"v1.36"}
    POST things?dryRun=All → 201
    "#);
}

/// A schema's faults are told before any rule is asked.
#[test]
fn rules_are_asked_of_what_fits_the_schema() {
    let said = told(async |t| {
        let rules = json!([{"rule": "self.size > 1", "message": "size must exceed 1"}]);
        t.define(ruled(sizes(), rules)).await;
        t.post("things", thing("a", json!({"size": "big"}))).await;
        t.post("things", thing("a", json!({}))).await;
    });
    assert_snapshot!(said, @r#"
    POST things → 422 Invalid: Thing.GROUP "a" is invalid: [spec.size: Invalid value: "string": spec.size in body must be of type integer: "string", <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]
      cause FieldValueTypeInvalid at spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
      cause FieldValueInvalid at <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation
    POST things → 422 Invalid: Thing.GROUP "a" is invalid: spec: Invalid value: "object": no such key: size evaluating rule: size must exceed 1
      cause FieldValueInvalid at spec: Invalid value: "object": no such key: size evaluating rule: size must exceed 1
    "#);
}

/// A rule that cannot be compiled makes the definition invalid.
#[test]
fn a_broken_rule_is_refused() {
    let said = told(async |t| {
        for rules in [
            json!([{"rule": "self.none > 1"}]),
            json!([{"rule": "self.size"}]),
            json!([{"rule": "self.size >"}]),
            json!([{"rule": ""}]),
            json!([{"rule": "self.size > 'a'"}]),
        ] {
            let answer = t
                .ask(
                    "POST",
                    CRDS,
                    &[("content-type", "application/json")],
                    t.fill(&ruled(sizes(), rules.clone()).to_string()).into_bytes(),
                )
                .await;
            t.say(rules);
            t.show(&answer.body, "code reason details/causes/0/reason details/causes/0/field");
        }
    });
    assert_snapshot!(said, @r#"
    [{"rule":"self.none > 1"}]
      code=422 reason="Invalid" details/causes/0/reason="FieldValueInvalid" details/causes/0/field="spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    [{"rule":"self.size"}]
      code=422 reason="Invalid" details/causes/0/reason="FieldValueInvalid" details/causes/0/field="spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    [{"rule":"self.size >"}]
      code=422 reason="Invalid" details/causes/0/reason="FieldValueInvalid" details/causes/0/field="spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    [{"rule":""}]
      code=422 reason="Invalid" details/causes/0/reason="FieldValueRequired" details/causes/0/field="spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    [{"rule":"self.size > 'a'"}]
      code=422 reason="Invalid" details/causes/0/reason="FieldValueInvalid" details/causes/0/field="spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    "#);
}

/// A status is checked by the rules of the status alone: a spec of older days does not stand in its way.
#[test]
fn what_does_not_change_is_not_refused() {
    let said = told(async |t| {
        t.define(crd(sizes())).await;
        t.make("things", thing("a", json!({"size": 5}))).await;
        let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP";
        let size = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size";
        let stricter = json!([{"op": "add", "path": format!("{size}/maximum"), "value": 3}]);
        t.patch("json", path, stricter).await;
        t.until_refused("things?dryRun=All", thing("b", json!({"size": 5}))).await;
        t.patch("merge", "things/a/status", json!({"status": {"ready": 1}})).await;
        t.patch("merge", "things/a", json!({"metadata": {"labels": {"a": "b"}}})).await;
        t.patch("merge", "things/a", json!({"spec": {"size": 4}})).await;
    });
    assert_snapshot!(said, @r#"
    PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.GROUP → 200
    PATCH things/a/status → 200
    PATCH things/a → 200
    PATCH things/a → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: 4: spec.size in body should be less than or equal to 3
      cause FieldValueInvalid at spec.size: Invalid value: 4: spec.size in body should be less than or equal to 3
    "#);
}
