//! The parts of a CustomResourceDefinition's spec that are neither names nor versions.

use serde_json::Value;

use crate::manager::schema::names::wrong_subdomain_1123;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// `spec.group` and `spec.scope`.
pub fn group_and_scope(spec: &Value, causes: &mut Vec<Cause>) {
    let text = |field: &str| spec.get(field).and_then(Value::as_str).unwrap_or_default();
    let group = text("group");
    if group.is_empty() {
        causes.push(words::required("spec.group", ""));
    } else if let Some(why) = wrong_subdomain_1123(group) {
        causes.push(words::invalid("spec.group", &Value::from(group), &why));
    } else if !group.contains('.') {
        let detail = "should be a domain with at least one dot";
        causes.push(words::invalid("spec.group", &Value::from(group), detail));
    }
    one_of(spec, "scope", "spec.scope", ["Cluster", "Namespaced"], causes);
}

fn one_of(parent: &Value, field: &str, place: &str, allowed: [&str; 2], causes: &mut Vec<Cause>) {
    match parent.get(field).and_then(Value::as_str).unwrap_or_default() {
        "" => causes.push(words::required(place, "")),
        value if allowed.contains(&value) => {}
        other => causes.push(words::unsupported(place, &Value::from(other), allowed)),
    }
}

/// `spec.conversion`: only the strategy that changes nothing but the version.
pub fn conversion(spec: &Value, causes: &mut Vec<Cause>) {
    let Some(conversion) = spec.get("conversion").filter(|value| !value.is_null()) else { return };
    one_of(conversion, "strategy", "spec.conversion.strategy", ["None", "Webhook"], causes);
    let is_webhook = conversion.get("strategy").is_some_and(|strategy| strategy == "Webhook");
    if is_webhook {
        let detail = "conversion by webhook is not supported by this server, use None";
        causes.push(words::forbidden("spec.conversion.strategy", detail));
    } else if conversion.get("webhook").is_some_and(|webhook| !webhook.is_null()) {
        let detail = "should not be set when strategy is not set to Webhook";
        causes.push(words::forbidden("spec.conversion.webhookClientConfig", detail));
    }
}

/// What an update cannot change: the resource's name, and once it is served also its kind and scope.
pub fn immutable(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let conditions = old.pointer("/status/conditions").and_then(Value::as_array);
    let is_established = conditions.into_iter().flatten().any(|condition| {
        condition.get("type").is_some_and(|kind| kind == "Established")
            && condition.get("status").is_some_and(|status| status == "True")
    });
    let fields = [
        ("/spec/scope", "spec.scope", is_established),
        ("/spec/names/kind", "spec.names.kind", is_established),
        ("/spec/group", "spec.group", true),
        ("/spec/names/plural", "spec.names.plural", true),
    ];
    for (pointer, field, is_fixed) in fields {
        let value = object.pointer(pointer).unwrap_or(&Value::Null);
        if is_fixed && Some(value) != old.pointer(pointer) {
            causes.push(words::invalid(field, value, "field is immutable"));
        }
    }
}

/// `spec.preserveUnknownFields`: a relic that only old definitions may keep.
pub fn preserve_unknown(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let is_set = |object: &Value| object.pointer("/spec/preserveUnknownFields") == Some(&Value::Bool(true));
    if is_set(object) && !old.is_some_and(is_set) {
        let detail = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in \
                      spec.versions[*].schema instead";
        causes.push(words::invalid("spec.preserveUnknownFields", &Value::Bool(true), detail));
    }
}
