//! Whether defaults fit their own schema: nothing unknown in them, and valid.

use super::raw::{child, property};
use crate::manager::schema::node::Node;
use crate::manager::schema::path::Path;
use crate::manager::schema::validate::values::{self, Found};
use crate::manager::schema::validate::{embedded, types};
use crate::manager::schema::{prune, words};
use crate::manager::status::Cause;

/// What is wrong with the defaults of a schema.
pub fn check(node: &Node, path: &str, causes: &mut Vec<Cause>) {
    walk(node, path, true, false, causes);
}

/// `in_meta` says that the place is the metadata of an object, which has fields that no schema names.
fn walk(node: &Node, path: &str, is_object: bool, in_meta: bool, causes: &mut Vec<Cause>) {
    if let Some(default) = &node.default {
        let here = child(path, "default");
        let mut pruned = default.clone();
        if !in_meta && !prune::unknown_fields(&mut pruned, node, false).is_empty() {
            causes.push(words::invalid(&here, default, "must not have unknown fields"));
        }
        let root = Path::Root.field(&here);
        let mut wrong = Vec::new();
        embedded::check(default, node, &root, &mut wrong);
        if wrong.is_empty() {
            let mut found = Found::default();
            values::check(default, None, node, &Path::Root, &mut found);
            wrong.extend(found.causes.into_iter().map(|cause| below(&here, cause)));
        }
        causes.append(&mut wrong);
    }
    if let Some(items) = &node.items {
        walk(items, &child(path, "items"), items.embedded, in_meta, causes);
    }
    for (name, inner) in &node.properties {
        let in_meta = in_meta && !inner.embedded || is_object && prune::is_meta(name);
        walk(inner, &property(path, name), inner.embedded, in_meta, causes);
    }
}

/// The cause, told of the default's place in the schema.
fn below(path: &str, cause: Cause) -> Cause {
    let nowhere = types::field(&Path::Root);
    let field = if cause.field == nowhere { path.to_owned() } else { child(path, &cause.field) };
    Cause { field, ..cause }
}
