//! What the planners look at, gathered from records, inventory, projects and the insides of clusters.

pub mod around;
pub mod balancer;
pub mod cluster;
pub mod context;
pub mod inside;
pub mod machine;
pub mod operation;
pub mod parts;
pub mod small;
pub mod stored;
