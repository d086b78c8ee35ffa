//! Why an apply is refused.

use crate::manager::status::{ApiError, Cause, CauseReason, Reason};

use super::conflict::Conflict;

/// A refused apply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The body is no YAML.
    #[error("error decoding YAML: {0}")]
    Yaml(String),
    /// The configuration is no object with metadata.
    #[error("the applied configuration must be an object with metadata")]
    NotAnObject,
    /// The configuration has another version than the request.
    #[error("invalid object type: {api_version}, Kind={kind}")]
    Version {
        /// What the configuration says, empty if nothing.
        api_version: String,
        /// Its kind.
        kind: String,
    },
    /// The configuration brings its own managedFields.
    #[error("metadata.managedFields must be nil")]
    ManagedFields,
    /// The configuration has a type or field that its kind does not know.
    #[error("failed to create typed patch object ({subject}): {faults}")]
    Typed {
        /// Namespace, name, version and kind, as Kubernetes joins them.
        subject: String,
        /// Every fault, worded.
        faults: String,
    },
    /// Other managers own fields that would change.
    #[error("{}", super::conflict::worded(.0))]
    Conflicts(Vec<Conflict>),
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        let message = error.to_string();
        match error {
            ApplyError::Yaml(_)
            | ApplyError::NotAnObject
            | ApplyError::Version { .. }
            | ApplyError::ManagedFields => Self::bad_request(message),
            // Kubernetes answers 500 here, although the fault is the client's.
            ApplyError::Typed { .. } => Self::new(Reason::Unknown, message),
            ApplyError::Conflicts(conflicts) => {
                let causes = conflicts.iter().map(|conflict| {
                    let message = format!("conflict with {}", conflict.manager);
                    Cause::new(CauseReason::FieldManagerConflict, conflict.path.clone(), message)
                });
                Self::new(Reason::Conflict, message).because(causes.collect())
            }
        }
    }
}
