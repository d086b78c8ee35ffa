//! `metadata.managedFields`: who owns which fields, and since when.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value};

use super::fields::{self, Fields};
use super::manager::FieldManager;

/// Kubernetes keeps at most this many entries of updates; the oldest are merged into one.
const MOST_UPDATERS: usize = 10;

/// This many entries are taken over from a client at most. Entries are told apart by looking at all of them, and
/// nobody has this many managers.
const MOST_GIVEN: usize = 500;

/// The name under which the oldest updates are merged.
const ANCIENT: &str = "ancient-changes";

/// What an entry says how its fields came to be owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Apply,
    Update,
}

impl Operation {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Apply => "Apply",
            Self::Update => "Update",
        }
    }
}

/// The entries of `metadata.managedFields`, each in the form in which it is stored.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Map<String, Value>>,
}

/// Why given managedFields cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    #[error("managedFields must be a list of objects")]
    NotAList,
    #[error("more than {MOST_GIVEN} entries")]
    TooMany,
    #[error("operation must be `Apply` or `Update`")]
    Operation,
    #[error("apiVersion must not be empty")]
    ApiVersion,
    #[error("missing fieldsType in managed fields entry {0}")]
    NoFieldsType(usize),
    #[error("invalid fieldsType {1:?} in managed fields entry {0}")]
    FieldsType(usize, String),
    #[error("the time of managed fields entry {0} is not RFC 3339")]
    Time(usize),
    #[error("error decoding set")]
    Fields(#[source] serde_json::Error),
}

impl Ledger {
    /// Entries that come from outside, checked and in the one way of writing them.
    pub(super) fn decode(given: &Value) -> Result<Self, LedgerError> {
        let list = match given {
            Value::Null => return Ok(Self::default()),
            Value::Array(list) => list,
            _ => return Err(LedgerError::NotAList),
        };
        if list.len() > MOST_GIVEN {
            return Err(LedgerError::TooMany);
        }
        let mut ledger = Self::default();
        for (at, entry) in list.iter().enumerate() {
            let entry = decode_entry(at, entry)?;
            // The last entry of a manager counts.
            if let Some(known) = ledger.position(&Identity::of(&entry)) {
                ledger.entries.remove(known);
            }
            ledger.entries.push(entry);
        }
        ledger.entries.retain(|entry| fields_in(entry).is_some_and(|set| !set.is_empty()));
        Ok(ledger)
    }

    /// Entries that this code wrote.
    pub(super) fn stored(list: Vec<Value>) -> Self {
        let as_map = |entry| if let Value::Object(entry) = entry { Some(entry) } else { None };
        Self { entries: list.into_iter().filter_map(as_map).collect() }
    }

    /// The value of `metadata.managedFields`; nothing if nobody owns anything.
    pub(super) fn encode(self) -> Option<Value> {
        if self.entries.is_empty() {
            return None;
        }
        Some(Value::Array(self.entries.into_iter().map(Value::Object).collect()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Every entry with what it owns.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Identity<'_>, &Map<String, Value>)> {
        self.entries.iter().filter_map(|entry| Some((Identity::of(entry), fields_in(entry)?)))
    }

    /// What a manager owns.
    pub(super) fn set(&self, identity: &Identity<'_>) -> Option<Fields> {
        let entry = self.entries.get(self.position(identity)?)?;
        fields_in(entry).map(|set| Fields(set.clone()))
    }

    /// Takes fields from every manager but one. Managers that own nothing any more leave.
    pub(super) fn take(&mut self, from_all_but: Option<&Identity<'_>>, taken: &[&Fields]) {
        if taken.iter().all(|taken| taken.is_empty()) {
            return;
        }
        self.entries.retain_mut(|entry| {
            if from_all_but.is_some_and(|spared| *spared == Identity::of(entry)) {
                return true;
            }
            let Some(set) = entry.get_mut("fieldsV1").and_then(Value::as_object_mut) else { return false };
            for taken in taken {
                fields::subtract(set, &taken.0);
            }
            !set.is_empty()
        });
    }

    /// Adds fields to what a manager owns, as of now.
    pub(super) fn give(&mut self, identity: &Identity<'_>, given: Fields, now: DateTime<Utc>) {
        let time = written(now);
        let position = self.position(identity);
        match position.and_then(|at| self.entries.get_mut(at)) {
            Some(entry) => {
                if let Some(set) = entry.get_mut("fieldsV1").and_then(Value::as_object_mut) {
                    fields::unite(set, &given.0);
                }
                entry.insert("time".to_owned(), time);
            }
            None => self.entries.push(identity.entry(given, Some(time))),
        }
    }

    /// Says what a manager owns from now on. Without a time the entry keeps the one it has.
    pub(super) fn set_fields(&mut self, identity: &Identity<'_>, set: Fields, now: Option<DateTime<Utc>>) {
        let time = now.map(written);
        let position = self.position(identity);
        let old = position.map(|at| self.entries.remove(at));
        if !set.is_empty() {
            let time = time.or_else(|| old.and_then(|mut old| old.remove("time")));
            self.entries.push(identity.entry(set, time));
        }
    }

    /// Changes what each manager owns. None may be left with nothing.
    pub(super) fn change_sets(&mut self, change: impl Fn(&mut Map<String, Value>)) {
        for entry in &mut self.entries {
            if let Some(set) = entry.get_mut("fieldsV1").and_then(Value::as_object_mut) {
                change(set);
            }
        }
    }

    /// Puts the entries in Kubernetes' order.
    pub(super) fn sort(&mut self) {
        self.entries.sort_by(|a, b| order(a).cmp(&order(b)));
    }

    /// Merges the oldest updates, so that their entries do not become ever more.
    pub(super) fn cap(&mut self) {
        let is_update = |entry: &Map<String, Value>| text(entry, "operation") == Operation::Update.as_str();
        if self.entries.iter().filter(|entry| is_update(entry)).count() <= MOST_UPDATERS {
            return;
        }
        let (mut updates, applies): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.entries).into_iter().partition(is_update);
        updates.sort_by(|a, b| order(a).cmp(&order(b)));
        while updates.len() > MOST_UPDATERS && merge_oldest(&mut updates) {}
        self.entries = applies;
        self.entries.append(&mut updates);
    }

    fn position(&self, identity: &Identity<'_>) -> Option<usize> {
        self.entries.iter().position(|entry| *identity == Identity::of(entry))
    }
}

/// What tells one entry from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'a> {
    pub(super) manager: &'a str,
    pub(super) operation: Operation,
    pub(super) api_version: &'a str,
    pub(super) subresource: &'a str,
}

impl PartialEq for Identity<'_> {
    /// Someone who applies is the same through every version.
    fn eq(&self, other: &Self) -> bool {
        self.manager == other.manager
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }
}

impl<'a> Identity<'a> {
    /// The entry of a manager that writes in this way.
    pub(super) fn new(who: &FieldManager<'a>, operation: Operation) -> Self {
        let manager = if who.name.is_empty() { "unknown" } else { who.name };
        Self { manager, operation, api_version: who.api_version, subresource: who.subresource }
    }

    fn of(entry: &'a Map<String, Value>) -> Self {
        let is_apply = text(entry, "operation") == Operation::Apply.as_str();
        Self {
            manager: text(entry, "manager"),
            operation: if is_apply { Operation::Apply } else { Operation::Update },
            api_version: text(entry, "apiVersion"),
            subresource: text(entry, "subresource"),
        }
    }

    fn entry(&self, set: Fields, time: Option<Value>) -> Map<String, Value> {
        let mut entry = Map::new();
        let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
        put("manager", self.manager.into());
        put("operation", self.operation.as_str().into());
        put("apiVersion", self.api_version.into());
        put("fieldsType", FIELDS_TYPE.into());
        put("fieldsV1", Value::Object(set.0));
        if !self.subresource.is_empty() {
            put("subresource", self.subresource.into());
        }
        if let Some(time) = time {
            put("time", time);
        }
        entry
    }
}

/// The only form of field sets that there is.
const FIELDS_TYPE: &str = "FieldsV1";

fn decode_entry(at: usize, entry: &Value) -> Result<Map<String, Value>, LedgerError> {
    let Value::Object(entry) = entry else { return Err(LedgerError::NotAList) };
    let identity = Identity::of(entry);
    if text(entry, "operation") != identity.operation.as_str() {
        return Err(LedgerError::Operation);
    }
    if identity.api_version.is_empty() {
        return Err(LedgerError::ApiVersion);
    }
    match text(entry, "fieldsType") {
        FIELDS_TYPE => {}
        "" => return Err(LedgerError::NoFieldsType(at)),
        other => return Err(LedgerError::FieldsType(at, other.to_owned())),
    }
    let time = match entry.get("time") {
        None | Some(Value::Null) => None,
        Some(Value::String(time)) => {
            Some(DateTime::parse_from_rfc3339(time).map_err(|_| LedgerError::Time(at))?)
        }
        Some(_) => return Err(LedgerError::Time(at)),
    };
    let set = Fields::decode(entry.get("fieldsV1").unwrap_or(&Value::Null)).map_err(LedgerError::Fields)?;
    Ok(identity.entry(set, time.map(|time| written(time.to_utc()))))
}

/// A time as `metav1.Time` writes it.
fn written(time: DateTime<Utc>) -> Value {
    Value::from(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Merges the two oldest updates of one version into that version's entry of ancient changes. Says whether there
/// were two.
fn merge_oldest(updates: &mut Vec<Map<String, Value>>) -> bool {
    let same_version = |at: usize| {
        let version = updates.get(at).map(|entry| text(entry, "apiVersion"))?;
        let first = updates.iter().take(at).position(|entry| text(entry, "apiVersion") == version)?;
        Some((first, at))
    };
    let Some((first, second)) = (0..updates.len()).find_map(same_version) else { return false };
    let newer = updates.remove(second);
    let version = text(&newer, "apiVersion").to_owned();
    let bucket =
        Identity { manager: ANCIENT, operation: Operation::Update, api_version: &version, subresource: "" };
    let (mut source, target) = if Identity::of(&newer) == bucket {
        let older = updates.remove(first);
        updates.insert(first, newer);
        (older, first)
    } else {
        (newer, updates.iter().position(|entry| Identity::of(entry) == bucket).unwrap_or(first))
    };
    let Some(target) = updates.get_mut(target) else { return false };
    let mut set = fields_in(target).cloned().unwrap_or_default();
    fields::unite(&mut set, fields_in(&source).unwrap_or(&Map::new()));
    let time = if text(&source, "time") > text(target, "time") {
        source.remove("time")
    } else {
        target.remove("time")
    };
    *target = bucket.entry(Fields(set), time);
    true
}

fn fields_in(entry: &Map<String, Value>) -> Option<&Map<String, Value>> {
    entry.get("fieldsV1")?.as_object()
}

fn text<'e>(entry: &'e Map<String, Value>, key: &str) -> &'e str {
    entry.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Kubernetes' order: by operation, then by time and name.
fn order(entry: &Map<String, Value>) -> [&str; 5] {
    ["operation", "time", "manager", "apiVersion", "subresource"].map(|key| text(entry, key))
}
