//! `anyOf`, `oneOf`, `allOf` and `not`.
//!
//! Where no schema of an `anyOf` or `oneOf` fits, the one that made the most checks is told of: it is likely to
//! be the one that was meant.

use serde_json::Value;

use super::values::{self, Found};
use crate::manager::schema::node::{Checks, Node};
use crate::manager::schema::path::Path;
use crate::manager::schema::words;

/// Checks the combinations of a place's schema.
pub fn check(value: &Value, old: Option<&Value>, checks: &Checks, path: &Path, found: &mut Found) {
    let run = |node: &Node| {
        let mut result = Found::default();
        values::check(value, old, node, path, &mut result);
        result
    };
    let wrong = |why: String| {
        words::invalid("<nil>", &Value::from(""), &format!("{} {why}", words::quoted(&path.dotted())))
    };
    if !checks.any_of.is_empty() {
        let tried = first_that_fits(checks.any_of.iter().map(run));
        if !tried.causes.is_empty() {
            found.push(wrong("must validate at least one schema (anyOf)".to_owned()));
        }
        found.merge(tried);
    }
    if !checks.one_of.is_empty() {
        let (fitting, failing): (Vec<Found>, Vec<Found>) =
            checks.one_of.iter().map(run).partition(|result| result.causes.is_empty());
        let count = fitting.len();
        if count == 1 {
            fitting.into_iter().for_each(|result| found.merge(result));
        } else {
            let how = match count {
                0 => "Found none valid".to_owned(),
                _ => format!("Found {count} valid alternatives"),
            };
            found.push(wrong(format!("must validate one and only one schema (oneOf). {how}")));
            if count == 0 {
                found.merge(best(failing));
            }
        }
    }
    if !checks.all_of.is_empty() {
        let mut fitting = 0;
        for result in checks.all_of.iter().map(run) {
            fitting += usize::from(result.causes.is_empty());
            found.merge(result);
        }
        if fitting < checks.all_of.len() {
            let how = if fitting == 0 { ". None validated" } else { "" };
            found.push(wrong(format!("must validate all the schemas (allOf){how}")));
        }
    }
    if let Some(node) = &checks.not
        && run(node).causes.is_empty()
    {
        found.push(wrong("must not validate the schema (not)".to_owned()));
    }
    found.matches += 1;
}

fn first_that_fits(results: impl Iterator<Item = Found>) -> Found {
    let mut failing = Vec::new();
    for result in results {
        if result.causes.is_empty() {
            return result;
        }
        failing.push(result);
    }
    best(failing)
}

/// The result with the most checks made; of equals the first.
fn best(results: Vec<Found>) -> Found {
    results
        .into_iter()
        .reduce(|best, next| if next.matches > best.matches { next } else { best })
        .unwrap_or_default()
}
