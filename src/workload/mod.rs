//! The seam: what the engine asks of the inside of a user cluster.
//!
//! Its Kubernetes API is reached through the balancer, as a [`kube::Client`]; what only a single machine can tell, its
//! API server or its member of etcd, is asked by the machine's own address.

pub mod access;
pub mod direct;
pub mod etcd;
mod gateway;
pub mod limit;
pub mod objects;
