//! Taking fields out of an object that a manager used to apply and no longer does.
//!
//! Source: `prune` and what follows from it in `sigs.k8s.io/structured-merge-diff/merge`.

use serde_json::{Map, Value};

use super::compare::all_fields_of;
use super::element;
use super::fields::{self, Fields};
use super::shape::{Form, Shape, Spot};

/// The merged object without what the manager applied last time (`last`), unless somebody owns it now (`owned`:
/// all managers' fields, the new ones of this manager included).
pub(super) fn prune(shape: &Shape, merged: Value, last: &Fields, owned: &Fields) -> Value {
    let mut dropped = last.clone();
    fields::subtract(&mut dropped.0, &owned.0);
    if dropped.is_empty() {
        return merged;
    }
    let last = with_named_fields(shape, last);
    let before = with_named_fields(shape, &all_fields_of(shape, &merged));

    // What others own comes back, together with the structs around it.
    let mut lost = before.clone();
    let pruned = remove(shape, &merged, &last);
    fields::subtract(&mut lost.0, &with_named_fields(shape, &all_fields_of(shape, &pruned)).0);
    fields::subtract(&mut lost.0, &with_named_fields(shape, owned).0);
    let pruned = remove(shape, &merged, &lost);

    // What nobody owns and this manager never applied comes back too.
    let mut lost = before;
    fields::subtract(&mut lost.0, &with_named_fields(shape, &all_fields_of(shape, &pruned)).0);
    fields::intersect(&mut lost.0, &last.0);
    remove(shape, &merged, &lost)
}

/// The set, and every struct around one of its paths. Sets name a struct only when it is empty or new.
fn with_named_fields(shape: &Shape, set: &Fields) -> Fields {
    let mut set = set.clone();
    name_fields(shape.root(), &mut set.0);
    set
}

fn name_fields(spot: Spot<'_>, set: &mut Map<String, Value>) {
    for (element, part) in set.iter_mut() {
        let Some(part) = part.as_object_mut().filter(|_| fields::is_element(element)) else { continue };
        let member = fields::is_member(part);
        let (below, named) = match element.strip_prefix("f:") {
            Some(name) => {
                let child = spot.child(name);
                (child.spot, child.named)
            }
            None => (spot.item(), false),
        };
        name_fields(below, part);
        fields::mark(part, member || named);
    }
}

fn remove(shape: &Shape, object: &Value, set: &Fields) -> Value {
    remove_at(shape.root(), object, &set.0)
}

/// The value without the paths of the set. A map or list of which nothing is left stays as an empty one: its own path
/// is not in the set, so that somebody else owns it.
fn remove_at(spot: Spot<'_>, value: &Value, set: &Map<String, Value>) -> Value {
    match (value, spot.form(value)) {
        (Value::Object(map), Form::Map) => {
            let mut left = Map::new();
            for (key, value) in map {
                let kept = match part_of(set, &element::field(key)) {
                    Part::Nothing => value.clone(),
                    Part::Whole => continue,
                    Part::Below(below) => remove_at(spot.child(key).spot, value, below),
                };
                left.insert(key.clone(), kept);
            }
            Value::Object(left)
        }
        (Value::Array(list), Form::List(elements)) => {
            let mut left = Vec::with_capacity(list.len());
            for item in list {
                let part = element::of_item(elements, item).map_or(Part::Nothing, |name| part_of(set, &name));
                left.push(match part {
                    Part::Nothing => item.clone(),
                    Part::Whole => continue,
                    Part::Below(below) => remove_at(spot.item(), item, below),
                });
            }
            Value::Array(left)
        }
        (value, _) => value.clone(),
    }
}

/// What a set says about one field or element.
enum Part<'s> {
    Nothing,
    Whole,
    Below(&'s Map<String, Value>),
}

fn part_of<'s>(set: &'s Map<String, Value>, element: &str) -> Part<'s> {
    match set.get(element).and_then(Value::as_object) {
        None => Part::Nothing,
        Some(part) if fields::is_member(part) => Part::Whole,
        Some(part) => Part::Below(part),
    }
}
