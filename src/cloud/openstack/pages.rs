//! Listings, followed to their end.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::account::Open;
use super::call::Call;
use super::failure::{self, Nature};
use crate::cloud::errors::CloudError;
use crate::cloud::provider::Answer;

/// How many things a page has at most, where the service allows it.
const PAGE: usize = 500;

/// Something that is listed.
pub(super) trait Listed: DeserializeOwned + Send {
    /// By what the service goes on after it.
    fn id(&self) -> &str;
}

/// How a service is told where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paging {
    /// By the last id seen.
    Marker,
    /// By how many were seen.
    Offset,
    /// There is one page.
    Whole,
}

/// A listing, and the service's time at its first page.
#[derive(Debug)]
pub(super) struct Pages<T> {
    pub(super) items: Vec<T>,
    pub(super) date: Option<DateTime<Utc>>,
}

/// The link to a next page, in the forms in which the services give it.
#[derive(Deserialize)]
struct Link {
    rel: String,
}

#[derive(Deserialize)]
struct Links {
    next: Option<String>,
}

/// All things of a listing, which the service calls `key`.
pub(super) async fn listing<T: Listed>(
    open: &Open,
    call: Call,
    key: &str,
    paging: Paging,
) -> Answer<Pages<T>> {
    let mut call = if paging == Paging::Whole { call } else { call.query("limit", PAGE.to_string()) };
    let mut all = Pages { items: Vec::new(), date: None };
    loop {
        let reply = call.send(open).await?;
        all.date = all.date.or(reply.date());
        let page: HashMap<&str, &RawValue> =
            serde_json::from_slice(&reply.body).map_err(|error| strange(&call, error))?;
        let items = page.get(key).map_or(Ok(Vec::new()), |raw| serde_json::from_str::<Vec<T>>(raw.get()));
        let items = items.map_err(|error| strange(&call, error))?;
        let (count, last) = (items.len(), items.last().map(|item| item.id().to_owned()));
        all.items.extend(items);
        call = match (paging, last) {
            (Paging::Whole, _) | (_, None) => return Ok(all),
            (Paging::Marker, Some(_)) if !has_next(&page, key) => return Ok(all),
            (Paging::Offset, Some(_)) if count < PAGE => return Ok(all),
            (Paging::Marker, Some(last)) => call.turn("marker", last),
            (Paging::Offset, Some(_)) => call.turn("offset", all.items.len().to_string()),
        };
    }
}

fn has_next(page: &HashMap<&str, &RawValue>, key: &str) -> bool {
    let own = page.get(format!("{key}_links").as_str());
    if let Some(links) = own.and_then(|raw| serde_json::from_str::<Vec<Link>>(raw.get()).ok()) {
        return links.iter().any(|link| link.rel == "next");
    }
    if let Some(links) = page.get("links").and_then(|raw| serde_json::from_str::<Links>(raw.get()).ok()) {
        return links.next.is_some();
    }
    page.get("next").is_some_and(|next| next.get() != "null")
}

fn strange(call: &Call, error: serde_json::Error) -> CloudError {
    let kind = failure::lost(Nature::Read, String::new());
    CloudError { source: Some(Box::new(error)), ..call.failed(kind) }
}
