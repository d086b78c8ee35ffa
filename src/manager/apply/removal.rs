//! Taking fields out of an object that a manager used to apply and no longer does.
//!
//! Source: `prune` and what follows from it in `sigs.k8s.io/structured-merge-diff/merge`.

use serde_json::{Map, Value};

use super::compare::all_fields_of;
use super::element;
use super::fields::{self, Fields};
use super::shape::{Form, Node, Shape, Spot};

/// The merged object without what the manager applied last time (`last`), unless somebody owns it now (`owned`:
/// all managers' fields, the new ones of this manager included).
pub(super) fn prune(shape: &Shape, merged: &Value, last: &Fields, owned: &Fields) -> Value {
    if last.is_empty() {
        return merged.clone();
    }
    let last = with_named_fields(shape, last);
    let before = with_named_fields(shape, &all_fields_of(shape, merged));

    // What others own comes back, together with the structs around it.
    let mut lost = before.clone();
    let pruned = remove(shape, merged, &last);
    fields::subtract(&mut lost.0, &with_named_fields(shape, &all_fields_of(shape, &pruned)).0);
    fields::subtract(&mut lost.0, &with_named_fields(shape, owned).0);
    let pruned = remove(shape, merged, &lost);

    // What nobody owns and this manager never applied comes back too.
    let mut lost = before;
    fields::subtract(&mut lost.0, &with_named_fields(shape, &all_fields_of(shape, &pruned)).0);
    fields::intersect(&mut lost.0, &last.0);
    remove(shape, merged, &lost)
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
    remove_at(shape.root(), object, &set.0).unwrap_or_else(|| Value::Object(Map::new()))
}

/// The value without the paths of the set. Nothing if no part of it is left; a value that is merged whole has no
/// parts and stays.
fn remove_at(spot: Spot<'_>, value: &Value, set: &Map<String, Value>) -> Option<Value> {
    match (value, spot.form(value)) {
        (Value::Object(map), Form::Map) => {
            let mut left = Map::new();
            for (key, value) in map {
                let kept = match part_of(set, &element::field(key)) {
                    Part::Nothing => Some(value.clone()),
                    Part::Whole => None,
                    Part::Below(below) => remove_at(spot.child(key).spot, value, below),
                };
                left.extend(kept.map(|value| (key.clone(), value)));
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        (Value::Array(list), Form::List(elements)) => {
            let mut left = Vec::with_capacity(list.len());
            for item in list {
                let part = element::of_item(elements, item).map_or(Part::Nothing, |name| part_of(set, &name));
                left.extend(match part {
                    Part::Nothing => Some(item.clone()),
                    Part::Whole => None,
                    Part::Below(below) => remove_at(spot.item(), item, below),
                });
            }
            (!left.is_empty()).then_some(Value::Array(left))
        }
        (value, _) => match spot.node() {
            Node::AtomicMap(_) | Node::AtomicList(_) | Node::Struct(_) => None,
            _ => Some(value.clone()),
        },
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
