//! Schemas of custom resources: compiled once, then used to prune, to fill in defaults and to validate.
//!
//! | step | file |
//! |---|---|
//! | refuse what a real API server refuses | [`accept`] |
//! | compile into a tree | [`compile`], [`node`] |
//! | drop unknown fields and misplaced nulls | [`prune`] |
//! | fill in defaults | [`defaults`] |
//! | check values, formats, lists, embedded objects | [`validate`], [`formats`] |
//! | read what formats are about | [`addresses`], [`names`], [`times`], [`patterns`] |
//! | run `x-kubernetes-validations` | [`rules`] |
//!
//! [`compiled::Schema`] puts them together. Errors are Kubernetes' causes in Kubernetes' words ([`words`]), at a [`mod@path`].

pub mod accept;
pub mod addresses;
pub mod compile;
pub mod compiled;
pub mod defaults;
pub mod formats;
pub mod names;
pub mod node;
pub mod path;
pub mod patterns;
pub mod prune;
pub mod rules;
pub mod times;
pub mod validate;
pub mod words;
