//! Text with meaning: what screens are made of before anything has a colour.

use super::rows::cell::State;
use super::rows::row::Target;

/// What a piece of text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// Plain text.
    Plain,
    /// Less important.
    Dim,
    /// More important.
    Strong,
    /// A heading.
    Heading,
    /// A key to press.
    Key,
    /// Something that can be gone to.
    Link,
    /// How something is.
    State(State),
    /// Something new or wanted.
    Added,
    /// Something that goes or is missing.
    Removed,
}

/// A piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The text, clean.
    pub text: String,
    /// What it means.
    pub sense: Sense,
}

/// A line of pieces, and where it leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The pieces, from left to right.
    pub pieces: Vec<Piece>,
    /// The object that it is about, to go to.
    pub leads: Option<Target>,
}

impl Line {
    /// An empty line.
    pub fn blank() -> Self {
        Self::default()
    }

    /// A line of one piece.
    pub fn of(sense: Sense, text: impl AsRef<str>) -> Self {
        Self::default().and(sense, text)
    }

    /// A heading.
    pub fn heading(text: impl AsRef<str>) -> Self {
        Self::of(Sense::Heading, text)
    }

    /// The line with another piece at its end. The text is made clean.
    #[must_use]
    pub fn and(mut self, sense: Sense, text: impl AsRef<str>) -> Self {
        self.pieces.push(Piece { text: super::text::clean(text.as_ref()), sense });
        self
    }

    /// The line with a state: its glyph follows when it is drawn.
    #[must_use]
    pub fn state(self, state: State, word: impl AsRef<str>) -> Self {
        self.and(Sense::State(state), word)
    }

    /// The line, leading to an object.
    #[must_use]
    pub fn to(mut self, target: Target) -> Self {
        self.leads = Some(target);
        self
    }

    /// How many columns it takes, with the glyphs of its states.
    pub fn width(&self) -> usize {
        let of = |piece: &Piece| {
            let glyph = if matches!(piece.sense, Sense::State(_)) { 2 } else { 0 };
            super::text::width(&piece.text) + glyph
        };
        self.pieces.iter().map(of).sum()
    }

    /// Its text alone.
    pub fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }
}
