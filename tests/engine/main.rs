//! The whole engine on an embedded manager and a simulated cloud, under paused time: what it does of itself, in which
//! order, and how long that takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    reason = "a test fails by panicking"
)]

mod events;
mod faults;
mod healing;
mod leaks;
mod life;
mod operations;
mod stage;
mod volumes;
