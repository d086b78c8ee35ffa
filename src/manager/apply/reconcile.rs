//! Field sets of a time when the schema was another.

use serde_json::{Map, Value};

use super::fields;
use super::shape::{Node, Shape, Spot};

/// Brings a set in line with the shape: who owned parts of what is merged whole by now owns the whole.
///
/// The other way round nothing is done, as in Kubernetes: who owns a whole that has parts by now owns just its path.
pub(super) fn reconcile(shape: &Shape, set: &mut Map<String, Value>) {
    reconcile_at(shape.root(), set);
}

fn reconcile_at(spot: Spot<'_>, set: &mut Map<String, Value>) {
    for (element, part) in set.iter_mut() {
        let Some(part) = part.as_object_mut().filter(|_| fields::is_element(element)) else { continue };
        let below = match element.strip_prefix("f:") {
            Some(name) => spot.declared(name).map(|child| child.spot),
            None => Some(spot.item()),
        };
        match below.map(|below| (below, below.node())) {
            // Fields that the schema does not have are left as they are.
            None => {}
            Some((_, Node::AtomicMap(_) | Node::AtomicList(_))) => part.clear(),
            Some((below, _)) => reconcile_at(below, part),
        }
    }
}
