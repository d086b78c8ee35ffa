//! The planners: scenes as text in, plans as text out; and a stage on which they work together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails says so by panicking"
)]

mod leak;
mod machine;
mod parts;
mod pool;
mod properties;
mod scene;
mod stage;
mod stage_acts;
mod stage_cloud;
mod stage_views;
mod story;
mod walk;
