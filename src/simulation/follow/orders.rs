//! What servers were made with, in files: no service gives user data back, and a program that is started again is to find
//! the insides of its servers.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use crate::cloud::types::compute::NewServer;

/// A directory with a file for each server. Servers' names bear the uids of their machines, so that none has another's.
#[derive(Clone, Debug)]
pub struct Orders {
    directory: PathBuf,
}

impl Orders {
    /// The orders in a directory, which is made if it is not there; nobody else may look into it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(directory: PathBuf) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
        Ok(Self { directory })
    }

    /// All of them.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all(&self) -> io::Result<Vec<NewServer>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                found.push(serde_json::from_slice(&fs::read(path)?)?);
            }
        }
        Ok(found)
    }

    /// Keeps one. A program that dies meanwhile leaves what was there before, or this.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, order: &NewServer) -> io::Result<()> {
        let path = self.file(&order.name);
        let draft = path.with_extension("draft");
        fs::write(&draft, serde_json::to_vec(order)?)?;
        fs::rename(draft, path)
    }

    /// Forgets one whose server is gone.
    pub(super) fn forget(&self, name: &str) {
        if let Err(error) = fs::remove_file(self.file(name)) {
            tracing::debug!(%error, name, "what a server was made with stays");
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.{ENDING}"))
    }
}

/// How the files' names end.
const ENDING: &str = "json";
