//! What writes take (`metav1.CreateOptions`, `UpdateOptions`, `PatchOptions`).
//!
//! Source of the rules and words: `k8s.io/apimachinery/pkg/apis/meta/v1/validation`.

use http::HeaderMap;
use http::header::USER_AGENT;

use super::parameters::Parameters;
use crate::manager::apply::manager::check_name;
use crate::manager::status::{ApiError, Cause, CauseReason};

/// What happens about fields that a kind does not know, or that are given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldValidation {
    /// They are dropped.
    Ignore,
    /// They are dropped, and the answer warns of them.
    Warn,
    /// The request is refused.
    Strict,
}

/// Checked options of a write.
#[derive(Clone, Debug)]
pub struct WriteOptions {
    /// Everything is checked and nothing is stored.
    pub dry_run: bool,
    /// Who writes: `fieldManager`, or the first part of the user agent.
    pub manager: String,
    /// What happens about unknown fields.
    pub validation: FieldValidation,
    /// Whether an apply takes fields from others.
    pub force: bool,
}

/// The options' kind, which the refusals name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionsKind {
    /// Of a create.
    Create,
    /// Of an update.
    Update,
    /// Of a patch; `apply` is server-side apply.
    Patch {
        /// Whether it is server-side apply.
        apply: bool,
    },
}

impl OptionsKind {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "CreateOptions",
            Self::Update => "UpdateOptions",
            Self::Patch { .. } => "PatchOptions",
        }
    }
}

/// Who Kubernetes says wrote, if neither a field manager nor a user agent is given.
const UNKNOWN_MANAGER: &str = "unknown";

/// Kubernetes' limit for the name of a field manager, in bytes.
const LONGEST_MANAGER: usize = 128;

impl WriteOptions {
    /// Reads and checks the options.
    ///
    /// # Errors
    /// 422 in Kubernetes' words.
    pub fn parse(query: &Parameters, headers: &HeaderMap, kind: OptionsKind) -> Result<Self, ApiError> {
        let is_apply = kind == OptionsKind::Patch { apply: true };
        let given = query.text("fieldManager");
        check_name(given, kind.name(), is_apply)?;
        let mut causes: Vec<Cause> = check_dry_run(query.all("dryRun")).into_iter().collect();
        let validation = match query.text("fieldValidation") {
            "Ignore" => FieldValidation::Ignore,
            "" | "Warn" => FieldValidation::Warn,
            "Strict" => FieldValidation::Strict,
            other => {
                let message = format!(
                    r#"Unsupported value: {other:?}: supported values: "", "Ignore", "Strict", "Warn""#
                );
                causes.push(Cause::new(CauseReason::FieldValueNotSupported, "fieldValidation", message));
                FieldValidation::Ignore
            }
        };
        let force = query.truth("force");
        if force.is_some() && !is_apply && matches!(kind, OptionsKind::Patch { .. }) {
            let message = "Forbidden: may not be specified for non-apply patch";
            causes.push(Cause::new(CauseReason::FieldValueForbidden, "force", message));
        }
        if !causes.is_empty() {
            return Err(ApiError::invalid(kind.name(), "meta.k8s.io", "", causes));
        }
        let manager = if given.is_empty() { from_agent(headers) } else { given.to_owned() };
        let dry_run = query.all("dryRun").next().is_some();
        Ok(Self { dry_run, manager, validation, force: force.unwrap_or(false) })
    }
}

/// What is wrong with a `dryRun`, if anything is.
pub fn check_dry_run<'a>(given: impl Iterator<Item = &'a str>) -> Option<Cause> {
    let given: Vec<&str> = given.collect();
    if given.iter().all(|value| *value == "All") {
        return None;
    }
    let shown: Vec<String> = given.iter().map(|value| format!("{value:?}")).collect();
    let message = format!(r#"Unsupported value: [{}]: supported values: "All""#, shown.join(","));
    Some(Cause::new(CauseReason::FieldValueNotSupported, "dryRun", message))
}

/// The first part of the user agent: `kubectl` of `kubectl/v1.36.2 (linux/amd64)`.
fn from_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let first = agent.split('/').next().unwrap_or_default();
    let printable: String = first.chars().filter(|char| !char.is_control()).take(LONGEST_MANAGER).collect();
    if printable.is_empty() { UNKNOWN_MANAGER.to_owned() } else { printable }
}
