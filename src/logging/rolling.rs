//! A log file of bounded size, with a bounded number of older ones beside it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// One file holds a few hours of a busy day at level `info`, and any editor opens it.
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// With the current file 50 MiB at most: enough for a week, nothing for a disk.
pub const OLDER_FILES: u32 = 4;

/// A log file that makes way for a new one when it is full.
///
/// Two processes may write the same one. Both append; whoever finds it full moves it, and the other notices at
/// its own next check that the path leads to a smaller file, and only reopens.
#[derive(Debug)]
pub struct Rolling {
    path: PathBuf,
    max_bytes: u64,
    file: File,
    written: u64,
}

impl Rolling {
    /// Opens the file at `path` for appending, and makes it if there is none.
    pub fn open(path: PathBuf, max_bytes: u64) -> io::Result<Self> {
        let file = append_to(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, max_bytes, file, written })
    }

    /// Moves every file on by one, the oldest out, and begins a new one.
    fn roll(&mut self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| found.len() >= self.max_bytes) {
            for number in (1..OLDER_FILES).rev() {
                rename_if_there(&self.older(number), &self.older(number + 1))?;
            }
            rename_if_there(&self.path, &self.older(1))?;
        }
        self.file = append_to(&self.path)?;
        self.written = self.file.metadata()?.len();
        Ok(())
    }

    fn older(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    }
}

impl Write for Rolling {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.written >= self.max_bytes {
            self.roll()?;
        }
        let taken = self.file.write(line)?;
        self.written += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn rename_if_there(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What is logged tells of names and addresses, so the file is its owner's alone.
fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn sizes_and_number_are_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let mut log = Rolling::open(directory.path().join("log"), 100).unwrap();
        for line in 0..100 {
            writeln!(log, "line {line:03} of twenty by").unwrap();
        }
        assert_eq!(names(directory.path()), ["log", "log.1", "log.2", "log.3", "log.4"]);
        for name in names(directory.path()) {
            assert!(fs::metadata(directory.path().join(&name)).unwrap().len() <= 124, "{name}");
        }
        let newest = fs::read_to_string(directory.path().join("log")).unwrap();
        assert!(newest.ends_with("line 099 of twenty by\n"), "{newest}");
    }

    #[test]
    fn a_file_that_another_process_moved_is_only_reopened() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut ours = Rolling::open(path.clone(), 20).unwrap();
        let mut theirs = Rolling::open(path.clone(), 20).unwrap();
        ours.write_all(b"twenty-two characters\n").unwrap();
        theirs.write_all(b"theirs, into the same file\n").unwrap();
        theirs.write_all(b"new\n").unwrap();
        ours.write_all(b"ours\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new\nours\n");
        assert_eq!(names(directory.path()), ["log", "log.1"]);
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        Rolling::open(path.clone(), 100).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
