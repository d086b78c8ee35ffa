//! The vocabulary in which the kinds write rules that their API server checks (CEL, `x-kubernetes-validations`).
//!
//! Rules stay within what Kubernetes 1.31 and newer evaluate, and every list or map that a rule walks has
//! an upper bound, because a real API server refuses a rule whose estimated cost is too high. Syntax of a
//! single text is a `pattern`, not a rule: patterns cost less and show up in `kubectl explain`'s schema.

use kube::core::{Reason, Rule};
use serde_json::{Value, json};

/// The path of an object's name, for a rule at its root. A definition must mention the field for that, which
/// `crds` sees to.
pub const METADATA_NAME: &str = ".metadata.name";

/// A rule about the value it stands at, refused as `FieldValueInvalid`.
pub fn invalid(rule: &str, message: &str) -> Value {
    json!({ "rule": rule, "message": message, "reason": "FieldValueInvalid" })
}

/// A rule about one field of the value it stands at; `field` is relative, `.max`.
pub fn invalid_at(field: &str, rule: &str, message: &str) -> Value {
    json!({ "rule": rule, "message": message, "reason": "FieldValueInvalid", "fieldPath": field })
}

/// A rule that says which field is missing.
pub fn required_at(field: &str, rule: &str, message: &str) -> Value {
    json!({ "rule": rule, "message": message, "reason": "FieldValueRequired", "fieldPath": field })
}

/// A rule that forbids what would be fine elsewhere: two fields at once, a value that is reserved.
pub fn forbidden_at(field: &str, rule: &str, message: &str) -> Value {
    json!({ "rule": rule, "message": message, "reason": "FieldValueForbidden", "fieldPath": field })
}

/// A transition rule at an object: its `field`, which is always there, never changes.
pub fn immutable_at(field: &str, message: &str) -> Value {
    let rule = format!("self.{field} == oldSelf.{field}");
    forbidden_at(&format!(".{field}"), &rule, message)
}

/// A transition rule at an object: its optional `field`, of any type, is neither set, changed nor removed
/// later.
///
/// Rules at the field itself do not see it appear or disappear, so this one stands at its parent.
pub fn immutable_option_at(field: &str, message: &str) -> Value {
    let rule = format!(
        "has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    );
    forbidden_at(&format!(".{field}"), &rule, message)
}

/// The rule for the name of an object that becomes part of DNS and OpenStack names: a DNS label that begins
/// with a letter, of at most `longest` characters.
pub fn object_name(longest: usize) -> Rule {
    Rule::new(format!(
        "size(self.metadata.name) <= {longest} && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')"
    ))
    .message(format!(
        "the name must begin with a lower-case letter, hold only lower-case letters, digits and '-', not end \
         with '-', and have at most {longest} characters, because DNS and OpenStack names are made of it"
    ).as_str())
    .reason(Reason::FieldValueInvalid)
    .field_path(METADATA_NAME)
}
