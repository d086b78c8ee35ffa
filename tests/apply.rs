//! Who owns which field: server-side apply, and the ownership that other writes leave behind.
//!
//! A scenario is a file in `tests/apply`: the kind, then one step a line: `apply NAME [force]: FIELDS`,
//! `apply-status NAME: FIELDS`, `update NAME: FIELDS`, `status NAME: FIELDS`. FIELDS is YAML for everything but
//! apiVersion, kind and the name. Each step is a second later than the one before. What comes out is the object after
//! each step, and in the end who owns what since when.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::manager::apply::error::ApplyError;
use kaasboard::manager::apply::manager::{FieldManager, Part};
use kaasboard::manager::apply::server_side::apply;
use kaasboard::manager::apply::shape::Shape;
use kaasboard::manager::apply::update::record;
use kaasboard::manager::status::ApiError;
use serde_json::{Map, Value, json};

#[path = "apply/properties.rs"]
mod properties;

#[test]
fn scenarios() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apply");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut names: Vec<_> = std::fs::read_dir(&directory)
        .expect("the scenarios are there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are scenarios");
    for path in names {
        let text = std::fs::read_to_string(&path).unwrap();
        let (kind, steps) = text.split_once('\n').expect("a scenario begins with its kind");
        let shape = if kind == "custom" { custom() } else { Shape::builtin(kind) };
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(name, run(&shape, steps)));
    }
}

/// Runs a scenario against a kind.
fn run(shape: &Shape, scenario: &str) -> String {
    let mut live: Option<Value> = None;
    let mut out = String::new();
    for (second, line) in scenario.lines().enumerate() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second as i64);
        let result = step(shape, live.as_ref(), line, now);
        writeln!(out, "{second:02} {line}").unwrap();
        match result {
            Ok(after) => {
                let same = if live.as_ref() == Some(&after) { " (no change)" } else { "" };
                writeln!(out, "   {}{same}", shown(&after)).unwrap();
                live = Some(after);
            }
            Err(error) => out.push_str(&refused(&error.into())),
        }
    }
    if let Some(live) = live {
        out.push_str(&owners(&live));
    }
    out
}

fn step(shape: &Shape, live: Option<&Value>, line: &str, now: DateTime<Utc>) -> Result<Value, ApplyError> {
    let (command, fields) = line.split_once(": ").expect("a step has a colon");
    let words: Vec<&str> = command.split(' ').collect();
    let given = object(fields);
    let main = |name| who(name, "", Part::AllButStatus);
    let status = |name| who(name, "status", Part::StatusOnly);
    match words.as_slice() {
        ["apply", name] => apply(live, &given, shape, &main(name), false, now),
        ["apply", name, "force"] => apply(live, &given, shape, &main(name), true, now),
        ["apply-status", name] => apply(live, &given, shape, &status(name), false, now),
        ["update", name] => Ok(recorded(live, given, shape, &main(name), now)),
        ["status", name] => {
            let mut after = live.cloned().expect("there is an object");
            after["status"] = given["status"].clone();
            Ok(recorded(live, after, shape, &status(name), now))
        }
        other => panic!("unknown step {other:?}"),
    }
}

fn refused(error: &ApiError) -> String {
    let mut out = format!("   {} {:?} {error}\n", error.code(), error.reason);
    for cause in &error.causes {
        writeln!(out, "   {:?} {cause}", cause.reason).unwrap();
    }
    out
}

/// The kind of `custom.yaml`.
fn custom() -> Shape {
    let schema: Value =
        serde_saphyr::from_str(include_str!("apply/custom.yaml")).expect("the schema is YAML");
    Shape::from_openapi(&schema)
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
