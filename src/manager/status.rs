//! What a request is answered with when it fails: Kubernetes' `metav1.Status`.
//!
//! Source of the reasons, codes and wordings: `k8s.io/apimachinery/pkg/api/errors` and
//! `k8s.io/apimachinery/pkg/util/validation/field`.

use std::fmt;

use serde_json::{Value, json};

/// `metav1.StatusReason`, with the HTTP status that goes with it.
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    AlreadyExists,
    BadRequest,
    Conflict,
    Expired,
    Forbidden,
    InternalError,
    Invalid,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    /// There is no such API. Kubernetes answers it with a line of text, which clients take as such.
    PageNotFound,
    RequestEntityTooLarge,
    ServiceUnavailable,
    Timeout,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
    /// `metav1.StatusReasonUnknown`: a failure that Kubernetes gives no reason for.
    Unknown,
}

impl Reason {
    /// The HTTP status of the reason.
    pub fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::Forbidden => 403,
            Self::NotFound | Self::PageNotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Expired => 410,
            Self::RequestEntityTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::InternalError | Self::Unknown => 500,
            Self::ServiceUnavailable => 503,
            Self::Timeout => 504,
        }
    }
}

/// `metav1.CauseType`: why one field was refused.
#[allow(missing_docs, reason = "the names are Kubernetes' own")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CauseReason {
    FieldValueDuplicate,
    FieldValueForbidden,
    FieldValueInvalid,
    FieldValueNotFound,
    FieldValueNotSupported,
    FieldValueRequired,
    FieldValueTooLong,
    FieldValueTooMany,
    FieldValueTypeInvalid,
    FieldManagerConflict,
    DisruptionBudget,
    NamespaceTerminating,
    ResourceVersionTooLarge,
    UnexpectedServerResponse,
    /// A cause that Kubernetes gives no reason for.
    Unspecified,
}

/// One field's trouble. `field` is a path as Kubernetes writes it: `spec.workers[0].flavor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What kind of trouble it is.
    pub reason: CauseReason,
    /// Where it is.
    pub field: String,
    /// The sentence after the field, as Kubernetes words it: `Required value: name must be set`.
    pub message: String,
}

/// A request that failed. It renders as `metav1.Status`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    /// Why it failed, as a program reads it.
    pub reason: Reason,
    /// Why it failed, as a person reads it.
    pub message: String,
    /// Which fields are to blame.
    pub causes: Vec<Cause>,
    /// The object that the request was about, as far as it is known.
    pub subject: Option<Box<Subject>>,
    /// `Retry-After` in seconds, where asking again later can help.
    pub retry_after: Option<u32>,
    /// The token with which a list can go on all the same (`metadata.continue`).
    pub continues: Option<Box<str>>,
}

/// Which object a failure is about (`metav1.StatusDetails`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The API group, empty for the core group.
    pub group: String,
    /// The plural for most reasons, the Kind for `Invalid`, as Kubernetes has it.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its uid, empty if unknown.
    pub uid: String,
}

impl ApiError {
    /// A failure with a reason and a sentence.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            causes: Vec::new(),
            subject: None,
            retry_after: None,
            continues: None,
        }
    }

    /// 400: the request itself cannot be understood.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// 500: a fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Reason::InternalError, message)
    }

    /// 404 in Kubernetes' words: `machines.kaasboard.dev "x" not found`.
    pub fn not_found(resource: &str, group: &str, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", qualified(resource, group));
        Self::new(Reason::NotFound, message).about(group, resource, name)
    }

    /// 409 on create: `machines.kaasboard.dev "x" already exists`.
    pub fn already_exists(resource: &str, group: &str, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", qualified(resource, group));
        Self::new(Reason::AlreadyExists, message).about(group, resource, name)
    }

    /// 409: `Operation cannot be fulfilled on machines.kaasboard.dev "x": why`.
    pub fn conflict(resource: &str, group: &str, name: &str, why: &str) -> Self {
        let what = qualified(resource, group);
        let message = format!("Operation cannot be fulfilled on {what} \"{name}\": {why}");
        Self::new(Reason::Conflict, message).about(group, resource, name)
    }

    /// 422: `Machine.kaasboard.dev "x" is invalid: [field: message, …]`, with one cause a field.
    pub fn invalid(kind: &str, group: &str, name: &str, causes: Vec<Cause>) -> Self {
        let listed: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect();
        let listed = match listed.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{} \"{name}\" is invalid: {listed}", qualified(kind, group));
        Self { causes, ..Self::new(Reason::Invalid, message).about(group, kind, name) }
    }

    /// Names the object that the failure is about.
    pub fn about(mut self, group: &str, kind: &str, name: &str) -> Self {
        let (group, kind, name) = (group.to_owned(), kind.to_owned(), name.to_owned());
        self.subject = Some(Box::new(Subject { group, kind, name, uid: String::new() }));
        self
    }

    /// Adds the causes of the failure, one a field.
    pub fn because(mut self, causes: Vec<Cause>) -> Self {
        self.causes = causes;
        self
    }

    /// Says after how many seconds asking again can help.
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Gives the token with which a list can go on all the same.
    pub fn continue_with(mut self, token: String) -> Self {
        self.continues = Some(token.into());
        self
    }

    /// The HTTP status.
    pub fn code(&self) -> u16 {
        self.reason.code()
    }

    /// The `metav1.Status` object of this failure.
    pub fn to_status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Failure", "message": self.message,
            "code": self.code(),
        });
        if self.reason != Reason::Unknown {
            status["reason"] = Value::from(format!("{:?}", self.reason));
        }
        if let Some(token) = &self.continues {
            status["metadata"]["continue"] = Value::from(&**token);
        }
        let details = self.details();
        if !details.is_empty() {
            status["details"] = Value::Object(details);
        }
        status
    }

    fn details(&self) -> serde_json::Map<String, Value> {
        let mut details = serde_json::Map::new();
        let mut put = |key: &str, text: &str| {
            if !text.is_empty() {
                details.insert(key.to_owned(), Value::from(text));
            }
        };
        if let Some(subject) = &self.subject {
            put("name", &subject.name);
            put("group", &subject.group);
            put("kind", &subject.kind);
            put("uid", &subject.uid);
        }
        if !self.causes.is_empty() {
            let causes = self.causes.iter().map(Cause::to_json).collect();
            details.insert("causes".to_owned(), Value::Array(causes));
        }
        if let Some(seconds) = self.retry_after {
            details.insert("retryAfterSeconds".to_owned(), Value::from(seconds));
        }
        details
    }
}

impl Cause {
    /// A cause from its three parts.
    pub fn new(reason: CauseReason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason, field: field.into(), message: message.into() }
    }

    fn to_json(&self) -> Value {
        let mut cause = json!({ "reason": format!("{:?}", self.reason), "message": self.message });
        if self.reason == CauseReason::Unspecified {
            cause = json!({ "message": self.message });
        }
        if !self.field.is_empty() {
            cause["field"] = Value::from(self.field.as_str());
        }
        cause
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.message)
    }
}

/// `machines.kaasboard.dev`, or plain `pods` in the core group.
fn qualified(resource: &str, group: &str) -> String {
    if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") }
}
