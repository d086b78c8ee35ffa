//! Text from outside, made safe and straight for a terminal.
//!
//! Names, messages and logs come from tenants and clouds. What a terminal would act on, what reorders or joins with
//! its neighbours, and what has no width is shown as its escape: so columns stay straight, and nobody's text can pretend to
//! be part of the screen.

use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest text of one value that is kept, in characters. Nobody reads more of it in a table; the object itself
/// shows all.
const KEPT: usize = 1024;

/// What ends a text that was cut.
pub const CUT: &str = "…";

/// A text of one line in which nothing acts on a terminal.
pub fn clean(text: &str) -> String {
    let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if plain && text.len() <= KEPT {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(KEPT) + 8);
    for (count, character) in text.chars().enumerate() {
        if count == KEPT {
            out.push_str(CUT);
            break;
        }
        match character {
            '\t' => out.push_str("  "),
            _ if is_safe(character) => out.push(character),
            // Writing to a String cannot fail.
            _ => {
                let _ = write!(out, "{}", character.escape_unicode());
            }
        }
    }
    out
}

/// The lines of a text, each of them clean.
pub fn clean_lines(text: &str) -> Vec<String> {
    text.lines().map(clean).collect()
}

/// Whether a character has a width of its own and no effect on others.
fn is_safe(character: char) -> bool {
    let joins = matches!(character,
        // Variation selectors, tags and joiners change the width of what stands before them.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e0fff}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{1f1e6}'..='\u{1f1ff}');
    !joins && !character.is_control() && character.width().is_some_and(|width| width > 0)
}

/// How many columns a clean text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// As much of a clean text as fits, with a mark if something was left out.
pub fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let mut out = String::new();
    let mut taken = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if taken + wide > room {
            break;
        }
        taken += wide;
        out.push_str(grapheme);
    }
    if columns > 0 {
        out.push_str(CUT);
    }
    out
}

/// A clean text broken into lines of so many columns, at spaces where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word.to_owned();
        loop {
            let used = width(&line);
            let gap = usize::from(!line.is_empty());
            if used + gap + width(&word) <= columns {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(&word);
                break;
            }
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                continue;
            }
            let cut = first_columns(&word, columns);
            lines.push(word.drain(..cut).collect());
        }
    }
    lines.push(line);
    lines
}

/// The length in bytes of what fits into so many columns, one grapheme at least.
pub fn first_columns(word: &str, columns: usize) -> usize {
    let mut taken = 0;
    for (at, grapheme) in word.grapheme_indices(true) {
        taken += grapheme.width();
        if taken > columns && at > 0 {
            return at;
        }
    }
    word.len()
}

/// How many there are of what is there at all: `1 cluster, 12 nodes`.
pub fn counted(counts: &[(u32, &str)]) -> String {
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}{}", if *count == 1 { "" } else { "s" }))
        .collect();
    if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_as_its_escape() {
        for (text, shown) in [
            ("web", "web"),
            ("a\u{1b}[31mred", "a\\u{1b}[31mred"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("a\u{200b}b", "a\\u{200b}b"),
            ("e\u{301}", "e\\u{301}"),
            ("a\nb", "a\\u{a}b"),
            ("東京", "東京"),
        ] {
            assert_eq!(clean(text), shown);
        }
        assert_eq!(width(&clean(&"x".repeat(10_000))), KEPT + 1);
    }

    #[test]
    fn text_is_cut_and_broken_by_columns_and_not_by_characters() {
        assert_eq!(fit("東京都", 5), "東京…");
        assert_eq!(fit("東京都", 4), "東…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("東京都", 4), ["東京", "都"]);
    }
}
