//! The terminal: taken over, written to, and always given back.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::{Attribute, ResetColor, SetAttribute};
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use ratatui::buffer::Buffer;
use tokio::sync::Notify;

use super::paint::Painter;

/// Which write to the terminal is under way, the first being 1, and how many there were.
static UNDER_WAY: AtomicU64 = AtomicU64::new(0);
static WRITES: AtomicU64 = AtomicU64::new(0);
/// Whether the terminal is ours. A panic anywhere has to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether something in the program broke, and what tells the console so.
static BROKEN: AtomicBool = AtomicBool::new(false);
static BREAKS: Notify = Notify::const_new();

/// The terminal while it is ours. It is given back when this is dropped.
#[derive(Debug)]
pub struct Terminal {
    painter: Painter,
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When it is none, or is gone.
    pub fn take() -> io::Result<Self> {
        take()?;
        Ok(Self { painter: Painter::default(), mouse: false })
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
        let bytes = self.painter.paint(frame)?;
        // What was given back belongs to the shell, and to what is told there of a mistake.
        if bytes.is_empty() || !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        let _writing = Writing::begin();
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Forgets what is shown, so that the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.painter.forget();
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

/// Gives the terminal back because something in the program broke, whichever part of it, lets that be told, and only then
/// ends the console: with it the process ends, and whoever tells is in another thread.
pub fn break_off(tell: impl FnOnce()) {
    BROKEN.store(true, Ordering::SeqCst);
    give_back();
    tell();
    BREAKS.notify_one();
}

/// Comes true when something in the program broke.
pub async fn broken_off() {
    BREAKS.notified().await;
}

/// Whether something in the program broke.
pub fn is_broken_off() -> bool {
    BROKEN.load(Ordering::SeqCst)
}

/// A write to the terminal while it is under way.
struct Writing;

impl Writing {
    fn begin() -> Self {
        UNDER_WAY.store(WRITES.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Self
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        UNDER_WAY.store(0, Ordering::SeqCst);
    }
}

/// Which write is under way, if one is: the same some time later is one that the terminal does not take.
pub fn under_way() -> Option<u64> {
    Some(UNDER_WAY.load(Ordering::SeqCst)).filter(|write| *write > 0)
}

/// Ends the process as a signal does, without a word to the terminal, which takes none. It is no longer raw, and shows what it
/// showed.
///
/// # Errors
/// When the operating system does not let a program end itself.
pub fn abandon() -> io::Result<()> {
    TAKEN.store(false, Ordering::SeqCst);
    disable_raw_mode()?;
    signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTERM)
}

/// Gives the terminal back as it was, if it is ours. It may be called at any time, from anywhere, any number of times.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _writing = Writing::begin();
    // A terminal that is gone needs nothing back. A frame that was cut off must not keep it from showing what comes.
    let _ = execute!(
        io::stdout(),
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        SetAttribute(Attribute::Reset),
        ResetColor,
        Show,
        LeaveAlternateScreen
    );
    let _ = disable_raw_mode();
}
