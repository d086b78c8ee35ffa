//! OpenAPI v3: a document for each version of a group, with what its objects look like and what can be done with them.
//!
//! `kubectl explain` reads the schemas; `kubectl apply` and `create` read from the paths that the server checks
//! fields itself (`fieldValidation`) and can rehearse (`dryRun`).
//!
//! - [`answer`]: the index and the documents, found by path and kept apart by hash.
//! - [`document`]: one document; [`paths`], [`operation`] and [`parameters`] write its paths, [`schemas`] its schemas.
//!
//! There is no OpenAPI v2: clients of Kubernetes 1.27 and newer do without it, and what it says is less.

pub mod answer;
pub mod document;
pub mod operation;
pub mod parameters;
pub mod paths;
pub mod schemas;
