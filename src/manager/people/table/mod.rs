//! Objects as rows of text: `meta.k8s.io/v1 Table`, which `kubectl get` and consoles show.
//!
//! [`render`] puts a table together; [`columns`] knows which columns a type has: those of a CustomResourceDefinition
//! ([`custom`]), or those that Kubernetes itself shows for its own types ([`core_types`], [`workloads`], [`plumbing`],
//! [`governance`]). [`look`] reads cells out of an object, [`duration`] writes ages.
//!
//! Source of the built-in columns: `pkg/printers/internalversion` of Kubernetes.

pub mod autoscaler;
pub mod columns;
pub mod core_types;
pub mod custom;
pub mod duration;
pub mod event;
pub mod governance;
pub mod look;
pub mod network;
pub mod node;
pub mod plumbing;
pub mod pod;
pub mod render;
pub mod volume;
pub mod workloads;
