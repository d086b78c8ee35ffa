//! A pseudo terminal with the program in it, and what a person would see.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tempfile::TempDir;

/// How long anything may take before it counts as not happening.
const PATIENCE: Duration = Duration::from_secs(60);
/// The arguments of a sandbox whose fleet comes up while one looks, which leaves the processors to the tests beside it.
pub const SANDBOX: &[&str] = &["sandbox", "--speed", "1"];
/// How often is looked.
const LOOK: Duration = Duration::from_millis(20);

pub struct Screen {
    pub child: Box<dyn Child + Send + Sync>,
    pub master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    parser: Arc<Mutex<vt100::Parser>>,
    /// Everything that was written to the terminal.
    pub bytes: Arc<AtomicU64>,
    /// The same, byte by byte.
    pub written: Arc<Mutex<Vec<u8>>>,
    closed: Arc<AtomicBool>,
    /// Whether nothing more will be written: the program ended.
    ended: Arc<AtomicBool>,
    arrived: Arc<(Mutex<()>, Condvar)>,
    home: TempDir,
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A test that failed leaves nothing running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Screen {
    /// Starts the program with arguments on a terminal of this size.
    pub fn start(arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_in(TempDir::new().unwrap(), arguments, columns, rows)
    }

    /// The same for a person with this home directory.
    pub fn start_in(home: TempDir, arguments: &[&str], columns: u16, rows: u16) -> Self {
        Self::start_program(env!("CARGO_BIN_EXE_kaasboard").as_ref(), home, arguments, columns, rows)
    }

    /// The same with another program.
    pub fn start_program(
        program: &std::path::Path,
        home: TempDir,
        arguments: &[&str],
        columns: u16,
        rows: u16,
    ) -> Self {
        let pty = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("PATH", "/usr/bin:/bin");
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("USER", "mia");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let writer = pty.master.take_writer().unwrap();
        let parser = Arc::new(Mutex::new(vt100::Parser::new(some(rows), some(columns), 0)));
        let bytes = Arc::new(AtomicU64::new(0));
        let written = Arc::new(Mutex::new(Vec::new()));
        let closed = Arc::new(AtomicBool::new(false));
        let ended = Arc::new(AtomicBool::new(false));
        let arrived = Arc::new((Mutex::new(()), Condvar::new()));
        let tell = arrived.clone();
        let (shown, counted, over) = (parser.clone(), bytes.clone(), closed.clone());
        let (kept, silent) = (written.clone(), ended.clone());
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 {
                    break;
                }
                kept.lock().unwrap().extend_from_slice(&buffer[..count]);
                shown.lock().unwrap().process(&buffer[..count]);
                counted.fetch_add(count as u64, Ordering::SeqCst);
                // Whoever looked before this, and waits since, is told: nothing is missed between looking and waiting.
                drop(tell.0.lock().unwrap());
                tell.1.notify_all();
                if over.load(Ordering::SeqCst) {
                    break;
                }
            }
            silent.store(true, Ordering::SeqCst);
            drop(tell.0.lock().unwrap());
            tell.1.notify_all();
        });
        let (master, writer) = (Some(pty.master), Some(writer));
        Self { child, master, writer, parser, bytes, written, closed, ended, arrived, home }
    }

    pub fn home(&self) -> &std::path::Path {
        self.home.path()
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        self.parser.lock().unwrap().screen().contents()
    }

    /// How often the terminal was told to show what follows as a whole, and how often that this was all.
    pub fn wholes(&self) -> (usize, usize) {
        let written = self.written.lock().unwrap();
        let count = |wanted: &[u8]| written.windows(wanted.len()).filter(|part| *part == wanted).count();
        (count(b"\x1b[?2026h"), count(b"\x1b[?2026l"))
    }

    /// Whether the terminal is as a shell expects it: not on the other screen, the cursor there, no mouse, no bracketed paste.
    pub fn is_given_back(&self) -> bool {
        let parser = self.parser.lock().unwrap();
        let screen = parser.screen();
        !screen.alternate_screen()
            && !screen.hide_cursor()
            && !screen.bracketed_paste()
            && screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    }

    pub fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().expect("the terminal is open");
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.parser.lock().unwrap().screen_mut().set_size(some(rows), some(columns));
        self.master.as_ref().expect("the terminal is open").resize(size(columns, rows)).unwrap();
    }

    /// Closes the terminal, as a connection that breaks does.
    pub fn close(&mut self) {
        // The reader has a hold on the terminal too, until it has read once more.
        self.closed.store(true, Ordering::SeqCst);
        self.press("8");
        (self.writer, self.master) = (None, None);
    }

    /// Waits until the screen shows something.
    #[track_caller]
    pub fn shows(&self, wanted: &str) {
        self.until(wanted, |screen| screen.text().contains(wanted));
    }

    /// Waits until something is so.
    #[track_caller]
    pub fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        let mut guard = self.arrived.0.lock().unwrap();
        loop {
            let has_ended = self.ended.load(Ordering::SeqCst);
            if is_so(self) {
                return;
            }
            assert!(!has_ended, "the program ended before: {what}\n{}", self.text());
            assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}\n{}", self.text());
            (guard, _) = self.arrived.1.wait_timeout(guard, LOOK).unwrap();
        }
    }

    /// Waits until something is written to the terminal, or for so long.
    pub fn wait(&self, most: Duration) {
        let guard = self.arrived.0.lock().unwrap();
        drop(self.arrived.1.wait_timeout(guard, most).unwrap());
    }

    /// Waits for so long, whatever is written meanwhile.
    pub fn rest(&self, time: Duration) {
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.wait(left);
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.child.process_id().unwrap().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// The state of the process in one letter, as the kernel tells it; nothing if it is gone.
    pub fn state(&self) -> Option<char> {
        let pid = self.child.process_id()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit(')').next()?.trim().chars().next()
    }

    /// Waits until the process has ended; answers its exit code.
    #[track_caller]
    pub fn ended(&mut self) -> u32 {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(begun.elapsed() < PATIENCE, "it goes on\n{}", self.text());
            self.wait(LOOK);
        }
    }
}

/// No terminal has nothing.
fn some(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}
