//! Patches other than apply: JSON patch, merge patch, strategic merge patch.
//!
//! - [`mod@format`]: which of them a request's content type means.
//! - [`json`], [`merge`], [`strategic`]: object and patch in, object out.
//! - `lists`: the lists of a strategic merge patch.
//! - [`error`]: why a patch is refused, in Kubernetes' words.

pub mod error;
pub mod format;
pub mod json;
mod lists;
pub mod merge;
pub mod strategic;
