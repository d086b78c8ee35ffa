//! The functions that Kubernetes adds to the language, as far as this server runs them (see
//! [`super::signatures`]).
//!
//! Source of their meaning: `k8s.io/apiserver/pkg/cel/library`.

pub mod addresses;
pub mod environment;
pub mod lists;
pub mod quantity;
pub mod regexes;
