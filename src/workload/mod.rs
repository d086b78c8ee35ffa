//! The seam: what the engine asks of the inside of a user cluster.
//!
//! Its Kubernetes API is reached through the balancer, as a [`kube::Client`]; what only a single machine can tell, its
//! API server or its member of etcd, is asked by the machine's own address.
//!
//! [`access`] is the seam itself, and [`etcd`] what a member says. [`direct`] is its real side, with each cluster's own keys:
//! etcd by its JSON gateway (`gateway`), API servers for no longer than [`limit`] lets them keep us waiting. [`objects`] are
//! the names that the engine and the user data agree on.

pub mod access;
pub mod direct;
pub mod etcd;
mod gateway;
pub mod limit;
pub mod objects;
