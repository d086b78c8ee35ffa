//! How a user cluster is reached.

use std::fmt::{self, Debug};
use std::net::IpAddr;

use async_trait::async_trait;

use super::etcd::EtcdAnswer;

/// Everything that is needed to talk to a cluster.
#[derive(Clone, Debug)]
pub struct Access {
    /// The cluster's uid in the Manager Kubernetes.
    pub uid: String,
    /// `namespace/name` of the cluster, for errors.
    pub cluster: String,
    /// The address of its API's balancer.
    pub vip: IpAddr,
    /// What its API servers ask for.
    pub kubernetes: ClientKeys,
    /// What its members of etcd ask for.
    pub etcd: ClientKeys,
}

/// How a client proves who it is, and knows whom it talks to. All are PEM documents.
#[derive(Clone)]
pub struct ClientKeys {
    /// The certificate of the authority that the servers' certificates come from.
    pub authority: String,
    /// The client's certificate.
    pub certificate: String,
    /// The client's private key.
    pub key: String,
}

impl Debug for ClientKeys {
    /// Leaves the key out.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ClientKeys")
    }
}

/// Why a cluster, or one of its machines, did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Nothing answers at the address in time.
    #[error("{what} of {cluster} at {address} does not answer: {why}")]
    Unreachable {
        /// What was asked: `the API`, `the API server`, `the etcd member`.
        what: &'static str,
        /// Whose.
        cluster: String,
        /// Where.
        address: IpAddr,
        /// What happened instead.
        why: String,
    },
    /// It answers, and refuses our keys.
    #[error("{what} of {cluster} at {address} refuses the engine's certificate")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// Whose.
        cluster: String,
        /// Where.
        address: IpAddr,
    },
}

/// Access to the insides of user clusters. Every call has a time limit of its own.
#[async_trait]
pub trait Workloads: Debug + Send + Sync {
    /// A client of the cluster's API, through its balancer. That one is returned says nothing about whether the API
    /// answers: its requests fail while it does not.
    ///
    /// # Errors
    /// When the keys make no client.
    async fn client(&self, access: &Access) -> Result<kube::Client, AccessError>;

    /// Whether the API server on the machine of this address answers `/readyz` with 200.
    ///
    /// # Errors
    /// When nothing answers there, or it refuses us.
    async fn api_server_ready(&self, access: &Access, address: IpAddr) -> Result<bool, AccessError>;

    /// What the etcd member on the machine of this address says.
    ///
    /// # Errors
    /// When nothing answers there, or it refuses us.
    async fn etcd(&self, access: &Access, address: IpAddr) -> Result<EtcdAnswer, AccessError>;

    /// The cluster of this uid is no more: what is kept for it can go.
    fn forget(&self, _uid: &str) {}
}
