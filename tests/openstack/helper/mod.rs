//! Where stories take place, and what stands between us and a real cloud.

pub mod proxy;
pub mod sdk;
pub mod stage;
