//! How a thing changes with time while nobody looks.

use chrono::{DateTime, Utc};

/// The states of a thing, each from a time on, in order. A state may lie in the future: it comes about by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline<S> {
    first: (DateTime<Utc>, S),
    later: Vec<(DateTime<Utc>, S)>,
}

impl<S> Timeline<S> {
    /// A thing that comes into being at a time, in a state.
    pub fn begin(at: DateTime<Utc>, state: S) -> Self {
        Self { first: (at, state), later: Vec::new() }
    }

    /// From `at` on, the state is another; what was to come after that comes no more.
    pub fn then(&mut self, at: DateTime<Utc>, state: S) {
        self.later.retain(|(time, _)| *time < at);
        self.later.push((at, state));
    }

    /// The state at a time, and since when.
    pub fn at(&self, now: DateTime<Utc>) -> (DateTime<Utc>, &S) {
        let (since, state) = self.later.iter().rev().find(|(time, _)| *time <= now).unwrap_or(&self.first);
        (*since, state)
    }

    /// The last state that is known to come.
    pub fn last(&self) -> &S {
        &self.later.last().unwrap_or(&self.first).1
    }

    /// When it changes next by itself.
    pub fn next_after(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.later.iter().map(|(time, _)| *time).find(|time| *time > now)
    }

    /// When the thing came into being.
    pub fn begun(&self) -> DateTime<Utc> {
        self.first.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_is_seen_when_it_is_time_and_an_interruption_cancels_what_was_to_come() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let mut line = Timeline::begin(at(0), "build");
        line.then(at(20), "active");
        assert_eq!([5, 20, 30].map(|second| *line.at(at(second)).1), ["build", "active", "active"]);
        line.then(at(10), "error");
        assert_eq!([5, 20, 30].map(|second| *line.at(at(second)).1), ["build", "error", "error"]);
        assert_eq!(line.at(at(30)).0, at(10));
    }
}
