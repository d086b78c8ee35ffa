//! What can go wrong with the store.

use std::error::Error;
use std::path::PathBuf;

/// Why the store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A new object's key is taken.
    #[error("it exists already")]
    AlreadyExists,
    /// There is no such object.
    #[error("it does not exist")]
    NotFound,
    /// The object is at another revision than the writer expected.
    #[error("it is at revision {current}")]
    Conflict {
        /// Where it is.
        current: u64,
    },
    /// The history no longer reaches back so far.
    #[error("revision {wanted} is no longer kept; the oldest is {oldest}")]
    Compacted {
        /// What was asked for.
        wanted: u64,
        /// The oldest revision that can be asked for.
        oldest: u64,
    },
    /// The revision is yet to come.
    #[error("revision {wanted} is yet to come; the newest is {current}")]
    Future {
        /// What was asked for.
        wanted: u64,
        /// The newest revision.
        current: u64,
    },
    /// An object is no JSON object with metadata, or cannot be written as JSON.
    #[error("the object cannot be stored: {why}")]
    Object {
        /// What is wrong with it.
        why: String,
    },
    /// The file cannot be opened.
    #[error("the store file {} cannot be opened; check that its directory exists and that you may write there", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// What has the name is no regular file, and must not be replaced by one.
    #[error("{} is {what}, and cannot hold a store; name a regular file, or one that is yet to be made", path.display())]
    NoFile {
        /// The name.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// Another process has the file.
    #[error("the store file {} is in use by process {pid}; stop that process, or choose another file", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// The other process, or a question mark where it cannot be read.
        pid: String,
    },
    /// The file holds something else, or is damaged.
    #[error("the file {} is no store of ours or is damaged: {why}; move it away and restore a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A write could not be made durable. It did not happen.
    #[error("the write was not made durable in {}: {why}; see that the disk has room and try again", path.display())]
    NotDurable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
}

/// An error and its causes in one line, for a message that goes to many, who cannot share the error itself.
pub(super) fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
