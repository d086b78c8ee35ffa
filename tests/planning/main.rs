//! The planners: scenes as text in, plans as text out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that fails says so by panicking")]

mod machine;
mod parts;
mod pool;
mod scene;
