//! The walk of a value beside its schema.

use serde_json::{Map, Value};

use super::lists::Partners;
use super::types::field;
use super::{junctors, numbers, types};
use crate::manager::schema::node::{Additional, Checks, Node};
use crate::manager::schema::path::Path;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// What a walk has found.
#[derive(Debug, Default)]
pub struct Found {
    /// What is wrong, in the order of the walk.
    pub causes: Vec<Cause>,
    /// How many checks were made. Where no schema of an `anyOf` fits, the one with the most is told of.
    pub matches: usize,
}

impl Found {
    /// Notes a cause.
    pub fn push(&mut self, cause: Cause) {
        self.causes.push(cause);
    }

    /// Adds what another walk found; causes that are known already are not repeated.
    pub fn merge(&mut self, other: Found) {
        for cause in other.causes {
            if !self.causes.contains(&cause) {
                self.causes.push(cause);
            }
        }
        self.matches += other.matches;
    }
}

/// Checks a value. Where the value is the same as the old one at a place that can be told apart in both, what is
/// wrong with it is let pass: an object may be changed although an older schema allowed what this one does not.
pub fn check(value: &Value, old: Option<&Value>, node: &Node, path: &Path, found: &mut Found) {
    let before = found.causes.len();
    check_type(value, node, path, found);
    if value.is_null() {
        check_enum(value, node, path, found);
        return;
    }
    if let Some(checks) = &node.checks {
        junctors::check(value, old, checks, path, found);
    }
    found.matches += 1;
    match value {
        Value::Null | Value::Bool(_) => {}
        Value::String(text) => check_text(text, node, path, found),
        Value::Number(number) => {
            numbers::check(number, node, path, found);
            found.matches += 1;
        }
        Value::Array(items) => check_items(items, old, node, path, found),
        Value::Object(fields) => check_fields(fields, old, node, path, found),
    }
    check_enum(value, node, path, found);
    found.matches += 2;
    if found.causes.len() > before && old == Some(value) {
        found.causes.truncate(before);
    }
}

fn check_type(value: &Value, node: &Node, path: &Path, found: &mut Found) {
    match types::check(value, node, path) {
        Some(cause) => found.push(cause),
        None => found.matches += 1,
    }
}

/// Of a text only the first thing that is wrong is told, and its format.
fn check_text(text: &str, node: &Node, path: &Path, found: &mut Found) {
    found.matches += 1;
    let Some(checks) = &node.checks else { return };
    if let Some(cause) = wrong_text(text, checks, path) {
        found.push(cause);
    }
    if let Some(format) = &checks.format {
        found.matches += 1;
        if !format.kind.accepts(text) {
            let place = path.dotted();
            let detail = format!("{place} in body must be of type {}: {}", format.name, words::quoted(text));
            found.push(words::type_invalid(field(path), &Value::from(text), &detail));
        }
    }
}

fn wrong_text(text: &str, checks: &Checks, path: &Path) -> Option<Cause> {
    let length = || text.chars().count() as u64;
    if let Some(most) = checks.length.most
        && text.len() as u64 > most
        && length() > most
    {
        return Some(words::too_long(field(path), most));
    }
    let invalid = |detail: &str| Some(words::invalid(field(path), &Value::from(text), detail));
    if let Some(least) = checks.length.least
        && length() < least
    {
        return invalid(&format!("{} in body should be at least {least} chars long", path.dotted()));
    }
    match &checks.pattern {
        Some(pattern) if !pattern.regex.is_match(text) => {
            invalid(&format!("{} in body should match '{}'", path.dotted(), pattern.source))
        }
        _ => None,
    }
}

fn check_items(items: &[Value], old: Option<&Value>, node: &Node, path: &Path, found: &mut Found) {
    found.matches += 2;
    if let Some(child) = &node.items {
        let partners = Partners::of(node, old.and_then(Value::as_array));
        for (at, item) in items.iter().enumerate() {
            check(item, partners.of_item(item), child, &path.index(at), found);
        }
    }
    let Some(range) = node.checks.as_ref().map(|checks| checks.items) else { return };
    let count = items.len();
    if let Some(least) = range.least
        && (count as u64) < least
    {
        let detail = format!("{} in body should have at least {least} items", path.dotted());
        found.push(words::invalid(field(path), &Value::from(count), &detail));
    }
    if let Some(most) = range.most
        && count as u64 > most
    {
        found.push(words::too_many(field(path), count, most));
    }
}

fn check_fields(
    fields: &Map<String, Value>,
    old: Option<&Value>,
    node: &Node,
    path: &Path,
    found: &mut Found,
) {
    found.matches += 1;
    if let Some(checks) = &node.checks {
        check_count(fields.len(), checks, path, found);
    }
    let old_field = |name: &str| old.and_then(|old| old.get(name));
    match &node.additional {
        Additional::Unset | Additional::Allowed(true) => {}
        Additional::Allowed(false) => {
            for name in fields.keys().filter(|name| !node.properties.contains_key(*name)) {
                let detail = format!("{}.{name} in body is a forbidden property", path.dotted());
                found.push(words::invalid(field(path), &Value::from(name.as_str()), &detail));
            }
        }
        Additional::Schema(child) => {
            for (name, value) in fields.iter().filter(|(name, _)| !node.properties.contains_key(*name)) {
                check(value, old_field(name), child, &path.key(name), found);
            }
        }
    }
    // The shorter side is walked; both are sorted, so that the order is the same.
    if fields.len() < node.properties.len() {
        for (name, value) in fields {
            if let Some(child) = node.properties.get(name) {
                check(value, old_field(name), child, &path.field(name), found);
            }
        }
    } else {
        for (name, child) in &node.properties {
            if let Some(value) = fields.get(name) {
                check(value, old_field(name), child, &path.field(name), found);
            }
        }
    }
    if let Some(checks) = &node.checks {
        for name in checks.required.iter().filter(|name| !fields.contains_key(*name)) {
            found.push(words::required(path.field(name).dotted(), ""));
        }
    }
}

fn check_count(count: usize, checks: &Checks, path: &Path, found: &mut Found) {
    if let Some(least) = checks.properties.least
        && (count as u64) < least
    {
        let detail = format!("{} in body should have at least {least} properties", path.dotted());
        found.push(words::invalid(field(path), &Value::from(count), &detail));
    }
    if let Some(most) = checks.properties.most
        && count as u64 > most
    {
        found.push(words::too_many(field(path), count, most));
    }
}

fn check_enum(value: &Value, node: &Node, path: &Path, found: &mut Found) {
    let Some(checks) = &node.checks else { return };
    if checks.allowed.is_empty() || checks.allowed.iter().any(|allowed| same(allowed, value)) {
        return;
    }
    let listed: Vec<String> = checks
        .allowed
        .iter()
        .map(|allowed| allowed.as_str().map_or_else(|| allowed.to_string(), str::to_owned))
        .collect();
    found.push(words::unsupported(field(path), value, listed.iter().map(String::as_str)));
}

/// Equal, where `1` and `1.0` are the same number. Null equals nothing, as in Kubernetes.
fn same(allowed: &Value, value: &Value) -> bool {
    match (allowed, value) {
        (Value::Null, _) | (_, Value::Null) => false,
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => allowed == value,
    }
}
