//! The names in a CustomResourceDefinition.

use serde_json::Value;

use super::definition::Names;
use crate::manager::object;
use crate::manager::schema::addresses;
use crate::manager::schema::names::{wrong_label_1035, wrong_subdomain_1123};
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The annotation that a definition in one of Kubernetes' own groups needs.
const APPROVAL: &str = "api-approved.kubernetes.io";

/// The definition's own name: the plural and the group. An update cannot change it.
pub fn metadata(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    if old.is_some() {
        return;
    }
    let name = object::name(object);
    let part = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    if let Some(why) = wrong_subdomain_1123(name) {
        causes.push(words::invalid("metadata.name", &Value::from(name), &why));
    }
    if name != format!("{}.{}", part("/spec/names/plural"), part("/spec/group")) {
        let detail = "must be spec.names.plural+\".\"+spec.group";
        causes.push(words::invalid("metadata.name", &Value::from(name), detail));
    }
}

/// The names of the type.
pub fn names(spec: &Value, causes: &mut Vec<Cause>) {
    let names = spec.get("names").unwrap_or(&Value::Null);
    let text = |field: &str| names.get(field).and_then(Value::as_str).unwrap_or_default();
    for field in ["plural", "singular", "kind", "listKind"] {
        if text(field).is_empty() {
            causes.push(words::required(format!("spec.names.{field}"), ""));
        }
    }
    for field in ["plural", "singular", "kind", "listKind"] {
        let is_kind = matches!(field, "kind" | "listKind");
        let (name, place) = (text(field), format!("spec.names.{field}"));
        let checked = if is_kind { name.to_lowercase() } else { name.to_owned() };
        let Some(why) = wrong_label_1035(&checked).filter(|_| !name.is_empty()) else { continue };
        let mixed = if is_kind { "may have mixed case, but should otherwise match: " } else { "" };
        causes.push(words::invalid(place, &Value::from(name), &format!("{mixed}{why}")));
    }
    wrong_labels(names, "shortNames", causes);
    if !text("kind").is_empty() && text("kind") == text("listKind") {
        let detail = "kind and listKind may not be the same";
        causes.push(words::invalid("spec.names.listKind", &Value::from(text("listKind")), detail));
    }
    wrong_labels(names, "categories", causes);
}

fn wrong_labels(names: &Value, field: &str, causes: &mut Vec<Cause>) {
    for (at, name) in list(names, field).into_iter().enumerate() {
        if let Some(why) = wrong_label_1035(&name) {
            causes.push(words::invalid(format!("spec.names.{field}[{at}]"), &Value::from(name), &why));
        }
    }
}

/// The names as they are written.
pub fn of(names: &Value) -> Names {
    let text = |field: &str| names.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    Names {
        plural: text("plural"),
        singular: text("singular"),
        kind: text("kind"),
        list_kind: text("listKind"),
        short_names: list(names, "shortNames"),
        categories: list(names, "categories"),
    }
}

fn list(names: &Value, field: &str) -> Vec<String> {
    let list = names.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Definitions in Kubernetes' own groups say who approved them, or that nobody did.
pub fn approval(object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    let group = object.pointer("/spec/group").and_then(Value::as_str).unwrap_or_default();
    let is_protected = ["k8s.io", "kubernetes.io"]
        .iter()
        .any(|owner| group == *owner || group.strip_suffix(owner).is_some_and(|rest| rest.ends_with('.')));
    let stated = |object: &Value| {
        let annotations = object.get("metadata").and_then(|meta| meta.get("annotations"));
        annotations.and_then(|all| all.get(APPROVAL)).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let approval = stated(object);
    if !is_protected || old.is_some_and(|old| stated(old) == approval) {
        return;
    }
    let field = format!("metadata.annotations[{APPROVAL}]");
    let rule = "protected groups must have approval annotation";
    let pull = "https://github.com/kubernetes/enhancements/pull/1111";
    let is_reason =
        approval.starts_with("unapproved") || approval.contains("://") && addresses::is_uri(&approval);
    if approval.is_empty() {
        causes.push(words::required(field, &format!("{rule} \"{APPROVAL}\", see {pull}")));
    } else if !is_reason {
        let detail = format!(
            "{rule} \"{APPROVAL}\" with either a URL or a reason starting with \"unapproved\", see {pull}"
        );
        causes.push(words::invalid(field, &Value::from(approval), &detail));
    }
}
