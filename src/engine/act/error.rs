//! Why a step was not done.

use crate::bootstrap::roles::BootstrapError;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::engine::keys::KeysError;
use crate::engine::write::WriteError;

/// Why a step was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The cloud did not, or refused.
    #[error(transparent)]
    Cloud(#[from] CloudError),
    /// A record was not written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A cluster's keys were not at hand.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The user data could not be made.
    #[error(transparent)]
    Bootstrap(#[from] BootstrapError),
    /// The user cluster's API did not, or refused.
    #[error("in the cluster: {act}")]
    Inside {
        /// What was asked.
        act: &'static str,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
    /// A budget of pods does not let a pod go now.
    #[error("a PodDisruptionBudget does not let pod {pod} go now")]
    Budget {
        /// Which pod.
        pod: String,
    },
    /// Something that the step needs is not there (any more): the plan is out of date.
    #[error("{what} is missing")]
    Missing {
        /// What.
        what: String,
    },
    /// What was to be created was there already, or what was to be gone is not: the plan is out of date.
    #[error("looked again: {what}")]
    LookAgain {
        /// What was seen.
        what: String,
    },
    /// We lead no longer.
    #[error("another engine holds the Lease")]
    NotLeading,
}

impl ActError {
    /// Something that the step needs is missing.
    pub fn missing(what: impl Into<String>) -> Self {
        Self::Missing { what: what.into() }
    }

    /// Whether looking again is all that is needed: nothing failed.
    pub fn is_stale(&self) -> bool {
        match self {
            Self::Cloud(error) => matches!(error.kind, CloudErrorKind::Conflict(_)),
            Self::Write(error) => error.is_stale(),
            Self::LookAgain { .. } | Self::Budget { .. } | Self::NotLeading => true,
            Self::Keys(_) | Self::Bootstrap(_) | Self::Inside { .. } | Self::Missing { .. } => false,
        }
    }
}

/// A failure and its causes, as one sentence.
pub fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
