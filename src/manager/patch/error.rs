//! Why a patch is refused.

use crate::manager::status::{ApiError, Reason};

/// A refused patch.
#[derive(Debug, thiserror::Error)]
pub enum PatchError {
    /// The body is no JSON.
    #[error("error decoding patch: {0}")]
    NotJson(serde_json::Error),
    /// The body of another patch is no object.
    #[error("Invalid JSON Patch")]
    NotAnObject,
    /// A JSON patch has too many operations.
    #[error("Request entity too large: The allowed maximum operations in a JSON patch is {most}, got {got}")]
    TooManyOperations {
        /// How many are allowed.
        most: usize,
        /// How many there are.
        got: usize,
    },
    /// The patched object would be too large.
    #[error("Request entity too large: limit is {0}")]
    TooLarge(usize),
    /// The patched object would be too deep.
    #[error("the patched object would be nested deeper than {0} levels")]
    TooDeep(usize),
    /// An operation of a JSON patch does not apply.
    #[error("{0}")]
    Operation(String),
    /// A directive of a strategic merge patch is not written as it should be.
    #[error("invalid patch format of {0}")]
    Directive(&'static str),
    /// A strategic merge patch does not fit the object.
    #[error("{0}")]
    Strategic(String),
    /// A list of lists, which strategic merge patch cannot merge.
    #[error("lists of lists are not supported")]
    ListOfLists,
    /// A strategic merge patch for a custom resource.
    #[error("strategic merge patch format is not supported")]
    NotSupported,
}

/// Kubernetes' sentence for a patch that is understood and does not apply.
const REJECTED: &str = "the server rejected our request due to an error in our request";

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        let message = error.to_string();
        match error {
            PatchError::NotJson(_)
            | PatchError::NotAnObject
            | PatchError::Directive(_)
            | PatchError::NotSupported => Self::bad_request(message),
            PatchError::TooManyOperations { .. } | PatchError::TooLarge(_) => {
                Self::new(Reason::RequestEntityTooLarge, message)
            }
            // Kubernetes keeps the reason to itself here.
            PatchError::Operation(_) | PatchError::TooDeep(_) | PatchError::ListOfLists => {
                Self::new(Reason::Invalid, REJECTED)
            }
            // Kubernetes answers 500 here, although the fault is the client's.
            PatchError::Strategic(_) => Self::internal(message),
        }
    }
}
