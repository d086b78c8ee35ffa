//! What the steps of plans do.
//!
//! A step is done or it fails; nothing here decides anything that a plan could have decided. What creates something looks
//! first, past every cache, whether it is there already.

pub mod balancer;
pub mod carry_out;
pub mod cloud;
pub mod edit;
pub mod error;
pub mod inside;
pub mod leak;
pub mod machine;
pub mod record;
pub mod storage;
pub mod user_data;
