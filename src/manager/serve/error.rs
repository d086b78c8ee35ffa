//! Why the API could not be served.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the API could not be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS did not accept what was made for it.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The kubeconfig could not be put into words.
    #[error("cannot put the kubeconfig into YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// The kubeconfig could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The kubeconfig would take the place of a file that somebody else wrote.
    #[error("{} exists and was not written by us", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}
