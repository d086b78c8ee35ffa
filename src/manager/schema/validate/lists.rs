//! Lists whose items are told apart: `x-kubernetes-list-type` set and map.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::manager::schema::node::{ListKind, Node};
use crate::manager::schema::path::Path;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The items of a list that occur twice, below a value.
pub fn check(value: &Value, node: &Node, path: &Path, causes: &mut Vec<Cause>) {
    if !node.below.lists {
        return;
    }
    match value {
        Value::Array(items) => {
            check_list(items, &node.list, path, causes);
            if let Some(child) = &node.items {
                for (at, item) in items.iter().enumerate() {
                    check(item, child, &path.index(at), causes);
                }
            }
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if let Some(child) = node.properties.get(name) {
                    check(value, child, &path.field(name), causes);
                } else if let Some(child) = node.additional.schema() {
                    check(value, child, &path.key(name), causes);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn check_list(items: &[Value], kind: &ListKind, path: &Path, causes: &mut Vec<Cause>) {
    match kind {
        ListKind::Atomic => {}
        ListKind::Set => repeat(items.iter(), path, causes),
        ListKind::Map(keys) => {
            let stranger = items.iter().position(|item| !item.is_object() && !item.is_null());
            if let Some(at) = stranger {
                let detail = "must be an object for an array of list-type map";
                causes.push(words::invalid(path.index(at).bracketed(), &items[at], detail));
                return;
            }
            let keys: Vec<Value> = items.iter().map(|item| key_of(item, keys)).collect();
            repeat(keys.iter(), path, causes);
        }
    }
}

/// Notes each value that occurs again, once.
fn repeat<'a>(values: impl Iterator<Item = &'a Value>, path: &Path, causes: &mut Vec<Cause>) {
    let mut seen: HashMap<&Value, usize> = HashMap::new();
    for (at, value) in values.enumerate() {
        let times = seen.entry(value).or_default();
        *times += 1;
        if *times == 2 {
            causes.push(words::duplicate(path.index(at).bracketed(), value));
        }
    }
}

/// The fields that tell an item apart, those of them that it has.
fn key_of(item: &Value, keys: &[String]) -> Value {
    let pairs = keys.iter().filter_map(|key| Some((key.clone(), item.get(key)?.clone())));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// The old items that belong to new ones: only in lists of type map do items have an identity.
pub struct Partners<'a> {
    old: &'a [Value],
    keys: &'a [String],
    /// Where in `old` a key is: built for lists that are long enough to be worth it.
    places: HashMap<Value, usize>,
}

/// From how many items on the old ones are found by hash. Below, comparing is faster than hashing.
const HASHED_FROM: usize = 8;

impl<'a> Partners<'a> {
    /// The partners of a list's items.
    pub fn of(node: &'a Node, old: Option<&'a Vec<Value>>) -> Self {
        let (ListKind::Map(keys), Some(old)) = (&node.list, old) else {
            return Self { old: &[], keys: &[], places: HashMap::new() };
        };
        let mut places = HashMap::new();
        if old.len() >= HASHED_FROM {
            for (at, item) in old.iter().enumerate() {
                places.entry(key_of(item, keys)).or_insert(at);
            }
        }
        Self { old, keys, places }
    }

    /// The old item with the same keys.
    pub fn of_item(&self, item: &Value) -> Option<&'a Value> {
        if self.old.is_empty() || !item.is_object() {
            return None;
        }
        if self.places.is_empty() {
            return self.old.iter().find(|old| self.keys.iter().all(|key| old.get(key) == item.get(key)));
        }
        self.places.get(&key_of(item, self.keys)).map(|at| &self.old[*at])
    }
}
