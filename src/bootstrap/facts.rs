//! What has to be known of a cluster and a machine before its user data can be written.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::pki::ClusterPki;

/// The port of the API server, on each control plane node and on the balancer.
pub const API_PORT: u16 = 6443;
/// The port on which etcd serves clients.
pub const ETCD_CLIENT_PORT: u16 = 2379;
/// The port on which etcd members talk to each other.
pub const ETCD_PEER_PORT: u16 = 2380;

/// The facts that all machines of a cluster share.
#[derive(Clone, Debug)]
pub struct ClusterFacts {
    /// Its name.
    pub name: String,
    /// Its uid in the Manager Kubernetes; unique for ever, unlike its name.
    pub uid: String,
    /// The Kubernetes version, as `v1.34.2`.
    pub version: String,
    /// The DNS name of the API's balancer.
    pub endpoint: String,
    /// The address of the API's balancer.
    pub vip: IpAddr,
    /// The pods' address range.
    pub pod_cidr: String,
    /// The services' address range.
    pub service_cidr: String,
    /// The slots of etcd members, all of them, the empty one too: API servers list them all, so that moving a
    /// member from one slot to another changes no API server.
    pub slots: Vec<Slot>,
    /// Its keys.
    pub pki: ClusterPki,
}

/// A name and an address for an etcd member, which outlive the machine behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The member's name.
    pub name: String,
    /// Its address.
    pub address: IpAddr,
}

impl Slot {
    /// Where its member serves clients.
    pub fn client_url(&self) -> String {
        format!("https://{}:{ETCD_CLIENT_PORT}", bracketed(self.address))
    }

    /// Where its member talks to the others.
    pub fn peer_url(&self) -> String {
        format!("https://{}:{ETCD_PEER_PORT}", bracketed(self.address))
    }
}

/// The facts of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineFacts {
    /// The name of its server and of its node.
    pub name: String,
    /// Its uid in the Manager Kubernetes.
    pub uid: String,
    /// Its address.
    pub address: IpAddr,
    /// The labels of its node.
    pub labels: BTreeMap<String, String>,
    /// The taints of its node.
    pub taints: Vec<NodeTaint>,
}

/// A taint as kubeadm takes it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NodeTaint {
    /// Its key.
    pub key: String,
    /// Its value, which may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// An address as it stands before a port: IPv6 in brackets.
fn bracketed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}
