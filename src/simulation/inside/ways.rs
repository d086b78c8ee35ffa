//! Who answers in a user cluster: its API servers, behind which addresses, and whether they can write anything down.

use std::net::IpAddr;

use super::body::Body;
use super::join::Formed;
use super::state::State;

impl State {
    /// Whether a member of etcd has no space left: its alarm lets no member take writes.
    pub(super) fn has_no_space(&self) -> bool {
        let runs =
            |body: &Body| self.etcd.as_ref().is_some_and(|etcd| etcd.member_on(&body.server.id).is_some());
        self.bodies.values().any(|body| body.server.disk_full.is_some() && runs(body))
    }

    /// Where API servers run that reach their etcd.
    pub(super) fn api_servers(&self) -> Vec<(IpAddr, u16)> {
        let served = |formed: &Formed| {
            let etcd = self.etcd.as_ref().filter(|etcd| etcd.quorum_since().is_some());
            etcd.is_some_and(|etcd| etcd.serves(&formed.etcd, &formed.etcd_authority))
        };
        if !self.formed.as_ref().is_some_and(served) {
            return Vec::new();
        }
        self.bodies.values().filter_map(Body::api_server).map(|server| server.bind).collect()
    }

    /// Whether an API server answers behind any of the cluster's balancers.
    pub(super) fn answers(&self) -> bool {
        self.ground.ways.iter().any(|way| self.answers_at(way.vip))
    }

    /// Whether an API server answers behind an address of a balancer.
    pub(super) fn answers_at(&self, vip: IpAddr) -> bool {
        let servers = self.api_servers();
        let mut ways = self.ground.ways.iter().filter(|way| way.vip == vip && way.open);
        ways.any(|way| way.members.iter().any(|member| servers.contains(member)))
    }
}
