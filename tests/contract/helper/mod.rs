//! How a test talks to an API server, and how what was said becomes a text.

pub mod crd;
pub mod server;
pub mod talk;
pub mod watch;
