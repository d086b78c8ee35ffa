//! JSON patch, merge patch and strategic merge patch: object and patch in, object or refusal out.
//!
//! A file in `tests/patch` has the format (and the kind), then the object, then one patch a line, each of which is
//! applied to the same object.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::path::Path;

use kaasboard::manager::apply::shape::Shape;
use kaasboard::manager::patch::error::PatchError;
use kaasboard::manager::patch::format::Format;
use kaasboard::manager::patch::{json, merge, strategic};
use kaasboard::manager::status::ApiError;
use proptest::prelude::*;
use serde_json::{Map, Value};

#[test]
fn patches() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/patch");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut names: Vec<_> = std::fs::read_dir(&directory)
        .expect("the patches are there")
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    names.sort();
    assert!(!names.is_empty(), "there are patches");
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        settings.bind(|| insta::assert_snapshot!(name, run(&text)));
    }
}

/// Applies each patch of a file to the same object, and shows what comes out.
fn run(text: &str) -> String {
    let mut lines = text.lines();
    let format = lines.next().expect("a file begins with its format");
    let object = lines.next().expect("the object follows");
    let object: Value = serde_saphyr::from_str(object).expect("the object is YAML");
    let mut out = String::new();
    for patch in lines {
        let body: Value = serde_saphyr::from_str(patch).expect("the patch is YAML");
        let body = body.to_string();
        let result = match format.split_once(' ').unwrap_or((format, "")) {
            ("json", _) => json::apply(&object, body.as_bytes()),
            ("merge", _) => merge::apply(&object, body.as_bytes()),
            ("strategic", "custom") => strategic::apply(&object, body.as_bytes(), &Shape::unknown()),
            ("strategic", kind) => strategic_of(kind)(&object, body.as_bytes()),
            other => panic!("unknown format {other:?}"),
        };
        writeln!(out, "{patch}\n  {}", shown(result)).unwrap();
    }
    out
}

fn shown(result: Result<Value, PatchError>) -> String {
    match result {
        Ok(object) => object.to_string(),
        Err(error) => {
            let error = ApiError::from(error);
            let causes: Vec<&str> = error.causes.iter().map(|cause| cause.message.as_str()).collect();
            format!("{} {:?} {error} {causes:?}", error.code(), error.reason)
        }
    }
}

fn strategic_of(kind: &str) -> impl Fn(&Value, &[u8]) -> Result<Value, PatchError> {
    let shape = Shape::builtin(kind);
    move |object, patch| strategic::apply(object, patch, &shape)
}

#[test]
fn limits() {
    let object = serde_json::json!({ "a": "x".repeat(1000) });
    let times = |count: usize, operation: &str| format!("[{}]", vec![operation; count].join(","));
    let add = r#"{"op":"add","path":"/b","value":1}"#;
    let double = r#"{"op":"copy","from":"/a","path":"/a2"},{"op":"copy","from":"","path":"/a"}"#;
    let nest = r#"{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/a","value":{}},{"op":"move","from":"/b","path":"/a/a"}"#;
    let bodies =
        [times(10_000, add), times(10_001, add), times(100, double), times(200, nest), "[".repeat(5000)];
    let outcomes: Vec<String> = bodies
        .iter()
        .map(|body| {
            json::apply(&object, body.as_bytes()).map_or_else(|error| error.to_string(), |_| "ok".to_owned())
        })
        .collect();
    insta::assert_snapshot!(outcomes.join("\n"), @r#"
    ok
    Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001
    Request entity too large: limit is 3145728
    the patched object would be nested deeper than 100 levels
    error decoding patch: recursion limit exceeded at line 1 column 128
    "#);
}

#[test]
fn formats() {
    let types = [
        "application/json-patch+json",
        "application/merge-patch+json; charset=utf-8",
        "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
        "application/json",
        "",
    ];
    let mut out = String::new();
    for (content_type, custom) in types.iter().flat_map(|name| [(name, false), (name, true)]) {
        match Format::of(content_type, custom) {
            Ok(format) => writeln!(out, "{content_type} custom={custom}: {format:?}").unwrap(),
            Err(error) => writeln!(out, "{content_type} custom={custom}: {} {error}", error.code()).unwrap(),
        }
    }
    insta::assert_snapshot!(out, @r#"
    application/json-patch+json custom=false: Json
    application/json-patch+json custom=true: Json
    application/merge-patch+json; charset=utf-8 custom=false: Merge
    application/merge-patch+json; charset=utf-8 custom=true: Merge
    application/strategic-merge-patch+json custom=false: Strategic
    application/strategic-merge-patch+json custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    application/apply-patch+yaml custom=false: Apply
    application/apply-patch+yaml custom=true: Apply
    application/json custom=false: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml
    application/json custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
     custom=false: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml
     custom=true: 415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml
    "#);
}

/// RFC 7386, word by word.
fn naive_merge(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), naive_merge(old, value));
        }
    }
    Value::Object(target)
}

/// Random JSON with few names, so that patches meet what is there.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3).prop_map(Value::from),
        "[ab]{0,1}".prop_map(Value::from),
        Just(Value::from("delete")),
        Just(Value::from("replace")),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "name",
        "containers",
        "env",
        "ports",
        "containerPort",
        "spec",
        "metadata",
        "labels",
        "finalizers",
        "template",
        "volumes",
        "$patch",
        "$retainKeys",
        "$setElementOrder/containers",
        "$deleteFromPrimitiveList/finalizers",
        "$setElementOrder",
    ])
    .prop_map(str::to_owned)
}

fn object() -> impl Strategy<Value = Value> {
    prop::collection::vec((name(), value()), 0..6)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

/// A JSON patch operation that may or may not make sense.
fn operation() -> impl Strategy<Value = Value> {
    let path =
        || prop::collection::vec(prop_oneof![name(), Just("0".to_owned()), Just("-".to_owned())], 0..4);
    let op = prop::sample::select(vec!["add", "remove", "replace", "move", "copy", "test"]);
    (op, path(), path(), value()).prop_map(|(op, path, from, value)| {
        let pointer = |tokens: Vec<String>| -> String {
            tokens.iter().map(|token| format!("/{}", token.replace('/', "~1"))).collect()
        };
        serde_json::json!({ "op": op, "path": pointer(path), "from": pointer(from), "value": value })
    })
}

proptest! {
    #[test]
    fn merge_patch_is_the_standard(object in object(), patch in object()) {
        let merged = merge::apply(&object, patch.to_string().as_bytes()).unwrap();
        prop_assert_eq!(merged, naive_merge(object, &patch));
    }

    #[test]
    fn strategic_merge_never_panics(object in object(), patch in object()) {
        for kind in ["Pod", "Deployment", "ConfigMap"] {
            let _ = strategic_of(kind)(&object, patch.to_string().as_bytes());
        }
    }

    #[test]
    fn strategic_merge_leaves_no_directive(patch in object()) {
        let merged = strategic_of("Deployment")(&serde_json::json!({}), patch.to_string().as_bytes());
        if let Ok(merged) = merged {
            let text = merged.to_string();
            prop_assert!(!text.contains("$patch") && !text.contains("$set") && !text.contains("$retain"), "{}", text);
        }
    }

    #[test]
    fn json_patch_never_panics(object in object(), operations in prop::collection::vec(operation(), 0..8)) {
        let _ = json::apply(&object, Value::from(operations).to_string().as_bytes());
    }

    #[test]
    fn bodies_never_panic(object in object(), body in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = json::apply(&object, &body);
        let _ = merge::apply(&object, &body);
        let _ = strategic_of("Pod")(&object, &body);
    }
}
