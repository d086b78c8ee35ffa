//! The answer to a discovery request.

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Response};

use super::catalogue::Catalogue;
use super::{aggregated, legacy};
use crate::manager::people::negotiate::{self, JSON};
use crate::manager::registry::index::Picture;
use crate::manager::status::{ApiError, Reason};

/// Answers a path of discovery, given as its segments: `["apis", "apps", "v1"]`.
///
/// # Errors
/// 404 for groups and versions that are not served, 406 if no form that the client accepts is known.
pub fn answer(
    picture: &Picture,
    segments: &[impl AsRef<str>],
    headers: &HeaderMap,
) -> Result<Response<Bytes>, ApiError> {
    let catalogue = Catalogue::of(picture);
    let words: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    let at_once = matches!(words.as_slice(), ["api"] | ["apis"]);
    let offered: &[&str] = if at_once { &[aggregated::CONTENT_TYPE, JSON] } else { &[JSON] };
    let form = negotiate::choose(headers, offered)?;
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let document = match words.as_slice() {
        ["api"] if form == aggregated::CONTENT_TYPE => aggregated::core(&catalogue),
        ["apis"] if form == aggregated::CONTENT_TYPE => aggregated::groups(&catalogue),
        ["api"] => legacy::versions(&catalogue, host),
        ["apis"] => legacy::groups(&catalogue),
        ["api", version] => found(legacy::types(&catalogue, "", version))?,
        ["apis", group] => found(legacy::group(&catalogue, group))?,
        ["apis", group, version] if !group.is_empty() => found(legacy::types(&catalogue, group, version))?,
        _ => return Err(nothing_there()),
    };
    negotiate::answer(headers, form, &document)
}

fn found<T>(document: Option<T>) -> Result<T, ApiError> {
    document.ok_or_else(nothing_there)
}

fn nothing_there() -> ApiError {
    ApiError::new(Reason::NotFound, "the server could not find the requested resource")
}
