//! A machine with all that is known of its port, server and node.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::meta::Meta;
use super::node::{Load, NodeView};
use crate::api::machine::MachineSpec;
use crate::api::machine_status::MachineStatus;
use crate::cloud::types::compute::{Server, ServerStatus};
use crate::cloud::types::network::Port;
use crate::cloud::types::observed::Observed;

/// A machine with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineView {
    /// Its metadata.
    pub meta: Meta,
    /// What is wanted.
    pub spec: MachineSpec,
    /// What was written down of it.
    pub status: MachineStatus,
    /// The ports that bear its tag; of etcd, those that bear its slot's.
    pub ports: Observed<Vec<Port>>,
    /// The servers that bear its tag.
    pub servers: Observed<Vec<Server>>,
    /// Its node, or that it has none.
    pub node: Observed<Option<NodeView>>,
    /// What is on its node. Read only of a node under suspicion or one that is to be empty.
    pub load: Observed<Load>,
    /// Whether its own API server or member of etcd says, by its own address, that it works. Of roles that have neither
    /// it is not read.
    pub answers: Observed<bool>,
    /// Whether its balancer has it. Of roles without a balancer: known, no.
    pub pooled: Observed<bool>,
    /// Whether the storage lets it in; nothing for storage without an access list.
    pub access: Observed<Option<bool>>,
}

impl MachineView {
    /// Whether it once joined its cluster: as a node, or as a member of etcd that answered.
    pub fn has_joined(&self) -> bool {
        self.status.has_joined()
    }

    /// Its server, if there is exactly one.
    pub fn server(&self) -> Option<&Server> {
        match self.servers.value().map(Vec::as_slice) {
            Some([server]) => Some(server),
            _ => None,
        }
    }

    /// Its port, if there is exactly one.
    pub fn port(&self) -> Option<&Port> {
        match self.ports.value().map(Vec::as_slice) {
            Some([port]) => Some(port),
            _ => None,
        }
    }

    /// Its address.
    pub fn address(&self) -> Option<IpAddr> {
        self.port().and_then(|port| port.addresses.first().copied())
    }

    /// Its node, if it is known to have one.
    pub fn node(&self) -> Option<&NodeView> {
        self.node.value().and_then(Option::as_ref)
    }

    /// Whether it is being replaced or taken down, so that nothing new is to rely on it.
    pub fn is_leaving(&self) -> bool {
        self.meta.deleting.is_some() || self.status.remediation.is_some()
    }

    /// Since when its server could have joined: it runs, or did.
    pub fn running_since(&self) -> Option<DateTime<Utc>> {
        let ran = |server: &&Server| matches!(server.status, ServerStatus::Active | ServerStatus::ShutOff);
        self.server().filter(ran).map(|server| server.created)
    }

    /// Whether pods may come to its node and clients reach it.
    pub fn serves(&self, needs_pool: bool) -> bool {
        let ready = self.node().is_some_and(|node| node.is_ready() && !node.starting);
        let pooled = !needs_pool || self.pooled.value() == Some(&true);
        ready && pooled && !self.is_leaving()
    }
}
