//! The status of a CustomResourceDefinition: what the server itself keeps of it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::manager::schema::words;
use crate::manager::status::Cause;

/// Before a write: nobody but the server writes the status. It is empty at first and then stays as it was; the
/// storage version is added to the stored ones.
pub fn prepare(object: &mut Value, old: Option<&Value>) {
    let storage = storage_version(object).map(str::to_owned);
    let mut status =
        old.and_then(|old| old.get("status")).cloned().unwrap_or_else(|| Value::Object(Map::new()));
    if let (Some(storage), Some(fields)) = (storage, status.as_object_mut()) {
        let stored = fields.entry("storedVersions").or_insert_with(|| Value::Array(Vec::new()));
        if let Some(stored) = stored.as_array_mut()
            && !stored.iter().any(|version| version.as_str() == Some(&storage))
        {
            stored.push(Value::String(storage));
        }
    }
    if let Some(fields) = object.as_object_mut() {
        fields.insert("status".to_owned(), status);
    }
}

/// The first version that is marked as the one to store.
fn storage_version(object: &Value) -> Option<&str> {
    let versions = object.pointer("/spec/versions")?.as_array()?;
    versions.iter().find(|version| version.get("storage") == Some(&Value::Bool(true)))?.get("name")?.as_str()
}

/// The stored versions: the storage version is one of them, and all of them are still there.
pub fn check(object: &Value, causes: &mut Vec<Cause>) {
    let field = "status.storedVersions";
    let stored_value = object.pointer("/status/storedVersions").unwrap_or(&Value::Null);
    let stored: Vec<&str> = stored_value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if stored.is_empty() {
        causes.push(words::invalid(field, stored_value, "must have at least one stored version"));
        return;
    }
    let versions = object.pointer("/spec/versions").and_then(Value::as_array);
    let names: Vec<(&str, bool)> = versions
        .into_iter()
        .flatten()
        .map(|version| {
            let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
            (name, version.get("storage") == Some(&Value::Bool(true)))
        })
        .collect();
    for (name, _) in names.iter().filter(|(name, storage)| *storage && !stored.contains(name)) {
        causes.push(words::invalid(field, stored_value, &format!("must have the storage version {name}")));
    }
    for (at, gone) in
        stored.iter().enumerate().filter(|(_, version)| !names.iter().any(|(name, _)| name == *version))
    {
        let detail = format!(
            "missing from spec.versions; {gone} was previously a storage version, and must remain in spec.versions \
             until a storage migration ensures no data remains persisted in {gone} and removes {gone} from \
             status.storedVersions"
        );
        causes.push(words::invalid(format!("{field}[{at}]"), &Value::from(*gone), &detail));
    }
}

/// The names that the other types of the group hold.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Plurals, singulars and short names.
    pub resources: BTreeSet<String>,
    /// Kinds and kinds of lists.
    pub kinds: BTreeSet<String>,
}

impl Taken {
    /// Adds the names that another definition holds. Its group is for the caller to compare.
    pub fn add(&mut self, other: &Value) {
        let accepted = other.pointer("/status/acceptedNames").unwrap_or(&Value::Null);
        let text = |field: &str| accepted.get(field).and_then(Value::as_str).map(str::to_owned);
        self.resources
            .extend(text("plural").into_iter().chain(text("singular")).chain(short_names(accepted)));
        self.kinds.extend(text("kind").into_iter().chain(text("listKind")));
    }
}

fn short_names(names: &Value) -> Vec<String> {
    let list = names.get("shortNames").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Accepts the names that nobody else holds, and says whether the type is served: conditions NamesAccepted and
/// Established. `now` is RFC 3339. Returns whether the type is established.
pub fn establish(object: &mut Value, taken: &Taken, now: &str) -> bool {
    let wanted = object.pointer("/spec/names").cloned().unwrap_or_else(|| json!({}));
    let mut accepted = object.pointer("/status/acceptedNames").cloned().unwrap_or_else(|| json!({}));
    let mut conflict = None;
    let groups = [
        ("plural", "PluralConflict", &taken.resources),
        ("singular", "SingularConflict", &taken.resources),
        ("shortNames", "ShortNamesConflict", &taken.resources),
        ("kind", "KindConflict", &taken.kinds),
        ("listKind", "ListKindConflict", &taken.kinds),
        ("categories", "", &BTreeSet::new()),
    ];
    for (field, reason, taken) in groups {
        match in_use(&wanted, &accepted, field, taken) {
            Some(message) => conflict = Some((reason, message)),
            None => copy(&wanted, &mut accepted, field),
        }
    }
    let was_established = condition_is_true(object, "Established");
    let (reason, message) = match &conflict {
        Some((reason, message)) => (*reason, message.as_str()),
        None => ("NoConflicts", "no conflicts found"),
    };
    set_condition(object, "NamesAccepted", conflict.is_none(), reason, message, now);
    let established = was_established || conflict.is_none();
    if !was_established {
        let (reason, message) = match established {
            true => ("InitialNamesAccepted", "the initial names have been accepted"),
            false => ("NotAccepted", "not all names are accepted"),
        };
        set_condition(object, "Established", established, reason, message, now);
    }
    if let Some(status) = object.get_mut("status").and_then(Value::as_object_mut) {
        status.insert("acceptedNames".to_owned(), accepted);
    }
    established
}

/// Why a name cannot be had, if it cannot.
fn in_use(wanted: &Value, accepted: &Value, field: &str, taken: &BTreeSet<String>) -> Option<String> {
    let used = |name: &str| format!("{name:?} is already in use");
    if field == "shortNames" {
        let own = short_names(accepted);
        let lost: Vec<String> = short_names(wanted)
            .into_iter()
            .filter(|name| !own.contains(name) && taken.contains(name))
            .map(|name| used(&name))
            .collect();
        return match lost.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("[{}]", many.join(", "))),
        };
    }
    let name = wanted.get(field).and_then(Value::as_str)?;
    let is_own = accepted.get(field).and_then(Value::as_str) == Some(name);
    (!is_own && taken.contains(name)).then(|| used(name))
}

fn copy(from: &Value, to: &mut Value, field: &str) {
    let Some(to) = to.as_object_mut() else { return };
    match from.get(field) {
        Some(value) => to.insert(field.to_owned(), value.clone()),
        None => to.remove(field),
    };
}

/// Whether the type of a definition is served.
pub fn is_established(object: &Value) -> bool {
    condition_is_true(object, "Established")
}

fn condition_is_true(object: &Value, kind: &str) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").is_some_and(|name| name == kind)
            && condition.get("status").is_some_and(|status| status == "True")
    })
}

fn set_condition(object: &mut Value, kind: &str, is_true: bool, reason: &str, message: &str, now: &str) {
    let Some(object) = object.as_object_mut() else { return };
    let status = object.entry("status").or_insert_with(|| json!({}));
    let Some(status) = status.as_object_mut() else { return };
    let conditions = status.entry("conditions").or_insert_with(|| json!([]));
    let Some(conditions) = conditions.as_array_mut() else { return };
    let status = if is_true { "True" } else { "False" };
    let place =
        conditions.iter().position(|condition| condition.get("type").is_some_and(|name| name == kind));
    let since = place
        .and_then(|at| conditions.get(at))
        .filter(|old| old.get("status").is_some_and(|old| old == status))
        .and_then(|old| old.get("lastTransitionTime"))
        .cloned()
        .unwrap_or_else(|| Value::from(now));
    let condition = json!({
        "type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since,
    });
    match place.and_then(|at| conditions.get_mut(at)) {
        Some(old) => *old = condition,
        None => conditions.push(condition),
    }
}
