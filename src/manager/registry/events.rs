//! The two shapes of an Event: `v1`, in which it is stored, and `events.k8s.io/v1`.
//!
//! Source: `pkg/apis/events/v1/conversion.go` of Kubernetes.

use serde_json::{Map, Value};

/// The stored name of a field and its name in `events.k8s.io/v1`.
const RENAMED: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// A stored Event as `events.k8s.io/v1` shows it.
pub fn shown(stored: Value) -> Value {
    renamed(stored, "events.k8s.io/v1", |field| {
        RENAMED.iter().find(|(old, _)| *old == field).map(|(_, new)| *new)
    })
}

/// An Event of `events.k8s.io/v1` as it is stored.
pub fn stored(shown: Value) -> Value {
    renamed(shown, "v1", |field| RENAMED.iter().find(|(_, new)| *new == field).map(|(old, _)| *old))
}

fn renamed(event: Value, version: &str, name: impl Fn(&str) -> Option<&'static str>) -> Value {
    let Value::Object(fields) = event else { return event };
    let rename = |(field, value): (String, Value)| (name(&field).map_or(field, str::to_owned), value);
    let mut fields: Map<String, Value> = fields.into_iter().map(rename).collect();
    fields.insert("apiVersion".to_owned(), Value::from(version));
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_there_and_back_is_the_same() {
        let event = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": { "name": "x" }, "reason": "Killing",
            "involvedObject": { "kind": "Pod" }, "message": "m", "count": 2, "reportingComponent": "c",
        });
        let other = shown(event.clone());
        assert_eq!(other["note"], "m");
        assert_eq!(other["regarding"]["kind"], "Pod");
        assert_eq!(other["apiVersion"], "events.k8s.io/v1");
        assert_eq!(stored(other), event);
    }
}
