//! What is wrong with the rules of a schema before any expression is read.

use serde_json::Value;

use super::fieldpath;
use crate::manager::schema::accept::raw::{Raw, child, entry, property};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The reasons that a rule may give.
pub const REASONS: [&str; 4] =
    ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/// What is wrong with the rules' texts, at a place and below it.
pub fn check(schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    for (at, rule) in schema.schemas("x-kubernetes-validations").into_iter().enumerate() {
        check_rule(rule, schema, &entry(path, "x-kubernetes-validations", at), causes);
    }
    for (name, inner) in schema.properties() {
        check(inner, &property(path, name), causes);
    }
    if let Some(inner) = schema.additional().and_then(|additional| additional.schema()) {
        check(inner, &child(path, "additionalProperties"), causes);
    }
    if let Some(inner) = schema.schema("items") {
        check(inner, &child(path, "items"), causes);
    }
}

fn check_rule(rule: Raw, schema: Raw, path: &str, causes: &mut Vec<Cause>) {
    let breaks = |text: &str| text.contains(['\n', '\r']);
    let (source, message) = (rule.text("rule").trim(), rule.text("message"));
    let wrong_text = |keyword: &str, detail: &str| {
        words::invalid(child(path, keyword), &Value::from(rule.text(keyword)), detail)
    };
    if source.is_empty() {
        causes.push(words::required(child(path, "rule"), "rule is not specified"));
    } else if !message.is_empty() && message.trim().is_empty() {
        causes.push(wrong_text("message", "must be non-empty if specified"));
    } else if breaks(message.trim()) {
        causes.push(wrong_text("message", "must not contain line breaks"));
    } else if breaks(source) && message.trim().is_empty() {
        let detail = "message must be specified if rule contains line breaks";
        causes.push(words::required(child(path, "message"), detail));
    }
    let expression = rule.text("messageExpression");
    if !expression.is_empty() && expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        causes.push(words::required(child(path, "messageExpression"), detail));
    }
    if let Some(reason) = rule.get("reason").and_then(Value::as_str)
        && !REASONS.contains(&reason)
    {
        causes.push(words::unsupported(child(path, "reason"), &Value::from(reason), REASONS));
    }
    let field_path = rule.text("fieldPath");
    if !field_path.is_empty() && field_path.trim().is_empty() {
        causes.push(wrong_text("fieldPath", "must be non-empty if specified"));
    }
    if breaks(field_path) {
        causes.push(wrong_text("fieldPath", "must not contain line breaks"));
    }
    if !field_path.is_empty() && fieldpath::find(field_path, schema, true).is_err() {
        causes.push(wrong_text("fieldPath", "must be a valid path"));
    }
}
