//! Opening the log for the life of the process.

use std::fs::DirBuilder;
use std::io;
use std::path::{Path, PathBuf};

use tracing::subscriber::SetGlobalDefaultError;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt;

use super::level;
use super::rolling::{MAX_FILE_BYTES, Rolling};
use crate::clock;

/// The name of the log file in the state directory.
pub const FILE_NAME: &str = "kaasboard.log";

/// Lines that wait for the disk; at 200 bytes a line 1.6 MiB. What comes beyond them is counted and dropped.
const WAITING_LINES: usize = 8192;

/// The log could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The directory could not be made.
    #[error("cannot make the directory {}", .0.display())]
    Directory(PathBuf, #[source] io::Error),
    /// The file could not be opened.
    #[error("cannot open the log file {}", .0.display())]
    Open(PathBuf, #[source] io::Error),
    /// This process logs already.
    #[error("this process has a log already")]
    Twice(#[from] SetGlobalDefaultError),
}

/// The open log. What waits is written when this is dropped.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    lost: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Opens the log in the directory `state` for this process.
    pub fn start(state: &Path, filter: EnvFilter) -> Result<Self, LogError> {
        make_private(state).map_err(|error| LogError::Directory(state.to_owned(), error))?;
        let path = state.join(FILE_NAME);
        let file = Rolling::open(path.clone(), MAX_FILE_BYTES)
            .map_err(|error| LogError::Open(path.clone(), error))?;
        let (lines, writer) = NonBlockingBuilder::default()
            .buffered_lines_limit(WAITING_LINES)
            .lossy(true)
            .thread_name("log")
            .finish(file);
        let lost = lines.error_counter();
        let layer = layer().with_ansi(false).with_timer(OurClock).with_writer(lines);
        let subscriber =
            tracing_subscriber::registry().with(layer).with(filter).with(filter_fn(level::is_discreet));
        tracing::subscriber::set_global_default(subscriber)?;
        Ok(Self { path, lost, _writer: writer })
    }

    /// The file that is written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many lines were dropped because the disk did not keep up.
    pub fn lost_lines(&self) -> usize {
        self.lost.dropped_lines()
    }
}

/// Times in the log are those that the rest of the program sees.
struct OurClock;

impl FormatTime for OurClock {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", clock::now().format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

fn make_private(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
