//! What a service means when it refuses, and what can be concluded when it says nothing.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::login::LoginError;
use crate::cloud::errors::CloudErrorKind;

/// The headers in which services give the id of a request, the usual one first.
const REQUEST_IDS: [&str; 3] = ["x-openstack-request-id", "x-compute-request-id", "x-request-id"];
/// The keys under which services say what is wrong.
const WORDS: [&str; 4] = ["message", "faultstring", "title", "description"];
/// The most that is kept of a service's message, in characters.
const LONGEST: usize = 600;
/// How deep a message is looked for: services wrap it once or twice.
const DEPTH: usize = 3;

/// Whether a call changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// It only reads: it can be asked again whatever happened.
    Read,
    /// It changes something.
    Change,
}

/// What an answer's status means.
pub(super) fn kind_of(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    nature: Nature,
) -> CloudErrorKind {
    let said = message(body);
    let is_quota = speaks_of_quota(&said);
    match status.as_u16() {
        401 => CloudErrorKind::Denied(said),
        403 | 409 | 413 if is_quota => CloudErrorKind::Quota(said),
        403 => CloudErrorKind::Denied(said),
        404 | 410 => CloudErrorKind::NotFound,
        409 | 423 => CloudErrorKind::Conflict(said),
        413 | 429 => CloudErrorKind::Throttled { retry_after: retry_after(headers) },
        // A proxy says so when nobody is behind it.
        503 => CloudErrorKind::Transient,
        408 | 500..=599 => lost(nature, format!("HTTP {}: {said}", status.as_u16())),
        _ => CloudErrorKind::Invalid(said),
    }
}

/// What can be said of a call whose answer did not come.
pub(super) fn kind_of_silence(error: &reqwest::Error, nature: Nature) -> CloudErrorKind {
    if error.is_connect() || error.is_builder() {
        return CloudErrorKind::Transient;
    }
    lost(nature, if error.is_timeout() { "no answer in time" } else { "the connection broke" }.to_owned())
}

/// An answer that cannot be relied on.
pub(super) fn lost(nature: Nature, why: String) -> CloudErrorKind {
    match nature {
        Nature::Read => CloudErrorKind::Transient,
        Nature::Change => CloudErrorKind::OutcomeUnknown(why),
    }
}

/// What a failed login means: whatever was to be done was not done.
pub(super) fn kind_of_login(error: &LoginError) -> CloudErrorKind {
    match error {
        LoginError::Refused { why, .. } => CloudErrorKind::Denied(why.clone()),
        LoginError::Bound { .. } => CloudErrorKind::Denied(error.to_string()),
        LoginError::Silent { .. } => CloudErrorKind::Transient,
    }
}

/// The service's own id of a request.
pub(super) fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = REQUEST_IDS.iter().find_map(|name| headers.get(*name))?;
    id.to_str().ok().map(str::to_owned)
}

/// What a service says in the body of a refusal.
pub(super) fn message(body: &[u8]) -> String {
    let said = serde_json::from_slice::<Value>(body).ok().and_then(|body| find(&body, DEPTH));
    let said = said.unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    said.chars().take(LONGEST).collect()
}

fn find(body: &Value, depth: usize) -> Option<String> {
    let fields = body.as_object().filter(|_| depth > 0)?;
    let own = WORDS.iter().find_map(|word| fields.get(*word)?.as_str());
    own.map(str::to_owned).or_else(|| fields.values().find_map(|inner| find(inner, depth - 1)))
}

/// Services say so in a status of their own each, and in words that agree.
fn speaks_of_quota(said: &str) -> bool {
    let said = said.to_lowercase();
    said.contains("quota")
}

/// Seconds; the form with a date is not used by these services.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
