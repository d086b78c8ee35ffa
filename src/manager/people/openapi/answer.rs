//! The answer to a request for OpenAPI documents.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::{Map, Value, json};

use super::document;
use crate::manager::people::discovery::catalogue::{Catalogue, Group, Version};
use crate::manager::people::negotiate::{self, JSON};
use crate::manager::registry::index::Picture;
use crate::manager::status::{ApiError, Reason};

/// What a client may do with a document that it asked for by its hash: keep it for a year.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, immutable, max-age=31536000");

/// Answers a path of OpenAPI, given as its segments after `openapi`: `["v3", "apis", "apps", "v1"]`. `hash` is the
/// query's parameter of that name.
///
/// # Errors
/// 404 for versions that are not served and for OpenAPI v2, 406 if the client does not accept JSON.
pub fn answer(
    picture: &Picture,
    segments: &[impl AsRef<str>],
    hash: Option<&str>,
    headers: &HeaderMap,
) -> Result<Response<Bytes>, ApiError> {
    let words: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let catalogue = Catalogue::of(picture);
    let (group, version) = match words.as_slice() {
        ["v3"] => {
            let form = negotiate::choose(headers, &[JSON])?;
            return negotiate::answer(headers, form, &index(&catalogue));
        }
        ["v3", "api", version] => ("", *version),
        ["v3", "apis", group, version] if !group.is_empty() => (*group, *version),
        ["v2"] => {
            let message = "OpenAPI v2 is not served here; /openapi/v3 lists the documents of OpenAPI v3";
            return Err(ApiError::new(Reason::NotFound, message));
        }
        _ => return Err(nothing_there()),
    };
    let group = catalogue.group(group).ok_or_else(nothing_there)?;
    let version = group.versions.iter().find(|known| known.name == version).ok_or_else(nothing_there)?;
    negotiate::choose(headers, &[JSON])?;
    let current = tag(group, version);
    match hash {
        Some(asked) if asked != current => moved(group, version),
        _ => {
            let mut answer = negotiate::answer_tagged(headers, JSON, &current, || {
                let document = document::of(group, version);
                let body = serde_json::to_vec(&document);
                body.map(Bytes::from).map_err(|error| ApiError::internal(error.to_string()))
            })?;
            if hash.is_some() {
                answer.headers_mut().insert(CACHE_CONTROL, FOR_GOOD);
            }
            Ok(answer)
        }
    }
}

/// Where each document is. The hash in its address changes when the document does.
fn index(catalogue: &Catalogue) -> Value {
    let mut paths = Map::new();
    for group in catalogue.all() {
        for version in &group.versions {
            let entry = json!({ "serverRelativeURL": address(group, version) });
            paths.insert(document::base(group, &version.name), entry);
        }
    }
    json!({ "paths": paths })
}

fn moved(group: &Group, version: &Version) -> Result<Response<Bytes>, ApiError> {
    let response = Response::builder().status(StatusCode::MOVED_PERMANENTLY);
    let response = response.header(LOCATION, address(group, version)).body(Bytes::new());
    response.map_err(|error| ApiError::internal(error.to_string()))
}

fn address(group: &Group, version: &Version) -> String {
    format!("/openapi/v3/{}?hash={}", document::base(group, &version.name), tag(group, version))
}

/// A tag of everything that a document is made of: this program, and the definitions of custom types.
fn tag(group: &Group, version: &Version) -> String {
    let types = version.types.iter().map(|resource| {
        let custom = resource.custom_version(&version.name);
        let schema = custom.map(|custom| custom.written_schema.to_string());
        let names = (&resource.kind, &resource.plural, resource.namespaced);
        (names, resource.has_status, resource.scale.is_some(), schema)
    });
    let types: Vec<_> = types.collect();
    negotiate::tag(&(env!("CARGO_PKG_VERSION"), &group.name, &version.name, types))
}

fn nothing_there() -> ApiError {
    ApiError::new(Reason::PageNotFound, "404 page not found")
}
