//! The commands as a shell sees them, against a sandbox that is served on loopback: the real program, the real engine, time
//! a hundred times as fast.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod applying;
mod faults;
mod operations;
mod screens;
mod stage;
mod telling;
mod wrong;
