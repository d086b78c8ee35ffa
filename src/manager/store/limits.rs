//! How much the store keeps of what has been, and of what is on its way to disk.

use std::time::Duration;

/// Five minutes is what an API server's etcd keeps by default (`--etcd-compaction-interval`), so clients that
/// survive there (a pager on a slow link, a watch after a reconnect) survive here.
const HISTORY_TIME: Duration = Duration::from_secs(300);

/// One for each object of the largest fleet we are made for (62,000), and half as many again: filling a store does
/// not forget its own beginning, and a list at an old revision never goes through more than this.
const HISTORY_CHANGES: usize = 100_000;

/// About 25,000 superseded Machines, which is 25 seconds at a thousand updates a second; an eighth of the 200 MiB
/// that a process with the largest fleet may take.
const HISTORY_BYTES: usize = 24 * 1024 * 1024;

/// Two seconds at a thousand changes of 3.7 KB a second. A watcher further behind unpacks for itself.
const PLAIN_BYTES: usize = 8 * 1024 * 1024;

/// Four times the largest group: the disk always finds the next group waiting, and no more memory is bound.
const WRITES_IN_FLIGHT: usize = 4096;

/// How far the history reaches back, and how far writers may run ahead of the disk. Of the history's limits,
/// whichever is met first cuts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// So long.
    pub history_time: Duration,
    /// So many changes, of all objects together.
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
            history_time: HISTORY_TIME,
            history_changes: HISTORY_CHANGES,
            history_bytes: HISTORY_BYTES,
            plain_bytes: PLAIN_BYTES,
            writes_in_flight: WRITES_IN_FLIGHT,
        }
    }
}
