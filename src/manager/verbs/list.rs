//! List: many objects, a page at a time, of one revision.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Content};
use super::filter::Filter;
use super::get::not_newer;
use super::present::{self, Change, store_failed};
use super::target::Target;
use super::token::Token;
use crate::manager::kernel::Kernel;
use crate::manager::request::accept::{Encoding, Form, View};
use crate::manager::request::list_options::{AtVersion, ListOptions};
use crate::manager::status::{ApiError, Reason};
use crate::manager::store::entry::Entry;
use crate::manager::store::errors::StoreError;
use crate::manager::store::query::{ListQuery, Page};

/// A list that is written while it is sent, so that only a piece of it is in memory as text.
#[derive(Debug)]
pub struct Listing {
    begin: Option<Bytes>,
    entries: std::vec::IntoIter<Arc<Entry>>,
    change: Change,
    first: bool,
    ended: bool,
}

/// How much of a list is written at once: large enough that each piece costs little, small beside the objects.
const PIECE: usize = 256 * 1024;

impl Listing {
    /// The next piece, nothing at the end.
    pub fn next_piece(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        let mut piece = BytesMut::with_capacity(PIECE);
        piece.extend_from_slice(&self.begin.take().unwrap_or_default());
        while piece.len() < PIECE {
            let Some(entry) = self.entries.next() else {
                piece.extend_from_slice(b"]}");
                self.ended = true;
                break;
            };
            // An object that cannot be read is left out: that takes broken memory, and a list is not the place to say so.
            let Ok(json) = entry.json() else { continue };
            let Ok(json) = self.change.apply(entry.revision(), json, false) else { continue };
            if !std::mem::take(&mut self.first) {
                piece.put_u8(b',');
            }
            piece.extend_from_slice(&json);
        }
        Some(piece.freeze())
    }
}

/// Answers a list.
///
/// # Errors
/// 410 if the revision is no longer kept, 504 if it is yet to come, 400 for a token or field that is none.
pub fn list(kernel: &Kernel, target: &Target, form: Form, options: &ListOptions) -> Result<Answer, ApiError> {
    let filter = Filter::new(target, options)?;
    let (page, next) = page(kernel, target, options, &filter)?;
    let metadata = metadata(&page, next.as_ref());
    if form.encoding == Encoding::Json && form.view != View::Table {
        let change = Change::new(target, form, true);
        let (kind, api_version) = match form.view {
            View::Metadata => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
            View::Whole | View::Table => (target.resource.list_kind.clone(), target.api_version()),
        };
        let (kind, api_version) = (Value::from(kind), Value::from(api_version));
        let begin = format!(r#"{{"kind":{kind},"apiVersion":{api_version},"metadata":{metadata},"items":["#);
        let entries = page.entries.into_iter();
        let listing = Listing { begin: Some(begin.into()), entries, change, first: true, ended: false };
        return Ok(Answer { content: Content::List(listing), ..Answer::json(200, Bytes::new()) });
    }
    let objects = objects(target, &page.entries)?;
    if form.view == View::Table {
        let table = present::table(target, form.include, metadata, &objects, true);
        let body = present::encode(form.encoding, &table)?;
        return Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) });
    }
    let shown = json!({
        "kind": target.resource.list_kind, "apiVersion": target.api_version(), "metadata": metadata,
        "items": objects,
    });
    let body = present::encode(form.encoding, &shown)?;
    Ok(Answer { content_type: form.content_type(), ..Answer::json(200, body) })
}

fn objects(target: &Target, entries: &[Arc<Entry>]) -> Result<Vec<Value>, ApiError> {
    let values = entries.iter().map(|entry| entry.value().map(|stored| present::shown(target, stored)));
    values.collect::<Result<_, _>>().map_err(|error| store_failed(&error))
}

/// One page of what is stored, and where the next one begins.
///
/// # Errors
/// As [`list`].
pub fn page(
    kernel: &Kernel,
    target: &Target,
    options: &ListOptions,
    filter: &Filter,
) -> Result<(Page, Option<Token>), ApiError> {
    let token = options.continues.as_deref().map(Token::decode).transpose()?;
    let at = match (&token, options.at) {
        (Some(token), _) => token.revision,
        (None, AtVersion::Newest) => None,
        (None, AtVersion::NotOlderThan(version)) => {
            not_newer(version, kernel.store.revision())?;
            None
        }
        (None, AtVersion::Exact(version)) => Some(version),
    };
    let keep = |entry: &Entry| filter.selects_inside(entry);
    let query = ListQuery {
        resource: &target.resource.id,
        namespace: target.namespace.as_deref(),
        after: token.as_ref().map(|token| (token.namespace.as_str(), token.name.as_str())),
        limit: options.limit,
        at,
        filter: if filter.selects_within() { Some(&keep) } else { None },
    };
    let page = kernel.store.list(&query).map_err(|error| refused(&error, token.as_ref()))?;
    let last = page.entries.last().filter(|_| page.more);
    let next = last.map(|last| Token {
        revision: Some(page.revision),
        namespace: last.key().namespace.to_string(),
        name: last.key().name.to_string(),
    });
    Ok((page, next))
}

fn refused(error: &StoreError, token: Option<&Token>) -> ApiError {
    match (error, token) {
        (StoreError::Compacted { .. }, Some(token)) => {
            let fresh = Token { revision: None, ..token.clone() };
            ApiError::new(Reason::Expired, OLD_TOKEN).continue_with(fresh.encode())
        }
        (StoreError::Compacted { .. }, None) => {
            ApiError::new(Reason::Expired, "The resourceVersion for the provided list is too old.")
        }
        (StoreError::Future { wanted, current }, _) => match not_newer(*wanted, *current) {
            Err(error) => error,
            Ok(()) => store_failed(error),
        },
        _ => store_failed(error),
    }
}

const OLD_TOKEN: &str = "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.";

fn metadata(page: &Page, next: Option<&Token>) -> Value {
    let mut metadata = Map::new();
    metadata.insert("resourceVersion".to_owned(), Value::from(page.revision.to_string()));
    if let Some(next) = next {
        metadata.insert("continue".to_owned(), Value::from(next.encode()));
        if let Some(remaining) = page.remaining.filter(|remaining| *remaining > 0) {
            metadata.insert("remainingItemCount".to_owned(), Value::from(remaining));
        }
    }
    Value::Object(metadata)
}
