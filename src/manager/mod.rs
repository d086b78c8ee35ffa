//! The embedded Kubernetes API: an API server inside the process, behind the same `kube::Client`.
//!
//! It knows no kind of ours; whatever it knows of kinds it learns from a CustomResourceDefinition or
//! from the table of built-in kinds in [`registry`].
//!
//! [`server`] is the whole of it, [`kernel`] what its parts share. A request comes in through [`http`], or from another
//! process through [`serve`], is read by [`request`], and does what its verb in [`verbs`] says, on objects in the
//! [`store`]. On the way a body is merged by [`patch`] or [`apply`], and checked by [`rules`], which hold for every kind, and
//! by the [`schema`] of its own; [`selector`]s say which objects are meant, and [`status`] is the answer that something
//! failed. [`people`] is what is told to kubectl and its like: discovery, OpenAPI, tables. [`lifecycle`] is what happens
//! without being asked for: garbage, namespaces, definitions, budgets. [`resource`], [`object`] and [`jsonpath`] are small
//! tools.

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
