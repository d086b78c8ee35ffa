//! CustomResourceDefinitions: from the object that a client sends to a checked, typed definition.
//!
//! The order of a create: [`defaults::fill`], [`status::prepare`], [`definition::Definition::read`] (which refuses
//! what a real API server refuses), the write, then [`status::establish`] with the names that others hold.
//!
//! Source of the rules: `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/{v1,validation}`.

pub mod columns;
pub mod defaults;
pub mod definition;
mod names;
mod spec;
pub mod status;
pub mod versions;
