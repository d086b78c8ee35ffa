//! What the planners look at, as plain data.
//!
//! The engine fills it from the manager, the inventory of the cloud and the user cluster.

pub mod addon;
pub mod balancer;
pub mod cluster;
pub mod control_plane;
pub mod etcd;
pub mod incident;
pub mod machine;
pub mod meta;
pub mod node;
pub mod operation;
pub mod pool;
pub mod release;
pub mod storage;
pub mod stored;
pub mod surroundings;
pub mod tenant;
pub mod whole;
