//! HTTP around the verbs.
//!
//! - [`answer`]: a request of any origin, answered; [`body`] is what answers are sent as.
//! - [`service`]: the tower service behind the `kube::Client` of this process. No socket, no thread.
//! - [`limits`]: what is too much.

pub mod answer;
pub mod body;
pub mod limits;
pub mod service;
