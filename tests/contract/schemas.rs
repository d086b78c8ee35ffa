//! What a schema refuses, in which words, and what it fills in.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::helper::crd::{crd, thing};
use crate::helper::server::told;
use crate::helper::talk::Talk;

async fn refused(properties: Value, specs: &[Value], t: &Talk) {
    t.define(crd(properties)).await;
    for spec in specs {
        t.say(spec);
        t.post("things?dryRun=All", thing("a", spec.clone())).await;
    }
}

/// Numbers: bounds, steps, and that a fraction is no integer.
#[test]
fn numbers_have_bounds() {
    let said = told(async |t| {
        let properties = json!({
            "size": {"type": "integer", "minimum": 1, "maximum": 9},
            "open": {"type": "number", "minimum": 0, "exclusiveMinimum": true},
            "even": {"type": "integer", "multipleOf": 2},
            "small": {"type": "integer", "format": "int32"},
        });
        let specs = [
            json!({"size": 0}),
            json!({"size": 10}),
            json!({"size": 1.5}),
            json!({"size": "1"}),
            json!({"size": null}),
            json!({"open": 0}),
            json!({"even": 3}),
            json!({"small": 3_000_000_000_u64}),
            json!({"size": 9, "open": 0.1, "even": 4, "small": 5}),
            json!({"size": 2.0}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"size":0}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1
      cause FieldValueInvalid at spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1
    {"size":10}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9
      cause FieldValueInvalid at spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9
    {"size":1.5}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: [spec.size: Invalid value: "number": spec.size in body must be of type integer: "number", <nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.size]
      cause FieldValueTypeInvalid at spec.size: Invalid value: "number": spec.size in body must be of type integer: "number"
      cause FieldValueInvalid at <nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.size
    {"size":"1"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
      cause FieldValueTypeInvalid at spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"
    {"size":null}
    POST things?dryRun=All → 201
    {"open":0}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.open: Invalid value: 0: spec.open in body should be greater than 0
      cause FieldValueInvalid at spec.open: Invalid value: 0: spec.open in body should be greater than 0
    {"even":3}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.even: Invalid value: 3: spec.even in body should be a multiple of 2
      cause FieldValueInvalid at spec.even: Invalid value: 3: spec.even in body should be a multiple of 2
    {"small":3000000000}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: <nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.small
      cause FieldValueInvalid at <nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.small
    {"even":4,"open":0.1,"size":9,"small":5}
    POST things?dryRun=All → 201
    {"size":2.0}
    POST things?dryRun=All → 201
    "#);
}

/// Texts: length, pattern, choice.
#[test]
fn texts_have_patterns() {
    let said = told(async |t| {
        let properties = json!({
            "name": {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"},
            "role": {"type": "string", "enum": ["worker", "ingress"]},
        });
        let specs = [
            json!({"name": "a"}),
            json!({"name": "abcde"}),
            json!({"name": "A-"}),
            json!({"role": "etcd"}),
            json!({"role": ""}),
            json!({"name": 1}),
            json!({"name": "äöüä"}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"name":"a"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long
      cause FieldValueInvalid at spec.name: Invalid value: "a": spec.name in body should be at least 2 chars long
    {"name":"abcde"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.name: Too long: may not be more than 4 bytes
      cause FieldValueTooLong at spec.name: Too long: may not be more than 4 bytes
    {"name":"A-"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.name: Invalid value: "A-": spec.name in body should match '^[a-z]+$'
      cause FieldValueInvalid at spec.name: Invalid value: "A-": spec.name in body should match '^[a-z]+$'
    {"role":"etcd"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.role: Unsupported value: "etcd": supported values: "worker", "ingress"
      cause FieldValueNotSupported at spec.role: Unsupported value: "etcd": supported values: "worker", "ingress"
    {"role":""}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.role: Unsupported value: "": supported values: "worker", "ingress"
      cause FieldValueNotSupported at spec.role: Unsupported value: "": supported values: "worker", "ingress"
    {"name":1}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"
      cause FieldValueTypeInvalid at spec.name: Invalid value: "integer": spec.name in body must be of type string: "integer"
    {"name":"äöüä"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.name: Invalid value: "äöüä": spec.name in body should match '^[a-z]+$'
      cause FieldValueInvalid at spec.name: Invalid value: "äöüä": spec.name in body should match '^[a-z]+$'
    "#);
}

fn format(name: &str) -> Value {
    json!({"type": "string", "format": name})
}

/// Formats that the server knows are held; one that it does not know is not.
#[test]
fn formats_of_addresses_are_held() {
    let said = told(async |t| {
        let properties = json!({
            "four": format("ipv4"), "six": format("ipv6"), "net": format("cidr"), "mail": format("email"),
            "where": format("uri"), "host": format("hostname"), "own": format("mine"),
        });
        let specs = [
            json!({"four": "1.2.3"}),
            json!({"six": "1.2.3.4"}),
            json!({"net": "10.0.0.0"}),
            json!({"mail": "x"}),
            json!({"where": "not a uri"}),
            json!({"host": "a_b"}),
            json!({"own": "anything", "four": "1.2.3.4", "six": "::1", "net": "10.0.0.0/8", "mail": "a@b.c",
                "where": "https://a/b", "host": "node.example.com"}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"four":"1.2.3"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.four: Invalid value: "1.2.3": spec.four in body must be of type ipv4: "1.2.3"
      cause FieldValueTypeInvalid at spec.four: Invalid value: "1.2.3": spec.four in body must be of type ipv4: "1.2.3"
    {"six":"1.2.3.4"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.six: Invalid value: "1.2.3.4": spec.six in body must be of type ipv6: "1.2.3.4"
      cause FieldValueTypeInvalid at spec.six: Invalid value: "1.2.3.4": spec.six in body must be of type ipv6: "1.2.3.4"
    {"net":"10.0.0.0"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.net: Invalid value: "10.0.0.0": spec.net in body must be of type cidr: "10.0.0.0"
      cause FieldValueTypeInvalid at spec.net: Invalid value: "10.0.0.0": spec.net in body must be of type cidr: "10.0.0.0"
    {"mail":"x"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.mail: Invalid value: "x": spec.mail in body must be of type email: "x"
      cause FieldValueTypeInvalid at spec.mail: Invalid value: "x": spec.mail in body must be of type email: "x"
    {"where":"not a uri"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.where: Invalid value: "not a uri": spec.where in body must be of type uri: "not a uri"
      cause FieldValueTypeInvalid at spec.where: Invalid value: "not a uri": spec.where in body must be of type uri: "not a uri"
    {"host":"a_b"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.host: Invalid value: "a_b": spec.host in body must be of type hostname: "a_b"
      cause FieldValueTypeInvalid at spec.host: Invalid value: "a_b": spec.host in body must be of type hostname: "a_b"
    {"four":"1.2.3.4","host":"node.example.com","mail":"a@b.c","net":"10.0.0.0/8","own":"anything","six":"::1","where":"https://a/b"}
    POST things?dryRun=All → 201
    "#);
}

/// The formats of times and encodings.
#[test]
fn formats_of_times_are_held() {
    let said = told(async |t| {
        let properties = json!({
            "at": format("date-time"), "day": format("date"), "long": format("duration"),
            "uid": format("uuid"), "raw": format("byte"),
        });
        let specs = [
            json!({"at": "yesterday"}),
            json!({"day": "2026-13-01"}),
            json!({"long": "soon"}),
            json!({"uid": "1"}),
            json!({"raw": "*"}),
            json!({"at": "2026-01-01T00:00:00Z", "day": "2026-01-01", "long": "1h30m",
                "uid": "11111111-2222-3333-4444-555555555555", "raw": "YQ=="}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"at":"yesterday"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.at: Invalid value: "yesterday": spec.at in body must be of type date-time: "yesterday"
      cause FieldValueTypeInvalid at spec.at: Invalid value: "yesterday": spec.at in body must be of type date-time: "yesterday"
    {"day":"2026-13-01"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.day: Invalid value: "2026-13-01": spec.day in body must be of type date: "2026-13-01"
      cause FieldValueTypeInvalid at spec.day: Invalid value: "2026-13-01": spec.day in body must be of type date: "2026-13-01"
    {"long":"soon"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.long: Invalid value: "soon": spec.long in body must be of type duration: "soon"
      cause FieldValueTypeInvalid at spec.long: Invalid value: "soon": spec.long in body must be of type duration: "soon"
    {"uid":"1"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.uid: Invalid value: "1": spec.uid in body must be of type uuid: "1"
      cause FieldValueTypeInvalid at spec.uid: Invalid value: "1": spec.uid in body must be of type uuid: "1"
    {"raw":"*"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.raw: Invalid value: "*": spec.raw in body must be of type byte: "*"
      cause FieldValueTypeInvalid at spec.raw: Invalid value: "*": spec.raw in body must be of type byte: "*"
    {"at":"2026-01-01T00:00:00Z","day":"2026-01-01","long":"1h30m","raw":"YQ==","uid":"11111111-2222-3333-4444-555555555555"}
    POST things?dryRun=All → 201
    "#);
}

/// Lists and maps: counts, uniqueness, keys; each fault is told with its place.
#[test]
fn lists_and_maps_are_counted() {
    let said = told(async |t| {
        let pool = json!({"type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "size": {"type": "integer", "minimum": 0}}});
        let properties = json!({
            "pools": {"type": "array", "items": pool, "minItems": 1, "maxItems": 2,
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
            "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1},
        });
        let specs = [
            json!({"pools": []}),
            json!({"pools": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}),
            json!({"pools": [{"name": "a"}, {"name": "a"}]}),
            json!({"pools": [{"size": 1}]}),
            json!({"pools": [{"name": "a", "size": -1}, {"name": "b", "size": "x"}]}),
            json!({"tags": ["x", "x"]}),
            json!({"labels": {"a": "1", "b": "2"}}),
            json!({"labels": {"a": 1}}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"pools":[]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.pools: Invalid value: 0: spec.pools in body should have at least 1 items
      cause FieldValueInvalid at spec.pools: Invalid value: 0: spec.pools in body should have at least 1 items
    {"pools":[{"name":"a"},{"name":"b"},{"name":"c"}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.pools: Too many: 3: must have at most 2 items
      cause FieldValueTooMany at spec.pools: Too many: 3: must have at most 2 items
    {"pools":[{"name":"a"},{"name":"a"}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.pools[1]: Duplicate value: {"name":"a"}
      cause FieldValueDuplicate at spec.pools[1]: Duplicate value: {"name":"a"}
    {"pools":[{"size":1}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.pools[0].name: Required value
      cause FieldValueRequired at spec.pools[0].name: Required value
    {"pools":[{"name":"a","size":-1},{"name":"b","size":"x"}]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: [spec.pools[0].size: Invalid value: -1: spec.pools[0].size in body should be greater than or equal to 0, spec.pools[1].size: Invalid value: "string": spec.pools[1].size in body must be of type integer: "string"]
      cause FieldValueInvalid at spec.pools[0].size: Invalid value: -1: spec.pools[0].size in body should be greater than or equal to 0
      cause FieldValueTypeInvalid at spec.pools[1].size: Invalid value: "string": spec.pools[1].size in body must be of type integer: "string"
    {"tags":["x","x"]}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.tags[1]: Duplicate value: "x"
      cause FieldValueDuplicate at spec.tags[1]: Duplicate value: "x"
    {"labels":{"a":"1","b":"2"}}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.labels: Too many: 2: must have at most 1 item
      cause FieldValueTooMany at spec.labels: Too many: 2: must have at most 1 item
    {"labels":{"a":1}}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"
      cause FieldValueTypeInvalid at spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"
    "#);
}

/// What must be there is named, and several faults come together.
#[test]
fn all_faults_come_together() {
    let said = told(async |t| {
        let mut strict =
            crd(json!({"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}}));
        let schema = &mut strict["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        schema["required"] = json!(["spec"]);
        schema["properties"]["spec"]["required"] = json!(["a", "b"]);
        t.define(strict).await;
        t.post("things", thing("x", json!({"c": "yes"}))).await;
        t.post("things", json!({"apiVersion": "GROUP/v1", "kind": "Thing", "metadata": {"name": "x"}})).await;
        t.post("things", thing("x", json!(7))).await;
    });
    assert_snapshot!(said, @r#"
    POST things → 422 Invalid: Thing.GROUP "x" is invalid: [spec.c: Invalid value: "string": spec.c in body must be of type boolean: "string", spec.a: Required value, spec.b: Required value]
      cause FieldValueTypeInvalid at spec.c: Invalid value: "string": spec.c in body must be of type boolean: "string"
      cause FieldValueRequired at spec.a: Required value
      cause FieldValueRequired at spec.b: Required value
    POST things → 422 Invalid: Thing.GROUP "x" is invalid: spec: Required value
      cause FieldValueRequired at spec: Required value
    POST things → 422 Invalid: Thing.GROUP "x" is invalid: spec: Invalid value: "integer": spec in body must be of type object: "integer"
      cause FieldValueTypeInvalid at spec: Invalid value: "integer": spec in body must be of type object: "integer"
    "#);
}

/// Alternatives: exactly one, one at least, none.
#[test]
fn alternatives_are_held() {
    let said = told(async |t| {
        let properties = json!({
            "either": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            "some": {"type": "string", "anyOf": [{"pattern": "^a"}, {"pattern": "b$"}]},
            "never": {"type": "integer", "not": {"enum": [13]}},
            "port": {"x-kubernetes-int-or-string": true},
        });
        let specs = [
            json!({"either": {}}),
            json!({"either": {"a": "", "b": ""}}),
            json!({"some": "x"}),
            json!({"never": 13}),
            json!({"port": true}),
            json!({"port": "http"}),
            json!({"either": {"a": ""}, "some": "axb", "never": 1, "port": 80}),
        ];
        refused(properties, &specs, t).await;
    });
    assert_snapshot!(said, @r#"
    {"either":{}}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: [<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found none valid, spec.either.a: Required value]
      cause FieldValueInvalid at <nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found none valid
      cause FieldValueRequired at spec.either.a: Required value
    {"either":{"a":"","b":""}}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: <nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives
      cause FieldValueInvalid at <nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives
    {"some":"x"}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: [<nil>: Invalid value: "": "spec.some" must validate at least one schema (anyOf), spec.some: Invalid value: "x": spec.some in body should match '^a']
      cause FieldValueInvalid at <nil>: Invalid value: "": "spec.some" must validate at least one schema (anyOf)
      cause FieldValueInvalid at spec.some: Invalid value: "x": spec.some in body should match '^a'
    {"never":13}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: <nil>: Invalid value: "": "spec.never" must not validate the schema (not)
      cause FieldValueInvalid at <nil>: Invalid value: "": "spec.never" must not validate the schema (not)
    {"port":true}
    POST things?dryRun=All → 422 Invalid: Thing.GROUP "a" is invalid: spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"
      cause FieldValueTypeInvalid at spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"
    {"port":"http"}
    POST things?dryRun=All → 201
    {"either":{"a":""},"never":1,"port":80,"some":"axb"}
    POST things?dryRun=All → 201
    "#);
}

/// What the schema does not know is dropped, except below a place that preserves it.
#[test]
fn unknown_fields_are_pruned() {
    let said = told(async |t| {
        let nested = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        t.define(crd(json!({
            "known": nested, "list": {"type": "array", "items": nested},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
        })))
        .await;
        let made = t.post("things?fieldValidation=Ignore", thing("a", json!({
            "known": {"a": "1", "z": "1"}, "list": [{"a": "1", "z": "1"}], "free": {"z": {"y": 1}},
            "map": {"any": "key"}, "none": {"z": 1},
        }))).await;
        t.show(&made.body, "spec");
    });
    assert_snapshot!(said, @r#"
    POST things?fieldValidation=Ignore → 201
      spec={"free":{"z":{"y":1}},"known":{"a":"1"},"list":[{"a":"1"}],"map":{"any":"key"}}
    "#);
}

/// Defaults are filled in where a field is missing, at every depth that exists; null counts as missing
/// where the schema allows no null.
#[test]
fn defaults_are_filled_in() {
    let said = told(async |t| {
        t.define(crd(json!({
            "size": {"type": "integer", "default": 3},
            "heal": {"type": "object", "default": {}, "properties": {"on": {"type": "boolean", "default": true}}},
            "deep": {"type": "object", "properties": {"on": {"type": "boolean", "default": true}}},
            "pools": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}},
            "maybe": {"type": "string", "nullable": true, "default": "x"},
        }))).await;
        let made = t.post("things", thing("a", json!({}))).await;
        t.show(&made.body, "spec");
        let given =
            json!({"size": null, "deep": {}, "pools": [{}, {"n": 2}], "maybe": null, "heal": {"on": false}});
        let made = t.post("things", thing("b", given)).await;
        t.show(&made.body, "spec");
    });
    assert_snapshot!(said, @r#"
    POST things → 201
      spec={"heal":{"on":true},"maybe":"x","size":3}
    POST things → 201
      spec={"deep":{"on":true},"heal":{"on":false},"maybe":null,"pools":[{"n":1},{"n":2}],"size":3}
    "#);
}
