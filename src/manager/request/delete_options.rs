//! What deletions take (`metav1.DeleteOptions`), in the body or in the query.
//!
//! Source of the rules and words: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use serde::Deserialize;
use serde_json::Value;

use super::content::{self, ContentError, Decoded};
use super::parameters::Parameters;
use super::write_options::check_dry_run;
use crate::manager::status::{ApiError, Cause, CauseReason};

/// What happens to what the object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Propagation {
    /// It is deleted after the object.
    Background,
    /// It is deleted before the object.
    Foreground,
    /// It stays, and forgets its owner.
    Orphan,
}

/// Checked options of a deletion.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// The object must have this uid.
    pub uid: Option<String>,
    /// The object must be at this version.
    pub version: Option<String>,
    /// What happens to what it owns; nothing if the client does not say.
    pub propagation: Option<Propagation>,
    /// How long a pod may take to end, in seconds.
    pub grace: Option<u64>,
    /// Everything is checked and nothing is deleted.
    pub dry_run: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Given {
    api_version: String,
    kind: String,
    preconditions: Preconditions,
    propagation_policy: Option<String>,
    orphan_dependents: Option<bool>,
    grace_period_seconds: Option<i64>,
    dry_run: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

impl DeleteOptions {
    /// Reads and checks the options: the body if there is one, the query otherwise.
    ///
    /// # Errors
    /// 400 or 422 in Kubernetes' words.
    pub fn parse(query: &Parameters, content_type: &str, body: &[u8]) -> Result<Self, ApiError> {
        Self::checked(if body.is_empty() { from_query(query)? } else { from_body(content_type, body)? })
    }

    /// Reads and checks the options that an eviction brings along.
    ///
    /// # Errors
    /// 400 or 422 in Kubernetes' words.
    pub fn of_eviction(eviction: &Value, query: &Parameters) -> Result<Self, ApiError> {
        let mut given = match eviction.get("deleteOptions").filter(|options| !options.is_null()) {
            Some(options) => from_value(options.clone())?,
            None => Given::default(),
        };
        given.dry_run.extend(query.all("dryRun").map(str::to_owned));
        Self::checked(given)
    }

    fn checked(given: Given) -> Result<Self, ApiError> {
        let causes = check(&given);
        if !causes.is_empty() {
            return Err(ApiError::invalid("DeleteOptions", "meta.k8s.io", "", causes));
        }
        let propagation = match (given.propagation_policy.as_deref(), given.orphan_dependents) {
            (Some("Foreground"), _) => Some(Propagation::Foreground),
            (Some("Orphan"), _) | (None, Some(true)) => Some(Propagation::Orphan),
            (Some(_), _) | (None, Some(false)) => Some(Propagation::Background),
            (None, None) => None,
        };
        Ok(Self {
            uid: given.preconditions.uid,
            version: given.preconditions.resource_version,
            propagation,
            grace: given.grace_period_seconds.map(|seconds| u64::try_from(seconds).unwrap_or(1)),
            dry_run: !given.dry_run.is_empty(),
        })
    }
}

fn from_query(query: &Parameters) -> Result<Given, ApiError> {
    Ok(Given {
        propagation_policy: query.all("propagationPolicy").next().map(str::to_owned),
        orphan_dependents: query.truth("orphanDependents"),
        grace_period_seconds: query.number("gracePeriodSeconds")?,
        dry_run: query.all("dryRun").map(str::to_owned).collect(),
        ..Given::default()
    })
}

fn from_body(content_type: &str, body: &[u8]) -> Result<Given, ApiError> {
    let Decoded { value, .. } = content::decode(content_type, body).map_err(|error| match error {
        ContentError::MediaType => error.for_kind("DeleteOptions"),
        other => ApiError::bad_request(format!("couldn't get version/kind; json parse error: {other}")),
    })?;
    let given = from_value(value)?;
    if !matches!(given.kind.as_str(), "" | "DeleteOptions") {
        let message = format!("no kind {:?} is registered for version {:?}", given.kind, given.api_version);
        return Err(ApiError::bad_request(message));
    }
    Ok(given)
}

fn from_value(value: Value) -> Result<Given, ApiError> {
    serde_json::from_value(value)
        .map_err(|error| ApiError::bad_request(format!("DeleteOptions cannot be read: {error}")))
}

fn check(given: &Given) -> Vec<Cause> {
    let mut causes = Vec::new();
    let field = "propagationPolicy";
    match (given.propagation_policy.as_deref(), given.orphan_dependents) {
        (Some(policy), Some(_)) => {
            let why = "orphanDependents and deletionPropagation cannot be both set";
            let message = format!("Invalid value: {policy:?}: {why}");
            causes.push(Cause::new(CauseReason::FieldValueInvalid, field, message));
        }
        (None | Some("Foreground" | "Background" | "Orphan"), _) => {}
        (Some(other), None) => {
            let supported = r#""Foreground", "Background", "Orphan", "nil""#;
            let message = format!("Unsupported value: {other:?}: supported values: {supported}");
            causes.push(Cause::new(CauseReason::FieldValueNotSupported, field, message));
        }
    }
    causes.extend(check_dry_run(given.dry_run.iter().map(String::as_str)));
    causes
}
