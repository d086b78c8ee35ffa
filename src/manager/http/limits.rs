//! What is too much, too many or too slow for one request.

use std::time::Duration;

/// The largest body in bytes, as in Kubernetes; etcd takes half of it.
pub const BODY: usize = 3 * 1024 * 1024;

/// How much of what a body is too large by is read and thrown away, in bytes, and for how long.
pub const DRAIN: usize = 64 * 1024 * 1024;
/// See [`DRAIN`].
pub const LINGER: Duration = Duration::from_secs(5);

/// The longest URI in bytes. Selectors are the longest that honest clients send, and stay far below it.
pub const URI: usize = 16 * 1024;

/// The most requests over the network that are worked on at once; Kubernetes takes 400 readers and 200 writers.
/// A watch counts until it is open.
pub const REQUESTS: usize = 600;

/// How long the body of a request may take: the largest one at 50 KiB a second.
pub const READ: Duration = Duration::from_secs(60);
