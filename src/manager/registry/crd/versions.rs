//! The versions of a CustomResourceDefinition.
//!
//! Kubernetes moves what all versions have in common to the top of its own form of a definition and tells of it
//! there: with one version, a cause names `spec.validation.openAPIV3Schema`, not `spec.versions[0].schema`.

use std::sync::Arc;

use serde_json::Value;

use super::columns::{self, Column, Selectable};
use crate::manager::apply::shape::Shape;
use crate::manager::registry::resource::ScalePaths;
use crate::manager::schema::compiled::Schema;
use crate::manager::schema::names::wrong_label_1035;
use crate::manager::schema::words;
use crate::manager::status::Cause;

/// The longest warning that a deprecated version may give, in bytes.
const MAX_WARNING: usize = 256;

/// A version of a type.
#[derive(Clone, Debug)]
pub struct Version {
    /// Its name.
    pub name: String,
    /// Whether it is served.
    pub served: bool,
    /// Whether objects are stored in it.
    pub storage: bool,
    /// What whoever uses it is told, if it is deprecated and says something of its own.
    pub deprecation_warning: Option<String>,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Its schema, ready for use.
    pub schema: Arc<Schema>,
    /// Its schema as it was written, for OpenAPI documents and field ownership.
    pub written_schema: Arc<Value>,
    /// How its objects are merged, by the schema.
    pub shape: Shape,
    /// Whether `status` is written apart.
    pub has_status: bool,
    /// Where replicas are, if it can be scaled.
    pub scale: Option<ScalePaths>,
    /// The columns of its tables.
    pub columns: Vec<Column>,
    /// The fields that field selectors may ask for.
    pub selectable: Vec<Selectable>,
}

impl Version {
    /// The names of the selectable fields.
    pub fn selectable_names(&self) -> Vec<String> {
        self.selectable.iter().map(|field| field.name.clone()).collect()
    }
}

/// The versions, and what is wrong with the parts that they have in common. What is wrong with one version alone
/// is told apart, since Kubernetes checks it before the names.
pub struct Read {
    /// The versions that could be read.
    pub per_version: Vec<Version>,
    /// The causes of what all versions share.
    pub shared: Vec<Cause>,
}

/// Reads all versions.
pub fn read(spec: &Value, causes: &mut Vec<Cause>) -> Read {
    let empty = Vec::new();
    let versions = spec.get("versions").and_then(Value::as_array).unwrap_or(&empty);
    let places = Places::of(versions);
    for (at, version) in versions.iter().enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none_or(Value::is_null) {
            causes.push(words::required(format!("spec.versions[{at}].schema.openAPIV3Schema"), ""));
        }
    }
    let mut shared = Vec::new();
    let mut read: Vec<Version> = Vec::new();
    for (at, version) in versions.iter().enumerate() {
        let mut sink = Sink { own: causes, shared: &mut shared, is_first: at == 0 };
        read.extend(one(version, at, &places, read.first(), &mut sink));
    }
    set(versions, causes);
    Read { per_version: read, shared }
}

/// Exactly one version is stored, and no name is there twice.
fn set(versions: &[Value], causes: &mut Vec<Cause>) {
    let names: Vec<&str> = versions.iter().filter_map(|version| version.get("name")?.as_str()).collect();
    let repeats = names.iter().enumerate().any(|(at, name)| names[..at].contains(name));
    if repeats {
        causes.push(words::invalid_unshown("spec.versions", "must contain unique version names"));
    }
    let stored = versions.iter().filter(|version| version.get("storage") == Some(&Value::Bool(true))).count();
    if stored != 1 {
        let detail = "must have exactly one version marked as storage version";
        causes.push(words::invalid_unshown("spec.versions", detail));
    }
}

/// Which parts are the same in all versions.
struct Places {
    schema: bool,
    subresources: bool,
    columns: bool,
    selectable: bool,
}

impl Places {
    fn of(versions: &[Value]) -> Self {
        let same = |part: &str| versions.windows(2).all(|pair| pair[0].get(part) == pair[1].get(part));
        Self {
            schema: same("schema"),
            subresources: same("subresources"),
            columns: same("additionalPrinterColumns"),
            selectable: same("selectableFields"),
        }
    }
}

/// Where the causes of a part go: what all versions share is told once, after the names.
struct Sink<'a> {
    own: &'a mut Vec<Cause>,
    shared: &'a mut Vec<Cause>,
    is_first: bool,
}

impl Sink<'_> {
    fn take(&mut self, is_shared: bool, mut causes: Vec<Cause>) {
        match (is_shared, self.is_first) {
            (false, _) => self.own.append(&mut causes),
            (true, true) => self.shared.append(&mut causes),
            (true, false) => {}
        }
    }
}

fn one(
    version: &Value,
    at: usize,
    places: &Places,
    first: Option<&Version>,
    sink: &mut Sink,
) -> Option<Version> {
    let here = format!("spec.versions[{at}]");
    let place = |is_shared: bool, part: &str, top: &str| match is_shared {
        true => format!("spec.{top}"),
        false => format!("{here}.{part}"),
    };
    let name = version.get("name").and_then(Value::as_str).unwrap_or_default();
    if let Some(why) = wrong_label_1035(name) {
        sink.own.push(words::invalid(format!("{here}.name"), &Value::from(name), &why));
    }
    let flag = |field: &str| version.get(field).and_then(Value::as_bool).unwrap_or(false);
    let warning = version.get("deprecationWarning").and_then(Value::as_str);
    deprecation(flag("deprecated"), warning, &here, sink.own);

    let has_status = version.pointer("/subresources/status").is_some_and(|status| !status.is_null());
    let schema_place = place(places.schema, "schema", "validation");
    let (schema, causes) = match first.filter(|first| places.schema && first.has_status == has_status) {
        Some(first) => (Some((Arc::clone(&first.schema), Arc::clone(&first.written_schema))), Vec::new()),
        None => schema(version, &schema_place, has_status),
    };
    sink.take(places.schema, causes);

    let mut causes = Vec::new();
    let scale =
        columns::scale(version, &place(places.subresources, "subresources", "subresources"), &mut causes);
    sink.take(places.subresources, std::mem::take(&mut causes));
    let part = "additionalPrinterColumns";
    let columns = columns::columns(version, &place(places.columns, part, part), &mut causes);
    sink.take(places.columns, std::mem::take(&mut causes));
    let part = "selectableFields";
    let selectable = columns::selectable(version, &place(places.selectable, part, part), &mut causes);
    sink.take(places.selectable, causes);

    let (schema, written_schema) = schema?;
    Some(Version {
        name: name.to_owned(),
        served: flag("served"),
        storage: flag("storage"),
        deprecation_warning: warning.map(str::to_owned),
        deprecated: flag("deprecated"),
        schema,
        shape: Shape::from_openapi(&written_schema),
        written_schema,
        has_status,
        scale,
        columns,
        selectable,
    })
}

type Compiled = (Arc<Schema>, Arc<Value>);

fn schema(version: &Value, place: &str, has_status: bool) -> (Option<Compiled>, Vec<Cause>) {
    let Some(written) = version.pointer("/schema/openAPIV3Schema").filter(|schema| !schema.is_null()) else {
        return (None, Vec::new());
    };
    match Schema::compile(written, &format!("{place}.openAPIV3Schema"), has_status) {
        Ok(schema) => (Some((Arc::new(schema), Arc::new(written.clone()))), Vec::new()),
        Err(causes) => (None, causes),
    }
}

fn deprecation(deprecated: bool, warning: Option<&str>, here: &str, causes: &mut Vec<Cause>) {
    let Some(warning) = warning else { return };
    let mut wrong = |detail: &str| {
        causes.push(words::invalid(format!("{here}.deprecationWarning"), &Value::from(warning), detail));
    };
    if !deprecated {
        wrong("can only be set for deprecated versions");
        return;
    }
    if warning.len() > MAX_WARNING {
        wrong(&format!("must be <= {MAX_WARNING} characters long"));
    }
    if warning.is_empty() {
        wrong("must not be an empty string");
    }
    if let Some(at) = warning.find(char::is_control) {
        let detail = format!(
            "must only contain printable UTF-8 characters; non-printable character found at index {at}"
        );
        wrong(&detail);
    }
}
