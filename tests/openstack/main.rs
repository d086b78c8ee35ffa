//! What the engine relies on of a cloud, told once and held by every implementation of the `Cloud` trait.
//!
//! Each story runs on the simulated cloud. On real OpenStack it runs too when `OS_CLIENT_CONFIG_FILE` and `OS_CLOUD` name
//! one; where an entry `$OS_CLOUD-admin` stands beside it, every story has a project of its own. Where the two differ,
//! the simulator is wrong. What a real service cannot be made to do is done by a proxy between it and us.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests fail by panicking")]

mod balancers;
mod belongings;
mod earnest;
mod entries;
mod faults;
mod helper;
mod killed;
mod provision;
mod servers;
mod trouble;
