//! Server-side apply.
//!
//! Source: `sigs.k8s.io/structured-merge-diff/merge` and apimachinery's `util/managedfields`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::check;
use super::compare::{self, compare};
use super::conflict;
use super::error::ApplyError;
use super::fields::{self, Fields};
use super::managed::{Identity, Ledger, Operation};
use super::manager::{FieldManager, Part};
use super::merge::{drop_nulls, merge};
use super::migration;
use super::reconcile;
use super::removal::prune;
use super::shape::Shape;
use super::update;
use crate::manager::object;

/// Who owns the fields of an object that had no managedFields when it was first applied.
const BEFORE_FIRST_APPLY: &str = "before-first-apply";

/// The live object (or a new one) with everything that the configuration says, without what `who` applied
/// earlier and no longer does, and with the managedFields that follow from it.
///
/// An apply that changes neither the object nor its owners gives back an object equal to `live`. What comes back
/// still has to be defaulted and validated; [`update::record`] must not be called for it.
///
/// # Errors
/// If the configuration is no object of this version, has fields or types that the shape does not know, brings
/// managedFields, or, without `force`, changes what others own.
pub fn apply(
    live: Option<&Value>,
    configuration: &Value,
    shape: &Shape,
    who: &FieldManager<'_>,
    force: bool,
    now: DateTime<Utc>,
) -> Result<Value, ApplyError> {
    let configuration = accept(configuration, shape, who)?;
    let live = live.map(without_managed_fields);
    let (live, mut ledger) = match &live {
        Some((live, stored)) => (Some(live), owners_of(live, stored, shape, who, now)),
        None => (None, Ledger::default()),
    };
    let applier = Identity::new(who, Operation::Apply);
    let last = ledger.set(&applier).unwrap_or_default();
    let set = compare::fields_of(shape, &configuration);
    let applied = (who.name == migration::KUBECTL).then(|| configuration.clone());
    let mut object = match live {
        Some(live) => {
            let owned = owned_by_all(&ledger, &applier, &set);
            prune(shape, merge(shape, live, &configuration), &last, &owned)
        }
        None => configuration,
    };
    if shape.is_builtin() {
        drop_nulls(&mut object);
    }
    let changes = compare(shape, live, &object);
    if !force {
        let mut conflicts = conflict::find(&ledger, &changes.changed, &applier);
        if !conflicts.is_empty() && who.name == migration::KUBECTL {
            migration::allow(&mut conflicts, live, shape, who.api_version);
        }
        if !conflicts.is_empty() {
            return Err(ApplyError::Conflicts(conflicts));
        }
    }
    ledger.take(Some(&applier), &[&changes.changed, &changes.removed]);
    let same = live == Some(&object);
    if !same || set != last {
        // Who applies what is there already changes nothing, so the time stays.
        ledger.set_fields(&applier, set, (!same).then_some(now));
        ledger.sort();
    }
    if let Some(applied) = applied {
        migration::sync(&mut object, applied);
    }
    update::write(&mut object, ledger);
    Ok(object)
}

/// The configuration as it will be merged: checked, and without what this door does not lead to.
fn accept(configuration: &Value, shape: &Shape, who: &FieldManager<'_>) -> Result<Value, ApplyError> {
    let text = |key: &str| configuration.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (with_group(text("apiVersion")), text("kind").to_owned());
    if text("apiVersion") != who.api_version {
        return Err(ApplyError::Version { api_version, kind });
    }
    let Some(metadata) = configuration.get("metadata").and_then(Value::as_object) else {
        return Err(ApplyError::NotAnObject);
    };
    if metadata.get("managedFields").is_some_and(|given| !given.is_null()) {
        return Err(ApplyError::ManagedFields);
    }
    let faults = check::check(shape, configuration);
    if !faults.is_empty() {
        let (namespace, name) = (object::namespace(configuration), object::name(configuration));
        let subject = format!("{namespace}/{name}; {api_version}, Kind={kind}");
        return Err(ApplyError::Typed { subject, faults: check::worded(&faults) });
    }
    let mut accepted = configuration.clone();
    if let Value::Object(map) = &mut accepted {
        restrict(map, who.part);
    }
    Ok(accepted)
}

fn restrict(configuration: &mut Map<String, Value>, part: Part) {
    let metadata = configuration.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(metadata) = metadata {
        // Generated YAML says `creationTimestamp: null`, which must not wipe the live one.
        metadata.retain(|key, value| {
            !value.is_null() && (part != Part::StatusOnly || matches!(key.as_str(), "name" | "namespace"))
        });
    }
    configuration.retain(|key, _| match part {
        Part::Whole => true,
        Part::AllButStatus => key != "status",
        Part::StatusOnly => matches!(key.as_str(), "apiVersion" | "kind" | "metadata" | "status"),
    });
}

/// `apps/v1`, or `/v1` in the core group: how Go prints a group and version.
fn with_group(api_version: &str) -> String {
    if api_version.contains('/') { api_version.to_owned() } else { format!("/{api_version}") }
}

/// The live object and its managedFields apart, so that these are not merged like fields.
fn without_managed_fields(live: &Value) -> (Value, Value) {
    let mut live = live.clone();
    let stored = object::meta_mut(&mut live).and_then(|metadata| metadata.remove("managedFields"));
    (live, stored.unwrap_or(Value::Null))
}

/// Who owns what in the live object. If nobody was tracked yet, one manager of Kubernetes' invention owns all of it.
fn owners_of(
    live: &Value,
    stored: &Value,
    shape: &Shape,
    who: &FieldManager<'_>,
    now: DateTime<Utc>,
) -> Ledger {
    let mut ledger = Ledger::stored(stored.as_array().cloned().unwrap_or_default());
    ledger.change_sets(|set| reconcile::reconcile(shape, set));
    if ledger.is_empty() {
        let everyone = FieldManager { name: BEFORE_FIRST_APPLY, ..*who };
        let all = compare(shape, None, live).changed;
        if !all.is_empty() {
            ledger.give(&Identity::new(&everyone, Operation::Update), all, now);
        }
    }
    ledger
}

/// What anybody owns, with what the applier is about to own.
fn owned_by_all(ledger: &Ledger, applier: &Identity<'_>, set: &Fields) -> Fields {
    let mut owned = set.clone();
    for (_, theirs) in ledger.entries().filter(|(identity, _)| identity != applier) {
        fields::unite(&mut owned.0, theirs);
    }
    owned
}
