//! What was seen last of another cloud's things, as far as the insides of its servers depend on them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;

use crate::clock;
use crate::cloud::types::balancer::{Balancer, BalancerId, Provisioning};
use crate::cloud::types::compute::{Flavor, NewServer, Server, ServerId, ServerStatus};
use crate::cloud::types::network::{Port, PortId, Record, RecordId, RecordState};
use crate::cloud::types::observed::Listing;
use crate::simulation::world::clusters::Clusters;
use crate::simulation::world::ground::{Ground, GroundServer, Life, Reach, Way};

/// From a server's first second to a running node. Real servers have shown their speed by then; their insides need not
/// be slow as well.
const BOOT: TimeDelta = TimeDelta::seconds(7);
/// For how long servers that are gone are remembered, so that their insides see them go.
const REMEMBERED: TimeDelta = TimeDelta::minutes(10);

/// What was seen last.
#[derive(Debug, Default)]
pub(super) struct Seen {
    clusters: Clusters,
    servers: BTreeMap<ServerId, Known>,
    /// Servers that were asked for and of which nobody knows yet whether they are there, by their names.
    asked: BTreeMap<String, NewServer>,
    ports: BTreeMap<PortId, Port>,
    balancers: BTreeMap<BalancerId, Balancer>,
    records: BTreeMap<RecordId, Record>,
    flavors: Vec<Flavor>,
}

/// A server that was made through us.
#[derive(Debug)]
struct Known {
    order: NewServer,
    made: DateTime<Utc>,
    zone: Option<String>,
    life: Life,
    said: Option<String>,
}

impl Seen {
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.clusters.news()
    }

    pub(super) fn revision(&self, uid: &str) -> u64 {
        self.clusters.revision(uid)
    }

    pub(super) fn changed_since(&self, revision: u64) -> Vec<String> {
        self.clusters.changed_since(revision)
    }

    /// What a server was made with. It is read once.
    pub(super) fn take_user_data(&mut self, id: &ServerId) -> Option<Vec<u8>> {
        self.servers.get_mut(id).map(|server| std::mem::take(&mut server.order.user_data))
    }

    pub(super) fn say(&mut self, id: &ServerId, said: Option<String>) {
        if let Some(server) = self.servers.get_mut(id) {
            server.said = said;
        }
    }

    pub(super) fn said(&self, id: &ServerId) -> Option<&str> {
        self.servers.get(id)?.said.as_deref()
    }

    pub(super) fn keep_flavors(&mut self, flavors: &[Flavor]) {
        flavors.clone_into(&mut self.flavors);
    }

    /// A server was asked for, and what became of it is not known: it may show up.
    pub(super) fn asked_for(&mut self, order: &NewServer) {
        self.asked.insert(order.name.clone(), order.clone());
    }

    pub(super) fn made_server(&mut self, id: &ServerId, order: &NewServer) {
        self.asked.remove(&order.name);
        let tags = order.tags.clone();
        let (order, made) = (order.clone(), clock::now());
        let known = Known { order, made, zone: None, life: Life::Waiting, said: None };
        self.servers.insert(id.clone(), known);
        self.clusters.note(&tags, |things| {
            things.servers.insert(id.clone());
        });
    }

    /// Answers the names of those that are gone for so long that they are forgotten.
    pub(super) fn saw_servers(&mut self, listing: &Listing<Server>, whole: bool) -> Vec<String> {
        listing.items.iter().for_each(|server| self.saw_server(server));
        let now = clock::now();
        if whole {
            let listed: BTreeSet<&ServerId> = listing.items.iter().map(|server| &server.id).collect();
            let old = self.servers.iter().filter(|(_, known)| known.made < listing.as_of);
            let lost = old.filter(|(id, _)| !listed.contains(id)).map(|(id, _)| id.clone());
            for id in lost.collect::<Vec<_>>() {
                self.lost_server(&id);
            }
        }
        let is_over = |known: &Known| matches!(known.life, Life::Gone { since } if since + REMEMBERED < now);
        let over = self.servers.iter().filter(|(_, known)| is_over(known)).map(|(id, _)| id.clone());
        let mut forgotten = Vec::new();
        for id in over.collect::<Vec<_>>() {
            if let Some(known) = self.servers.remove(&id) {
                self.clusters.note(&known.order.tags, |things| {
                    things.servers.remove(&id);
                });
                forgotten.push(known.order.name);
            }
        }
        // Another server of the same machine may have taken its place.
        forgotten.retain(|name| self.servers.values().all(|known| known.order.name != *name));
        forgotten
    }

    pub(super) fn saw_server(&mut self, server: &Server) {
        let asked = self.asked.get(&server.name).filter(|order| order.project == server.project).cloned();
        if let Some(order) = asked.filter(|_| !self.servers.contains_key(&server.id)) {
            self.made_server(&server.id, &order);
        }
        let Some(known) = self.servers.get_mut(&server.id) else { return };
        let life = next_life(known.life, &server.status, clock::now());
        if known.life != life || known.zone != server.zone {
            known.life = life;
            known.zone.clone_from(&server.zone);
            self.clusters.note(&known.order.tags, |_| ());
        }
    }

    pub(super) fn lost_server(&mut self, id: &ServerId) {
        let Some(known) = self.servers.get_mut(id) else { return };
        let life = next_life(known.life, &ServerStatus::Deleted, clock::now());
        if known.life != life {
            known.life = life;
            self.clusters.note(&known.order.tags, |_| ());
        }
    }

    pub(super) fn saw_ports(&mut self, listing: &Listing<Port>) {
        listing.items.iter().for_each(|port| self.saw_port(port));
        let listed: BTreeSet<&PortId> = listing.items.iter().map(|port| &port.id).collect();
        let old = self.ports.values().filter(|port| port.created < listing.as_of - TimeDelta::seconds(5));
        let lost = old.filter(|port| !listed.contains(&port.id)).map(|port| port.id.clone());
        for id in lost.collect::<Vec<_>>() {
            self.lost_port(&id);
        }
    }

    pub(super) fn saw_port(&mut self, port: &Port) {
        let same = self.ports.get(&port.id).is_some_and(|known| known.addresses == port.addresses);
        self.ports.insert(port.id.clone(), port.clone());
        if !same {
            self.clusters.note(&port.tags, |things| {
                things.ports.insert(port.id.clone());
            });
        }
    }

    pub(super) fn lost_port(&mut self, id: &PortId) {
        if let Some(port) = self.ports.remove(id) {
            self.clusters.note(&port.tags, |things| {
                things.ports.remove(id);
            });
        }
    }

    pub(super) fn saw_balancers(&mut self, listing: &Listing<Balancer>) {
        listing.items.iter().for_each(|balancer| self.saw_balancer(balancer));
        let listed: BTreeSet<&BalancerId> = listing.items.iter().map(|balancer| &balancer.id).collect();
        let lost = self.balancers.keys().filter(|id| !listed.contains(id)).cloned();
        for id in lost.collect::<Vec<_>>() {
            self.lost_balancer(&id);
        }
    }

    pub(super) fn saw_balancer(&mut self, balancer: &Balancer) {
        if self.balancers.get(&balancer.id) != Some(balancer) {
            self.balancers.insert(balancer.id.clone(), balancer.clone());
            self.clusters.note(&balancer.tags, |things| {
                things.balancers.insert(balancer.id.clone());
            });
        }
    }

    pub(super) fn lost_balancer(&mut self, id: &BalancerId) {
        if let Some(balancer) = self.balancers.remove(id) {
            self.clusters.note(&balancer.tags, |things| {
                things.balancers.remove(id);
            });
        }
    }

    pub(super) fn saw_record(&mut self, record: &Record) {
        if self.records.get(&record.id) != Some(record) {
            self.records.insert(record.id.clone(), record.clone());
            self.note_record(record);
        }
    }

    pub(super) fn lost_record(&mut self, id: &RecordId) {
        if let Some(record) = self.records.remove(id) {
            self.note_record(&record);
        }
    }

    fn note_record(&mut self, record: &Record) {
        let named = self.balancers.values().find(|balancer| balancer.vip == Some(record.address));
        if let Some(balancer) = named {
            self.clusters.note(&balancer.tags, |_| ());
        }
    }

    /// What a cluster's inside stands on.
    pub(super) fn ground(&self, uid: &str) -> Ground {
        let things = self.clusters.of(uid);
        let servers = things.into_iter().flat_map(|things| &things.servers);
        let ports = things.into_iter().flat_map(|things| &things.ports);
        let balancers = things.into_iter().flat_map(|things| &things.balancers);
        let ports = ports.filter_map(|id| self.ports.get(id));
        Ground {
            revision: self.revision(uid),
            project: None,
            servers: servers.filter_map(|id| self.ground_server(id)).collect(),
            addresses: ports.flat_map(|port| port.addresses.iter().copied()).collect(),
            ways: balancers
                .filter_map(|id| self.balancers.get(id))
                .flat_map(|balancer| self.ways(balancer))
                .collect(),
            boot: BOOT,
            next: None,
        }
    }

    fn ground_server(&self, id: &ServerId) -> Option<GroundServer> {
        let known = self.servers.get(id)?;
        let flavor = self.flavors.iter().find(|flavor| flavor.name == known.order.flavor).cloned();
        let unknown = || Flavor { name: known.order.flavor.clone(), cores: 1, memory_mib: 1024, disk_gib: 0 };
        let is_gone = matches!(known.life, Life::Gone { .. });
        let port = self.ports.get(&known.order.port).filter(|_| !is_gone);
        Some(GroundServer {
            id: id.clone(),
            image: known.order.image.clone(),
            flavor: flavor.unwrap_or_else(unknown),
            zone: known.zone.clone(),
            addresses: port.map(|port| port.addresses.clone()).unwrap_or_default(),
            life: known.life,
            reach: Reach::Open { since: None },
            kubelet_stopped: None,
            etcd_stopped: None,
            disk_full: None,
            behind: TimeDelta::zero(),
        })
    }

    fn ways(&self, balancer: &Balancer) -> Vec<Way> {
        let Some(vip) = balancer.vip else { return Vec::new() };
        let known = self.records.values();
        let known = known.filter(|record| record.address == vip && record.state == RecordState::Active);
        let names: Vec<String> = known.map(|record| record.name.trim_end_matches('.').to_owned()).collect();
        let open = matches!(balancer.provisioning, Provisioning::Active | Provisioning::PendingUpdate);
        let ways = balancer.pools.iter().map(|pool| Way {
            vip,
            names: names.clone(),
            port: pool.listens,
            open,
            members: pool.members.iter().map(|member| (member.address, member.port)).collect(),
        });
        ways.collect()
    }
}

/// What becomes of a server's programs when it is seen in a state.
fn next_life(life: Life, status: &ServerStatus, now: DateTime<Utc>) -> Life {
    match (status, life) {
        (_, Life::Gone { .. }) => life,
        (ServerStatus::Deleted, _) => Life::Gone { since: now },
        (ServerStatus::Active, Life::Alive { .. }) => life,
        (ServerStatus::Active, Life::Waiting | Life::Dead { .. }) => Life::Alive { since: now },
        (ServerStatus::ShutOff | ServerStatus::Error | ServerStatus::Reboot, Life::Alive { .. }) => {
            Life::Dead { since: now }
        }
        _ => life,
    }
}
