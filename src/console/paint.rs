//! From frame to frame: the bytes that a terminal needs, and no more.

use std::io;

use crossterm::cursor::MoveTo;
use crossterm::queue;
use crossterm::style::{Attribute, ResetColor, SetAttribute};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;

/// From so many bytes on a frame is shown as a whole, where the terminal can (DEC's mode 2026; others ignore it). Less is
/// there in one go anyhow, and tmux repaints a whole pane because of it.
const LARGE: usize = 1024;

/// Knows what a terminal shows, and makes the bytes that change it.
#[derive(Debug, Default)]
pub struct Painter {
    /// What the terminal shows; nothing if that is not known.
    shown: Option<Buffer>,
    /// The bytes of a frame, kept so that they are not made anew each time.
    bytes: Vec<u8>,
}

impl Painter {
    /// The bytes that make the terminal show a frame: what differs from what it shows, and none if nothing differs. What begins
    /// to be shown as a whole ends in the same bytes.
    ///
    /// # Errors
    /// Never for bytes in memory; the writer's own.
    pub fn paint(&mut self, frame: Buffer) -> io::Result<&[u8]> {
        self.bytes.clear();
        queue!(self.bytes, BeginSynchronizedUpdate)?;
        let begun = self.bytes.len();
        let same_size = self.shown.take().filter(|shown| shown.area == frame.area);
        let shown = match same_size {
            Some(shown) => shown,
            None => {
                queue!(
                    self.bytes,
                    ResetColor,
                    SetAttribute(Attribute::Reset),
                    Clear(ClearType::All),
                    MoveTo(0, 0)
                )?;
                Buffer::empty(frame.area)
            }
        };
        let updates = shown.diff(&frame);
        if !updates.is_empty() {
            CrosstermBackend::new(&mut self.bytes).draw(updates.into_iter())?;
        }
        self.shown = Some(frame);
        if self.bytes.len() - begun < LARGE {
            return Ok(&self.bytes[begun..]);
        }
        queue!(self.bytes, EndSynchronizedUpdate)?;
        Ok(&self.bytes)
    }

    /// Forgets what is shown, so that the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn frame(width: u16, text: &str) -> Buffer {
        let mut frame = Buffer::empty(Rect::new(0, 0, width, 1));
        frame.set_string(0, 0, text, Style::default());
        frame
    }

    #[test]
    fn a_large_frame_is_shown_as_a_whole_and_a_small_one_as_it_is() {
        let (begin, end) = ("\u{1b}[?2026h", "\u{1b}[?2026l");
        let mut painter = Painter::default();
        let mut shown =
            |text: &str| String::from_utf8(painter.paint(frame(2000, text)).unwrap().to_vec()).unwrap();
        let large = shown(&"x".repeat(1500));
        assert!(large.starts_with(begin) && large.ends_with(end), "{large:?}");
        assert_eq!((large.matches(begin).count(), large.matches(end).count()), (1, 1));
        let small = shown(&format!("y{}", "x".repeat(1499)));
        assert!(small.contains('y') && !small.contains("2026"), "{small:?}");
        assert_eq!(shown(&format!("y{}", "x".repeat(1499))), "");
    }

    #[test]
    fn only_what_differs_is_written_and_a_new_size_is_drawn_whole() {
        let mut painter = Painter::default();
        let whole = painter.paint(frame(9, "c0001 OK")).unwrap().len();
        assert!(painter.paint(frame(9, "c0001 OK")).unwrap().is_empty());
        let one = String::from_utf8(painter.paint(frame(9, "c0002 OK")).unwrap().to_vec()).unwrap();
        assert!(one.contains('2') && !one.contains("OK") && one.len() < whole, "{one:?}");
        let resized = String::from_utf8(painter.paint(frame(8, "c0002 OK")).unwrap().to_vec()).unwrap();
        // A blank is what a cleared terminal shows anyhow.
        assert!(resized.contains("c0002") && resized.contains("OK"), "{resized:?}");
        painter.forget();
        assert!(!painter.paint(frame(8, "c0002 OK")).unwrap().is_empty());
    }
}
