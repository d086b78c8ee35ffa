//! The formats of patches, as content types name them.

use crate::manager::status::{ApiError, Reason};

/// A format of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 6902.
    Json,
    /// RFC 7386.
    Merge,
    /// Kubernetes' merge patch that knows lists. Only for built-in kinds.
    Strategic,
    /// Server-side apply. Its body may be YAML.
    Apply,
}

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

impl Format {
    /// The format that a content type means; parameters after `;` are left aside.
    ///
    /// # Errors
    /// 415 with the list of what this kind accepts.
    pub fn of(content_type: &str, is_custom_resource: bool) -> Result<Self, ApiError> {
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        match media_type {
            JSON => Ok(Self::Json),
            MERGE => Ok(Self::Merge),
            STRATEGIC if !is_custom_resource => Ok(Self::Strategic),
            APPLY => Ok(Self::Apply),
            _ => {
                let accepted = [JSON, MERGE, STRATEGIC, APPLY];
                let accepted: Vec<&str> =
                    accepted.into_iter().filter(|name| !is_custom_resource || *name != STRATEGIC).collect();
                let message = format!(
                    "the body of the request was in an unknown format - accepted media types include: {}",
                    accepted.join(", ")
                );
                Err(ApiError::new(Reason::UnsupportedMediaType, message))
            }
        }
    }
}
