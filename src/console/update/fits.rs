//! What fits to letters that are written, best first: quick enough for each letter over all objects of a fleet.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::console::overlay::{Does, Entry, Fitted};
use crate::console::rows::row::Row;
use crate::console::rows::shelf::Shelf;
use crate::console::rows::subject::Subject;

/// How many entries are offered at a time.
pub const OFFERED: usize = 50;
/// Signs that give letters another meaning. With them, what fits more letters need not fit fewer.
const SIGNS: [char; 5] = ['!', '^', '$', '\'', '\\'];

/// What fitted before, by subject.
pub type Fits = BTreeMap<Subject, Fitted>;

/// Entries that fit, best first, and before them the one that is named. Without letters, all as they come.
pub fn ranked(wanted: &str, entries: Vec<Entry>) -> Vec<Entry> {
    if wanted.trim().is_empty() {
        return entries;
    }
    let mut judge = Judge::of(wanted);
    let words: Vec<String> = wanted.split_whitespace().map(str::to_lowercase).collect();
    // Letters that lie about here and there find what is looked at, and never something that is done at once.
    let is_meant = |(name, entry): &(String, Entry)| {
        let acts = matches!(entry.does, Does::Action(action) if action.writes());
        !acts || words.iter().all(|word| name.to_lowercase().contains(word.as_str()))
    };
    let named = entries.into_iter().map(|entry| (format!("{} {}", entry.name, entry.told), entry));
    let named = named.filter(is_meant);
    let mut found: Vec<(u32, String, Entry)> =
        named.filter_map(|(name, entry)| Some((judge.score(&name)?, name, entry))).collect();
    let is_other = |entry: &Entry| wanted.split_whitespace().next() != Some(entry.name.as_str());
    found.sort_by(|left, right| {
        let named = is_other(&left.2).cmp(&is_other(&right.2));
        named.then_with(|| better((left.0, &left.1), (right.0, &right.1)))
    });
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

/// The rows of a shelf whose names fit, best first, as many as are offered. Who writes on looks only at what fitted before.
pub fn fits<'a>(shelf: &'a Shelf, subject: Subject, wanted: &str, before: &mut Fits) -> Vec<&'a Row> {
    let object = |slot: u32| shelf.at(slot).filter(|row| row.target.is_some());
    if wanted.trim().is_empty() {
        return shelf.rows().filter(|row| row.target.is_some()).take(OFFERED).collect();
    }
    let slots: Vec<u32> = match before.remove(&subject).filter(|before| is_within(wanted, before, shelf)) {
        Some(before) => before.slots,
        None => shelf.iter().map(|(slot, _)| slot).collect(),
    };
    let mut judge = Judge::of(wanted);
    let mut found: Vec<(u32, u32, &Row)> = slots
        .into_iter()
        .filter_map(|slot| object(slot).and_then(|row| Some((judge.score(row.name())?, slot, row))))
        .collect();
    let slots = found.iter().map(|(_, slot, _)| *slot).collect();
    before.insert(subject, Fitted { wanted: wanted.to_owned(), names: shelf.names, slots });
    let order = |left: &(u32, u32, &Row), right: &(u32, u32, &Row)| {
        better((left.0, left.2.name()), (right.0, right.2.name()))
    };
    // Only those that are offered have to be in order.
    if found.len() > OFFERED {
        found.select_nth_unstable_by(OFFERED, order);
        found.truncate(OFFERED);
    }
    found.sort_by(order);
    found.into_iter().map(|(_, _, row)| row).collect()
}

/// Whether all that fits now is among what fitted before.
fn is_within(wanted: &str, before: &Fitted, shelf: &Shelf) -> bool {
    before.names == shelf.names && wanted.starts_with(&before.wanted) && !before.wanted.contains(SIGNS)
}

/// The better of two comes first: the higher score, then the shorter name, then the order of letters.
fn better((one, name): (u32, &str), (other, others): (u32, &str)) -> Ordering {
    other.cmp(&one).then_with(|| name.len().cmp(&others.len())).then_with(|| name.cmp(others))
}

/// Judges names by letters that have to be in them, in their order.
struct Judge {
    pattern: Pattern,
    matcher: Matcher,
    letters: Vec<char>,
}

impl Judge {
    fn of(wanted: &str) -> Self {
        Self {
            pattern: Pattern::parse(wanted, CaseMatching::Ignore, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            letters: Vec::new(),
        }
    }

    /// How well a name fits; nothing if it does not.
    fn score(&mut self, name: &str) -> Option<u32> {
        self.pattern.score(Utf32Str::new(name, &mut self.letters), &mut self.matcher)
    }
}
