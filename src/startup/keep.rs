//! The directory in which a sandbox on real servers is kept, so that its servers are not left behind by a crash.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::failure::{Exit, Failure};
use crate::cli::manager::StoreAt;
use crate::cloud::provider::Cloud;
use crate::simulation::follow::cloud::FollowedCloud;
use crate::simulation::follow::orders::Orders;

/// Such a directory: the manager's objects, what servers were made with, and the objects of each cluster.
#[derive(Clone, Debug)]
pub struct Keep {
    directory: PathBuf,
}

impl Keep {
    /// Makes the directory if it is not there. There are keys in it, so that nobody else may look into it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(directory: &Path) -> Result<Self, Failure> {
        let keep = Self { directory: directory.to_owned() };
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(keep.insides());
        made.map_err(|error| keep.unusable(error))?;
        Ok(keep)
    }

    /// Where the manager's objects are.
    pub fn store(&self) -> StoreAt {
        StoreAt::File(self.directory.join("manager.db"))
    }

    /// Where the objects of clusters are.
    pub fn insides(&self) -> PathBuf {
        self.directory.join("insides")
    }

    /// A cloud whose servers are followed from their beginning, whichever process made them.
    ///
    /// # Errors
    /// When what they were made with cannot be read.
    pub fn cloud(&self, behind: Arc<dyn Cloud>) -> Result<FollowedCloud, Failure> {
        let orders = Orders::open(self.directory.join("servers"));
        let cloud = orders.and_then(|orders| FollowedCloud::keeping(behind, orders));
        cloud.map_err(|error| self.unusable(error))
    }

    /// Whether the fleet was written to the manager.
    pub fn is_seeded(&self) -> bool {
        self.seeded().exists()
    }

    /// Notes that it was.
    ///
    /// # Errors
    /// When that cannot be written.
    pub fn note_seeded(&self) -> Result<(), Failure> {
        fs::write(self.seeded(), []).map_err(|error| self.unusable(error))
    }

    fn seeded(&self) -> PathBuf {
        self.directory.join("seeded")
    }

    fn unusable(&self, error: io::Error) -> Failure {
        Failure::new(Exit::Failed, "the sandbox cannot be kept there")
            .on(self.directory.display())
            .because(error)
            .remedy("name another directory, or one that you may write to")
    }
}
