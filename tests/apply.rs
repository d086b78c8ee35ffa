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
