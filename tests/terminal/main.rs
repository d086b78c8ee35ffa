//! The console on a terminal of its own: taken over, resized, and always given back.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

mod contexts;
mod ends;
mod journey;
mod panics;
mod screen;
