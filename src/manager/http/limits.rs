//! What is too much for one request.

/// The largest body in bytes, as in Kubernetes; etcd takes half of it.
pub const BODY: usize = 3 * 1024 * 1024;

/// The longest URI in bytes. Selectors are the longest that honest clients send, and stay far below it.
pub const URI: usize = 16 * 1024;
