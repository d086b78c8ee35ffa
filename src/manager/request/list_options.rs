//! What lists and watches take (`metav1.ListOptions`).
//!
//! Source of the rules and words: `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`.

use std::time::Duration;

use super::parameters::Parameters;
use crate::manager::selector::field::FieldSelector;
use crate::manager::selector::label::LabelSelector;
use crate::manager::status::{ApiError, Cause, CauseReason, Reason};

/// Which state a list is to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtVersion {
    /// The newest.
    Newest,
    /// Any, but nothing older than this (0: any).
    NotOlderThan(u64),
    /// Exactly this one.
    Exact(u64),
}

/// Checked options of a list or a watch.
#[derive(Clone, Debug)]
pub struct ListOptions {
    /// Which labels.
    pub labels: LabelSelector,
    /// Which fields; whether the kind knows them is checked by the verb.
    pub fields: FieldSelector,
    /// How many at most.
    pub limit: Option<usize>,
    /// Where the last page ended.
    pub continues: Option<String>,
    /// The `resourceVersion` as it was given.
    pub version: String,
    /// Which state a list is to show.
    pub at: AtVersion,
    /// Whether this is a watch.
    pub watch: bool,
    /// Whether the watch wants bookmarks.
    pub bookmarks: bool,
    /// Whether the watch wants the state first, and a bookmark after it.
    pub initial_events: Option<bool>,
    /// When the watch is to end.
    pub timeout: Option<Duration>,
}

const EXACT: &str = "Exact";
const NOT_OLDER_THAN: &str = "NotOlderThan";

impl ListOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// 400 or 422 in Kubernetes' words.
    pub fn parse(query: &Parameters) -> Result<Self, ApiError> {
        let limit = query.number("limit")?.and_then(|limit| usize::try_from(limit).ok());
        let timeout = query.number("timeoutSeconds")?.and_then(|seconds| u64::try_from(seconds).ok());
        let labels = LabelSelector::parse(query.text("labelSelector"))?;
        let fields = FieldSelector::parse(query.text("fieldSelector"))?;
        let causes = if query.flag("watch") { check_watch(query) } else { check_list(query) };
        if !causes.is_empty() {
            return Err(ApiError::invalid("ListOptions", "meta.k8s.io", "", causes));
        }
        let continues = Some(query.text("continue")).filter(|token| !token.is_empty()).map(str::to_owned);
        let version = query.text("resourceVersion").to_owned();
        let watch = query.flag("watch");
        let at = if watch { AtVersion::Newest } else { at_version(query, continues.is_some())? };
        Ok(Self {
            labels,
            fields,
            limit: limit.filter(|limit| *limit > 0),
            continues,
            version,
            at,
            watch,
            bookmarks: query.flag("allowWatchBookmarks"),
            initial_events: query.truth("sendInitialEvents"),
            timeout: timeout.filter(|seconds| *seconds > 0).map(Duration::from_secs),
        })
    }
}

/// Reads a resource version.
///
/// # Errors
/// 500 as Kubernetes answers it, if it is no number.
pub fn parse_version(text: &str) -> Result<u64, ApiError> {
    text.parse().map_err(|_| ApiError::new(Reason::Unknown, no_version(text)))
}

fn no_version(text: &str) -> String {
    format!("resourceVersion: Invalid value: {text:?}: strconv.ParseUint: parsing {text:?}: invalid syntax")
}

fn at_version(query: &Parameters, continues: bool) -> Result<AtVersion, ApiError> {
    let text = query.text("resourceVersion");
    if continues {
        return match text {
            "" | "0" => Ok(AtVersion::Newest),
            _ => Err(ApiError::bad_request("specifying resource version is not allowed when using continue")),
        };
    }
    if text.is_empty() {
        return Ok(AtVersion::Newest);
    }
    let version: u64 = text
        .parse()
        .map_err(|_| ApiError::bad_request(format!("invalid resource version: {}", no_version(text))))?;
    let paged = query.number("limit")?.is_some_and(|limit| limit > 0);
    Ok(match query.text("resourceVersionMatch") {
        EXACT => AtVersion::Exact(version),
        // What clients meant before they could say which match they want.
        "" if paged && version > 0 => AtVersion::Exact(version),
        _ => AtVersion::NotOlderThan(version),
    })
}

fn forbidden(field: &str, why: &str) -> Cause {
    Cause::new(CauseReason::FieldValueForbidden, field, format!("Forbidden: {why}"))
}

fn unsupported(given: &str, supported: &str) -> Cause {
    let message = format!("Unsupported value: {given:?}: supported values: {supported}");
    Cause::new(CauseReason::FieldValueNotSupported, "resourceVersionMatch", message)
}

const FIELD: &str = "resourceVersionMatch";

fn check_list(query: &Parameters) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (how, version) = (query.text(FIELD), query.text("resourceVersion"));
    if !how.is_empty() {
        if version.is_empty() {
            causes.push(forbidden(
                FIELD,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if !query.text("continue").is_empty() {
            causes.push(forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
        }
        if how != EXACT && how != NOT_OLDER_THAN {
            causes.push(unsupported(how, r#""Exact", "NotOlderThan", """#));
        }
        if how == EXACT && version == "0" {
            let why = r#"resourceVersionMatch "exact" is forbidden for resourceVersion "0""#;
            causes.push(forbidden(FIELD, why));
        }
    }
    if query.truth("sendInitialEvents").is_some() {
        causes.push(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"));
    }
    causes
}

fn check_watch(query: &Parameters) -> Vec<Cause> {
    let mut causes = Vec::new();
    let how = query.text(FIELD);
    let initial = query.truth("sendInitialEvents").is_some();
    if initial && how != NOT_OLDER_THAN {
        let why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
        causes.push(forbidden(FIELD, why));
    }
    if !how.is_empty() {
        if !initial {
            let why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
            causes.push(forbidden(FIELD, why));
        }
        if how != NOT_OLDER_THAN {
            causes.push(unsupported(how, r#""NotOlderThan""#));
        }
        if !query.text("continue").is_empty() {
            causes.push(forbidden(FIELD, "resourceVersionMatch is forbidden when continue is provided"));
        }
    }
    causes
}
