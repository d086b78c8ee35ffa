//! A store of JSON objects with many versions: what etcd and the watch cache are to a Kubernetes API server.
//!
//! It knows keys, revisions, labels, a few indexed fields and owners, and nothing else of Kubernetes.
//! - [`handle`]: the store itself, for readers and writers.
//! - `state`: what is stored now, behind one lock; [`entry`] and `pack`: one object, kept small.
//! - `history`: the last changes, from which watches are served and older revisions are worked out; [`query`]
//!   lists a state, present or past; [`cursor`] follows the changes.
//! - `writer` and `file`: the durable form, one file, group commit; `record`: one object in it;
//!   `place`: which file; `lock`: one process a file.
//! - [`limits`]: how much is kept of what has been; [`errors`]: what can go wrong.
//!
//! A write is seen by nobody before it is durable. A watcher holds a position and no buffer: one that is too
//! slow falls out of the history and is told so.

pub mod cursor;
pub mod entry;
pub mod errors;
#[cfg(test)]
mod failing_disk;
mod file;
pub mod handle;
mod history;
pub mod limits;
mod lock;
mod pack;
mod place;
pub mod query;
mod record;
mod state;
mod texts;
mod writer;
