//! The cells of a frame, and how meaning becomes style.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::console::piece::Sense;
use crate::console::rows::cell::State;
use crate::console::text;
use crate::console::theme::{Role, Styles};

/// Where a frame is drawn.
#[derive(Debug)]
pub struct Canvas<'a> {
    /// Its cells.
    pub buffer: &'a mut Buffer,
    /// How meanings look.
    pub styles: &'a Styles,
    /// Whether only ASCII may be shown.
    pub ascii: bool,
}

impl Canvas<'_> {
    /// The style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.of(role)
    }

    /// The style of what a piece of text means.
    pub fn sense(&self, sense: Sense) -> Style {
        self.style(match sense {
            Sense::Plain => Role::Text,
            Sense::Dim => Role::Dim,
            Sense::Strong => Role::Strong,
            Sense::Heading => Role::Heading,
            Sense::Key => Role::Key,
            Sense::Link => Role::Link,
            Sense::State(state) => role_of(state),
            Sense::Added => Role::Added,
            Sense::Removed => Role::Removed,
        })
    }

    /// Writes a clean text, as much of it as there is room for in so many columns. Answers how many it took.
    pub fn put(&mut self, x: u16, y: u16, shown: &str, columns: u16, style: Style) -> u16 {
        if columns == 0 || y >= self.buffer.area.bottom() || x >= self.buffer.area.right() {
            return 0;
        }
        let columns = columns.min(self.buffer.area.right() - x);
        let fitted = text::fit(shown, usize::from(columns));
        let (end, _) = self.buffer.set_stringn(x, y, &fitted, usize::from(columns), style);
        end.saturating_sub(x)
    }

    /// Writes a text at the right edge of so many columns.
    pub fn put_right(&mut self, x: u16, y: u16, shown: &str, columns: u16, style: Style) {
        let fitted = text::fit(shown, usize::from(columns));
        let gap = columns.saturating_sub(text::width(&fitted) as u16);
        self.put(x + gap, y, &fitted, columns - gap, style);
    }

    /// Gives cells a style.
    pub fn fill(&mut self, area: Rect, style: Style) {
        self.buffer.set_style(area, style);
    }

    /// Empties cells, for what stands over others.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
        }
    }

    /// The sign of a state.
    pub fn glyph(&self, state: State) -> &'static str {
        state.glyph(self.ascii)
    }
}

/// The role of a state.
pub const fn role_of(state: State) -> Role {
    match state {
        State::Ok => Role::Ok,
        State::Warn => Role::Warn,
        State::Crit => Role::Crit,
        State::Unknown => Role::Unknown,
        State::Busy => Role::Busy,
        State::Off => Role::Off,
    }
}

/// Replaces what is not ASCII: lines by those of ASCII, all else by a question mark.
pub fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if cell.symbol().is_ascii() {
            continue;
        }
        let plain = match cell.symbol() {
            "─" | "━" | "═" | "┄" => "-",
            "│" | "┃" | "▏" | "▌" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" => {
                "+"
            }
            "…" => "~",
            "›" | "▸" | "→" => ">",
            "·" | "•" => ".",
            "▲" => "^",
            "▼" => "v",
            "█" | "▓" => "#",
            "░" => ".",
            "–" | "—" => "-",
            "“" | "”" => "\"",
            "’" => "'",
            _ => "?",
        };
        cell.set_symbol(plain);
    }
}
