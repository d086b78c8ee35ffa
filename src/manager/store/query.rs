//! Lists of a state, present or past.

use std::iter::Peekable;
use std::ops::Bound;
use std::sync::Arc;

use super::entry::Entry;
use super::errors::StoreError;
use super::history::Name;
use super::state::State;
use crate::manager::resource::ResourceId;

/// What to list.
pub struct ListQuery<'a> {
    /// Of which type.
    pub resource: &'a ResourceId,
    /// In which namespace; nothing for all.
    pub namespace: Option<&'a str>,
    /// After which object, by namespace and name; nothing for the beginning.
    pub after: Option<(&'a str, &'a str)>,
    /// How many at most; nothing for all.
    pub limit: Option<usize>,
    /// At which revision; nothing for the newest.
    pub at: Option<u64>,
    /// Which ones; nothing for all.
    pub filter: Option<&'a (dyn Fn(&Entry) -> bool + Send + Sync)>,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The objects, ordered by namespace and name.
    pub entries: Vec<Arc<Entry>>,
    /// The revision of which this is the state.
    pub revision: u64,
    /// Whether there are more.
    pub more: bool,
    /// How many more, where that is known without looking at each: without a filter.
    pub remaining: Option<usize>,
}

impl State {
    /// Lists a state.
    pub(super) fn list(&self, query: &ListQuery<'_>) -> Result<Page, StoreError> {
        let revision = query.at.unwrap_or(self.revision);
        if revision > self.revision {
            return Err(StoreError::Future { wanted: revision, current: self.revision });
        }
        let oldest = self.history.floor(query.resource);
        if revision < oldest {
            return Err(StoreError::Compacted { wanted: revision, oldest });
        }
        let before = self.history.since(query.resource, revision);
        let from = start(query);
        let now = self.types.get(query.resource).map(|kind| &kind.objects);
        let now = now.into_iter().flat_map(|objects| objects.range((from.clone(), Bound::Unbounded)));
        let past = before.range((from.clone(), Bound::Unbounded));
        let merged = Merged { now: now.peekable(), past: past.peekable() };
        let inside =
            |entry: &Arc<Entry>| query.namespace.is_none_or(|namespace| *entry.key.namespace == *namespace);
        let mut found = merged.take_while(inside).filter(|entry| query.filter.is_none_or(|keep| keep(entry)));
        let entries: Vec<Arc<Entry>> = found.by_ref().take(query.limit.unwrap_or(usize::MAX)).collect();
        if query.filter.is_some() {
            return Ok(Page { entries, revision, more: found.next().is_some(), remaining: None });
        }
        let remaining = found.count();
        Ok(Page { entries, revision, more: remaining > 0, remaining: Some(remaining) })
    }
}

fn start(query: &ListQuery<'_>) -> Bound<Name> {
    match (query.after, query.namespace) {
        (Some((namespace, name)), _) => Bound::Excluded((namespace.into(), name.into())),
        (None, Some(namespace)) => Bound::Included((namespace.into(), "".into())),
        (None, None) => Bound::Unbounded,
    }
}

/// The present with the past laid over it, in order.
struct Merged<N: Iterator, P: Iterator> {
    now: Peekable<N>,
    past: Peekable<P>,
}

impl<'a, N, P> Iterator for Merged<N, P>
where
    N: Iterator<Item = (&'a Name, &'a Arc<Entry>)>,
    P: Iterator<Item = (&'a Name, &'a Option<Arc<Entry>>)>,
{
    type Item = Arc<Entry>;

    fn next(&mut self) -> Option<Arc<Entry>> {
        loop {
            let past_first = match (self.now.peek(), self.past.peek()) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some((now, _)), Some((past, _))) => past <= now,
            };
            if !past_first {
                return self.now.next().map(|(_, entry)| Arc::clone(entry));
            }
            let (name, was) = self.past.next()?;
            self.now.next_if(|(now, _)| *now == name);
            if let Some(entry) = was {
                return Some(Arc::clone(entry));
            }
        }
    }
}
