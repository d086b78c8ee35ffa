//! The filter language of tables.
//!
//! Words that stand alone are looked for in all columns. `!word` must not be there. `column:word` and `column=word` look
//! into one column, `column!=word` keeps what differs, `column<value` and its kin compare counts, versions and ages. `-l key=value` goes
//! by labels, `-f letters` finds letters in their order. All have to hold.

use chrono::{DateTime, TimeDelta, Utc};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::age;
use super::rows::cell::{Cell, State, natural};
use super::rows::row::Row;
use super::rows::subject::Subject;
use crate::api::names;
use crate::settings::words;

/// Why a filter cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// There is no such column.
    #[error("no column {word:?} here{}", hint(.nearest))]
    Column {
        /// What was written.
        word: String,
        /// What was meant, probably.
        nearest: Option<&'static str>,
    },
    /// A comparison that says nothing.
    #[error("{column}{operator} needs a value")]
    Value {
        /// The column.
        column: String,
        /// The comparison.
        operator: &'static str,
    },
    /// `-l` without a label.
    #[error("-l needs a label, as in -l app=web")]
    Label,
    /// A label that rows do not have.
    #[error("labels {key:?} of nodes are not kept; try role=, cluster:, tenant:")]
    NotKept {
        /// The label.
        key: String,
    },
}

fn hint(word: &Option<&'static str>) -> String {
    word.map(|word| format!(": {word}?")).unwrap_or_default()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Has,
    Is,
    IsNot,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// The operators as they are written, longer ones first.
const OPERATORS: [(&str, Operator); 7] = [
    ("!=", Operator::IsNot),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::MoreOrEqual),
    ("<", Operator::Less),
    (">", Operator::More),
    ("=", Operator::Is),
    (":", Operator::Has),
];

#[derive(Clone, Debug)]
enum Term {
    Text { wanted: bool, lower: String },
    Label { key: String, value: Option<String> },
    Column { index: usize, operator: Operator, value: String },
    Fuzzy(Pattern),
}

/// A filter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

impl Filter {
    /// Reads a filter for the rows of a subject.
    ///
    /// # Errors
    /// When it names no column, or compares with nothing.
    pub fn parse(text: &str, subject: Subject) -> Result<Self, FilterError> {
        let mut terms = Vec::new();
        let mut words = text.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "-l" => terms.push(label(words.next().ok_or(FilterError::Label)?, subject)?),
                "-f" => {
                    let letters: Vec<&str> = words.by_ref().collect();
                    let pattern =
                        Pattern::parse(&letters.join(" "), CaseMatching::Ignore, Normalization::Smart);
                    terms.push(Term::Fuzzy(pattern));
                }
                _ => terms.push(term(word, subject)?),
            }
        }
        Ok(Self { terms })
    }

    /// Whether everything passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row passes.
    pub fn admits(&self, row: &Row, now: DateTime<Utc>, scratch: &mut Scratch) -> bool {
        self.terms.iter().all(|term| match term {
            Term::Text { wanted, lower } => row_has(row, lower) == *wanted,
            Term::Label { key, value } => {
                label_of(row, key).is_some_and(|found| value.as_deref().is_none_or(|value| found == value))
            }
            Term::Column { index, operator, value } => {
                row.cells.get(*index).is_some_and(|cell| compares(cell, *operator, value, now))
            }
            Term::Fuzzy(pattern) => scratch.matches(pattern, row),
        })
    }
}

/// What matching needs and keeps between rows.
pub struct Scratch {
    matcher: Matcher,
    letters: Vec<char>,
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Scratch")
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT), letters: Vec::new() }
    }
}

impl Scratch {
    fn matches(&mut self, pattern: &Pattern, row: &Row) -> bool {
        let Self { matcher, letters } = self;
        let texts = row.cells.iter().map(Cell::text).filter(|text| !text.is_empty());
        texts.into_iter().any(|text| pattern.score(Utf32Str::new(text, letters), matcher).is_some())
    }
}

fn label(text: &str, subject: Subject) -> Result<Term, FilterError> {
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key.trim_end_matches('='), Some(value.trim_start_matches('=').to_owned())),
        None => (text, None),
    };
    if subject == Subject::Node && !NODE_LABELS.contains(&key) {
        return Err(FilterError::NotKept { key: key.to_owned() });
    }
    Ok(Term::Label { key: key.to_owned(), value })
}

/// The labels of nodes, whose values are in their rows. Others are not kept: there are tens of thousands of nodes.
const NODE_LABELS: [&str; 4] =
    [names::LABEL_TENANT, names::LABEL_CLUSTER, names::LABEL_ROLE, names::LABEL_POOL];

fn label_of<'a>(row: &'a Row, key: &str) -> Option<&'a str> {
    if row.subject != Subject::Node {
        return row.labels.as_ref()?.get(key).map(String::as_str);
    }
    match key {
        names::LABEL_TENANT => row.links.tenant.as_deref(),
        names::LABEL_CLUSTER => row.links.cluster.as_deref(),
        names::LABEL_POOL => row.links.pool.as_deref(),
        names::LABEL_ROLE => Some(row.cell("role").text()),
        _ => None,
    }
}

fn term(word: &str, subject: Subject) -> Result<Term, FilterError> {
    let found = OPERATORS.iter().filter_map(|(sign, operator)| Some((word.find(sign)?, *sign, *operator)));
    let Some((at, sign, operator)) = found.min_by_key(|(at, sign, _)| (*at, usize::MAX - sign.len())) else {
        let wanted = !word.starts_with('!');
        return Ok(Term::Text { wanted, lower: word.trim_start_matches('!').to_lowercase() });
    };
    let (column, value) = (&word[..at], &word[at + sign.len()..]);
    if column.is_empty() {
        return Ok(Term::Text { wanted: true, lower: word.to_lowercase() });
    }
    let Some(index) = named(column, subject) else {
        let keys = subject.columns().iter().map(|column| column.key);
        let nearest = words::nearest(column, keys);
        return Err(FilterError::Column { word: column.to_owned(), nearest });
    };
    if value.is_empty() && operator != Operator::Is && operator != Operator::IsNot {
        return Err(FilterError::Value { column: column.to_owned(), operator: sign });
    }
    Ok(Term::Column { index, operator, value: value.to_lowercase() })
}

/// The column of a word: its own name first, then what people call it beside.
fn named(word: &str, subject: Subject) -> Option<usize> {
    let word = word.to_lowercase();
    let exact = subject.columns().iter().position(|column| column.key == word);
    exact.or_else(|| match word.as_str() {
        "ready" | "status" | "phase" | "state" => subject.state_column(),
        "since" => subject.column("age"),
        "ns" | "namespace" | "team" => subject.column("tenant"),
        other => subject.column(other),
    })
}

fn row_has(row: &Row, lower: &str) -> bool {
    row.cells.iter().any(|cell| match cell {
        Cell::Text(text) | Cell::State(_, text) => has(text, lower),
        Cell::Of(part, whole) if lower.contains('/') => format!("{part}/{whole}") == lower,
        Cell::Of(..) | Cell::Number(_) | Cell::Since(_) | Cell::None => false,
    })
}

/// Whether a text has these lower-case letters in it. Rows are ten thousands and a keystroke waits for the answer, so that ASCII,
/// which nearly all of it is, is compared without making anything.
fn has(text: &str, lower: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    let Some((first, _)) = lower.split_first() else { return true };
    let Some(last) = text.len().checked_sub(lower.len()) else { return false };
    (0..=last).any(|at| {
        text[at].to_ascii_lowercase() == *first && text[at..at + lower.len()].eq_ignore_ascii_case(lower)
    })
}

fn compares(cell: &Cell, operator: Operator, value: &str, now: DateTime<Utc>) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match cell {
        Cell::Since(since) => match age::parse(value) {
            Some(span) => (now - *since).max(TimeDelta::zero()).cmp(&span),
            None => return false,
        },
        Cell::Number(number) => match value.parse::<i64>() {
            Ok(value) => number.cmp(&value),
            Err(_) => return false,
        },
        Cell::Of(part, whole) => match value.parse::<u32>() {
            Ok(value) => part.cmp(&value),
            Err(_) if operator == Operator::Has || operator == Operator::Is => {
                return format!("{part}/{whole}") == value || truth(value) == Some(part == whole);
            }
            Err(_) => return false,
        },
        Cell::State(state, _) if truth(value).is_some() => {
            let is_ok = *state == State::Ok;
            let same = truth(value) == Some(is_ok);
            return if operator == Operator::IsNot { !same } else { same };
        }
        Cell::Text(text) | Cell::State(_, text) => match operator {
            Operator::Has => return has(text, value),
            _ => natural(version(text), version(value)),
        },
        Cell::None => return operator == Operator::IsNot || (operator == Operator::Is && value.is_empty()),
    };
    match operator {
        Operator::Has | Operator::Is => order == Equal,
        Operator::IsNot => order != Equal,
        Operator::Less => order == Less,
        Operator::LessOrEqual => order != Greater,
        Operator::More => order == Greater,
        Operator::MoreOrEqual => order != Less,
    }
}

/// A version without the `v` that people leave out as often as not.
fn version(text: &str) -> &str {
    match text.strip_prefix(['v', 'V']) {
        Some(rest) if rest.starts_with(|first: char| first.is_ascii_digit()) => rest,
        _ => text,
    }
}

fn truth(value: &str) -> Option<bool> {
    match value {
        "true" | "yes" | "ok" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::rows::row::Links;
    use super::*;

    fn node(name: &str, state: (State, &str), version: &str, minutes: i64) -> Row {
        let text = |text: &str| Cell::Text(text.into());
        let since = DateTime::default() - TimeDelta::minutes(minutes);
        let cells = vec![
            text(name),
            text("web"),
            text("shop"),
            text("worker"),
            Cell::State(state.0, state.1.into()),
            text("ACTIVE"),
            text(version),
            text("10.0.0.7"),
            text("az1"),
            Cell::None,
            Cell::None,
            Cell::Since(since),
        ];
        Row {
            id: name.into(),
            subject: Subject::Node,
            target: None,
            version: Arc::from(""),
            links: Links { tenant: Some("shop".into()), ..Links::default() },
            state: state.0,
            since: None,
            cells: cells.into(),
            labels: None,
        }
    }

    #[test]
    fn filters_say_which_rows_stay() {
        let rows = [
            node("web-1", (State::Ok, "Ready"), "v1.34.2", 5),
            node("web-2", (State::Crit, "NotReady"), "v1.33.10", 90),
            node("db-1", (State::Ok, "Ready"), "v1.9.0", 3000),
        ];
        for (text, kept) in [
            ("", "web-1 web-2 db-1"),
            ("WEB-", "web-1 web-2"),
            ("!web-", "db-1"),
            ("web- ready=false", "web-2"),
            ("ready=true", "web-1 db-1"),
            ("state=NotReady", "web-2"),
            ("ver<1.34", "web-2 db-1"),
            ("ver>=v1.33.10", "web-1 web-2"),
            ("ver!=1.9.0", "web-1 web-2"),
            ("since<30m", "web-1"),
            ("age>1h", "web-2 db-1"),
            ("tenant:sho name:web", "web-1 web-2"),
            ("host=", "web-1 web-2 db-1"),
            ("-l kaasboard.dev/tenant=shop", "web-1 web-2 db-1"),
            ("-l kaasboard.dev/role==etcd", ""),
            ("-l kaasboard.dev/role", "web-1 web-2 db-1"),
            ("-f wb2", "web-2"),
            ("zone=az1 db", "db-1"),
        ] {
            let filter = Filter::parse(text, Subject::Node).unwrap();
            let mut scratch = Scratch::default();
            let admitted = rows.iter().filter(|row| filter.admits(row, DateTime::default(), &mut scratch));
            let names: Vec<&str> = admitted.map(Row::name).collect();
            assert_eq!(names.join(" "), kept, "{text}");
        }
    }

    #[test]
    fn a_column_of_its_own_name_comes_before_what_people_call_another() {
        for (subject, word, key) in [
            (Subject::Incident, "since", "since"),
            (Subject::Node, "since", "age"),
            (Subject::Pool, "ready", "ready"),
            (Subject::Cluster, "ready", "state"),
            (Subject::Incident, "ready", "severity"),
            (Subject::Loop, "state", "outcome"),
            (Subject::Cluster, "ns", "tenant"),
        ] {
            let found = named(word, subject).map(|index| subject.columns()[index].key);
            assert_eq!(found, Some(key), "{word} of {subject:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_said_with_what_was_probably_meant() {
        for (text, told) in [
            ("versoin=1", "no column \"versoin\" here: version?"),
            ("qq=1", "no column \"qq\" here"),
            ("age<", "age< needs a value"),
            ("-l", "-l needs a label, as in -l app=web"),
            ("-l app=web", "labels \"app\" of nodes are not kept; try role=, cluster:, tenant:"),
        ] {
            let error = Filter::parse(text, Subject::Node).unwrap_err();
            assert_eq!(error.to_string(), told);
        }
    }
}
