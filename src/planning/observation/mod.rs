//! What the planners look at, as plain data.
//!
//! The engine fills it from the manager, the inventory of the cloud and the user cluster.

pub mod cluster;
pub mod machine;
pub mod meta;
pub mod node;
pub mod surroundings;
