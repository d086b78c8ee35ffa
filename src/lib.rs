//! `kaasboard`: a terminal operations console for a Kubernetes as a Service, with its engine inside.
//!
//! This page is the map of the crate.

pub mod api;
pub mod cli;
pub mod clock;
pub mod logging;
pub mod manager;
pub mod settings;
pub mod startup;
