//! Watch: the state first, if the client wants it, and then every change.
//!
//! A watcher is a position in the store's history and the filter of its client. It holds no events back: who reads
//! too slowly falls out of the history, is told so with 410, and lists anew.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::answer::{Answer, Content};
use super::filter::Filter;
use super::list::page;
use super::present::{Change, store_failed};
use super::target::Target;
use crate::manager::kernel::Kernel;
use crate::manager::object;
use crate::manager::request::accept::Form;
use crate::manager::request::list_options::{AtVersion, ListOptions, parse_version};
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::cursor::{Cursor, Event};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;

/// How long a watch lasts whose client does not say: Kubernetes' `--min-request-timeout`.
const LONGEST: Duration = Duration::from_secs(1800);

/// How often a client that wants bookmarks gets one, as in Kubernetes.
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);

/// How much is written at once: so that a long state costs few pieces, and each is small.
const PIECE: usize = 64 * 1024;

/// An open watch.
#[derive(Debug)]
pub struct Watching {
    cursor: Option<Cursor>,
    /// What the watch begins with instead of changes: it cannot go on.
    refused: Option<ApiError>,
    initial: std::vec::IntoIter<Arc<Entry>>,
    /// The revision of the bookmark that ends the initial state.
    initial_end: Option<u64>,
    filter: Filter,
    change: Change,
    bookmark: Option<Bookmark>,
    deadline: Instant,
    /// Whether the first object is yet to come: only that one says what a table's columns are.
    first: bool,
}

/// What bookmarks are made of.
#[derive(Debug)]
struct Bookmark {
    kind: String,
    api_version: String,
    next: Instant,
}

/// Answers a watch.
///
/// # Errors
/// For options that are wrong, and 504 for a state that is yet to come. That the history no longer reaches back is
/// said within the watch, as Kubernetes does.
pub fn watch(
    kernel: &Kernel,
    target: &Target,
    form: Form,
    options: &ListOptions,
) -> Result<Answer, ApiError> {
    let filter = Filter::new(target, options)?;
    let change = Change::new(target, form, false);
    let from = if options.version.is_empty() { 0 } else { parse_version(&options.version)? };
    let (kind, api_version) = change.shows(target);
    let now = Instant::now();
    let bookmark = options.bookmarks.then(|| Bookmark { kind, api_version, next: now + BOOKMARK_EVERY });
    let wants_state = options.initial_events.unwrap_or(from == 0);
    let (initial, revision) = if wants_state {
        super::get::not_newer(from, kernel.store.revision())?;
        let all = ListOptions { limit: None, continues: None, at: AtVersion::Newest, ..options.clone() };
        let (page, _) = page(kernel, target, &all, &filter)?;
        (page.entries, page.revision)
    } else if from == 0 {
        (Vec::new(), kernel.store.revision())
    } else {
        (Vec::new(), from)
    };
    let (cursor, refused) = match kernel.store.watch(&target.resource.id, revision) {
        Ok(cursor) => (Some(cursor), None),
        Err(error) => (None, Some(too_old(&error))),
    };
    let watching = Watching {
        cursor,
        refused,
        initial: initial.into_iter(),
        initial_end: (wants_state && options.bookmarks).then_some(revision),
        filter,
        change,
        bookmark,
        deadline: now + options.timeout.map_or(LONGEST, |timeout| timeout.min(LONGEST)),
        first: true,
    };
    Ok(Answer { content: Content::Watch(Box::new(watching)), ..Answer::json(200, Bytes::new()) })
}

impl Watching {
    /// The next lines, nothing at the end. It may be dropped while it waits.
    pub async fn next_piece(&mut self) -> Option<Bytes> {
        if let Some(error) = self.refused.take() {
            return Some(line("ERROR", error.to_status().to_string().as_bytes()));
        }
        if let Some(piece) = self.initial_piece() {
            return Some(piece);
        }
        let mut cursor = self.cursor.take()?;
        let piece = self.changes(&mut cursor).await;
        match piece {
            Next::More(piece) => {
                self.cursor = Some(cursor);
                Some(piece)
            }
            Next::Last(piece) => piece,
        }
    }

    fn initial_piece(&mut self) -> Option<Bytes> {
        let mut piece = BytesMut::new();
        while piece.len() < PIECE {
            let Some(entry) = self.initial.next() else { break };
            if let Ok(json) = entry.json().map_err(|error| store_failed(&error)) {
                self.write("ADDED", entry.revision(), json, &mut piece);
            }
        }
        if self.initial.len() == 0
            && let (Some(bookmark), Some(revision)) = (&self.bookmark, self.initial_end.take())
        {
            piece.extend_from_slice(&bookmark.line(revision, true));
        }
        (!piece.is_empty()).then(|| piece.freeze())
    }

    async fn changes(&mut self, cursor: &mut Cursor) -> Next {
        loop {
            // A watcher of which nothing is selected must not keep the others of its thread waiting.
            tokio::task::consume_budget().await;
            let mut piece = BytesMut::new();
            while piece.len() < PIECE {
                match cursor.try_next() {
                    Ok(Some(event)) => self.event(&event, &mut piece),
                    Ok(None) => break,
                    Err(error) => {
                        piece.extend_from_slice(&line(
                            "ERROR",
                            too_old(&error).to_status().to_string().as_bytes(),
                        ));
                        return Next::Last(Some(piece.freeze()));
                    }
                }
                if Instant::now() >= self.deadline {
                    break;
                }
            }
            let now = Instant::now();
            if now >= self.deadline {
                if let Some(bookmark) = &self.bookmark {
                    piece.extend_from_slice(&bookmark.line(cursor.progress(), false));
                }
                return Next::Last((!piece.is_empty()).then(|| piece.freeze()));
            }
            if let Some(bookmark) = self.bookmark.as_mut().filter(|bookmark| now >= bookmark.next) {
                bookmark.next = now + BOOKMARK_EVERY;
                piece.extend_from_slice(&bookmark.line(cursor.progress(), false));
            }
            if !piece.is_empty() {
                return Next::More(piece.freeze());
            }
            if !self.wait(cursor).await {
                return Next::Last(None);
            }
        }
    }

    /// Waits for a change, a bookmark's time or the end; says whether the store is still there.
    async fn wait(&self, cursor: &mut Cursor) -> bool {
        let until = self.bookmark.as_ref().map_or(self.deadline, |bookmark| bookmark.next.min(self.deadline));
        // Whether it was the time or a change, the caller looks at both again.
        tokio::time::timeout_at(until, cursor.wait()).await.is_ok_and(|waited| waited.is_ok())
            || Instant::now() >= until
    }

    /// Writes what a change means to this watcher: labels and fields may have brought the object in or taken it out.
    fn event(&mut self, event: &Event, piece: &mut BytesMut) {
        let before = event.was.as_ref().is_some_and(|was| self.filter.selects(was));
        let after = !event.removed && self.filter.selects(&event.entry);
        let kind = match (before, after) {
            (false, false) => return,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        let json = match (&event.was, kind) {
            (Some(was), "DELETED") if !event.removed => left(was, event.entry.revision()),
            _ => event.json().map_err(|error| store_failed(&error)),
        };
        if let Ok(json) = json {
            self.write(kind, event.entry.revision(), json, piece);
        }
    }

    fn write(&mut self, kind: &str, revision: u64, json: Bytes, piece: &mut BytesMut) {
        // What cannot be read takes broken memory, and is left out.
        let headers = std::mem::take(&mut self.first);
        let Ok(json) = self.change.apply(revision, json, headers) else { return };
        begin_line(kind, piece);
        piece.extend_from_slice(&json);
        piece.extend_from_slice(b"}\n");
    }
}

enum Next {
    More(Bytes),
    Last(Option<Bytes>),
}

impl Bookmark {
    fn line(&self, revision: u64, ends_initial: bool) -> Bytes {
        let mut metadata = json!({ "resourceVersion": revision.to_string() });
        if ends_initial {
            metadata["annotations"] = json!({ "k8s.io/initial-events-end": "true" });
        }
        let object = json!({ "kind": self.kind, "apiVersion": self.api_version, "metadata": metadata });
        line("BOOKMARK", object.to_string().as_bytes())
    }
}

/// The last state of an object that is no longer selected, with the revision at which it left.
fn left(was: &Entry, revision: u64) -> Result<Bytes, ApiError> {
    let mut value = was.value().map_err(|error| store_failed(&error))?;
    if let Some(metadata) = object::meta_mut(&mut value) {
        metadata.insert("resourceVersion".to_owned(), Value::from(revision.to_string()));
    }
    Ok(value.to_string().into())
}

fn too_old(error: &StoreError) -> ApiError {
    match error {
        StoreError::Compacted { wanted, oldest } => {
            let message = format!("too old resource version: {wanted} ({oldest})");
            ApiError::new(Reason::Expired, message)
        }
        // The revision is of another life of this server, and must be listed anew like one that is too old.
        StoreError::Future { wanted, current } => {
            let message = format!("unknown resource version: {wanted} (current: {current})");
            ApiError::new(Reason::Expired, message)
        }
        other => store_failed(other),
    }
}

fn line(kind: &str, object: &[u8]) -> Bytes {
    let mut line = BytesMut::new();
    begin_line(kind, &mut line);
    line.extend_from_slice(object);
    line.extend_from_slice(b"}\n");
    line.freeze()
}

fn begin_line(kind: &str, piece: &mut BytesMut) {
    piece.extend_from_slice(b"{\"type\":\"");
    piece.extend_from_slice(kind.as_bytes());
    piece.extend_from_slice(b"\",\"object\":");
}
