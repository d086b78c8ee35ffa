//! The embedded Kubernetes API: an API server inside the process, behind the same `kube::Client`.
//!
//! It knows no kind of ours; whatever it knows of kinds it learns from a CustomResourceDefinition or
//! from the table of built-in kinds in [`registry`].

pub mod apply;
pub mod http;
pub mod jsonpath;
pub mod kernel;
pub mod lifecycle;
pub mod object;
pub mod patch;
pub mod people;
pub mod registry;
pub mod request;
pub mod resource;
pub mod rules;
pub mod schema;
pub mod selector;
pub mod serve;
pub mod server;
pub mod status;
pub mod store;
pub mod verbs;
