//! Which form of a document a client wants, and whether it has it already.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::manager::status::{ApiError, Reason};

/// The content type of plain documents.
pub const JSON: &str = "application/json";

/// The first of `offered` that the client accepts, in the client's order; quality values are not weighed, as in
/// Kubernetes. A client that says nothing, or that everything will do, gets the last one offered.
///
/// # Errors
/// 406 if nothing offered is accepted.
pub fn choose(headers: &HeaderMap, offered: &[&'static str]) -> Result<&'static str, ApiError> {
    let plainest = offered.last().copied().unwrap_or(JSON);
    let mut wanted = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .peekable();
    if wanted.peek().is_none() {
        return Ok(plainest);
    }
    let chosen = wanted.find_map(|wanted| match wanted.split(';').next().map(str::trim) {
        Some("*/*" | "application/*") => Some(plainest),
        _ => offered.iter().copied().find(|offer| same_type(wanted, offer)),
    });
    chosen.ok_or_else(|| {
        let message = format!("only the following media types are accepted: {}", offered.join(", "));
        ApiError::new(Reason::NotAcceptable, message)
    })
}

/// Whether two media types are the same one: the same parameters in any order, `q` and `charset` aside.
fn same_type(wanted: &str, offer: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = text.split(';').map(|part| part.trim().to_owned()).collect();
        parts.retain(|part| !part.starts_with("q=") && !part.starts_with("charset="));
        parts.sort_unstable();
        parts
    };
    parts(wanted) == parts(offer)
}

/// An entity tag for what `content` hashes to.
pub fn tag(content: &impl Hash) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:016X}", hasher.finish())
}

/// A document as an answer, or 304 if the client has it already.
///
/// # Errors
/// 500 if it cannot be written as JSON, or its headers are none.
pub fn answer(
    headers: &HeaderMap,
    content_type: &str,
    document: &Value,
) -> Result<Response<Bytes>, ApiError> {
    let body = serde_json::to_vec(document).map_err(|error| ApiError::internal(error.to_string()))?;
    let tag = tag(&body);
    answer_tagged(headers, content_type, &tag, || Ok(Bytes::from(body)))
}

/// A document that is known by its tag, and only made if the client does not have it.
///
/// # Errors
/// What `make` says; 500 if the headers are none.
pub fn answer_tagged(
    headers: &HeaderMap,
    content_type: &str,
    tag: &str,
    make: impl FnOnce() -> Result<Bytes, ApiError>,
) -> Result<Response<Bytes>, ApiError> {
    let quoted = format!("\"{tag}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == quoted));
    let (status, body) =
        if known { (StatusCode::NOT_MODIFIED, Bytes::new()) } else { (StatusCode::OK, make()?) };
    let response = Response::builder()
        .status(status)
        .header(CONTENT_TYPE, content_type)
        .header(ETAG, quoted)
        .header(VARY, HeaderValue::from_static("Accept"))
        .header(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    response.body(body).map_err(|error| ApiError::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FANCY: &str = "application/json;g=x;v=v2;as=List";

    fn check(accept: &'static str, expected: &str) {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let said = match choose(&headers, &[FANCY, JSON]) {
            Ok(chosen) => chosen.to_owned(),
            Err(error) => error.code().to_string(),
        };
        assert_eq!(said, expected, "{accept}");
    }

    #[test]
    fn the_client_chooses() {
        check("", JSON);
        check("*/*", JSON);
        check("application/json, */*", JSON);
        check("application/json;v=v2;g=x;as=List,application/json", FANCY);
        check("application/json;v=v3;g=x;as=List, application/json;q=0.9", JSON);
        check("application/vnd.kubernetes.protobuf", "406");
        check("application/vnd.kubernetes.protobuf, application/json", JSON);
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        let document = serde_json::json!({ "kind": "X" });
        let first = answer(&HeaderMap::new(), JSON, &document).unwrap();
        assert_eq!((first.status().as_u16(), first.body().len()), (200, 12));
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        let second = answer(&headers, JSON, &document).unwrap();
        assert_eq!((second.status().as_u16(), second.body().len()), (304, 0));
    }
}
