//! Turns stored objects into what the client asked for: another version, only the metadata, rows, YAML.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::target::{Part, Target};
use crate::clock;
use crate::manager::object;
use crate::manager::people::table::render::{Include, Renderer};
use crate::manager::registry::events;
use crate::manager::registry::resource::Resource;
use crate::manager::request::accept::{Encoding, Form, View};
use crate::manager::status::ApiError;
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;

/// The group and version of what is shown of any object.
pub const META: &str = "meta.k8s.io/v1";

/// How stored JSON becomes shown JSON.
#[derive(Clone, Debug)]
pub struct Change {
    how: How,
    /// What was stored before this revision is of an older definition, and read anew for this target.
    stale: Option<(u64, Box<Target>)>,
}

/// What is done to stored JSON.
#[derive(Clone, Debug)]
enum How {
    /// Nothing.
    None,
    /// It loses its type: so the items of lists of built-in types are written.
    Bare,
    /// With another `apiVersion`: from, to.
    Version(String, String),
    /// As an Event of the other group.
    OtherEvent,
    /// Only the metadata.
    Metadata,
    /// As a table with one row.
    Table(Box<Target>, Include),
}

impl Change {
    /// What has to be done for a client that speaks a version of a type. Built-in types leave out their type within
    /// lists.
    pub fn new(target: &Target, form: Form, in_list: bool) -> Self {
        let defined_at = target.resource.defined_at;
        let stale = (defined_at > 0).then(|| (defined_at, Box::new(target.clone())));
        Self { how: How::new(target, form, in_list), stale }
    }

    /// The kind and `apiVersion` of what comes out.
    pub fn shows(&self, target: &Target) -> (String, String) {
        match self.how {
            How::Metadata => ("PartialObjectMetadata".to_owned(), META.to_owned()),
            How::Table(..) => ("Table".to_owned(), META.to_owned()),
            How::None | How::Bare | How::Version(..) | How::OtherEvent => {
                (target.resource.kind.clone(), target.api_version())
            }
        }
    }

    /// Does it to an object of a revision. With `headers`, a table says what its columns are.
    ///
    /// # Errors
    /// Only if stored JSON is none.
    pub fn apply(&self, revision: u64, stored: Bytes, headers: bool) -> Result<Bytes, ApiError> {
        match &self.stale {
            Some((defined_at, target)) if revision < *defined_at => {
                let value = serde_json::from_slice(&stored).map_err(|error| broken(&error))?;
                let mut shown = shown(target, value);
                renew(target, &mut shown);
                let shown = self::stored(target, shown);
                self.how.apply(shown.to_string().into(), headers)
            }
            _ => self.how.apply(stored, headers),
        }
    }
}

impl How {
    fn new(target: &Target, form: Form, in_list: bool) -> Self {
        let (resource, version) = (&target.resource, &target.version);
        match form.view {
            View::Metadata => return Self::Metadata,
            View::Table => return Self::Table(Box::new(target.clone()), form.include),
            View::Whole => {}
        }
        if in_list && resource.built_in.is_some() && !shows_other_event(resource) {
            return Self::Bare;
        }
        if shows_other_event(resource) {
            return Self::OtherEvent;
        }
        if *version == resource.storage_version {
            return Self::None;
        }
        Self::Version(resource.api_version(&resource.storage_version), resource.api_version(version))
    }

    fn apply(&self, stored: Bytes, headers: bool) -> Result<Bytes, ApiError> {
        match self {
            Self::None => Ok(stored),
            Self::Bare => bare(&stored).map_err(|error| broken(&error)),
            Self::Version(from, to) => with_version(&stored, from, to).map_err(|error| broken(&error)),
            Self::Metadata => metadata(&stored).map_err(|error| broken(&error)),
            Self::OtherEvent => {
                let value = serde_json::from_slice(&stored).map_err(|error| broken(&error))?;
                Ok(events::shown(value).to_string().into())
            }
            Self::Table(target, include) => {
                let value = serde_json::from_slice(&stored).map_err(|error| broken(&error))?;
                Ok(table_of_one(target, *include, &shown(target, value), headers).to_string().into())
            }
        }
    }
}

/// Whether the type shows Events that are stored in the other group's shape.
fn shows_other_event(resource: &Resource) -> bool {
    resource.built_in.is_some_and(|built_in| built_in.stored_as.is_some())
}

/// A stored object as the client's version has it.
pub fn shown(target: &Target, stored: Value) -> Value {
    if shows_other_event(&target.resource) {
        return events::shown(stored);
    }
    let version = object::meta_str(&stored, "resourceVersion").and_then(|version| version.parse().ok());
    let is_stale = version.is_some_and(|version: u64| version < target.resource.defined_at);
    let mut shown = with_api_version(stored, target.api_version());
    if is_stale {
        renew(target, &mut shown);
    }
    shown
}

/// Reads an object anew that was stored under an older definition.
fn renew(target: &Target, shown: &mut Value) {
    if let Some(version) = target.resource.custom_version(&target.version) {
        version.schema.prune(shown);
        version.schema.default(shown);
    }
}

/// What the client is told of an object that was just stored: what it was before, in its new version.
///
/// # Errors
/// Only when memory is broken.
pub fn written(target: &Target, entry: &Entry, mut object: Value) -> Result<Value, ApiError> {
    if shows_other_event(&target.resource) {
        return Ok(shown(target, entry.value().map_err(|error| store_failed(&error))?));
    }
    if let Some(metadata) = object::meta_mut(&mut object) {
        metadata.insert("resourceVersion".to_owned(), Value::from(entry.revision().to_string()));
    }
    Ok(object)
}

/// An object of the client's version as it is stored.
pub fn stored(target: &Target, shown: Value) -> Value {
    if shows_other_event(&target.resource) {
        return events::stored(shown);
    }
    with_api_version(shown, target.resource.api_version(&target.resource.storage_version))
}

fn with_api_version(mut object: Value, api_version: String) -> Value {
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".to_owned(), Value::from(api_version));
    }
    object
}

/// One object of the client's version, in the form that was asked for.
///
/// # Errors
/// Only if it cannot be written.
pub fn object(target: &Target, form: Form, shown: &Value) -> Result<Bytes, ApiError> {
    // A Status is always shown as it is.
    let kind = shown.get("kind").and_then(Value::as_str);
    let is_own = kind == Some(target.resource.kind.as_str());
    let is_scale = kind == Some("Scale") && matches!(target.part, Part::Scale(_));
    let viewed = match form.view {
        View::Metadata if is_own || is_scale => Cow::Owned(partial(shown)),
        View::Table if is_scale => {
            Cow::Owned(one(&Renderer::of_scale(&target.resource), form.include, shown, true))
        }
        View::Table if is_own => Cow::Owned(table_of_one(target, form.include, shown, true)),
        View::Whole | View::Metadata | View::Table => Cow::Borrowed(shown),
    };
    encode(form.encoding, &viewed)
}

fn table_of_one(target: &Target, include: Include, shown: &Value, headers: bool) -> Value {
    one(&Renderer::of(&target.resource, &target.version), include, shown, headers)
}

fn one(renderer: &Renderer<'_>, include: Include, shown: &Value, headers: bool) -> Value {
    let version = object::meta_str(shown, "resourceVersion").unwrap_or_default();
    let rows = vec![renderer.row(shown, include, clock::now())];
    renderer.table(json!({ "resourceVersion": version }), rows, headers)
}

/// Objects of the client's version as rows for people.
pub fn table(target: &Target, include: Include, list_meta: Value, objects: &[Value], headers: bool) -> Value {
    let renderer = Renderer::of(&target.resource, &target.version);
    let now = clock::now();
    let rows = objects.iter().map(|object| renderer.row(object, include, now)).collect();
    renderer.table(list_meta, rows, headers)
}

/// Writes a value.
///
/// # Errors
/// Only if it cannot be written.
pub fn encode(encoding: Encoding, value: &Value) -> Result<Bytes, ApiError> {
    match encoding {
        Encoding::Json => Ok(value.to_string().into()),
        Encoding::Yaml => {
            let text = serde_saphyr::to_string(value);
            Ok(text.map_err(|error| ApiError::internal(error.to_string()))?.into())
        }
    }
}

fn partial(object: &Value) -> Value {
    let metadata = object.get("metadata").cloned().unwrap_or_default();
    json!({ "kind": "PartialObjectMetadata", "apiVersion": META, "metadata": metadata })
}

#[derive(Deserialize)]
struct OnlyMetadata<'a> {
    #[serde(borrow)]
    metadata: &'a RawValue,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Partial<'a> {
    kind: &'a str,
    api_version: &'a str,
    metadata: &'a RawValue,
}

fn metadata(stored: &[u8]) -> Result<Bytes, serde_json::Error> {
    let OnlyMetadata { metadata } = serde_json::from_slice(stored)?;
    let partial = Partial { kind: "PartialObjectMetadata", api_version: META, metadata };
    Ok(serde_json::to_vec(&partial)?.into())
}

/// The object without its type.
fn bare(stored: &[u8]) -> Result<Bytes, serde_json::Error> {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_slice(stored)?;
    fields.remove("apiVersion");
    fields.remove("kind");
    Ok(serde_json::to_vec(&fields)?.into())
}

fn with_version(stored: &[u8], from: &str, to: &str) -> Result<Bytes, serde_json::Error> {
    // Objects are stored with sorted keys, so that the version nearly always comes first.
    let beginning = format!("{{\"apiVersion\":\"{from}\"");
    if let Some(rest) = stored.strip_prefix(beginning.as_bytes()) {
        return Ok([b"{\"apiVersion\":\"", to.as_bytes(), b"\"", rest].concat().into());
    }
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(stored)?;
    fields.insert("apiVersion".to_owned(), serde_json::value::to_raw_value(to)?);
    Ok(serde_json::to_vec(&fields)?.into())
}

fn broken(error: &serde_json::Error) -> ApiError {
    ApiError::internal(format!("a stored object cannot be read: {error}"))
}

/// The answer to a failure of the store that no verb has an answer of its own for.
pub fn store_failed(error: &StoreError) -> ApiError {
    use crate::manager::status::Reason;
    match error {
        StoreError::NotDurable { .. } | StoreError::Closed => {
            ApiError::new(Reason::ServiceUnavailable, error.to_string()).retry_after(1)
        }
        _ => ApiError::internal(error.to_string()),
    }
}
