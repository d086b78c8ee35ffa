//! Reading a TOML table field by field, collecting what is wrong instead of stopping at the first.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::words::nearest;

/// Collects what is wrong with one text.
pub struct Problems<'a> {
    source: &'a str,
    found: Vec<(usize, Problem)>,
}

/// A value that was there and right, with its place in the text.
pub type Placed<T> = (T, Range<usize>);

/// One table of the text, whose keys have been checked.
pub struct Fields<'a> {
    table: &'a DeTable<'a>,
    /// Whether some keys are none. What seems to be missing may then only be misspelt.
    pub misspelt: bool,
}

impl<'a> Problems<'a> {
    /// Nothing found yet in `source`.
    pub fn new(source: &'a str) -> Self {
        Self { source, found: Vec::new() }
    }

    /// Records that the text at `span` is wrong.
    pub fn add(&mut self, span: Range<usize>, message: impl Into<String>, help: Option<String>) {
        let problem = Problem::at(self.source, span.clone(), message.into(), help);
        self.found.push((span.start, problem));
    }

    /// Records a word that is none of the valid ones, and names the nearest.
    pub fn add_word(&mut self, span: Range<usize>, what: &str, word: &str, valid: &[&str]) {
        let guess = nearest(word, valid.iter().copied()).map(|word| format!("did you mean \"{word}\"? "));
        let help = format!("{}valid: {}", guess.unwrap_or_default(), valid.join(", "));
        self.add(span, format!("\"{word}\" is no {what}"), Some(help));
    }

    /// `value` if nothing is wrong, else everything that is, in the order of the text.
    pub fn finish<T>(mut self, value: T) -> Result<T, Vec<Problem>> {
        self.found.sort_by_key(|(at, _)| *at);
        if self.found.is_empty() {
            return Ok(value);
        }
        Err(self.found.into_iter().map(|(_, problem)| problem).collect())
    }
}

impl<'a> Fields<'a> {
    /// The fields of `table`, which may have the keys `valid` and no others. `what` names what a key is one of.
    pub fn of(table: &'a DeTable<'a>, what: &str, valid: &[&str], problems: &mut Problems<'_>) -> Self {
        let mut misspelt = false;
        for key in table.keys().filter(|key| !valid.contains(&key.get_ref().as_ref())) {
            problems.add_word(key.span(), what, key.get_ref(), valid);
            misspelt = true;
        }
        Self { table, misspelt }
    }

    /// Whether there is a field `key`, right or wrong.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The text of the field `key`, which must not be empty.
    pub fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Placed<String>> {
        let value = self.table.get(key)?;
        match value.get_ref().as_str() {
            Some("") => problems.add(value.span(), format!("`{key}` is empty"), None),
            Some(text) => return Some((text.to_owned(), value.span())),
            None => wrong_type(key, "text in quotes", value, problems),
        }
        None
    }

    /// The table of the field `key`. `like` is an example of what is wanted.
    pub fn table(
        &self,
        key: &str,
        like: &str,
        problems: &mut Problems<'_>,
    ) -> Option<Placed<&'a DeTable<'a>>> {
        let value = self.table.get(key)?;
        let table = value.get_ref().as_table();
        if table.is_none() {
            wrong_type(key, &format!("a table like {like}"), value, problems);
        }
        Some((table?, value.span()))
    }

    /// The meaning of the word in the field `key`, one of `meanings`.
    pub fn word<T: Copy>(&self, key: &str, meanings: &[(&str, T)], problems: &mut Problems<'_>) -> Option<T> {
        let (word, span) = self.text(key, problems)?;
        let meaning = meanings.iter().find(|(valid, _)| *valid == word).map(|(_, meaning)| *meaning);
        if meaning.is_none() {
            let valid: Vec<&str> = meanings.iter().map(|(word, _)| *word).collect();
            problems.add_word(span, &format!("value of `{key}`"), &word, &valid);
        }
        meaning
    }
}

fn wrong_type(key: &str, wanted: &str, value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) {
    let found = match value.get_ref() {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    problems.add(value.span(), format!("`{key}` is {found}, and has to be {wanted}"), None);
}
