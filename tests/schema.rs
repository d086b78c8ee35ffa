//! The schema of custom resources: what a real API server 1.36 answers is in `tests/schema/*.txt`, and this one
//! answers the same.
//!
//! A case is a line of JSON (`old => new` for an update); what follows, indented, is what is stored (`=`) or the
//! causes, sorted.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::sync::Arc;

use kaasboard::manager::registry::crd::definition::Definition;
use kaasboard::manager::registry::crd::{defaults, status};
use kaasboard::manager::schema::compiled::Schema;
use kaasboard::manager::status::Cause;
use serde_json::{Map, Value};

fn parse(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text).unwrap() {
        Value::Object(fields) => fields,
        other => panic!("{other}"),
    }
}

fn sorted(causes: &[Cause]) -> Vec<String> {
    let mut lines: Vec<String> =
        causes.iter().map(|cause| format!("{:?} {}: {}", cause.reason, cause.field, cause.message)).collect();
    lines.sort();
    lines
}

/// An object as it would be stored, or what is wrong with it.
fn admit(schema: &Schema, text: &str, old: Option<&Value>) -> Result<Value, Vec<String>> {
    let mut object = Value::Object(parse(text));
    for (field, value) in [("apiVersion", "schema.probe.dev/v1"), ("kind", "Rule")] {
        object[field] = Value::from(value);
    }
    object["metadata"] = serde_json::json!({ "name": "x" });
    schema.prune(&mut object);
    schema.default(&mut object);
    let causes = schema.validate(&object, old);
    if !causes.is_empty() {
        return Err(sorted(&causes));
    }
    object
        .as_object_mut()
        .unwrap()
        .retain(|field, _| !matches!(field.as_str(), "apiVersion" | "kind" | "metadata"));
    Ok(object)
}

fn answer(schema: &Schema, case: &str) -> String {
    let result = match case.split_once(" => ") {
        Some((old, new)) => match admit(schema, old, None) {
            Ok(mut old) => {
                old["metadata"] = serde_json::json!({ "name": "x" });
                admit(schema, new, Some(&old)).map_err(|lines| (lines, ""))
            }
            Err(lines) => Err((lines, "OLD ")),
        },
        None => admit(schema, case, None).map_err(|lines| (lines, "")),
    };
    let mut text = format!("{case}\n");
    match result {
        Ok(object) => writeln!(text, "  = {object}").unwrap(),
        Err((lines, note)) => lines.iter().for_each(|line| writeln!(text, "  {note}{line}").unwrap()),
    }
    text
}

/// Answers every case of a file and compares with what the file says.
fn check(schema: &str, expected: &str) {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let schema = Schema::compile(&schema, "spec.validation.openAPIV3Schema", false)
        .unwrap_or_else(|causes| panic!("{:#?}", sorted(&causes)));
    let mut different = String::new();
    for block in blocks(expected) {
        let case = block.lines().next().unwrap();
        let actual = answer(&schema, case);
        if actual != block {
            writeln!(different, "expected {block}answered {actual}").unwrap();
        }
    }
    assert!(different.is_empty(), "{different}");
}

/// A case line with the indented lines below it.
fn blocks(text: &str) -> Vec<String> {
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match blocks.last_mut() {
            Some(block) if line.starts_with("  ") => writeln!(block, "{line}").unwrap(),
            _ => blocks.push(format!("{line}\n")),
        }
    }
    blocks
}

#[test]
fn values_are_judged_as_a_real_api_server_judges_them() {
    check(include_str!("schema/values.schema.json"), include_str!("schema/values.txt"));
}

#[test]
fn rules_are_judged_as_a_real_api_server_judges_them() {
    check(include_str!("schema/rules.schema.json"), include_str!("schema/rules.txt"));
}

/// Fills in defaults, prepares the status and reads, as a create does.
fn define(object: &Value) -> Result<Definition, Vec<Cause>> {
    let mut object = object.clone();
    defaults::fill(&mut object);
    status::prepare(&mut object, None);
    Definition::read(&object, None)
}

#[test]
fn definitions_are_judged_as_a_real_api_server_judges_them() {
    let mut different = String::new();
    for block in blocks(include_str!("schema/definitions.txt")) {
        let case = block.lines().next().unwrap();
        let spec = Value::Object(parse(case));
        let plural = spec.pointer("/names/plural").and_then(Value::as_str).unwrap_or("tries");
        let name = format!("{plural}.{}", spec["group"].as_str().unwrap());
        let object = serde_json::json!({ "metadata": { "name": name }, "spec": spec });
        let lines = match define(&object) {
            Ok(_) => vec!["=".to_owned()],
            Err(causes) => sorted(&causes),
        };
        let lines: Vec<String> =
            lines.iter().map(|line| format!("  {}\n", line.replace('\n', "\\n"))).collect();
        let actual = format!("{case}\n{}", lines.concat());
        if actual != block {
            writeln!(different, "expected {block}answered {actual}").unwrap();
        }
    }
    assert!(different.is_empty(), "{different}");
}

#[test]
fn our_own_definitions_are_accepted() {
    for definition in kaasboard::api::crds::all().unwrap() {
        let object = serde_json::to_value(&definition).unwrap();
        let defined = Arc::new(define(&object).unwrap_or_else(|causes| panic!("{:#?}", sorted(&causes))));
        assert_eq!(
            Some(defined.names.plural.as_str()),
            object.pointer("/spec/names/plural").unwrap().as_str()
        );
        assert_eq!(defined.resource().versions, ["v1alpha1"]);
    }
}
