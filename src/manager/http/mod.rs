//! HTTP around the verbs.
//!
//! - [`answer`]: a request of any origin, answered; [`body`] is what answers are sent as.
//! - [`service`]: the tower service behind the `kube::Client` of this process. No socket, no thread.
//! - [`remote`]: the same for requests that come over the network.
//! - [`limits`]: what is too much, too many or too slow.

pub mod answer;
pub mod body;
pub mod limits;
pub mod remote;
pub mod service;
