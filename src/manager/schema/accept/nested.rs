//! What schemas inside of `allOf`, `anyOf`, `oneOf` and `not` may say: they check values, and say nothing about
//! what there is.

use super::raw::{Raw, child, entry, property};
use crate::manager::schema::patterns::Pattern;
use crate::manager::schema::words;
use crate::manager::status::Cause;
use serde_json::Value;

/// The one exception: a value that is an integer or a string may say so in an `anyOf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntOrString {
    /// It is said in `anyOf`.
    any_of: bool,
    /// It is said in the `anyOf` of the first `allOf`.
    first_all_of: bool,
}

impl IntOrString {
    /// Whether the schema's own `anyOf` says it.
    pub fn is_any_of(self) -> bool {
        self.any_of
    }
}

/// How a schema uses the exception.
pub fn int_or_string(schema: Raw) -> IntOrString {
    let first = schema.schemas("allOf").first().copied();
    IntOrString { any_of: is_the_pattern(schema), first_all_of: first.is_some_and(is_the_pattern) }
}

fn is_the_pattern(schema: Raw) -> bool {
    let names = |schema: Raw, name| schema.0.len() == 1 && schema.type_name() == name;
    match schema.schemas("anyOf").as_slice() {
        [first, second] => names(*first, "integer") && names(*second, "string"),
        _ => false,
    }
}

/// Checks the combinations and the pattern of a schema.
pub fn check_values(schema: Raw, path: &str, skip: IntOrString, causes: &mut Vec<Cause>) {
    let none = IntOrString::default();
    if !skip.any_of {
        for (at, inner) in schema.schemas("anyOf").into_iter().enumerate() {
            check(inner, &entry(path, "anyOf", at), none, causes);
        }
    }
    for (at, inner) in schema.schemas("allOf").into_iter().enumerate() {
        let skip = IntOrString { any_of: at == 0 && skip.first_all_of, first_all_of: false };
        check(inner, &entry(path, "allOf", at), skip, causes);
    }
    for (at, inner) in schema.schemas("oneOf").into_iter().enumerate() {
        check(inner, &entry(path, "oneOf", at), none, causes);
    }
    if let Some(inner) = schema.schema("not") {
        check(inner, &child(path, "not"), none, causes);
    }
    let pattern = schema.text("pattern");
    if let Err(why) = Pattern::compile(pattern) {
        let detail = format!("must be a valid regular expression, but isn't: {why}");
        causes.push(words::invalid(child(path, "pattern"), &Value::from(pattern), &detail));
    }
}

fn check(schema: Raw, path: &str, skip: IntOrString, causes: &mut Vec<Cause>) {
    check_values(schema, path, skip, causes);
    if let Some(items) = schema.schema("items") {
        check(items, &child(path, "items"), IntOrString::default(), causes);
    }
    for (name, inner) in schema.properties() {
        check(inner, &property(path, name), IntOrString::default(), causes);
    }
    let is_set = |keyword: &str| match schema.get(keyword) {
        None | Some(Value::Bool(false)) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Bool(true) | Value::Number(_) | Value::Object(_) | Value::Null) => true,
    };
    for (keyword, rule) in FORBIDDEN {
        // Of `additionalProperties` and `default`, even `false` says something.
        let says_something = match *keyword {
            "additionalProperties" => !matches!(schema.get(keyword), None | Some(Value::Bool(false))),
            "default" => schema.get(keyword).is_some(),
            other => is_set(other),
        };
        if says_something {
            causes.push(words::forbidden(child(path, keyword), &format!("must be {rule} to be structural")));
        }
    }
    if schema.property("metadata").is_some() {
        let detail = "must not be specified in a nested context";
        causes.push(words::forbidden(property(path, "metadata"), detail));
    }
}

/// The keywords that only the schema proper may have, and what they must be here.
const FORBIDDEN: &[(&str, &str)] = &[
    ("type", "empty"),
    ("additionalProperties", "undefined"),
    ("default", "undefined"),
    ("title", "empty"),
    ("description", "empty"),
    ("nullable", "false"),
    ("x-kubernetes-preserve-unknown-fields", "false"),
    ("x-kubernetes-embedded-resource", "false"),
    ("x-kubernetes-int-or-string", "false"),
    ("x-kubernetes-list-map-keys", "empty"),
    ("x-kubernetes-list-type", "undefined"),
    ("x-kubernetes-map-type", "undefined"),
    ("x-kubernetes-validations", "empty"),
];

/// Whatever a nested schema names must be named by the schema proper, too. As in Kubernetes, only what the root
/// nests is looked at.
pub fn completeness(root: Raw, path: &str, causes: &mut Vec<Cause>) {
    complete_values(root, root, path, path, causes);
}

/// `inner`, at `inner_path`, speaks about `proper`, at `proper_path`.
fn complete_values(inner: Raw, proper: Raw, proper_path: &str, inner_path: &str, causes: &mut Vec<Cause>) {
    if let Some(not) = inner.schema("not") {
        complete(not, Some(proper), proper_path, &child(inner_path, "not"), causes);
    }
    for list in ["allOf", "anyOf", "oneOf"] {
        for (at, schema) in inner.schemas(list).into_iter().enumerate() {
            complete(schema, Some(proper), proper_path, &entry(inner_path, list, at), causes);
        }
    }
}

fn complete(inner: Raw, proper: Option<Raw>, proper_path: &str, inner_path: &str, causes: &mut Vec<Cause>) {
    let Some(proper) = proper else {
        causes.push(words::required(proper_path, &format!("because it is defined in {inner_path}")));
        return;
    };
    complete_values(inner, proper, proper_path, inner_path, causes);
    if let Some(items) = inner.schema("items") {
        let (here, there) = (child(proper_path, "items"), child(inner_path, "items"));
        complete(items, proper.schema("items"), &here, &there, causes);
    }
    for (name, schema) in inner.properties() {
        let (here, there) = (property(proper_path, name), property(inner_path, name));
        complete(schema, proper.property(name), &here, &there, causes);
    }
}
