//! The kinds: their definitions, their checked types, what is refused, and what is found wrong with a spec.
//!
//! `tree.yaml` has an object of every kind. The refusals are changes to one of them, and are answered by the
//! embedded API server's schema in every run, and with `KAASBOARD_TEST_KUBECONFIG` by a real API server too.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod definitions;
mod findings;
mod real;
mod refusals;
mod texts;
mod tree;
