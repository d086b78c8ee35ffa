//! Texts of which one copy serves all entries: namespaces, labels, owners.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::Arc;

use super::entry::Pairs;

/// What is forgotten when nobody has it is looked for when its number has doubled, from here on.
const FIRST_SWEEP: usize = 1024;

/// The copies. Pairs are kept as wholes too: the labels of an object are those of its last version and of its siblings.
#[derive(Debug, Default)]
pub(super) struct Texts {
    texts: Known<Arc<str>>,
    pairs: Known<Pairs>,
}

impl Texts {
    /// The copy of a text.
    pub(super) fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.all.get(text) {
            return Arc::clone(known);
        }
        self.texts.keep(text.into(), |text| Arc::strong_count(text) > 1)
    }

    /// The copy of pairs.
    pub(super) fn pairs(&mut self, pairs: &[(String, String)]) -> Pairs {
        let pairs = pairs.iter().map(|(key, value)| (self.shared(key), self.shared(value))).collect();
        match self.pairs.all.get(&pairs) {
            Some(known) => known.clone(),
            None => self.pairs.keep(pairs, Pairs::is_shared),
        }
    }
}

/// What is shared of one sort.
#[derive(Debug)]
struct Known<T> {
    all: HashSet<T>,
    sweep_at: usize,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { all: HashSet::new(), sweep_at: FIRST_SWEEP }
    }
}

impl<T: Clone + Eq + Hash> Known<T> {
    fn keep(&mut self, one: T, is_shared: impl Fn(&T) -> bool) -> T {
        if self.all.len() >= self.sweep_at {
            self.all.retain(is_shared);
            self.sweep_at = FIRST_SWEEP.max(self.all.len() * 2);
        }
        self.all.insert(one.clone());
        one
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_is_one_copy_until_nobody_has_it() {
        let mut texts = Texts::default();
        let labels = |value: usize| [("app".to_owned(), value.to_string())];
        let kept = texts.pairs(&labels(0));
        assert!(kept.is_same(&texts.pairs(&labels(0))));
        assert!(!kept.is_same(&texts.pairs(&labels(1))));
        for value in 1..10 * FIRST_SWEEP {
            drop(texts.pairs(&labels(value)));
        }
        assert!(texts.pairs.all.len() <= 2 * FIRST_SWEEP, "{}", texts.pairs.all.len());
        assert!(kept.is_same(&texts.pairs(&labels(0))));
    }
}
