//! The way into a sandbox from outside: an address, and the kubeconfig that leads to it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::manager::cannot_serve;
use crate::manager::serve::kubeconfig;
use crate::manager::serve::listener::Listener;
use crate::startup;

/// An address that is taken, for a sandbox that is yet to come.
pub struct Door {
    listener: Listener,
    kubeconfig: String,
    file: PathBuf,
}

impl Door {
    /// Takes the address, and sees that the kubeconfig can be written, before anything is begun that would be for nothing.
    ///
    /// # Errors
    /// When somebody else has the address, or the file cannot be ours.
    pub async fn take(listen: Option<SocketAddr>, file: Option<&Path>) -> Result<Option<Self>, Failure> {
        let (Some(listen), Some(file)) = (listen, file) else { return Ok(None) };
        let failed = |error| cannot_serve(listen, error);
        let listener = Listener::bind(listen, startup::token()?).await.map_err(failed)?;
        let kubeconfig = listener.kubeconfig().map_err(failed)?;
        kubeconfig::check(file).map_err(failed)?;
        Ok(Some(Self { listener, kubeconfig, file: file.to_owned() }))
    }

    /// Writes the kubeconfig, now that there is something to be led to.
    ///
    /// # Errors
    /// When it cannot be written any more.
    pub fn open(self) -> Result<Listener, Failure> {
        let written = kubeconfig::write(&self.file, &self.kubeconfig);
        written.map_err(|error| cannot_serve(self.listener.address(), error))?;
        Ok(self.listener)
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Exit;
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_had_is_told_at_once_and_what_to_do() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kubeconfig");
        let free = "127.0.0.1:0".parse().unwrap();
        let door = Door::take(Some(free), Some(&file)).await.unwrap().unwrap();
        assert!(!file.exists(), "there is nothing yet to be led to");
        let taken = Door::take(Some(door.listener.address()), Some(&file)).await.err().unwrap().to_string();
        assert!(taken.contains("do: end who listens there"), "{taken}");
        door.open().unwrap();
        assert!(file.exists());

        let nowhere = directory.path().join("missing/kubeconfig");
        let failure = Door::take(Some(free), Some(&nowhere)).await.err().unwrap().to_string();
        assert!(failure.contains("do: name a file in a directory that exists"), "{failure}");
        std::fs::write(&file, "apiVersion: v1\n").unwrap();
        let failure = Door::take(Some(free), Some(&file)).await.err().unwrap();
        assert_eq!(failure.exit, Exit::Refused, "{failure}");
        assert!(Door::take(None, None).await.unwrap().is_none());
    }
}
