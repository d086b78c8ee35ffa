//! What every object must keep to, whatever its kind.
//!
//! - [`names`]: what names, labels and the like may look like, with Kubernetes' sentences.
//! - [`metadata`]: checks `metadata` of a new object; [`immutable`]: and of a changed one.
//! - [`types`]: whether the metadata has the types it must have.

pub mod immutable;
pub mod metadata;
pub mod names;
pub mod types;
