//! Checks the metadata of an object, new or changed.
//!
//! Source of the rules and words: `k8s.io/apimachinery/pkg/api/validation/objectmeta.go`.

use serde_json::Value;

use super::names::{
    dns_1035_faults, label_faults, label_value_faults, path_segment_faults, qualified_name_faults,
    subdomain_faults,
};
use crate::manager::object;
use crate::manager::status::{Cause, CauseReason};

/// What the names of a kind may look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameRule {
    /// A DNS subdomain.
    Subdomain,
    /// A DNS label.
    Label,
    /// A DNS label that starts with a letter.
    Dns1035,
    /// Anything that can be a segment of a path.
    PathSegment,
}

/// Kubernetes' limit for all annotations of an object together, keys and values, in bytes.
const MOST_ANNOTATION_BYTES: usize = 256 * 1024;

impl NameRule {
    /// What is wrong with a name. Of a prefix, a dash at the end may stay.
    pub fn faults(self, name: &str, prefix: bool) -> Vec<String> {
        let masked;
        let name = match name.strip_suffix('-') {
            // Kubernetes puts a letter there, because something will follow.
            Some(stem) if prefix && !stem.is_empty() => {
                masked = format!("{stem}a");
                masked.as_str()
            }
            _ => name,
        };
        match self {
            Self::Subdomain => subdomain_faults(name),
            Self::Label => label_faults(name),
            Self::Dns1035 => dns_1035_faults(name),
            Self::PathSegment => path_segment_faults(name),
        }
    }
}

/// What is wrong with the metadata of an object. `namespaced` and `rule` are those of its kind; `builtin` kinds
/// take no finalizers without a prefix.
pub fn faults(object: &Value, namespaced: bool, rule: NameRule, builtin: bool) -> Vec<Cause> {
    let mut causes = Vec::new();
    name(object, rule, &mut causes);
    let namespace = object::namespace(object);
    if namespaced && namespace.is_empty() {
        causes.push(Cause::new(CauseReason::FieldValueRequired, "metadata.namespace", "Required value"));
    }
    if !namespaced && !namespace.is_empty() {
        let message = "Forbidden: not allowed on this type";
        causes.push(Cause::new(CauseReason::FieldValueForbidden, "metadata.namespace", message));
    }
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default();
    if generation < 0 {
        let message = format!("Invalid value: {generation}: must be greater than or equal to 0");
        causes.push(Cause::new(CauseReason::FieldValueInvalid, "metadata.generation", message));
    }
    changeable_faults(object, builtin, &mut causes);
    causes
}

/// What is wrong with the part of the metadata that clients may change.
pub(super) fn changeable_faults(object: &Value, builtin: bool, causes: &mut Vec<Cause>) {
    labels(object, causes);
    annotations(object, causes);
    owners(object, causes);
    finalizers(object, builtin, causes);
}

/// A cause that shows a text.
pub(super) fn invalid(field: impl Into<String>, value: &str, why: &str) -> Cause {
    Cause::new(CauseReason::FieldValueInvalid, field, format!("Invalid value: {value:?}: {why}"))
}

fn name(object: &Value, rule: NameRule, causes: &mut Vec<Cause>) {
    if let Some(prefix) = object::meta_str(object, "generateName").filter(|prefix| !prefix.is_empty()) {
        let faults = rule.faults(prefix, true);
        causes.extend(faults.iter().map(|why| invalid("metadata.generateName", prefix, why)));
    }
    let name = object::name(object);
    if name.is_empty() {
        let message = "Required value: name or generateName is required";
        causes.push(Cause::new(CauseReason::FieldValueRequired, "metadata.name", message));
        return;
    }
    let faults = rule.faults(name, false);
    causes.extend(faults.iter().map(|why| invalid("metadata.name", name, why)));
}

fn pairs<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let map = object.get("metadata").and_then(|meta| meta.get(field)).and_then(Value::as_object);
    map.into_iter().flatten().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
}

fn labels(object: &Value, causes: &mut Vec<Cause>) {
    for (key, value) in pairs(object, "labels") {
        let (keys, values) = (qualified_name_faults(key), label_value_faults(value));
        causes.extend(keys.iter().map(|why| invalid("metadata.labels", key, why)));
        causes.extend(values.iter().map(|why| invalid("metadata.labels", value, why)));
    }
}

fn annotations(object: &Value, causes: &mut Vec<Cause>) {
    let mut bytes = 0;
    for (key, value) in pairs(object, "annotations") {
        // The keys of annotations may have capital letters in their prefix.
        let faults = qualified_name_faults(&key.to_lowercase());
        causes.extend(faults.iter().map(|why| invalid("metadata.annotations", key, why)));
        bytes += key.len() + value.len();
    }
    if bytes > MOST_ANNOTATION_BYTES {
        let message = format!("Too long: may not be more than {MOST_ANNOTATION_BYTES} bytes");
        causes.push(Cause::new(CauseReason::FieldValueTooLong, "metadata.annotations", message));
    }
}

fn owners(object: &Value, causes: &mut Vec<Cause>) {
    let field = "metadata.ownerReferences";
    let list = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let list = list.map(Vec::as_slice).unwrap_or_default();
    let text =
        |owner: &Value, key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut controllers = Vec::new();
    for owner in list {
        let api_version = text(owner, "apiVersion");
        if api_version.rsplit('/').next().unwrap_or_default().is_empty() {
            causes.push(invalid(format!("{field}.apiVersion"), &api_version, "version must not be empty"));
        }
        for key in ["kind", "name", "uid"] {
            if text(owner, key).is_empty() {
                causes.push(invalid(format!("{field}.{key}"), "", "must not be empty"));
            }
        }
        if owner.get("controller").and_then(Value::as_bool) == Some(true) {
            controllers.push(format!("{}/{}", text(owner, "kind"), text(owner, "name")));
        }
    }
    if let [first, second, ..] = controllers.as_slice() {
        let why = "Only one reference can have Controller set to true.";
        let shown = shown_owners(list);
        let message =
            format!("Invalid value: {shown}: {why} Found \"true\" in references for {first} and {second}");
        causes.push(Cause::new(CauseReason::FieldValueInvalid, field, message));
    }
}

/// Owner references as Go writes them.
fn shown_owners(list: &[Value]) -> String {
    const ORDER: [&str; 6] = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"];
    let owners = list.iter().map(|owner| {
        let fields = ORDER.iter().filter_map(|key| Some(format!("{key:?}:{}", owner.get(*key)?)));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    });
    format!("[{}]", owners.collect::<Vec<_>>().join(","))
}

/// The finalizers that Kubernetes itself uses.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "orphan", "kubernetes"];

fn finalizers(object: &Value, builtin: bool, causes: &mut Vec<Cause>) {
    for (index, finalizer) in object::finalizers(object).into_iter().enumerate() {
        let faults = qualified_name_faults(finalizer);
        causes.extend(faults.iter().map(|why| invalid("metadata.finalizers", finalizer, why)));
        if builtin && !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(invalid(format!("metadata.finalizers[{index}]"), finalizer, why));
        }
    }
    let all = object::finalizers(object);
    if all.contains(&"foregroundDeletion") && all.contains(&"orphan") {
        let shown = Value::from(all);
        let message =
            format!("Invalid value: {shown}: finalizer orphan and foregroundDeletion cannot be both set");
        causes.push(Cause::new(CauseReason::FieldValueInvalid, "metadata.finalizers", message));
    }
}
