//! How much the store keeps of what has been.

use std::time::Duration;

/// How far the history reaches back. Whichever limit is met first cuts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So long. Five minutes is what an API server's etcd keeps by default (`--etcd-compaction-interval`).
    pub history_time: Duration,
    /// So many changes, of all objects together: a bound on what a list at an old revision has to go through.
    pub history_changes: usize,
    /// So many bytes of superseded versions, as they are kept (packed).
    pub history_bytes: usize,
    /// So many bytes of the newest changes in plain JSON, so that a hundred watchers share one copy.
    pub plain_bytes: usize,
    /// So many writes may wait to be made durable; further writers wait.
    pub writes_in_flight: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            history_time: Duration::from_secs(300),
            history_changes: 100_000,
            history_bytes: 24 * 1024 * 1024,
            plain_bytes: 8 * 1024 * 1024,
            writes_in_flight: 4096,
        }
    }
}
