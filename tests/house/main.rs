//! The rules of the house, held against the sources: who may import whom, how long files and functions are, and
//! what may be called where.
//!
//! The rules are data in `rules.rs`. `bad.rs` shows that the checker finds what it is there to find.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the numbers are printed for whoever runs this with --nocapture")]

mod bad;
mod check;
mod names;
mod rules;
mod shape;
mod source;

#[test]
fn the_sources_keep_the_rules() {
    let sources = source::all();
    assert!(sources.iter().any(|source| source.path == "src/main.rs"), "the sources were not found");
    let violations: Vec<String> =
        sources.iter().flat_map(check::check).map(|found| found.to_string()).collect();
    assert!(violations.is_empty(), "\n{}\n{} violations", violations.join("\n"), violations.len());
}

#[test]
fn files_are_short() {
    let sources = source::all();
    let ours = sources.iter().filter(|source| source.path.starts_with("src/"));
    let mut lengths: Vec<usize> = ours.map(|source| source.text.lines().count()).collect();
    lengths.sort_unstable();
    let (files, median) = (lengths.len(), lengths[lengths.len() / 2]);
    println!(
        "{files} files in src, {} lines, median {median}, longest {}",
        lengths.iter().sum::<usize>(),
        lengths[files - 1]
    );
    assert!(median <= 180, "the median file of src has {median} lines; about 150 is meant");
}
