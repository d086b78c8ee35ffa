//! Values of rows.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::console::age;

/// How something is, worst first. It is always shown as a glyph, a word and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Services suffer.
    Crit,
    /// Services are at risk.
    Warn,
    /// It could not be found out.
    Unknown,
    /// Something is being done.
    Busy,
    /// Nobody wants it to run.
    Off,
    /// All is well.
    Ok,
}

impl State {
    /// All of them, worst first.
    pub const ALL: [Self; 6] = [Self::Crit, Self::Warn, Self::Unknown, Self::Busy, Self::Off, Self::Ok];

    /// Its sign, and the same in ASCII.
    pub const fn glyph(self, ascii: bool) -> &'static str {
        match (self, ascii) {
            (Self::Crit, false) => "✖",
            (Self::Crit, true) => "X",
            (Self::Warn, false) => "▲",
            (Self::Warn, true) => "!",
            (Self::Unknown, _) => "?",
            (Self::Busy, false) => "◐",
            (Self::Busy, true) => "~",
            (Self::Off, false) => "◌",
            (Self::Off, true) => "-",
            (Self::Ok, false) => "●",
            (Self::Ok, true) => "+",
        }
    }
}

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// There is none.
    None,
    /// A clean text.
    Text(Arc<str>),
    /// A count.
    Number(i64),
    /// So many of so many.
    Of(u32, u32),
    /// Since when.
    Since(DateTime<Utc>),
    /// How it is, in a word.
    State(State, Arc<str>),
}

impl Cell {
    /// As it is shown at a time.
    pub fn shown(&self, now: DateTime<Utc>) -> Cow<'_, str> {
        match self {
            Self::None => Cow::Borrowed(""),
            Self::Text(text) | Self::State(_, text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(number.to_string()),
            Self::Of(part, whole) => Cow::Owned(format!("{part}/{whole}")),
            Self::Since(since) => Cow::Owned(age::short(now - *since)),
        }
    }

    /// The text of it, if it has one that does not change with time.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::State(_, text) => text,
            Self::None | Self::Number(_) | Self::Of(..) | Self::Since(_) => "",
        }
    }

    /// The order of two values of one column. What is missing comes last.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => natural(left, right),
            (Self::Number(left), Self::Number(right)) => left.cmp(right),
            (Self::Of(left, of), Self::Of(right, of_right)) => {
                let missing = |part: u32, whole: u32| i64::from(part) - i64::from(whole);
                missing(*left, *of).cmp(&missing(*right, *of_right)).then(of.cmp(of_right))
            }
            // The younger comes first, as in "since when".
            (Self::Since(left), Self::Since(right)) => right.cmp(left),
            (Self::State(left, word), Self::State(right, other)) => {
                left.cmp(right).then_with(|| word.cmp(other))
            }
            (Self::None, Self::None) => Ordering::Equal,
            (Self::None, _) => Ordering::Greater,
            (_, Self::None) => Ordering::Less,
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::State(..) => 0,
            Self::Number(_) => 1,
            Self::Of(..) => 2,
            Self::Since(_) => 3,
            Self::Text(_) => 4,
            Self::None => 5,
        }
    }
}

/// The order of two texts in which numbers count as numbers: `c2` before `c10`, `v1.9` before `v1.34`.
pub fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left.as_bytes(), right.as_bytes());
    loop {
        let (Some(a), Some(b)) = (left.first(), right.first()) else {
            return left.len().cmp(&right.len());
        };
        let order = if a.is_ascii_digit() && b.is_ascii_digit() {
            let (number, rest) = number(left);
            let (other, other_rest) = self::number(right);
            (left, right) = (rest, other_rest);
            number.len().cmp(&other.len()).then_with(|| number.cmp(other))
        } else {
            let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
            (left, right) = (&left[1..], &right[1..]);
            order
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits that a text begins with, without leading zeros, and what follows them.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
    (&digits[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_count_as_numbers() {
        for (left, right, order) in [
            ("c2", "c10", Ordering::Less),
            ("v1.9", "v1.34.2", Ordering::Less),
            ("v1.34", "v1.34.2", Ordering::Less),
            ("a007", "a7", Ordering::Equal),
            ("Web", "web", Ordering::Equal),
            ("b", "a10", Ordering::Greater),
        ] {
            assert_eq!(natural(left, right), order, "{left} {right}");
        }
    }

    #[test]
    fn the_worst_comes_first_and_what_is_missing_last() {
        let mut cells = [
            Cell::None,
            Cell::State(State::Ok, "fine".into()),
            Cell::State(State::Crit, "out".into()),
            Cell::State(State::Unknown, "?".into()),
        ];
        cells.sort_by(Cell::order);
        let words: Vec<&str> = cells.iter().map(Cell::text).collect();
        assert_eq!(words, ["out", "?", "fine", ""]);
        assert_eq!(Cell::Of(1, 3).order(&Cell::Of(3, 3)), Ordering::Less);
    }
}
