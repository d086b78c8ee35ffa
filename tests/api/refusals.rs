//! What is refused, with field and reason: changes to the example, and what the embedded API server's schema
//! answers.

use std::collections::BTreeMap;

use kaasboard::manager::schema::compiled::Schema;
use kaasboard::manager::status::Cause;
use serde_json::Value;

use crate::tree;

/// When a change is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// When the object is made.
    Create,
    /// Later.
    Update,
    /// Later, and of its status.
    Status,
}

/// One change to an example, and when it is made.
pub struct Case {
    /// The line in the file.
    pub line: String,
    /// The example.
    pub before: Value,
    /// The example with the change.
    pub after: Value,
    /// When the change is made.
    pub write: Write,
}

/// The cases of `refusals.txt`.
pub fn cases() -> Vec<Case> {
    let lines = include_str!("refusals.txt").lines();
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(case).collect()
}

#[track_caller]
fn case(line: &str) -> Case {
    let (head, change) = line.split_at(line.find('{').unwrap_or(line.len()));
    let change: Value = serde_json::from_str(change).unwrap_or_else(|error| panic!("{line}: {error}"));
    let words: Vec<&str> = head.split_whitespace().collect();
    let (kind, name, verb) = match words.as_slice() {
        [kind, verb] => (*kind, None, *verb),
        [kind, name, verb] => (*kind, Some(*name), *verb),
        _ => panic!("no case: {line}"),
    };
    let examples = tree::objects();
    let wanted = |object: &&Value| {
        object["kind"] == kind && name.is_none_or(|name| object["metadata"]["name"] == name)
    };
    let before = examples.iter().find(wanted).unwrap_or_else(|| panic!("no example: {line}")).clone();
    let mut after = before.clone();
    json_patch::merge(&mut after, &change);
    let write = match verb {
        "new" => Write::Create,
        "change" => Write::Update,
        "status" => Write::Status,
        other => panic!("{other}: {line}"),
    };
    Case { line: line.to_owned(), before, after, write }
}

/// An answer as text: the causes, sorted, or that there are none.
pub fn answer(line: &str, mut found: Vec<String>) -> String {
    found.sort();
    let mut text = format!("{line}\n");
    for cause in &found {
        text.push_str(&format!("  {cause}\n"));
    }
    if found.is_empty() {
        text.push_str("  accepted\n");
    }
    text
}

fn embedded(schemas: &BTreeMap<String, Schema>, case: &Case) -> String {
    let schema = &schemas[case.after["kind"].as_str().unwrap_or_default()];
    let stored = |object: &Value| {
        let mut object = object.clone();
        schema.prune(&mut object);
        schema.default(&mut object);
        object
    };
    let before = (case.write != Write::Create).then(|| stored(&case.before));
    let causes = schema.validate(&stored(&case.after), before.as_ref());
    let said = |cause: &Cause| format!("{:?} {}: {}", cause.reason, cause.field, cause.message);
    answer(&case.line, causes.iter().map(said).collect())
}

#[test]
fn refused_with_field_and_reason() {
    let schemas = tree::schemas();
    compare(cases().iter().map(|case| embedded(&schemas, case)).collect());
}

/// Compares all answers with `refusals.snap`.
#[track_caller]
pub fn compare(answers: String) {
    insta::with_settings!({ snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("refusals", answers);
    });
}
