//! Compiles the rules of a schema into its tree.

use crate::manager::schema::accept::raw::{Raw, child, entry, property};
use crate::manager::schema::node::Node;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// Compiles the rules at a place and below it.
pub fn attach(schema: Raw, node: &mut Node, path: &str, causes: &mut Vec<Cause>) {
    for (at, _) in schema.schemas("x-kubernetes-validations").into_iter().enumerate() {
        let detail = "rules are not supported by this server";
        causes.push(words::forbidden(entry(path, "x-kubernetes-validations", at), detail));
    }
    for (name, inner) in schema.properties() {
        if let Some(node) = node.properties.get_mut(name) {
            attach(inner, node, &property(path, name), causes);
        }
    }
    if let (Some(inner), Some(node)) = (schema.schema("items"), node.items.as_mut()) {
        attach(inner, node, &child(path, "items"), causes);
    }
    node.sum_up();
}
