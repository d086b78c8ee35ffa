//! The terminal: taken over, written to, and always given back.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::{Attribute, ResetColor, SetAttribute};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;

/// Whether the terminal is ours. A panic anywhere has to know.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. It is given back when this is dropped.
#[derive(Debug)]
pub struct Terminal {
    /// What the terminal shows; nothing if that is not known.
    shown: Option<Buffer>,
    /// The bytes of a frame, kept so that they are not made anew each time.
    bytes: Vec<u8>,
    mouse: bool,
    /// How many frames and bytes were written.
    written: (u64, u64),
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When it is none, or is gone.
    pub fn take() -> io::Result<Self> {
        take()?;
        Ok(Self { shown: None, bytes: Vec::new(), mouse: false, written: (0, 0) })
    }

    /// The columns and rows of the terminal.
    ///
    /// # Errors
    /// When it is gone.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        size()
    }

    /// Shows a frame: what differs from what is shown, in one write; nothing at all if nothing differs.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn show(&mut self, frame: Buffer) -> io::Result<()> {
        self.bytes.clear();
        let anew = self.shown.as_ref().is_none_or(|shown| shown.area != frame.area);
        if anew {
            queue!(
                self.bytes,
                ResetColor,
                SetAttribute(Attribute::Reset),
                Clear(ClearType::All),
                MoveTo(0, 0)
            )?;
            self.shown = Some(Buffer::empty(frame.area));
        }
        if let Some(shown) = &self.shown {
            let updates = shown.diff(&frame);
            if updates.is_empty() && !anew {
                return Ok(());
            }
            CrosstermBackend::new(&mut self.bytes).draw(updates.into_iter())?;
        }
        let mut out = io::stdout().lock();
        out.write_all(&self.bytes)?;
        out.flush()?;
        self.written = (self.written.0 + 1, self.written.1 + self.bytes.len() as u64);
        self.shown = Some(frame);
        Ok(())
    }

    /// Forgets what is shown, so that the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.shown = None;
    }

    /// Switches the mouse on or off.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        if on {
            execute!(io::stdout(), EnableMouseCapture)
        } else {
            execute!(io::stdout(), DisableMouseCapture)
        }
    }

    /// Puts a text on the clipboard of the person's terminal, through SSH and tmux (OSC 52).
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
        if std::env::var_os("TMUX").is_some() {
            // tmux hands on what is wrapped, with each escape doubled, even where it keeps the clipboard to itself.
            let mut plain = Vec::new();
            queue!(plain, copy)?;
            let doubled = String::from_utf8_lossy(&plain).replace('\u{1b}', "\u{1b}\u{1b}");
            write!(out, "\u{1b}Ptmux;{doubled}\u{1b}\\")?;
        }
        queue!(out, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))?;
        out.flush()
    }

    /// Gives the terminal to the shell until somebody brings us back.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take()?;
        if self.mouse {
            self.mouse(true)?;
        }
        self.forget();
        Ok(())
    }

    /// How many frames and bytes were written.
    pub fn written(&self) -> (u64, u64) {
        self.written
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// The columns and rows of the terminal.
///
/// # Errors
/// When it is gone.
pub fn size() -> io::Result<(u16, u16)> {
    crossterm::terminal::size()
}

/// Whether there is a terminal to write to: one that hung up is none any more.
pub fn is_there() -> bool {
    io::stdout().is_terminal()
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide);
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Gives the terminal back as it was, if it is ours. It may be called at any time, from anywhere, any number of times.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // A terminal that is gone needs nothing back.
    let _ = execute!(
        io::stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        SetAttribute(Attribute::Reset),
        ResetColor,
        Show,
        LeaveAlternateScreen
    );
    let _ = disable_raw_mode();
}
