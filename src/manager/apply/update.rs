//! Who owns what after a write that is no apply: create, update, patch, status.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::compare::{self, Changes};
use super::managed::{Identity, Ledger, Operation};
use super::manager::FieldManager;
use super::shape::Shape;
use crate::manager::object;

/// Writes `metadata.managedFields` into `after`, the object as it is about to be stored: `who` owns the fields
/// that differ from `before`, everyone else loses them, and removed fields leave all sets.
///
/// Without a difference nothing is written, not even a time: `after` keeps the entries of `before`, so that the
/// two are equal and no new resourceVersion comes to be. Entries that `after` brings along are taken over, as
/// Kubernetes does for clients that edit them; `[]` or `[{}]` ends all ownership, and from then on the object
/// is not tracked until somebody applies. Entries that cannot be read count as left out.
///
/// Must be called with `after` complete (pruned, defaulted), and not after an apply, which does this itself.
pub fn record(
    before: Option<&Value>,
    after: &mut Value,
    shape: &Shape,
    who: &FieldManager<'_>,
    now: DateTime<Utc>,
) {
    let stored = before.and_then(|before| before.get("metadata")?.get("managedFields"));
    let Some(metadata) = object::meta_mut(after) else { return };
    let given = metadata.remove("managedFields").unwrap_or(Value::Null);
    let mut ledger = choose(stored, given, who);
    if !ledger.is_empty() || before.is_none() {
        let changes = compare::compare(shape, before, after);
        apply_changes(&mut ledger, changes, who, now);
    }
    write(after, ledger);
}

/// Moves ownership by a difference.
fn apply_changes(ledger: &mut Ledger, changes: Changes, who: &FieldManager<'_>, now: DateTime<Utc>) {
    ledger.take(None, &[&changes.changed, &changes.removed]);
    if !changes.changed.is_empty() {
        ledger.give(&Identity::new(who, Operation::Update), changes.changed, now);
        ledger.cap();
        ledger.sort();
    }
}

/// Which entries the write begins with.
fn choose(stored: Option<&Value>, given: Value, who: &FieldManager<'_>) -> Ledger {
    let from_store = || match stored {
        Some(Value::Array(list)) => Ledger::stored(list.clone()),
        _ => Ledger::default(),
    };
    match given {
        // The writer left them as they are, which costs a comparison, but no copy.
        Value::Array(list) if stored.and_then(Value::as_array) == Some(&list) => Ledger::stored(list),
        // Through a subresource nobody can edit them.
        _ if !who.subresource.is_empty() => from_store(),
        Value::Array(list) if is_reset(&list) => Ledger::default(),
        given => match Ledger::decode(&given) {
            Ok(ledger) if !ledger.is_empty() => ledger,
            _ => from_store(),
        },
    }
}

/// Whether a list of entries asks for the end of all ownership.
fn is_reset(list: &[Value]) -> bool {
    match list {
        [] => true,
        [Value::Object(only)] => only.is_empty(),
        _ => false,
    }
}

/// Puts the entries into the object.
pub(super) fn write(object: &mut Value, ledger: Ledger) {
    let Some(metadata) = object::meta_mut(object) else { return };
    match ledger.encode() {
        Some(entries) => metadata.insert("managedFields".to_owned(), entries),
        None => metadata.remove("managedFields"),
    };
}
