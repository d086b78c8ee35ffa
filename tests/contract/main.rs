//! What this project relies on of any Kubernetes API, test by test.
//!
//! Each test is a conversation with an API server; the text beside it is what a real Kubernetes (1.36)
//! answers. `cargo test --test contract` holds them with the embedded server. With the path of a kubeconfig in
//! `KAASBOARD_TEST_KUBECONFIG` they are held with that server as well; where the two differ, the embedded one
//! is wrong. Such a server needs no nodes and no controllers: what cannot be asked of it is named on
//! standard error as not run.
//!
//! How to read one: `NS` stands for the test's own namespace, `GROUP` for its own API group. A path that
//! begins with `things` is a Custom Resource in that group; any other that does not begin with a slash is of
//! the core group; both are in the test's namespace.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod applying;
mod cluster;
mod coordination;
mod definitions;
mod deletion;
mod discovery;
mod election;
mod eviction;
mod garbage;
mod helper;
mod hostile;
mod listing;
mod objects;
mod patching;
mod plain;
mod programs;
mod rules;
mod schemas;
mod selectors;
mod strictness;
mod subresources;
mod tables;
mod versions;
mod watching;
