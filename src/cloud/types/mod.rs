//! Plain data about the cloud: what can be asked for and what is there.
//!
//! Nothing here talks to anybody. The planners read these types, so no client type may enter.

pub mod balancer;
pub mod belonging;
pub mod compute;
pub mod identity;
pub mod names;
pub mod network;
pub mod observed;
pub mod storage;
