//! The state of one table: where the cursor is, what is marked, how it is sorted and filtered.
//!
//! Everything is kept by the ids of objects and not by row numbers, so that it stays where it is while rows come
//! and go.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::filter::{Filter, FilterError, Scratch};
use super::rows::cell::{Cell, natural};
use super::rows::row::{Links, Row};
use super::rows::shelf::Shelf;
use super::rows::subject::Subject;

/// What a table is narrowed to by other panes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// The links that rows must have.
    pub links: Links,
    /// The only rows that are meant, if they are named one by one.
    pub only: Option<Arc<BTreeSet<Arc<str>>>>,
}

impl Narrowing {
    /// Whether a row is meant.
    pub fn admits(&self, row: &Row) -> bool {
        let same = |wanted: &Option<Arc<str>>, has: &Option<Arc<str>>| wanted.is_none() || wanted == has;
        same(&self.links.tenant, &row.links.tenant)
            && same(&self.links.cluster, &row.links.cluster)
            && same(&self.links.pool, &row.links.pool)
            && same(&self.links.server, &row.links.server)
            && self.only.as_ref().is_none_or(|only| only.contains(&row.id))
    }
}

/// What the visible rows were worked out from.
#[derive(Clone, Debug, PartialEq)]
struct Basis {
    stamp: u64,
    narrowing: Narrowing,
    filter: String,
    sort: (usize, bool),
    /// Filters that compare ages change with time.
    minute: i64,
}

/// How far an Incident reaches: of two that are equally bad the larger comes first.
fn reach(row: &Row) -> (i64, i64) {
    let count = |word: &str| match row.cell(word) {
        Cell::Number(count) => *count,
        _ => 0,
    };
    if row.subject == Subject::Incident { (count("nodes"), count("clusters")) } else { (0, 0) }
}

/// The state of one table.
#[derive(Debug)]
pub struct Table {
    /// What it is about.
    pub subject: Subject,
    /// The object under the cursor.
    pub cursor: Option<Arc<str>>,
    /// The first row on the screen.
    pub offset: usize,
    /// The objects that are marked.
    pub marks: BTreeSet<Arc<str>>,
    /// The column that it is sorted by, and whether backwards.
    pub sort: (usize, bool),
    /// The columns that are hidden by choice.
    pub hidden: BTreeSet<usize>,
    text: String,
    filter: Filter,
    at: usize,
    /// Whether a person moved the cursor. Until then it stays on the first row, whichever that is.
    held: bool,
    visible: Vec<u32>,
    basis: Option<Basis>,
    scratch: Scratch,
}

impl Table {
    /// A table as it is at first.
    pub fn new(subject: Subject) -> Self {
        Self {
            subject,
            cursor: None,
            offset: 0,
            marks: BTreeSet::new(),
            sort: subject.first_sort(),
            hidden: BTreeSet::new(),
            text: String::new(),
            filter: Filter::default(),
            at: 0,
            held: false,
            visible: Vec::new(),
            basis: None,
            scratch: Scratch::default(),
        }
    }

    /// The filter as it was written.
    pub fn filter(&self) -> &str {
        &self.text
    }

    /// Filters by a text.
    ///
    /// # Errors
    /// When the text is no filter; the one before stays.
    pub fn set_filter(&mut self, text: &str) -> Result<(), FilterError> {
        self.filter = Filter::parse(text, self.subject)?;
        text.clone_into(&mut self.text);
        Ok(())
    }

    /// The slots of the rows that are shown, in their order.
    pub fn visible(&self) -> &[u32] {
        &self.visible
    }

    /// Where the cursor is among the visible rows.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Works out which rows are shown, and puts the cursor back on its object. Costs nothing if nothing changed.
    pub fn refresh(&mut self, shelf: &Shelf, narrowing: &Narrowing, now: DateTime<Utc>) {
        let basis = Basis {
            stamp: shelf.stamp,
            narrowing: narrowing.clone(),
            filter: self.text.clone(),
            sort: self.sort,
            minute: if self.filter.is_empty() { 0 } else { now.timestamp().div_euclid(60) },
        };
        if self.basis.as_ref() == Some(&basis) {
            return;
        }
        let Self { filter, scratch, .. } = self;
        let admitted = shelf.iter().filter(|(_, row)| {
            narrowing.admits(row) && (filter.is_empty() || filter.admits(row, now, scratch))
        });
        self.visible = admitted.map(|(slot, _)| slot).collect();
        self.order(shelf);
        self.basis = Some(basis);
        self.settle(shelf);
    }

    /// Sorts the visible rows. What is equal is in the order of names, then of ids, so that the order never depends on
    /// chance.
    fn order(&mut self, shelf: &Shelf) {
        let (column, backwards) = self.sort;
        let cell = |row: &Row| row.cells.get(column).cloned().unwrap_or(Cell::None);
        let mut keyed: Vec<(Cell, u32)> = std::mem::take(&mut self.visible)
            .into_iter()
            .filter_map(|slot| Some((cell(shelf.at(slot)?), slot)))
            .collect();
        keyed.sort_by(|(left, left_slot), (right, right_slot)| {
            let order = left.order(right);
            let order = if backwards { order.reverse() } else { order };
            order.then_with(|| match (shelf.at(*left_slot), shelf.at(*right_slot)) {
                (Some(left), Some(right)) => reach(right)
                    .cmp(&reach(left))
                    .then_with(|| natural(left.name(), right.name()).then_with(|| left.id.cmp(&right.id))),
                _ => left_slot.cmp(right_slot),
            })
        });
        self.visible = keyed.into_iter().map(|(_, slot)| slot).collect();
    }

    /// Puts the cursor back on its object, or where that was if it is gone.
    fn settle(&mut self, shelf: &Shelf) {
        let held = self.cursor.as_deref().filter(|_| self.held);
        let wanted = held.and_then(|id| shelf.slot(id));
        let found = wanted.and_then(|slot| self.visible.iter().position(|visible| *visible == slot));
        let before = if self.held { self.at } else { 0 };
        self.at = found.unwrap_or(before).min(self.visible.len().saturating_sub(1));
        self.cursor = self.visible.get(self.at).and_then(|slot| shelf.at(*slot)).map(|row| row.id.clone());
        self.marks.retain(|id| shelf.get(id).is_some());
    }

    /// The row under the cursor.
    pub fn current<'a>(&self, shelf: &'a Shelf) -> Option<&'a Row> {
        shelf.at(*self.visible.get(self.at)?)
    }

    /// The rows that an action is about: the marked ones, or else the one under the cursor.
    pub fn chosen<'a>(&self, shelf: &'a Shelf) -> Vec<&'a Row> {
        if self.marks.is_empty() {
            return self.current(shelf).into_iter().collect();
        }
        let marked: Vec<&Row> = self.marks.iter().filter_map(|id| shelf.get(id)).collect();
        marked
    }

    /// Moves the cursor to a visible row.
    pub fn go_to(&mut self, position: usize, shelf: &Shelf) {
        self.held = true;
        self.at = position.min(self.visible.len().saturating_sub(1));
        self.cursor = self.current(shelf).map(|row| row.id.clone());
    }

    /// Moves the cursor by so many rows.
    pub fn go_by(&mut self, rows: isize, shelf: &Shelf) {
        self.go_to(self.at.saturating_add_signed(rows), shelf);
    }

    /// Moves the cursor to an object, once it is visible.
    pub fn seek(&mut self, id: &Arc<str>) {
        self.cursor = Some(id.clone());
        self.held = true;
        self.basis = None;
    }

    /// Marks the row under the cursor, or takes its mark away.
    pub fn toggle_mark(&mut self) {
        if let Some(id) = self.cursor.clone()
            && !self.marks.remove(&id)
        {
            self.marks.insert(id);
        }
    }

    /// Marks all visible rows.
    pub fn mark_visible(&mut self, shelf: &Shelf) {
        let rows = self.visible.iter().filter_map(|slot| shelf.at(*slot));
        self.marks.extend(rows.map(|row| row.id.clone()));
    }

    /// Scrolls as little as needed for the cursor to be among so many rows of the screen.
    pub fn scroll(&mut self, rows: usize) {
        if self.at < self.offset {
            self.offset = self.at;
        } else if rows > 0 && self.at >= self.offset + rows {
            self.offset = self.at + 1 - rows;
        }
        self.offset = self.offset.min(self.visible.len().saturating_sub(rows.max(1)));
    }
}
