//! The state of one table: where the cursor is, what is marked, how it is sorted and filtered.
//!
//! Everything is kept by the ids of objects and not by row numbers, so that it stays where it is while rows come
//! and go.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::filter::{Filter, FilterError, Scratch};
use super::rows::cell::{Cell, natural};
use super::rows::row::{Links, Row};
use super::rows::shelf::Shelf;
use super::rows::subject::Subject;

/// From how many rows on a filter is worth more than one thread.
const MANY: usize = 4096;

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

impl Basis {
    /// Whether only rows changed since an earlier one.
    fn asks_the_same_as(&self, earlier: &Self) -> bool {
        let Self { stamp: _, narrowing, filter, sort: _, minute } = self;
        (narrowing, filter, minute) == (&earlier.narrowing, &earlier.filter, &earlier.minute)
    }
}

/// How far an Incident reaches: of two that are equally bad the larger comes first.
fn reach(row: &Row) -> (i64, i64) {
    let count = |word: &str| match row.cell(word) {
        Cell::Number(count) => *count,
        _ => 0,
    };
    if row.subject == Subject::Incident { (count("nodes"), count("clusters")) } else { (0, 0) }
}

/// The order of two rows by a column. What is equal is in the order of names, then of ids, so that the order never depends on
/// chance.
fn order((column, backwards): (usize, bool), left: &Row, right: &Row) -> Ordering {
    let cells = (left.cells.get(column), right.cells.get(column));
    let by_cell = cells.0.unwrap_or(&Cell::None).order(cells.1.unwrap_or(&Cell::None));
    let by_cell = if backwards { by_cell.reverse() } else { by_cell };
    by_cell
        .then_with(|| reach(right).cmp(&reach(left)))
        .then_with(|| natural(left.name(), right.name()))
        .then_with(|| left.id.cmp(&right.id))
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
    /// The slots of the rows that narrowing and filter let through: while neither changes, what changed alone is looked at.
    admitted: Vec<bool>,
    /// All rows as they were ordered last, and by what: a letter of a filter orders nothing, and a change little.
    order: Vec<u32>,
    ordered: Option<(u64, (usize, bool))>,
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
            admitted: Vec::new(),
            order: Vec::new(),
            ordered: None,
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
            stamp: shelf.stamp(),
            narrowing: narrowing.clone(),
            filter: self.text.clone(),
            sort: self.sort,
            minute: if self.filter.is_empty() { 0 } else { now.timestamp().div_euclid(60) },
        };
        if self.basis.as_ref() == Some(&basis) {
            return;
        }
        self.put_in_order(shelf);
        let before = self.basis.as_ref().filter(|before| basis.asks_the_same_as(before));
        if let Some(changed) = before.and_then(|before| shelf.changed_since(before.stamp)) {
            let changed: Vec<u32> = changed.collect();
            self.admitted.resize(shelf.slots(), false);
            for (slot, is_admitted) in changed.iter().zip(self.look(&changed, shelf, narrowing, now)) {
                self.admitted[*slot as usize] = is_admitted;
            }
        } else {
            self.admitted = self.look_at_all(shelf, narrowing, now);
        }
        let is_admitted = |slot: &u32| self.admitted.get(*slot as usize) == Some(&true);
        self.visible = self.order.iter().copied().filter(is_admitted).collect();
        self.basis = Some(basis);
        self.settle(shelf);
    }

    /// Which of the rows in these slots narrowing and filter let through.
    fn look(&self, slots: &[u32], shelf: &Shelf, narrowing: &Narrowing, now: DateTime<Utc>) -> Vec<bool> {
        let mut scratch = None;
        let mut is_admitted = |row: &Row| {
            let mut is_looked_for =
                || self.filter.admits(row, now, scratch.get_or_insert_with(Scratch::default));
            narrowing.admits(row) && (self.filter.is_empty() || is_looked_for())
        };
        slots.iter().map(|slot| shelf.at(*slot).is_some_and(&mut is_admitted)).collect()
    }

    /// The same of all slots. A letter is answered sooner if all processors look for it.
    fn look_at_all(&self, shelf: &Shelf, narrowing: &Narrowing, now: DateTime<Utc>) -> Vec<bool> {
        let slots: Vec<u32> = (0..shelf.slots() as u32).collect();
        if slots.len() < MANY {
            return self.look(&slots, shelf, narrowing, now);
        }
        let parts = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let parts = slots.chunks(slots.len().div_ceil(parts));
            let looking: Vec<_> =
                parts.map(|part| scope.spawn(move || self.look(part, shelf, narrowing, now))).collect();
            looking
                .into_iter()
                .flat_map(|part| part.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        })
    }

    /// Brings all rows into their order: those that changed alone, if it is known which.
    fn put_in_order(&mut self, shelf: &Shelf) {
        let before = self.ordered.filter(|(_, sort)| *sort == self.sort);
        if let Some(changed) = before.and_then(|(stamp, _)| shelf.changed_since(stamp)) {
            self.move_changed(changed, shelf);
        } else {
            let mut rows: Vec<(u32, &Row)> = shelf.iter().collect();
            rows.sort_by(|(_, left), (_, right)| order(self.sort, left, right));
            self.order = rows.into_iter().map(|(slot, _)| slot).collect();
        }
        self.ordered = Some((shelf.stamp(), self.sort));
    }

    fn move_changed(&mut self, changed: impl Iterator<Item = u32>, shelf: &Shelf) {
        let mut has_changed = vec![false; shelf.slots()];
        let mut moved: Vec<(u32, &Row)> = Vec::new();
        for slot in changed {
            let Some(known) = has_changed.get_mut(slot as usize) else { continue };
            if !std::mem::replace(known, true) {
                moved.extend(shelf.at(slot).map(|row| (slot, row)));
            }
        }
        self.order.retain(|slot| has_changed.get(*slot as usize) == Some(&false));
        moved.sort_by(|(_, left), (_, right)| order(self.sort, left, right));
        let mut all = Vec::with_capacity(self.order.len() + moved.len());
        let mut rest = self.order.as_slice();
        for (slot, row) in moved {
            let is_before =
                |other: &u32| shelf.at(*other).is_some_and(|other| order(self.sort, other, row).is_lt());
            let (before, after) = rest.split_at(rest.partition_point(is_before));
            all.extend_from_slice(before);
            all.push(slot);
            rest = after;
        }
        all.extend_from_slice(rest);
        self.order = all;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::rows::cell::State;

    fn row(number: u64, state: State) -> Row {
        let mut cells = vec![Cell::None; Subject::Node.columns().len()];
        cells[Subject::Node.first_sort().0] = Cell::Number(i64::try_from(number % 7).unwrap());
        Row {
            id: format!("id{number}").into(),
            subject: Subject::Node,
            target: None,
            version: "1".into(),
            links: Links::default(),
            state,
            since: None,
            cells: cells.into(),
            labels: None,
        }
    }

    /// Rows that change, come, go and take each other's slots stand where a table that begins anew would put them, and pass its
    /// filter or not; also after more changes than a shelf remembers.
    #[test]
    fn what_changed_is_put_where_it_belongs() {
        let now = crate::clock::now();
        let (mut shelf, mut table, mut random) = (Shelf::default(), Table::new(Subject::Node), 1_u64);
        let mut filtered = Table::new(Subject::Node);
        let filter = format!("{}<25", Subject::Node.columns()[Subject::Node.first_sort().0].key);
        filtered.set_filter(&filter).unwrap();
        let mut next = |below: u64| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) % below
        };
        for round in 0..60 {
            for _ in 0..if round == 30 { 10_000 } else { next(200) } {
                let number = next(400);
                let id = format!("id{number}");
                if next(3) == 0 {
                    shelf.drop_row(&id);
                } else {
                    let mut row = row(number, State::ALL[usize::try_from(next(6)).unwrap()]);
                    row.cells[Subject::Node.first_sort().0] = Cell::Number(i64::try_from(next(50)).unwrap());
                    shelf.put(row, now);
                }
            }
            let (mut anew, mut filtered_anew) = (Table::new(Subject::Node), Table::new(Subject::Node));
            filtered_anew.set_filter(&filter).unwrap();
            for table in [&mut table, &mut filtered, &mut anew, &mut filtered_anew] {
                table.refresh(&shelf, &Narrowing::default(), now);
            }
            assert_eq!(table.visible(), anew.visible(), "round {round}");
            assert_eq!(table.visible().len(), shelf.len());
            assert_eq!(filtered.visible(), filtered_anew.visible(), "round {round}");
            let few = |row: &&Row| matches!(row.cells[Subject::Node.first_sort().0], Cell::Number(..25));
            assert_eq!(filtered.visible().len(), shelf.rows().filter(few).count());
            let counted = State::ALL.map(|state| shelf.rows().filter(|row| row.state == state).count());
            assert_eq!(shelf.states(), counted, "what is counted along is what there is");
        }
    }
}
