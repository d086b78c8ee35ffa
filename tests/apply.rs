//! Who owns which field: server-side apply, and the ownership that other writes leave behind.
//!
//! A scenario is a list of steps, one a line: `apply NAME [force]: FIELDS`, `update NAME: FIELDS`,
//! `status NAME: FIELDS`. FIELDS is YAML for everything but apiVersion, kind and the name. Each step is a second
//! later than the one before. What comes out is the object after each step, and who owns what since when.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::manager::apply::manager::{FieldManager, Part};
use kaasboard::manager::apply::server_side::apply;
use kaasboard::manager::apply::shape::Shape;
use kaasboard::manager::apply::update::record;
use kaasboard::manager::status::ApiError;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Runs a scenario against a kind.
fn run(shape: &Shape, scenario: &str) -> String {
    let mut live: Option<Value> = None;
    let mut out = String::new();
    let steps = scenario.lines().map(str::trim).filter(|line| !line.is_empty());
    for (second, step) in steps.enumerate() {
        let (command, fields) = step.split_once(": ").expect("a step has a colon");
        let words: Vec<&str> = command.split(' ').collect();
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second as i64);
        let given = object(fields);
        let before = live.clone();
        let result = match words.as_slice() {
            ["apply", name] => {
                apply(live.as_ref(), &given, shape, &who(name, "", Part::AllButStatus), false, now)
            }
            ["apply", name, "force"] => {
                apply(live.as_ref(), &given, shape, &who(name, "", Part::AllButStatus), true, now)
            }
            ["apply-status", name] => {
                apply(live.as_ref(), &given, shape, &who(name, "status", Part::StatusOnly), false, now)
            }
            ["update", name] => {
                Ok(recorded(live.as_ref(), given, shape, &who(name, "", Part::AllButStatus), now))
            }
            ["status", name] => {
                let mut after = live.clone().expect("there is an object");
                after["status"] = given["status"].clone();
                Ok(recorded(live.as_ref(), after, shape, &who(name, "status", Part::StatusOnly), now))
            }
            other => panic!("unknown step {other:?}"),
        };
        match result {
            Ok(after) => {
                let same = if before.as_ref() == Some(&after) { " (no change)" } else { "" };
                writeln!(out, "{second} {command}: {}{same}", shown(&after)).unwrap();
                live = Some(after);
            }
            Err(error) => {
                let error = ApiError::from(error);
                writeln!(out, "{second} {command}: {} {:?} {error}", error.code(), error.reason).unwrap();
            }
        }
    }
    if let Some(live) = live {
        out.push_str(&owners(&live));
    }
    out
}

fn recorded(
    before: Option<&Value>,
    mut after: Value,
    shape: &Shape,
    who: &FieldManager<'_>,
    now: DateTime<Utc>,
) -> Value {
    record(before, &mut after, shape, who, now);
    after
}

fn who<'a>(name: &'a str, subresource: &'a str, part: Part) -> FieldManager<'a> {
    FieldManager { name, api_version: "v1", subresource, part }
}

fn object(fields: &str) -> Value {
    let mut object = json!({ "apiVersion": "v1", "kind": "T", "metadata": { "name": "x" } });
    let fields: Value = serde_saphyr::from_str(fields).expect("a step's fields are YAML");
    json_patch::merge(&mut object, &keep_nulls(fields.clone()));
    for (key, value) in fields.as_object().unwrap() {
        if key != "metadata" {
            object[key] = value.clone();
        }
    }
    object
}

fn keep_nulls(fields: Value) -> Value {
    json!({ "metadata": fields.get("metadata").cloned().unwrap_or(json!({})) })
}

/// What the steps can change of an object.
fn shown(object: &Value) -> String {
    let mut object = object.as_object().cloned().unwrap_or_default();
    object.retain(|key, _| key != "apiVersion" && key != "kind");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| key != "managedFields" && key != "name");
        if metadata.is_empty() {
            object.remove("metadata");
        }
    }
    Value::Object(object).to_string()
}

fn owners(object: &Value) -> String {
    let mut out = String::new();
    for entry in object["metadata"]["managedFields"].as_array().into_iter().flatten() {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or("-");
        let since = text("time").trim_start_matches("1970-01-01T00:00:").trim_end_matches('Z');
        let subresource = entry.get("subresource").and_then(Value::as_str).map(|name| format!("/{name}"));
        let subresource = subresource.unwrap_or_default();
        let (manager, operation) = (text("manager"), text("operation"));
        writeln!(out, "{manager} {operation}{subresource} {since}").unwrap();
        paths(entry["fieldsV1"].as_object().unwrap(), "  ", &mut out);
    }
    out
}

fn paths(set: &Map<String, Value>, prefix: &str, out: &mut String) {
    for (element, below) in set {
        let below = below.as_object().unwrap();
        let path = match element.strip_prefix("f:") {
            Some(name) => format!("{prefix}.{name}"),
            None => format!("{prefix}[{element}]"),
        };
        if below.is_empty() || below.contains_key(".") {
            writeln!(out, "{path}").unwrap();
        }
        let below: Map<String, Value> = below
            .iter()
            .filter(|(key, _)| *key != ".")
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        paths(&below, &path, out);
    }
}

/// A custom resource with one field of each structure.
fn custom() -> Shape {
    let schema: Value = serde_saphyr::from_str(
        r"
        type: object
        properties:
          spec:
            type: object
            properties:
              number: {type: integer}
              text: {type: string, nullable: true}
              flag: {type: boolean}
              either: {x-kubernetes-int-or-string: true}
              struct: {type: object, properties: {a: {type: string}, b: {type: string}, deep: {type: object, properties: {c: {type: string}}}}}
              map: {type: object, additionalProperties: {type: string}}
              maps: {type: object, additionalProperties: {type: object, additionalProperties: {type: string}}}
              whole: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, b: {type: string}}}
              list: {type: array, items: {type: string}}
              set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              pairs:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [port, protocol]
                items: {type: object, properties: {port: {type: integer}, protocol: {type: string, default: TCP}, name: {type: string}}}
              items:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string}
                    value: {type: integer}
                    other: {type: integer}
                    set: {type: array, x-kubernetes-list-type: set, items: {type: string}}
          status:
            type: object
            properties:
              phase: {type: string}
              count: {type: integer}
        ",
    )
    .expect("the schema is YAML");
    Shape::from_openapi(&schema)
}

#[test]
fn sole_owner_takes_back_what_it_applied() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, text: a, struct: {a: x, b: q}, map: {k: v, l: w}, list: [a], set: [a, b]}}
            apply alice: {spec: {number: 1, struct: {a: x}, map: {k: v}, set: [b]}}
            apply alice: {spec: {number: 1, struct: {a: x}, map: {k: v}, set: [b]}}
            apply alice: {}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"list":["a"],"map":{"k":"v","l":"w"},"number":1,"set":["a","b"],"struct":{"a":"x","b":"q"},"text":"a"}}
    1 apply alice: {"spec":{"map":{"k":"v"},"number":1,"set":["b"],"struct":{"a":"x"}}}
    2 apply alice: {"spec":{"map":{"k":"v"},"number":1,"set":["b"],"struct":{"a":"x"}}} (no change)
    3 apply alice: {}
    "#
    );
}

#[test]
fn shared_fields_stay() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, text: a, struct: {a: x}, map: {k: v}}}
            apply bob: {spec: {number: 1, struct: {a: x}, map: {k: v}}}
            apply alice: {spec: {text: a}}
            apply bob: {spec: {number: 2}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"map":{"k":"v"},"number":1,"struct":{"a":"x"},"text":"a"}}
    1 apply bob: {"spec":{"map":{"k":"v"},"number":1,"struct":{"a":"x"},"text":"a"}}
    2 apply alice: {"spec":{"map":{"k":"v"},"number":1,"struct":{"a":"x"},"text":"a"}}
    3 apply bob: {"spec":{"number":2,"text":"a"}}
    alice Apply 00
      .spec.text
    bob Apply 03
      .spec.number
    "#
    );
}

#[test]
fn a_co_owner_conflicts() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, text: a, struct: {a: x}}}
            apply bob: {spec: {number: 1, text: a, struct: {a: q, b: z}}}
            apply bob: {spec: {number: 2, text: b, struct: {a: q}}}
            apply bob force: {spec: {number: 2, text: b, struct: {a: q}}}
            apply alice: {spec: {number: 1}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"number":1,"struct":{"a":"x"},"text":"a"}}
    1 apply bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice": .spec.struct.a
    2 apply bob: 409 Conflict Apply failed with 3 conflicts: conflicts with "alice":
    - .spec.number
    - .spec.text
    - .spec.struct.a
    3 apply bob force: {"spec":{"number":2,"struct":{"a":"q"},"text":"b"}}
    4 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "bob": .spec.number
    bob Apply 03
      .spec.number
      .spec.struct.a
      .spec.text
    "#
    );
}

#[test]
fn several_managers_conflict() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1}}
            update carol: {spec: {number: 1, text: a, items: [{name: x, value: 1}], set: [s]}}
            status dave: {status: {phase: Running}}
            apply bob: {spec: {number: 2, text: b, items: [{name: x, value: 2}], set: [s]}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"number":1}}
    1 update carol: {"spec":{"items":[{"name":"x","value":1}],"number":1,"set":["s"],"text":"a"}}
    2 status dave: {"spec":{"items":[{"name":"x","value":1}],"number":1,"set":["s"],"text":"a"},"status":{"phase":"Running"}}
    3 apply bob: 409 Conflict Apply failed with 3 conflicts: conflicts with "alice":
    - .spec.number
    conflicts with "carol" using v1:
    - .spec.text
    - .spec.items[name="x"].value
    alice Apply 00
      .spec.number
    carol Update 01
      .spec.items
      .spec.items[k:{"name":"x"}]
      .spec.items[k:{"name":"x"}].name
      .spec.items[k:{"name":"x"}].value
      .spec.set
      .spec.set[v:"s"]
      .spec.text
    dave Update/status 02
      .status
      .status.phase
    "#
    );
}

#[test]
fn update_takes_ownership() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, struct: {a: x, b: q}}}
            update bob: {spec: {number: 2, struct: {a: x, b: q}}}
            apply alice: {spec: {number: 1, struct: {a: x, b: q}}}
            apply alice: {spec: {struct: {a: x, b: q}}}
            apply alice: {spec: {number: 2, struct: {a: x, b: q}}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"number":1,"struct":{"a":"x","b":"q"}}}
    1 update bob: {"spec":{"number":2,"struct":{"a":"x","b":"q"}}}
    2 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "bob" using v1: .spec.number
    3 apply alice: {"spec":{"number":2,"struct":{"a":"x","b":"q"}}} (no change)
    4 apply alice: {"spec":{"number":2,"struct":{"a":"x","b":"q"}}}
    alice Apply 00
      .spec.number
      .spec.struct.a
      .spec.struct.b
    bob Update 01
      .spec.number
    "#
    );
}

#[test]
fn update_that_removes_leaves_all_sets() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, struct: {a: x, b: q}, items: [{name: a, value: 1}, {name: b}]}}
            update bob: {spec: {struct: {a: x}, items: [{name: b}]}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"items":[{"name":"a","value":1},{"name":"b"}],"number":1,"struct":{"a":"x","b":"q"}}}
    1 update bob: {"spec":{"items":[{"name":"b"}],"struct":{"a":"x"}}}
    alice Apply 00
      .spec.items[k:{"name":"b"}]
      .spec.items[k:{"name":"b"}].name
      .spec.struct.a
    "#
    );
}

#[test]
fn update_without_a_difference() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update bob: {spec: {number: 1, items: [{name: a}]}}
            update bob: {spec: {number: 1, items: [{name: a}]}}
            update carol: {spec: {number: 1, items: [{name: a}]}}
            "#,
        ),
        @r#"
    0 update bob: {"spec":{"items":[{"name":"a"}],"number":1}}
    1 update bob: {"spec":{"items":[{"name":"a"}],"number":1}} (no change)
    2 update carol: {"spec":{"items":[{"name":"a"}],"number":1}} (no change)
    bob Update 00
      .spec
      .spec.items
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
      .spec.number
    "#
    );
}

#[test]
fn the_same_manager_updates_and_applies() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update alice: {spec: {number: 1}}
            apply alice: {spec: {number: 2}}
            apply alice force: {spec: {number: 2}}
            update alice: {spec: {number: 3}}
            "#,
        ),
        @r#"
    0 update alice: {"spec":{"number":1}}
    1 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "alice" using v1: .spec.number
    2 apply alice force: {"spec":{"number":2}}
    3 update alice: {"spec":{"number":3}}
    alice Update 03
      .spec
      .spec.number
    "#
    );
}

#[test]
fn status_is_apart() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1}, status: {phase: ignored}}
            status alice: {status: {phase: Pending, count: 1}}
            apply-status bob: {spec: {number: 9}, status: {phase: Running}, metadata: {labels: {a: b}}}
            apply-status alice: {status: {count: 1}}
            apply-status alice: {status: {}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"number":1}}
    1 status alice: {"spec":{"number":1},"status":{"count":1,"phase":"Pending"}}
    2 apply-status bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice" with subresource "status" using v1: .status.phase
    3 apply-status alice: {"spec":{"number":1},"status":{"count":1,"phase":"Pending"}}
    4 apply-status alice: {"spec":{"number":1},"status":{"count":1,"phase":"Pending"}}
    alice Apply/status -
      .status
    alice Apply 00
      .spec.number
    alice Update/status 01
      .status
      .status.count
      .status.phase
    "#
    );
}

#[test]
fn elements_of_a_keyed_list() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {items: [{name: a}, {name: b, set: [c]}]}}
            apply bob: {spec: {items: [{name: b, set: [d]}]}}
            update carol: {spec: {items: [{name: a}, {name: b, set: [c, d, e]}]}}
            apply alice: {spec: {items: [{name: a}]}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"items":[{"name":"a"},{"name":"b","set":["c"]}]}}
    1 apply bob: {"spec":{"items":[{"name":"a"},{"name":"b","set":["c","d"]}]}}
    2 update carol: {"spec":{"items":[{"name":"a"},{"name":"b","set":["c","d","e"]}]}}
    3 apply alice: {"spec":{"items":[{"name":"a"},{"name":"b","set":["d","e"]}]}}
    bob Apply 01
      .spec.items[k:{"name":"b"}]
      .spec.items[k:{"name":"b"}].name
      .spec.items[k:{"name":"b"}].set[v:"d"]
    alice Apply 03
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
    carol Update 02
      .spec.items[k:{"name":"b"}].set[v:"e"]
    "#
    );
}

#[test]
fn order_of_a_keyed_list() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update carol: {spec: {items: [{name: a}, {name: b}, {name: c}, {name: d}]}}
            apply alice: {spec: {items: [{name: d}, {name: x}, {name: b}]}}
            apply bob: {spec: {items: [{name: q}, {name: a}]}}
            apply bob: {spec: {items: [{name: a}, {name: q}]}}
            apply alice: {spec: {items: [{name: b}, {name: d}]}}
            "#,
        ),
        @r#"
    0 update carol: {"spec":{"items":[{"name":"a"},{"name":"b"},{"name":"c"},{"name":"d"}]}}
    1 apply alice: {"spec":{"items":[{"name":"a"},{"name":"c"},{"name":"d"},{"name":"x"},{"name":"b"}]}}
    2 apply bob: {"spec":{"items":[{"name":"q"},{"name":"a"},{"name":"c"},{"name":"d"},{"name":"x"},{"name":"b"}]}}
    3 apply bob: {"spec":{"items":[{"name":"a"},{"name":"c"},{"name":"d"},{"name":"x"},{"name":"b"},{"name":"q"}]}}
    4 apply alice: {"spec":{"items":[{"name":"a"},{"name":"c"},{"name":"b"},{"name":"q"},{"name":"d"}]}}
    bob Apply 03
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
      .spec.items[k:{"name":"q"}]
      .spec.items[k:{"name":"q"}].name
    alice Apply 04
      .spec.items[k:{"name":"b"}]
      .spec.items[k:{"name":"b"}].name
      .spec.items[k:{"name":"d"}]
      .spec.items[k:{"name":"d"}].name
    carol Update 00
      .spec
      .spec.items
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
      .spec.items[k:{"name":"b"}]
      .spec.items[k:{"name":"b"}].name
      .spec.items[k:{"name":"c"}]
      .spec.items[k:{"name":"c"}].name
      .spec.items[k:{"name":"d"}]
      .spec.items[k:{"name":"d"}].name
    "#
    );
}

#[test]
fn order_of_a_set() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {set: [a, b, c]}}
            apply bob: {spec: {set: [c, d, a]}}
            apply alice: {spec: {set: [b]}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"set":["a","b","c"]}}
    1 apply bob: {"spec":{"set":["b","c","d","a"]}}
    2 apply alice: {"spec":{"set":["b","c","d","a"]}}
    alice Apply 00
      .spec.set[v:"b"]
    bob Apply 01
      .spec.set[v:"a"]
      .spec.set[v:"c"]
      .spec.set[v:"d"]
    "#
    );
}

#[test]
fn keys_with_defaults() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {pairs: [{port: 80}, {port: 80, protocol: UDP}]}}
            apply bob: {spec: {pairs: [{port: 80, protocol: TCP, name: web}]}}
            apply carol: {spec: {pairs: [{port: 80}, {port: 80, protocol: TCP}]}}
            apply alice: {spec: {pairs: [{port: 80, protocol: UDP}]}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"pairs":[{"port":80},{"port":80,"protocol":"UDP"}]}}
    1 apply bob: {"spec":{"pairs":[{"name":"web","port":80,"protocol":"TCP"},{"port":80,"protocol":"UDP"}]}}
    2 apply carol: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.pairs: duplicate entries for key [port=80,protocol="TCP"]
    3 apply alice: {"spec":{"pairs":[{"name":"web","port":80,"protocol":"TCP"},{"port":80,"protocol":"UDP"}]}}
    alice Apply 00
      .spec.pairs[k:{"port":80,"protocol":"UDP"}]
      .spec.pairs[k:{"port":80,"protocol":"UDP"}].port
      .spec.pairs[k:{"port":80,"protocol":"UDP"}].protocol
    bob Apply 01
      .spec.pairs[k:{"port":80,"protocol":"TCP"}]
      .spec.pairs[k:{"port":80,"protocol":"TCP"}].name
      .spec.pairs[k:{"port":80,"protocol":"TCP"}].port
      .spec.pairs[k:{"port":80,"protocol":"TCP"}].protocol
    "#
    );
}

#[test]
fn duplicates_made_by_updates() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update alice: {spec: {items: [{name: a, value: 1}, {name: a, value: 2}, {name: b, value: 3}], set: [x, x, q]}}
            update bob: {spec: {items: [{name: a, value: 1}, {name: a, value: 3}, {name: b, value: 3}], set: [x, x, q, z]}}
            apply carol: {spec: {items: [{name: a, value: 1}], set: [x]}}
            apply carol: {spec: {items: [{name: b, value: 3}], set: [q]}}
            apply carol force: {spec: {items: [{name: a, value: 1}], set: [x]}}
            "#,
        ),
        @r#"
    0 update alice: {"spec":{"items":[{"name":"a","value":1},{"name":"a","value":2},{"name":"b","value":3}],"set":["x","x","q"]}}
    1 update bob: {"spec":{"items":[{"name":"a","value":1},{"name":"a","value":3},{"name":"b","value":3}],"set":["x","x","q","z"]}}
    2 apply carol: 409 Conflict Apply failed with 2 conflicts: conflicts with "alice" using v1:
    - .spec.set[="x"]
    conflicts with "bob" using v1:
    - .spec.items[name="a"]
    3 apply carol: {"spec":{"items":[{"name":"a","value":1},{"name":"a","value":3},{"name":"b","value":3}],"set":["x","x","q","z"]}}
    4 apply carol force: {"spec":{"items":[{"name":"a","value":1},{"name":"b","value":3}],"set":["x","q","z"]}}
    carol Apply 04
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
      .spec.items[k:{"name":"a"}].value
      .spec.set[v:"x"]
    alice Update 00
      .spec
      .spec.items
      .spec.items[k:{"name":"b"}]
      .spec.items[k:{"name":"b"}].name
      .spec.items[k:{"name":"b"}].value
      .spec.set
      .spec.set[v:"q"]
    bob Update 01
      .spec.set[v:"z"]
    "#
    );
}

#[test]
fn duplicates_come_and_go() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update alice: {spec: {items: [{name: a, value: 1}], set: [x]}}
            update bob: {spec: {items: [{name: a, value: 1}, {name: a, value: 2}], set: [x, x]}}
            update carol: {spec: {items: [{name: a, value: 1}], set: [x]}}
            "#,
        ),
        @r#"
    0 update alice: {"spec":{"items":[{"name":"a","value":1}],"set":["x"]}}
    1 update bob: {"spec":{"items":[{"name":"a","value":1},{"name":"a","value":2}],"set":["x","x"]}}
    2 update carol: {"spec":{"items":[{"name":"a","value":1}],"set":["x"]}}
    alice Update 00
      .spec
      .spec.items
      .spec.set
    carol Update 02
      .spec.items[k:{"name":"a"}]
      .spec.items[k:{"name":"a"}].name
      .spec.items[k:{"name":"a"}].value
      .spec.set[v:"x"]
    "#
    );
}

#[test]
fn what_an_apply_may_not_say() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {items: [{name: a}, {name: a}], set: [x, x], list: [q, q]}}
            apply alice: {spec: {items: [{value: 1}]}}
            apply alice: {spec: {items: [a]}}
            apply alice: {spec: {items: [null]}}
            apply alice: {spec: {set: [{a: b}, [c]]}}
            apply alice: {spec: {number: a}}
            apply alice: {spec: {text: 1, flag: 1, either: [], struct: [], list: {}, unknown: 1, whole: {c: d}, free: {any: [thing]}}}
            apply alice: {metadata: {managedFields: []}}
            apply alice: {apiVersion: v2}
            apply alice: {metadata: {managedFields: null, creationTimestamp: null}, spec: {text: null}}
            "#,
        ),
        @r#"
    0 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): errors:
      .spec.items: duplicate entries for key [name="a"]
      .spec.set: duplicate entries for key [="x"]
    1 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.items: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn't have default values for any key fields)
    2 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.items: element 0: associative list with keys may not have non-map elements
    3 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.items: element 0: associative list with keys may not have a null element
    4 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.set: element 0: associative list without keys has an element that's a map type
    5 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): .spec.number: expected numeric (int or float), got string
    6 apply alice: 500 InternalError failed to create typed patch object (/x; /v1, Kind=T): errors:
      .spec.either: expected any scalar, got &{[]}
      .spec.flag: expected boolean, got &{1}
      .spec.list: expected list, got &{map[]}
      .spec.struct: expected map, got &{[]}
      .spec.text: expected string, got &value.valueUnstructured{Value:1}
      .spec.unknown: field not declared in schema
      .spec.whole.c: field not declared in schema
    7 apply alice: 400 BadRequest metadata.managedFields must be nil
    8 apply alice: 400 BadRequest invalid object type: /v2, Kind=T
    9 apply alice: {"spec":{"text":null}}
    alice Apply 09
      .spec.text
    "#
    );
}

#[test]
fn whole_values() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {whole: {a: x}, list: [a]}}
            apply bob: {spec: {whole: {b: q}}}
            apply bob: {spec: {list: [a, b]}}
            apply bob force: {spec: {whole: {b: q}, list: []}}
            apply bob: {}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"list":["a"],"whole":{"a":"x"}}}
    1 apply bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice": .spec.whole
    2 apply bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice": .spec.list
    3 apply bob force: {"spec":{"list":[],"whole":{"b":"q"}}}
    4 apply bob: {}
    "#
    );
}

#[test]
fn empty_and_null() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {struct: {}, map: {}, set: [], items: [], list: [], text: null}}
            update bob: {spec: {struct: {a: x}, map: {}, set: [], items: [], list: [], text: null}}
            apply alice: {spec: {}}
            apply alice: {}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"items":[],"list":[],"map":{},"set":[],"struct":{},"text":null}}
    1 update bob: {"spec":{"items":[],"list":[],"map":{},"set":[],"struct":{"a":"x"},"text":null}}
    2 apply alice: {"spec":{"items":[],"set":[],"struct":{"a":"x"}}}
    3 apply alice: {"spec":{"items":[],"set":[],"struct":{"a":"x"}}}
    bob Update 01
      .spec.struct.a
    "#
    );
}

#[test]
fn maps_in_maps() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {maps: {a: {b: x, c: q}}}}
            apply bob: {spec: {maps: {a: {d: z}}}}
            apply alice: {spec: {maps: {e: {b: x}}}}
            apply bob: {spec: {maps: {}}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"maps":{"a":{"b":"x","c":"q"}}}}
    1 apply bob: {"spec":{"maps":{"a":{"b":"x","c":"q","d":"z"}}}}
    2 apply alice: {"spec":{"maps":{"a":{"d":"z"},"e":{"b":"x"}}}}
    3 apply bob: {"spec":{"maps":{"e":{"b":"x"}}}}
    alice Apply 02
      .spec.maps.e
      .spec.maps.e.b
    bob Apply 03
      .spec.maps
    "#
    );
}

#[test]
fn fields_without_a_schema() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {free: {a: {b: 1}, list: [{name: x}]}}}
            apply bob: {spec: {free: {a: {c: 2}}}}
            apply bob: {spec: {free: {list: [{name: q}]}}}
            apply bob force: {spec: {free: {a: [now, a, list], list: text}}}
            update carol: {spec: {free: {a: {back: again}, list: text}}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"free":{"a":{"b":1},"list":[{"name":"x"}]}}}
    1 apply bob: {"spec":{"free":{"a":{"b":1,"c":2},"list":[{"name":"x"}]}}}
    2 apply bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice": .spec.free.list
    3 apply bob force: {"spec":{"free":{"a":["now","a","list"],"list":"text"}}}
    4 update carol: {"spec":{"free":{"a":{"back":"again"},"list":"text"}}}
    bob Apply 03
      .spec.free.list
    carol Update 04
      .spec.free.a
      .spec.free.a.back
    "#
    );
}

#[test]
fn metadata() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {metadata: {labels: {a: b}, annotations: {c: d}, finalizers: [x/y], ownerReferences: [{uid: u, name: o}]}}
            apply bob: {metadata: {labels: {a: c}, finalizers: [x/z], ownerReferences: [{uid: v, name: o}]}}
            apply bob: {metadata: {labels: {e: f}, finalizers: [x/z], ownerReferences: [{uid: v, name: o}]}}
            update carol: {metadata: {labels: {a: b}, generation: 7, uid: changed, resourceVersion: "9"}}
            "#,
        ),
        @r#"
    0 apply alice: {"metadata":{"annotations":{"c":"d"},"finalizers":["x/y"],"labels":{"a":"b"},"ownerReferences":[{"name":"o","uid":"u"}]}}
    1 apply bob: 409 Conflict Apply failed with 1 conflict: conflict with "alice": .metadata.labels.a
    2 apply bob: {"metadata":{"annotations":{"c":"d"},"finalizers":["x/y","x/z"],"labels":{"a":"b","e":"f"},"ownerReferences":[{"name":"o","uid":"u"},{"name":"o","uid":"v"}]}}
    3 update carol: {"metadata":{"generation":7,"labels":{"a":"b"},"resourceVersion":"9","uid":"changed"}}
    alice Apply 00
      .metadata.labels.a
    "#
    );
}

#[test]
fn untracked_objects() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update alice: {metadata: {managedFields: []}, spec: {number: 1}}
            update alice: {metadata: {managedFields: [{}]}, spec: {number: 2, text: a}}
            update bob: {spec: {number: 3, text: a}}
            apply carol: {spec: {text: b}}
            apply carol: {spec: {flag: true}}
            "#,
        ),
        @r#"
    0 update alice: {"spec":{"number":1}}
    1 update alice: {"spec":{"number":2,"text":"a"}}
    2 update bob: {"spec":{"number":3,"text":"a"}}
    3 apply carol: 409 Conflict Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .spec.text
    4 apply carol: {"spec":{"flag":true,"number":3,"text":"a"}}
    carol Apply 04
      .spec.flag
    before-first-apply Update 04
      .spec
      .spec.number
      .spec.text
    "#
    );
}

#[test]
fn resetting_by_update() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1}}
            update bob: {metadata: {managedFields: [{}]}, spec: {number: 1}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"number":1}}
    1 update bob: {"spec":{"number":1}}
    "#
    );
}

#[test]
fn entries_that_clients_write() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            apply alice: {spec: {number: 1, items: [{name: a}]}}
            update bob: {metadata: {managedFields: [{manager: carol, operation: Apply, apiVersion: v1, time: "1970-01-01T00:00:00.5Z", fieldsType: FieldsV1, fieldsV1: {"f:spec": {"f:number": {}, "x:unknown": {}, "f:items": {'k:{ "name" : "a" }': {".": {}}}}}}]}, spec: {number: 1, items: [{name: a}]}}
            update bob: {metadata: {managedFields: [{manager: dave, operation: Replace, apiVersion: v1, fieldsType: FieldsV1}]}, spec: {number: 1, items: [{name: a}]}}
            update bob: {metadata: {managedFields: [{manager: dave, operation: Apply, apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {"nonsense": {}}}]}, spec: {number: 1, items: [{name: a}]}}
            apply carol: {spec: {number: 2}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"items":[{"name":"a"}],"number":1}}
    1 update bob: {"spec":{"items":[{"name":"a"}],"number":1}}
    2 update bob: {"spec":{"items":[{"name":"a"}],"number":1}} (no change)
    3 update bob: {"spec":{"items":[{"name":"a"}],"number":1}} (no change)
    4 apply carol: {"spec":{"number":2}}
    carol Apply 04
      .spec.number
    "#
    );
}

#[test]
fn many_updaters() {
    insta::assert_snapshot!(
        run(
            &custom(),
            r#"
            update m00: {spec: {map: {k00: v}}}
            update m01: {spec: {map: {k00: v, k01: v}}}
            update m02: {spec: {map: {k00: v, k01: v, k02: v}}}
            update m03: {spec: {map: {k00: v, k01: v, k02: v, k03: v}}}
            update m04: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v}}}
            update m05: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v}}}
            update m06: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v}}}
            update m07: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v, k07: v}}}
            update m08: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v, k07: v, k08: v}}}
            update m09: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v, k07: v, k08: v, k09: v}}}
            update m10: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v, k07: v, k08: v, k09: v, k10: v}}}
            update m11: {spec: {map: {k00: v, k01: v, k02: v, k03: v, k04: v, k05: v, k06: v, k07: v, k08: v, k09: v, k10: v, k11: v}}}
            "#,
        ),
        @r#"
    0 update m00: {"spec":{"map":{"k00":"v"}}}
    1 update m01: {"spec":{"map":{"k00":"v","k01":"v"}}}
    2 update m02: {"spec":{"map":{"k00":"v","k01":"v","k02":"v"}}}
    3 update m03: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v"}}}
    4 update m04: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v"}}}
    5 update m05: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v"}}}
    6 update m06: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v"}}}
    7 update m07: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v","k07":"v"}}}
    8 update m08: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v","k07":"v","k08":"v"}}}
    9 update m09: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v","k07":"v","k08":"v","k09":"v"}}}
    10 update m10: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v","k07":"v","k08":"v","k09":"v","k10":"v"}}}
    11 update m11: {"spec":{"map":{"k00":"v","k01":"v","k02":"v","k03":"v","k04":"v","k05":"v","k06":"v","k07":"v","k08":"v","k09":"v","k10":"v","k11":"v"}}}
    ancient-changes Update 02
      .spec
      .spec.map
      .spec.map.k00
      .spec.map.k01
      .spec.map.k02
    m03 Update 03
      .spec.map.k03
    m04 Update 04
      .spec.map.k04
    m05 Update 05
      .spec.map.k05
    m06 Update 06
      .spec.map.k06
    m07 Update 07
      .spec.map.k07
    m08 Update 08
      .spec.map.k08
    m09 Update 09
      .spec.map.k09
    m10 Update 10
      .spec.map.k10
    m11 Update 11
      .spec.map.k11
    "#
    );
}

#[test]
fn from_client_side_apply() {
    insta::assert_snapshot!(
        run(
            &Shape::builtin("ConfigMap"),
            r#"
            update kubectl-client-side-apply: {metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"T","metadata":{"name":"x"},"data":{"a":"1","b":"1"}}'}}, data: {a: "1", b: "1"}}
            apply alice: {data: {a: "2"}}
            update bob: {metadata: {annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"v1","kind":"T","metadata":{"name":"x"},"data":{"a":"1","b":"1"}}'}}, data: {a: "1", b: "2"}}
            apply kubectl: {data: {a: "2", b: "3"}}
            apply kubectl: {data: {a: "2"}}
            "#,
        ),
        @r#"
    0 update kubectl-client-side-apply: {"data":{"a":"1","b":"1"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"kind\":\"T\",\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\"1\",\"b\":\"1\"}}"}}}
    1 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using v1: .data.a
    2 update bob: {"data":{"a":"1","b":"2"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"kind\":\"T\",\"metadata\":{\"name\":\"x\"},\"data\":{\"a\":\"1\",\"b\":\"1\"}}"}}}
    3 apply kubectl: 409 Conflict Apply failed with 1 conflict: conflict with "bob" using v1: .data.b
    4 apply kubectl: {"data":{"a":"2","b":"2"},"metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"apiVersion\":\"v1\",\"data\":{\"a\":\"2\"},\"kind\":\"T\",\"metadata\":{\"name\":\"x\"}}\n"}}}
    kubectl Apply 04
      .data.a
    kubectl-client-side-apply Update 00
      .data
      .metadata.annotations
      .metadata.annotations.kubectl.kubernetes.io/last-applied-configuration
    bob Update 02
      .data.b
    "#
    );
}

#[test]
fn nulls_of_built_in_kinds() {
    insta::assert_snapshot!(
        run(
            &Shape::builtin("Deployment"),
            r#"
            apply alice: {spec: {replicas: null, template: {metadata: {creationTimestamp: null}, spec: {containers: [{name: a, resources: {}}]}}}}
            apply alice: {spec: {replicas: 1, template: {spec: {containers: [{name: a, image: null}]}}}}
            "#,
        ),
        @r#"
    0 apply alice: {"spec":{"template":{"metadata":{},"spec":{"containers":[{"name":"a","resources":{}}]}}}}
    1 apply alice: {"spec":{"replicas":1,"template":{"spec":{"containers":[{"name":"a"}]}}}}
    alice Apply 01
      .spec.replicas
      .spec.template.spec.containers[k:{"name":"a"}]
      .spec.template.spec.containers[k:{"name":"a"}].image
      .spec.template.spec.containers[k:{"name":"a"}].name
    "#
    );
}

#[test]
fn service_ports() {
    insta::assert_snapshot!(
        run(
            &Shape::builtin("Service"),
            r#"
            update kubectl-create: {spec: {ports: [{port: 80, protocol: TCP, targetPort: 80}], selector: {app: a}}}
            apply alice: {spec: {ports: [{port: 80, targetPort: 80}, {port: 80, protocol: UDP}], selector: {app: a, b: c}}}
            apply alice: {spec: {ports: [{port: 80, targetPort: 81}]}}
            "#,
        ),
        @r#"
    0 update kubectl-create: {"spec":{"ports":[{"port":80,"protocol":"TCP","targetPort":80}],"selector":{"app":"a"}}}
    1 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .spec.selector
    2 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .spec.ports[port=80,protocol="TCP"].targetPort
    kubectl-create Update 00
      .spec.ports
      .spec.ports[k:{"port":80,"protocol":"TCP"}]
      .spec.ports[k:{"port":80,"protocol":"TCP"}].port
      .spec.ports[k:{"port":80,"protocol":"TCP"}].protocol
      .spec.ports[k:{"port":80,"protocol":"TCP"}].targetPort
      .spec.selector
    "#
    );
}

#[test]
fn node() {
    insta::assert_snapshot!(
        run(
            &Shape::builtin("Node"),
            r#"
            update kubelet: {spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24]}}
            status kubelet: {status: {addresses: [{type: InternalIP, address: 10.0.0.1}], capacity: {cpu: "4"}, conditions: [{type: Ready, status: "False"}], nodeInfo: {kubeletVersion: v1.36.0}}}
            status controller: {status: {addresses: [{type: InternalIP, address: 10.0.0.1}], capacity: {cpu: "4"}, conditions: [{type: Ready, status: "Unknown"}], nodeInfo: {kubeletVersion: v1.36.0}}}
            update drainer: {spec: {podCIDR: 10.0.0.0/24, podCIDRs: [10.0.0.0/24], unschedulable: true, taints: [{key: a, effect: NoSchedule}]}, status: {}}
            "#,
        ),
        @r#"
    0 update kubelet: {"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]}}
    1 status kubelet: {"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]},"status":{"addresses":[{"address":"10.0.0.1","type":"InternalIP"}],"capacity":{"cpu":"4"},"conditions":[{"status":"False","type":"Ready"}],"nodeInfo":{"kubeletVersion":"v1.36.0"}}}
    2 status controller: {"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]},"status":{"addresses":[{"address":"10.0.0.1","type":"InternalIP"}],"capacity":{"cpu":"4"},"conditions":[{"status":"Unknown","type":"Ready"}],"nodeInfo":{"kubeletVersion":"v1.36.0"}}}
    3 update drainer: {"spec":{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"],"taints":[{"effect":"NoSchedule","key":"a"}],"unschedulable":true},"status":{}}
    kubelet Update 00
      .spec.podCIDR
      .spec.podCIDRs
      .spec.podCIDRs[v:"10.0.0.0/24"]
    drainer Update 03
      .spec.taints
      .spec.unschedulable
    "#
    );
}

#[test]
fn built_in_kind() {
    insta::assert_snapshot!(run(
        &Shape::builtin("Deployment"),
        r#"
        update create: {spec: {replicas: 1, strategy: {type: Recreate}, template: {spec: {containers: [{name: a, image: b, ports: [{containerPort: 80}]}]}}}}
        apply alice: {spec: {replicas: 2}}
        apply alice force: {spec: {replicas: 2}}
        apply alice: {spec: {replicas: 2}}
        apply alice: {spec: {replicas: 2, template: {spec: {containers: [{name: c, image: b, ports: [{containerPort: 80}]}]}}}}
        apply alice: {spec: {}}
        status kubelet: {status: {conditions: [{type: Ready, status: "True"}]}}
        "#,
    ), @r#"
    0 update create: {"spec":{"replicas":1,"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]}]}}}}
    1 apply alice: 409 Conflict Apply failed with 1 conflict: conflict with "create" using v1: .spec.replicas
    2 apply alice force: {"spec":{"replicas":2,"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]}]}}}}
    3 apply alice: {"spec":{"replicas":2,"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]}]}}}} (no change)
    4 apply alice: {"spec":{"replicas":2,"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]},{"image":"b","name":"c","ports":[{"containerPort":80}]}]}}}}
    5 apply alice: {"spec":{"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]}]}}}}
    6 status kubelet: {"spec":{"strategy":{"type":"Recreate"},"template":{"spec":{"containers":[{"image":"b","name":"a","ports":[{"containerPort":80}]}]}}},"status":{"conditions":[{"status":"True","type":"Ready"}]}}
    alice Apply 05
      .spec
    create Update 00
      .spec.strategy.type
      .spec.template.spec.containers
      .spec.template.spec.containers[k:{"name":"a"}]
      .spec.template.spec.containers[k:{"name":"a"}].image
      .spec.template.spec.containers[k:{"name":"a"}].name
      .spec.template.spec.containers[k:{"name":"a"}].ports
      .spec.template.spec.containers[k:{"name":"a"}].ports[k:{"containerPort":80,"protocol":"TCP"}]
      .spec.template.spec.containers[k:{"name":"a"}].ports[k:{"containerPort":80,"protocol":"TCP"}].containerPort
    kubelet Update/status 06
      .status.conditions
      .status.conditions[k:{"type":"Ready"}]
      .status.conditions[k:{"type":"Ready"}].status
      .status.conditions[k:{"type":"Ready"}].type
    "#);
}

/// A random configuration that fits [`custom`], without duplicates.
fn configuration() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["u", "v", "w"]);
    let map = || prop::collection::btree_map(prop::sample::select(vec!["a", "b"]), text(), 1..3);
    let set = || prop::collection::btree_set(text(), 1..4);
    let item =
        (1..3i64, prop::option::of(0..3i64), prop::option::of(set())).prop_map(|(value, other, set)| {
            let mut item = json!({ "value": value });
            if let Some(other) = other {
                item["other"] = other.into();
            }
            if let Some(set) = set {
                item["set"] = json!(set);
            }
            item
        });
    let items = prop::collection::btree_map(text(), item, 1..4).prop_map(|items| {
        let named = items.into_iter().map(|(name, mut item)| {
            item["name"] = name.into();
            item
        });
        Value::Array(named.collect())
    });
    let field = prop_oneof![
        (0..3).prop_map(|number| ("number", json!(number))),
        text().prop_map(|text| ("text", json!(text))),
        map().prop_map(|map| ("struct", json!(map))),
        map().prop_map(|map| ("map", json!(map))),
        map().prop_map(|map| ("whole", json!(map))),
        set().prop_map(|set| ("list", json!(set))),
        set().prop_map(|set| ("set", json!(set))),
        map().prop_map(|map| ("free", json!({ "x": map, "y": [1] }))),
        prop::collection::btree_map(text(), map(), 1..3).prop_map(|maps| ("maps", json!(maps))),
        items.prop_map(|items| ("items", items)),
    ];
    prop::collection::vec(field, 0..8).prop_map(|fields| {
        let spec: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut object = object("{}");
        if !spec.is_empty() {
            object["spec"] = Value::Object(spec);
        }
        object
    })
}

/// Any JSON, with the names that mean something here among others.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,3}".prop_map(Value::from),
        Just(Value::from("Apply")),
        Just(Value::from("FieldsV1")),
    ];
    let name = prop_oneof![
        ".{0,4}",
        prop::sample::select(vec![
            "metadata",
            "managedFields",
            "fieldsV1",
            "operation",
            "apiVersion",
            "fieldsType",
            "time",
            "spec",
            "items",
            "name",
            "set",
            "map",
            "free",
            "f:spec",
            "f:items",
            "k:{\"name\":\"a\"}",
            "k:{}",
            "k:",
            "v:1",
            "v:",
            "i:1",
            "i:x",
            ".",
            "containers",
            "ports",
            "labels",
            "finalizers",
            "template",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// The object with all lists of known elements in one order, and without its owners.
fn content(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"].as_object_mut().unwrap().remove("managedFields");
    for list in ["items", "set"] {
        if let Some(list) = object.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut) {
            for item in list.iter_mut() {
                if let Some(set) = item.get_mut("set").and_then(Value::as_array_mut) {
                    set.sort_by_key(Value::to_string);
                }
            }
            list.sort_by_key(Value::to_string);
        }
    }
    object
}

/// What someone would apply to have the object as it is.
fn config_of(object: &Value) -> Value {
    let mut config = object.clone();
    config["metadata"].as_object_mut().unwrap().remove("managedFields");
    config
}

const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn later() -> DateTime<Utc> {
    NOW + TimeDelta::hours(1)
}

proptest! {
    #[test]
    fn applying_twice_changes_nothing(live in configuration(), config in configuration()) {
        let (shape, bob, alice) = (custom(), who("bob", "", Part::Whole), who("alice", "", Part::Whole));
        let live = recorded(None, live, &shape, &bob, NOW);
        let once = apply(Some(&live), &config, &shape, &alice, true, NOW).unwrap();
        let twice = apply(Some(&once), &config, &shape, &alice, false, later()).unwrap();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn applying_nothing_takes_back_what_was_applied(live in configuration(), config in configuration()) {
        let (shape, bob, alice) = (custom(), who("bob", "", Part::Whole), who("alice", "", Part::Whole));
        let live = recorded(None, live, &shape, &bob, NOW);
        // Without force what is there already stays bob's, so that only the new fields are alice's alone.
        if let Ok(applied) = apply(Some(&live), &config, &shape, &alice, false, NOW) {
            let back = apply(Some(&applied), &object("{}"), &shape, &alice, false, NOW).unwrap();
            prop_assert_eq!(content(&back), content(&live));
            prop_assert_eq!(owners(&back), owners(&live));
        }
    }

    #[test]
    fn a_sole_owner_takes_back_everything(config in configuration()) {
        let (shape, alice) = (custom(), who("alice", "", Part::Whole));
        let applied = apply(None, &config, &shape, &alice, false, NOW).unwrap();
        let back = apply(Some(&applied), &object("{}"), &shape, &alice, false, NOW).unwrap();
        prop_assert_eq!(back, object("{}"));
    }

    #[test]
    fn updates_own_what_they_change(before in configuration(), after in configuration()) {
        let (shape, bob, carol) = (custom(), who("bob", "", Part::Whole), who("carol", "", Part::Whole));
        let before = recorded(None, before, &shape, &bob, NOW);
        let changed = recorded(Some(&before), after.clone(), &shape, &carol, NOW);
        // Going on from there changes no owner and no time.
        let again = recorded(Some(&changed), after, &shape, &carol, later());
        prop_assert_eq!(&again, &changed);
        // Someone who applies what is there conflicts with nobody, and becomes an owner beside the others.
        let shared = apply(Some(&changed), &config_of(&changed), &shape, &who("dave", "", Part::Whole), false, NOW);
        prop_assert_eq!(content(&shared.unwrap()), content(&changed));
    }

    #[test]
    fn nothing_panics(before in anything(), after in anything(), fields in anything()) {
        let entry = json!({
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        let mut tracked = object("{}");
        tracked["metadata"]["managedFields"] = json!([entry]);
        tracked["spec"] = before.clone();
        let mut changed = object("{}");
        changed["spec"] = after.clone();
        for shape in [custom(), Shape::builtin("Pod"), Shape::unknown()] {
            let alice = who("alice", "", Part::Whole);
            for before in [&before, &tracked] {
                for after in [&after, &tracked, &changed] {
                    let after = recorded(Some(before), after.clone(), &shape, &alice, NOW);
                    let _ = apply(Some(&after), &changed, &shape, &alice, true, NOW);
                    let _ = apply(Some(before), &after, &shape, &alice, false, NOW);
                }
            }
        }
    }

    #[test]
    fn entries_are_written_in_one_way(fields in anything()) {
        let (shape, bob) = (custom(), who("bob", "", Part::Whole));
        let mut given = object("{spec: {number: 1}}");
        given["metadata"]["managedFields"] = json!([{
            "manager": "m", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": { "f:spec": fields },
        }]);
        let untracked = object("{spec: {number: 1}}");
        let once = recorded(Some(&untracked), given, &shape, &bob, NOW);
        let twice = recorded(Some(&untracked), once.clone(), &shape, &bob, NOW);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn bodies_never_panic(body in prop::collection::vec(any::<u8>(), 0..64), text in "[a-c:\\[\\]{}&*!|>\"' \n-]{0,40}") {
        let _ = kaasboard::manager::apply::body::parse(&body);
        let _ = kaasboard::manager::apply::body::parse(text.as_bytes());
    }
}
