//! The pictures in `screenshots/`: what is on them, the night that they show, and the test that holds them fresh.

pub mod album;
mod engine;
pub mod night;
mod shots;
