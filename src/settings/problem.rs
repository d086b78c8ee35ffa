//! One thing that is wrong with a file, and where.

use std::fmt;
use std::ops::Range;

use super::words::printable;

/// How many characters of a line are quoted: what fits beside its number on a terminal of 80 columns.
const QUOTED: usize = 68;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// How many characters, on this line, are in question; at least 1.
    pub width: usize,
    /// The line as it stands in the file.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, if that can be said.
    pub help: Option<String>,
}

impl Problem {
    /// The problem with the bytes `span` of `source`.
    pub fn at(source: &str, span: Range<usize>, message: String, help: Option<String>) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end).max(start);
        let line_start = source[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |length| start + length);
        Self {
            line: source[..start].matches('\n').count() + 1,
            column: source[line_start..start].chars().count() + 1,
            width: source[start..end.min(line_end).max(start)].chars().count().max(1),
            text: source[line_start..line_end].trim_end_matches('\r').to_owned(),
            message,
            help,
        }
    }
}

/// The largest character boundary of `source` that is not beyond `index`.
fn floor(source: &str, index: usize) -> usize {
    (0..=index.min(source.len())).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0)
}

impl fmt::Display for Problem {
    /// `line:column: message`, the line with the part in question underlined, and the help.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:{}: {}", self.line, self.column, printable(&self.message))?;
        let skipped = (self.column + self.width.min(QUOTED)).saturating_sub(QUOTED + 1);
        let cut = |text: &str, count: usize| printable(&text.chars().take(count).collect::<String>());
        let visible: String = self.text.chars().skip(skipped).collect();
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let before = cut(&visible, self.column - 1 - skipped).replace(|_: char| true, " ");
        write!(f, "  {number} | {}\n  {margin} | {before}", cut(&visible, QUOTED))?;
        write!(f, "{}", "^".repeat(self.width.min(QUOTED)))?;
        match &self.help {
            Some(help) => write!(f, "\n  {margin} = {}", printable(help)),
            None => Ok(()),
        }
    }
}
