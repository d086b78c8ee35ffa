//! The rows of one subject.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::cell::State;
use super::row::{Row, Target};

/// How long a changed value is marked.
const MARKED: TimeDelta = TimeDelta::seconds(5);
/// How many changed values are marked at a time. Where more change, marks say nothing any more.
const MARKS: usize = 4096;
/// How many changes are remembered: seconds of those of the largest fleet.
const REMEMBERED: usize = 8192;

/// Whether what a shelf holds is all, and true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// Not all was listed yet.
    #[default]
    Listing,
    /// All is there, and followed.
    Live,
    /// What is there was true then; what changes is not heard of.
    Stale {
        /// Since when.
        since: DateTime<Utc>,
        /// Why.
        why: String,
    },
    /// It cannot be had at all.
    Absent {
        /// Why.
        why: String,
    },
}

/// The rows of one subject.
#[derive(Debug, Default)]
pub struct Shelf {
    slots: Vec<Option<Row>>,
    free: Vec<u32>,
    by_id: HashMap<Arc<str>, u32>,
    by_name: HashMap<Arc<str>, HashMap<Arc<str>, u32>>,
    marks: HashMap<(u32, u8), DateTime<Utc>>,
    /// How many rows are how: each frame asks for it.
    states: [usize; State::ALL.len()],
    /// Counts the changes, so that whoever derived something knows whether it is still true.
    stamp: u64,
    /// The slots that changed last, the newest at the end.
    changed: VecDeque<u32>,
    /// Counts the rows that came and went: while it stands, no name is new.
    pub names: u64,
    /// Whether what it holds is all, and true.
    pub freshness: Freshness,
}

impl Shelf {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many changes there were.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    /// The slots that changed since so many changes, some more than once; nothing if it is not known any more.
    pub fn changed_since(&self, stamp: u64) -> Option<impl Iterator<Item = u32>> {
        let count = usize::try_from(self.stamp.checked_sub(stamp)?).ok()?;
        let first = self.changed.len().checked_sub(count)?;
        Some(self.changed.range(first..).copied())
    }

    /// How many slots there are, empty ones too.
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    fn note(&mut self, slot: u32) {
        self.stamp += 1;
        if self.changed.len() >= REMEMBERED {
            self.changed.pop_front();
        }
        self.changed.push_back(slot);
    }

    /// How many rows are how, in the order of [`State::ALL`].
    pub fn states(&self) -> [usize; State::ALL.len()] {
        self.states
    }

    /// The row in a slot.
    pub fn at(&self, slot: u32) -> Option<&Row> {
        self.slots.get(slot as usize)?.as_ref()
    }

    /// The row of an object.
    pub fn get(&self, id: &str) -> Option<&Row> {
        self.at(*self.by_id.get(id)?)
    }

    /// Where the row of an object is.
    pub fn slot(&self, id: &str) -> Option<u32> {
        self.by_id.get(id).copied()
    }

    /// All rows with their slots.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Row)> {
        self.slots.iter().enumerate().filter_map(|(slot, row)| Some((slot as u32, row.as_ref()?)))
    }

    /// All rows.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.slots.iter().flatten()
    }

    /// The row of a name.
    pub fn named(&self, namespace: &str, name: &str) -> Option<&Row> {
        self.at(*self.by_name.get(namespace)?.get(name)?)
    }

    /// Puts a row in, or in the place of the older one. Values that changed are marked, once all was listed.
    pub fn put(&mut self, row: Row, now: DateTime<Utc>) {
        if let Some(slot) = self.slot(&row.id) {
            let Some(place) = self.slots.get_mut(slot as usize) else { return };
            if let Some(before) = place
                && self.freshness == Freshness::Live
            {
                let cells = before.cells.iter().zip(&row.cells).enumerate();
                for (index, _) in cells.filter(|(_, (before, after))| before != after) {
                    if self.marks.len() < MARKS {
                        self.marks.insert((slot, index as u8), now + MARKED);
                    }
                }
            }
            if place.as_ref() != Some(&row) {
                let named = row.target.clone();
                self.states[row.state as usize] += 1;
                if let Some(before) = place.replace(row) {
                    self.states[before.state as usize] -= 1;
                }
                self.note(slot);
                self.name(named, slot);
            }
            return;
        }
        self.names += 1;
        let id = row.id.clone();
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.slots.push(None);
                (self.slots.len() - 1) as u32
            }
        };
        self.name(row.target.clone(), slot);
        self.states[row.state as usize] += 1;
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = Some(row);
        }
        self.by_id.insert(id, slot);
        self.note(slot);
    }

    /// Remembers the name of a row.
    fn name(&mut self, target: Option<Target>, slot: u32) {
        if let Some(Target { namespace, name, .. }) = target {
            self.by_name.entry(namespace).or_default().insert(name, slot);
        }
    }

    /// Forgets the name of a row, unless another object has it by now.
    fn forget(&mut self, target: &Target, slot: u32) {
        let Some(names) = self.by_name.get_mut(&target.namespace) else { return };
        if names.get(&target.name) == Some(&slot) {
            names.remove(&target.name);
        }
        if names.is_empty() {
            self.by_name.remove(&target.namespace);
        }
    }

    /// Takes a row out.
    pub fn drop_row(&mut self, id: &str) {
        let Some(slot) = self.by_id.remove(id) else { return };
        let gone = self.slots.get_mut(slot as usize).and_then(Option::take);
        if let Some(row) = gone {
            self.states[row.state as usize] -= 1;
            if let Some(target) = row.target {
                self.forget(&target, slot);
            }
        }
        self.marks.retain(|(marked, _), _| *marked != slot);
        self.free.push(slot);
        self.note(slot);
        self.names += 1;
    }

    /// Keeps only these rows, and puts those in that are new or differ.
    pub fn replace(&mut self, rows: Vec<Row>, now: DateTime<Utc>) {
        let listed: std::collections::HashSet<Arc<str>> = rows.iter().map(|row| row.id.clone()).collect();
        let gone: Vec<Arc<str>> = self.by_id.keys().filter(|id| !listed.contains(*id)).cloned().collect();
        for id in gone {
            self.drop_row(&id);
        }
        for row in rows {
            self.put(row, now);
        }
    }

    /// Whether a value changed a moment ago.
    pub fn is_marked(&self, slot: u32, column: usize) -> bool {
        !self.marks.is_empty() && self.marks.contains_key(&(slot, column as u8))
    }

    /// Takes marks away that are old; answers when the next one is.
    pub fn unmark(&mut self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.marks.retain(|_, until| *until > now);
        self.marks.values().min().copied()
    }
}
