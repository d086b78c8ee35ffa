//! The pictures in `screenshots/`: what is on them, the night that they show, and the test that holds them fresh.

mod album;
mod engine;
mod night;
mod shots;
