//! The cells of an Event, in its stored shape.

use super::look::{Look, UNKNOWN};

/// When it was last seen: in its series, or as an event of the older kind, or once.
pub fn last_seen(look: &Look<'_>) -> String {
    if look.object.get("series").is_some_and(|series| !series.is_null()) {
        return look.since("/series/lastObservedTime");
    }
    match look.time("/lastTimestamp") {
        Some(time) => look.age(Some(time)),
        None => first_seen(look),
    }
}

/// When it was first seen.
pub fn first_seen(look: &Look<'_>) -> String {
    let first = look.time("/firstTimestamp").or_else(|| look.time("/eventTime"));
    first.map_or_else(|| UNKNOWN.to_owned(), |time| look.age(Some(time)))
}

/// How often it was seen.
pub fn count(look: &Look<'_>) -> i64 {
    let series = look.object.get("series").filter(|series| !series.is_null());
    if series.is_some() { look.count("/series/count") } else { look.count("/count").max(1) }
}

/// `pod/web-0`: what it is about.
pub fn object(look: &Look<'_>) -> String {
    let kind = look.text("/involvedObject/kind").unwrap_or_default().to_lowercase();
    match look.text("/involvedObject/name") {
        Some(name) => format!("{kind}/{name}"),
        None => kind,
    }
}

/// `kubelet, node-1`: who saw it.
pub fn source(look: &Look<'_>) -> String {
    let component = look.text("/source/component").or_else(|| look.text("/reportingComponent"));
    let instance = look.text("/source/host").or_else(|| look.text("/reportingInstance"));
    match (component.unwrap_or_default(), instance) {
        (component, Some(instance)) => format!("{component}, {instance}"),
        (component, None) => component.to_owned(),
    }
}

/// What it says.
pub fn message(look: &Look<'_>) -> String {
    look.text("/message").unwrap_or_default().trim().to_owned()
}
