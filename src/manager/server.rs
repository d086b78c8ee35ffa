//! The whole API server, as its users hold it.

use std::sync::Arc;

use super::http::remote::Remote;
use super::http::service::InProcess;
use super::kernel::Kernel;
use super::lifecycle::keeper::Keeper;
use super::store::handle::Store;

/// What a manager is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its objects are.
    pub store: Store,
    /// From what uids and generated names are drawn. The same seed and the same requests give the same objects; a
    /// program that is no test draws it from its operating system.
    pub seed: u64,
}

/// An embedded Kubernetes API server. Clones are the same server; with the last of them, and of its clients, its
/// background work ends.
#[derive(Clone, Debug)]
pub struct Manager {
    pub(super) kernel: Arc<Kernel>,
    pub(super) keeper: Arc<Keeper>,
}

impl Manager {
    /// Starts a manager on the current tokio runtime.
    pub async fn start(options: Options) -> Self {
        let kernel = Arc::new(Kernel::new(options.store, options.seed));
        let keeper = Arc::new(Keeper::start(&kernel).await);
        Self { kernel, keeper }
    }

    /// A client of this process: no socket, no TLS, no token. Must be called within a tokio runtime.
    pub fn client(&self, namespace: &str) -> kube::Client {
        kube::Client::new(self.in_process(), namespace)
    }

    /// A tower service for requests of this process, for whoever puts something before it.
    pub fn in_process(&self) -> InProcess {
        InProcess::new(Arc::clone(&self.kernel), Arc::clone(&self.keeper))
    }

    /// A tower service for requests that come over the network.
    pub fn remote(&self) -> Remote {
        Remote::new(self.clone())
    }
}
