//! Which schemas are accepted: what a real API server refuses in a CustomResourceDefinition's schema is refused
//! here, with its causes.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation` and
//! `pkg/apiserver/schema`. All of this works on the schema as it was written ([`raw::Raw`]); speed does not matter.

pub mod defaults;
pub mod keywords;
pub mod lists;
pub mod nested;
pub mod raw;
pub mod root;
pub mod shape;
pub mod structural;
