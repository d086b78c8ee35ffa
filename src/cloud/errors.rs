//! How a call to the cloud fails, sorted by what the caller does about it.

use std::fmt;
use std::time::Duration;

/// A failed call: which operation, on what, and what the service said.
#[derive(Debug, thiserror::Error)]
#[error("{operation} {subject}: {kind}{}", origin(.status, .request_id))]
pub struct CloudError {
    /// What the caller may conclude and do.
    pub kind: CloudErrorKind,
    /// The call, as a verb and a noun: `create server`.
    pub operation: &'static str,
    /// What it was about: a name, an id or a tag. Never a secret.
    pub subject: String,
    /// The HTTP status, if the service answered at all.
    pub status: Option<u16>,
    /// The service's own id of the request, which its administrators can look up.
    pub request_id: Option<String>,
    /// What the service or the transport said.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What a failure means for the caller. The kinds are few, because each asks for another reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudErrorKind {
    /// The service failed before it acted (connection refused, 503): ask again later.
    Transient,
    /// Too many calls (429, or 413 where a service says so): ask again after this time, if it is known.
    Throttled {
        /// `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The object's state does not permit the call now (409): look at it again.
    Conflict(String),
    /// There is no such object (404).
    NotFound,
    /// The credential may not do this (401 after one re-authentication, 403): a person's matter.
    Denied(String),
    /// A quota would be exceeded.
    Quota(String),
    /// The request can never succeed as it is (400, unknown image or flavor): the spec's fault.
    Invalid(String),
    /// No answer, or a 5xx after the request was sent: it may have been carried out.
    OutcomeUnknown(String),
}

impl CloudError {
    /// A failure without a source.
    pub fn new(kind: CloudErrorKind, operation: &'static str, subject: impl Into<String>) -> Self {
        Self { kind, operation, subject: subject.into(), status: None, request_id: None, source: None }
    }

    /// The same without the request's id, which differs each time: for what is written down as long as a failure lasts. Written
    /// with the id, a record would change with every look, and each change would be a reason for the next look.
    pub fn lasting(&self) -> String {
        let told =
            format!("{} {}: {}{}", self.operation, self.subject, self.kind, origin(&self.status, &None));
        match &self.request_id {
            Some(id) => told.replace(id.as_str(), "…"),
            None => told,
        }
    }

    /// Whether the object is gone, which a deletion takes for success.
    pub fn is_not_found(&self) -> bool {
        self.kind == CloudErrorKind::NotFound
    }
}

impl fmt::Display for CloudErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient => {
                out.write_str("the service could not be reached; the call was not carried out")
            }
            Self::Throttled { retry_after: Some(after) } => {
                write!(out, "too many calls; the service asks to wait {} s", after.as_secs())
            }
            Self::Throttled { retry_after: None } => out.write_str("too many calls"),
            Self::Conflict(why) => write!(out, "not possible in its present state: {why}"),
            Self::NotFound => out.write_str("not found"),
            Self::Denied(why) => write!(out, "not permitted: {why}"),
            Self::Quota(what) => write!(out, "the quota is used up: {what}"),
            Self::Invalid(why) => write!(out, "refused: {why}"),
            Self::OutcomeUnknown(why) => {
                write!(out, "no certain answer, it may have been carried out: {why}")
            }
        }
    }
}

fn origin(status: &Option<u16>, request_id: &Option<String>) -> String {
    match (status, request_id) {
        (Some(status), Some(id)) => format!(" (HTTP {status}, request {id})"),
        (Some(status), None) => format!(" (HTTP {status})"),
        (None, Some(id)) => format!(" (request {id})"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_told_the_same_each_time() {
        let error = |id: &str| CloudError {
            status: Some(503),
            request_id: Some(id.to_owned()),
            ..CloudError::new(
                CloudErrorKind::OutcomeUnknown(format!("failed ({id})")),
                "list servers",
                "of a project",
            )
        };
        let (first, second) = (error("req-1"), error("req-2"));
        assert!(first.to_string().contains("req-1"), "{first}");
        assert_eq!(first.lasting(), second.lasting());
        assert!(first.lasting().ends_with("(…) (HTTP 503)"), "{}", first.lasting());
    }
}
