//! The API over the network: TLS, a bearer token, HTTP/1.1 and 2, and the kubeconfig that names all of it.
//!
//! Whoever knows the token may do everything, so the token and the certificate are made anew at each start, live in
//! memory and in one kubeconfig that only its owner can read, and the address is meant to be a loopback one.
//!
//! This part knows nothing of Kubernetes but the look of a Status and of a kubeconfig; it serves any
//! `tower::Service` of HTTP requests.

pub mod certificate;
pub mod error;
pub mod guard;
pub mod kubeconfig;
pub mod listener;
mod patient;
pub mod token;
