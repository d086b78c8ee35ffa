//! Reading an object for the cells of its row.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::duration::human;

/// What a cell shows where there is nothing.
pub const NONE: &str = "<none>";
/// What a cell shows where a time is not known.
pub const UNKNOWN: &str = "<unknown>";
/// What a cell shows where a choice was not made.
pub const UNSET: &str = "<unset>";

/// An object, looked at now. Paths are JSON pointers.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The object.
    pub object: &'a Value,
    /// The time that ages are counted to.
    pub now: DateTime<Utc>,
}

impl<'a> Look<'a> {
    /// The text at a path, if there is one that is not empty.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        text(self.object, path)
    }

    /// The number at a path, 0 if there is none.
    pub fn count(&self, path: &str) -> i64 {
        self.object.pointer(path).and_then(Value::as_i64).unwrap_or_default()
    }

    /// Whether there is `true` at a path.
    pub fn truth(&self, path: &str) -> bool {
        self.object.pointer(path).and_then(Value::as_bool).unwrap_or_default()
    }

    /// The items of the list at a path.
    pub fn items(&self, path: &str) -> &'a [Value] {
        items(self.object, path)
    }

    /// The fields of the map at a path.
    pub fn map(&self, path: &str) -> Option<&'a Map<String, Value>> {
        self.object.pointer(path).and_then(Value::as_object)
    }

    /// The status of a condition in `status.conditions`.
    pub fn condition(&self, kind: &str) -> Option<&'a str> {
        let conditions = self.items("/status/conditions");
        text(conditions.iter().find(|condition| condition["type"] == kind)?, "/status")
    }

    /// The time at a path.
    pub fn time(&self, path: &str) -> Option<DateTime<Utc>> {
        time(self.object, path)
    }

    /// How long ago the time at a path was.
    pub fn since(&self, path: &str) -> String {
        self.age(self.time(path))
    }

    /// How long ago a time was.
    pub fn age(&self, time: Option<DateTime<Utc>>) -> String {
        time.map_or_else(|| UNKNOWN.to_owned(), |time| human(self.now - time))
    }
}

/// The text at a path of a part of an object, if there is one that is not empty.
pub fn text<'a>(part: &'a Value, path: &str) -> Option<&'a str> {
    part.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The items of the list at a path of a part of an object.
pub fn items<'a>(part: &'a Value, path: &str) -> &'a [Value] {
    part.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The time at a path of a part of an object.
pub fn time(part: &Value, path: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text(part, path)?).ok().map(|time| time.to_utc())
}

/// A number or a percentage as it is written.
pub fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Texts with commas between them.
pub fn listed<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<T> = texts.into_iter().collect();
    texts.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(",")
}

/// The first three texts with commas between them, and how many more there are.
pub fn listed_shortly(texts: &[String]) -> String {
    const SHOWN: usize = 3;
    let first = listed(texts.iter().take(SHOWN));
    if texts.len() > SHOWN { format!("{first} + {} more...", texts.len() - SHOWN) } else { first }
}

/// A text, or another one where it is empty.
pub fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// Labels as `a=1,b=2`.
pub fn labels(map: Option<&Map<String, Value>>) -> String {
    let mut pairs: Vec<String> =
        map.into_iter().flatten().map(|(key, value)| format!("{key}={}", plain(value))).collect();
    pairs.sort_unstable();
    or(listed(pairs), NONE)
}

/// A label selector as people write it: `app=web,tier in (a,b),!old`; empty if it selects by nothing.
pub fn selector(selector: Option<&Value>) -> String {
    let Some(selector) = selector else { return String::new() };
    let wanted = selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<(String, String)> =
        wanted.map(|(key, value)| (key.clone(), format!("{key}={}", plain(value)))).collect();
    for expression in items(selector, "/matchExpressions") {
        let key = text(expression, "/key").unwrap_or_default();
        let mut values: Vec<String> = items(expression, "/values").iter().map(plain).collect();
        values.sort_unstable();
        let written = match text(expression, "/operator").unwrap_or_default() {
            "In" => format!("{key} in ({})", listed(values)),
            "NotIn" => format!("{key} notin ({})", listed(values)),
            "Exists" => key.to_owned(),
            "DoesNotExist" => format!("!{key}"),
            _ => return "<error>".to_owned(),
        };
        parts.push((key.to_owned(), written));
    }
    parts.sort_by(|(one, _), (other, _)| one.cmp(other));
    listed(parts.iter().map(|(_, part)| part))
}
