//! A Release and what of it there is.

use super::stored::Stored;
use crate::api::release::{ReleaseSpec, ReleaseStatus, ReleaseUse};
use crate::cloud::types::compute::Image;
use crate::cloud::types::observed::Observed;

/// A Release with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReleaseView {
    /// The record.
    pub record: Stored<ReleaseSpec, ReleaseStatus>,
    /// The images of the cloud.
    pub images: Observed<Vec<Image>>,
    /// Its addons for which we have no bundle, as `name version`.
    pub unknown_bundles: Vec<String>,
    /// What runs it, counted from the records.
    pub used_by: ReleaseUse,
}
