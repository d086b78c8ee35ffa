//! Where stories take place, and what stands between us and a real cloud.

pub mod clusters;
pub mod proxy;
pub mod screens;
pub mod sdk;
pub mod stage;
