//! The checks: what a source file does against the rules.

use std::fmt;

use crate::names::{self, Name, Use};
use crate::rules::{EVERYTHING, FORBIDDEN, Forbidden, IMPORTS};
use crate::source::Source;

/// One thing that is against the rules.
#[derive(Debug)]
pub struct Violation {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule, in a few words.
    pub rule: &'static str,
    /// What was found, and what to do.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// Everything in `source` that is against the rules, each once a line, in the order of the lines.
pub fn check(source: &Source) -> Vec<Violation> {
    let names = names::of(source);
    let mut found = crate::shape::check(source);
    for name in &names {
        found.extend(check_import(source, name));
        found.extend(check_reexport(source, name));
        found.extend(FORBIDDEN.iter().filter_map(|rule| check_use(source, name, rule)));
    }
    found.sort_by(|left, right| (left.line, left.rule).cmp(&(right.line, right.rule)));
    found.dedup_by(|left, right| (left.line, left.rule) == (right.line, right.rule));
    found
}

fn check_import(source: &Source, name: &Name) -> Option<Violation> {
    let from = source.module_path();
    let target = name.path.strip_prefix("crate::")?;
    // Tests and benchmarks are outside the crate, see what is public, and use every part. lib.rs declares the parts.
    if name.used != Use::Path || !source.path.starts_with("src/") || source.module.is_empty() {
        return None;
    }
    let violation =
        |message| Violation { path: source.path.clone(), line: name.line, rule: "imports", message };
    let Some((from_part, allowed)) = part_of(&from) else {
        let message =
            format!("`{from}` is no part that DESIGN.md knows; give it a row in tests/house/rules.rs");
        return Some(violation(message));
    };
    let target_part = part_of(target).map_or(target, |(part, _)| part);
    let may = allowed == EVERYTHING
        || target_part == from_part
        || allowed.iter().any(|allow| {
            is_below(target, allow) && part_of(allow).is_some_and(|(part, _)| part == target_part)
        });
    let list = if allowed.is_empty() { "nothing of ours".to_owned() } else { allowed.join(", ") };
    let message = format!(
        "`{from_part}` may import {list}, not `{target}`; hand in what is needed, or move the code to who may"
    );
    (!may).then(|| violation(message))
}

fn check_reexport(source: &Source, name: &Name) -> Option<Violation> {
    let wrong = name.used == Use::Reexport && source.path.starts_with("src/");
    wrong.then(|| Violation {
        path: source.path.clone(),
        line: name.line,
        rule: "one way to name a thing",
        message: format!("`{}` gets a second name; let its users import it from where it is", name.path),
    })
}

fn check_use(source: &Source, name: &Name, rule: &Forbidden) -> Option<Violation> {
    let module = source.module_path();
    let excused = rule.except.iter().any(|except| is_below(&module, except))
        || !(rule.only.is_empty() || rule.only.iter().any(|only| is_below(&module, only)))
        || (name.in_test && !rule.in_tests);
    if excused
        || name.used != rule.used
        || !rule.names.iter().any(|forbidden| is_below(&name.path, forbidden))
    {
        return None;
    }
    Some(Violation {
        path: source.path.clone(),
        line: name.line,
        rule: rule.rule,
        message: format!("`{}` is not for this place; {}", name.path, rule.instead),
    })
}

/// The longest part of the crate that `module` lies in, with what it may import.
fn part_of(module: &str) -> Option<(&'static str, &'static [&'static str])> {
    let parts = IMPORTS.iter().filter(|(part, _)| is_below(module, part));
    parts.max_by_key(|(part, _)| part.len()).copied()
}

/// Whether `path` is `above` or something in it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
