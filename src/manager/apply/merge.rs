//! Merging an applied configuration into the live object.

use std::collections::BTreeMap;

use serde_json::Value;

use super::element;
use super::shape::{Elements, Form, Shape, Spot};

/// The live object with everything that the configuration says. Both must have passed the check, so that the
/// configuration's lists have no duplicates.
pub(super) fn merge(shape: &Shape, live: &Value, configuration: &Value) -> Value {
    merge_at(shape.root(), live, configuration)
}

fn merge_at(spot: Spot<'_>, live: &Value, applied: &Value) -> Value {
    match (live, applied, spot.form(live), spot.form(applied)) {
        (Value::Object(live), Value::Object(applied), Form::Map, Form::Map) => {
            let mut merged = live.clone();
            for (key, value) in applied {
                match merged.get_mut(key) {
                    None => {
                        merged.insert(key.clone(), value.clone());
                    }
                    Some(old) => *old = merge_at(spot.child(key).spot, old, value),
                }
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(applied), Form::List(elements), Form::List(_)) => {
            merge_lists(spot, elements, live, applied)
        }
        // Null is an empty map or list: what is live stays, as in Kubernetes.
        (Value::Object(_), Value::Null, Form::Map, Form::Map) => live.clone(),
        (Value::Array(_), Value::Null, Form::List(_), Form::List(_)) => live.clone(),
        _ => applied.clone(),
    }
}

/// Unites two lists. The configuration's elements keep their order, and those that are only live stay where
/// they are as far as that is possible.
fn merge_lists(spot: Spot<'_>, elements: Elements<'_>, live: &[Value], applied: &[Value]) -> Value {
    let (Some(old), Some(new)) = (names(elements, live), names(elements, applied)) else {
        return Value::from(applied.to_vec());
    };
    let lists = Lists { spot, live: positions(&old, live), applied: positions(&new, applied) };
    let mut shared = new.iter().filter(|name| lists.live.contains_key(*name)).peekable();
    let mut merged = Vec::with_capacity(live.len().max(applied.len()));
    let (mut at_old, mut at_new) = (0, 0);
    while let Some(step) = Step::next(old.get(at_old), new.get(at_new), shared.peek().copied(), &lists) {
        match step {
            Step::KeepLive => {
                merged.extend(live.get(at_old).cloned());
                at_old += 1;
            }
            Step::SkipLive => at_old += 1,
            Step::TakeApplied { with_live } => {
                if let Some(name) = new.get(at_new) {
                    merged.push(lists.merged(name));
                    shared.next_if_eq(&name);
                }
                at_new += 1;
                at_old += usize::from(with_live);
            }
        }
    }
    Value::Array(merged)
}

/// What happens next while two lists are united.
enum Step {
    /// The live element is in no configuration: it stays.
    KeepLive,
    /// The live element comes at its place in the configuration.
    SkipLive,
    /// The configuration's element comes, merged with its live one.
    TakeApplied { with_live: bool },
}

impl Step {
    fn next(
        old: Option<&String>,
        new: Option<&String>,
        shared: Option<&String>,
        lists: &Lists<'_>,
    ) -> Option<Self> {
        match (old, new) {
            (None, None) => None,
            (Some(old), Some(new)) if old == new => Some(Self::TakeApplied { with_live: true }),
            (Some(old), _) if !lists.applied.contains_key(old) => Some(Self::KeepLive),
            // All shared elements are merged, this one too: it makes room for the next new one.
            (Some(_), Some(_)) if shared.is_none() => Some(Self::TakeApplied { with_live: true }),
            // A shared element, but another one's turn has come.
            (Some(old), Some(_)) if shared != Some(old) => Some(Self::SkipLive),
            (Some(_), None) => Some(Self::SkipLive),
            (_, Some(_)) => Some(Self::TakeApplied { with_live: false }),
        }
    }
}

struct Lists<'v> {
    spot: Spot<'v>,
    /// The live elements by name; of duplicates nothing, so that they are not merged but replaced.
    live: BTreeMap<String, Option<&'v Value>>,
    applied: BTreeMap<String, Option<&'v Value>>,
}

impl Lists<'_> {
    fn merged(&self, name: &str) -> Value {
        let applied = self.applied.get(name).copied().flatten().unwrap_or(&Value::Null);
        match self.live.get(name).copied().flatten() {
            Some(live) => merge_at(self.spot.item(), live, applied),
            None => applied.clone(),
        }
    }
}

fn names(elements: Elements<'_>, list: &[Value]) -> Option<Vec<String>> {
    list.iter().map(|item| element::of_item(elements, item).ok()).collect()
}

fn positions<'v>(names: &[String], list: &'v [Value]) -> BTreeMap<String, Option<&'v Value>> {
    let mut positions = BTreeMap::new();
    for (name, item) in names.iter().zip(list) {
        positions.entry(name.clone()).and_modify(|known| *known = None).or_insert(Some(item));
    }
    positions
}

/// Drops the nulls of a built-in kind's maps, where Go has no null but an absent field.
pub(super) fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => map.retain(|_, value| {
            drop_nulls(value);
            !value.is_null()
        }),
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}
