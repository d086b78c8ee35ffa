//! Lines broken where they are too long for the screen.

use super::piece::{Line, Piece, Sense};
use super::text;

/// The columns that the sign of a state takes.
const SIGN: usize = 2;

/// How far the rest of a line stands in that has no beginning to stand under.
const INDENT: usize = 4;

/// Lines of so many columns at most. What is broken goes on below, under its own beginning, and leads where it led.
pub fn wrap(all: &[Line], columns: u16) -> Vec<Line> {
    let columns = usize::from(columns.max(8));
    let mut wrapped = Vec::with_capacity(all.len());
    for line in all {
        if line.width() <= columns {
            wrapped.push(line.clone());
        } else {
            wrapped.append(&mut broken(line, columns));
        }
    }
    wrapped
}

/// A word of a piece, with the spaces before it.
#[derive(Clone, Copy)]
struct Word<'a> {
    piece: usize,
    gap: usize,
    text: &'a str,
    sign: usize,
}

fn broken(line: &Line, columns: usize) -> Vec<Line> {
    let indent = indent(line).filter(|indent| *indent <= columns / 2).unwrap_or(INDENT);
    let mut rows: Vec<Vec<Word<'_>>> = vec![Vec::new()];
    let mut used = 0;
    for word in words(line, columns - indent) {
        let width = word.sign + word.gap + text::width(word.text);
        if used + width <= columns {
            used += width;
        } else if word.text.is_empty() {
            continue;
        } else {
            rows.push(Vec::new());
            used = indent + width - word.gap;
        }
        if let Some(row) = rows.last_mut() {
            row.push(word);
        }
    }
    let rows = rows.into_iter().filter(|row| !row.is_empty()).enumerate();
    rows.map(|(index, row)| joined(line, &row, (index > 0).then_some(indent))).collect()
}

/// The words of a line; one that is wider than a row is cut.
fn words(line: &Line, most: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    for (piece, Piece { text, sense }) in line.pieces.iter().enumerate() {
        let mut sign = sign(*sense);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let begun = rest.trim_start_matches(' ');
            let end = begun.find(' ').unwrap_or(begun.len());
            let cut = end.min(text::first_columns(begun, most.saturating_sub(sign).max(1)));
            words.push(Word { piece, gap: rest.len() - begun.len(), text: &begun[..cut], sign });
            (rest, sign) = (&begun[cut..], 0);
        }
    }
    words
}

fn joined(line: &Line, row: &[Word<'_>], indent: Option<usize>) -> Line {
    let mut joined = Line { pieces: Vec::new(), leads: line.leads.clone() };
    if let Some(indent) = indent {
        joined.pieces.push(Piece { text: " ".repeat(indent), sense: Sense::Plain });
    }
    for words in row.chunk_by(|one, other| one.piece == other.piece) {
        let sense = line.pieces.get(words[0].piece).map_or(Sense::Plain, |piece| piece.sense);
        // The sign of a state is shown once.
        let sense = if words[0].sign < sign(sense) { Sense::Plain } else { sense };
        let mut text = String::new();
        for word in words {
            let begins = indent.is_some() && joined.pieces.len() == 1 && text.is_empty();
            text.push_str(&" ".repeat(if begins { 0 } else { word.gap }));
            text.push_str(word.text);
        }
        joined.pieces.push(Piece { text, sense });
    }
    joined
}

/// Under what the rest of a line goes on: under what follows a word or number that it begins with, or under itself.
fn indent(line: &Line) -> Option<usize> {
    let (first, second) = (line.pieces.first()?, line.pieces.get(1));
    match second {
        Some(second) if first.text.ends_with(' ') => {
            Some(sign(first.sense) + text::width(&first.text) + sign(second.sense))
        }
        Some(_) => None,
        None => Some(sign(first.sense) + first.text.len() - first.text.trim_start_matches(' ').len()),
    }
}

fn sign(sense: Sense) -> usize {
    if matches!(sense, Sense::State(_)) { SIGN } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::super::rows::cell::State;
    use super::*;

    #[test]
    fn what_is_too_long_goes_on_under_its_beginning() {
        let step = Line::of(Sense::Dim, "  1. ")
            .state(State::Warn, "move the pods away")
            .and(Sense::Dim, "  (later)");
        let name = Line::of(Sense::Strong, "c0001-etcd-x").and(Sense::Dim, "  machine/t/c0001-etcd-x");
        let long = Line::of(Sense::Plain, "abcdefghijklmnopqrstuvwxyz");
        for (line, columns, wanted) in [
            (step.clone(), 40, "  1. move the pods away  (later)"),
            (step.clone(), 20, "  1. move the pods|       away  (later)"),
            (step, 14, "  1. move|       the|       pods|       away|       (later)"),
            (name, 14, "c0001-etcd-x|    machine/t/|    c0001-etcd|    -x"),
            (long, 12, "abcdefghijkl|mnopqrstuvwx|yz"),
        ] {
            let wrapped = wrap(&[line], columns);
            let told: Vec<String> = wrapped.iter().map(Line::text).collect();
            assert_eq!(told.join("|"), wanted, "{columns}");
            assert!(wrapped.iter().all(|line| line.width() <= usize::from(columns)), "{columns} {told:?}");
        }
    }
}
