//! What the inside of a user cluster stands on: its servers, what they were given, and what leads to them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::servers::ServerState;
use super::state::World;
use crate::cloud::types::balancer::{Balancer, Provisioning};
use crate::cloud::types::compute::{Flavor, ServerId, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::RecordState;
use crate::simulation::faults::Segment;

/// All that the inside of one cluster depends on, at one moment. It is plain data, so that servers of another cloud
/// can have insides as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The number of the cluster's last change.
    pub revision: u64,
    /// The project that its servers are in; nothing while it has none.
    pub project: Option<ProjectId>,
    /// Its servers.
    pub servers: Vec<GroundServer>,
    /// The addresses of its ports.
    pub addresses: BTreeSet<IpAddr>,
    /// What its balancers lead to.
    pub ways: Vec<Way>,
    /// From a server's first second to a running node.
    pub boot: TimeDelta,
    /// When something of all this changes by itself, if nothing happens before.
    pub next: Option<DateTime<Utc>>,
}

/// A server, as far as its inside depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroundServer {
    /// Its id.
    pub id: ServerId,
    /// The image that it was made from.
    pub image: String,
    /// Its size.
    pub flavor: Flavor,
    /// The zone it runs in.
    pub zone: Option<String>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether its programs run.
    pub life: Life,
    /// Whether the network leads to it.
    pub reach: Reach,
    /// Since when its kubelet is stopped, if it is.
    pub kubelet_stopped: Option<DateTime<Utc>>,
    /// Since when its member of etcd is stopped, if it is.
    pub etcd_stopped: Option<DateTime<Utc>>,
    /// Since when its disk is full, if it is.
    pub disk_full: Option<DateTime<Utc>>,
    /// How much its clock is behind.
    pub behind: TimeDelta,
}

/// Whether the programs of a server run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It has not begun to run, and may never.
    Waiting,
    /// It runs.
    Alive {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It ran, and runs no more.
    Dead {
        /// Since when.
        since: DateTime<Utc>,
    },
    /// It was deleted.
    Gone {
        /// When.
        since: DateTime<Utc>,
    },
}

/// Whether the network leads to a server. Its programs run on without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It does.
    Open {
        /// Since when, as far as it did not before.
        since: Option<DateTime<Utc>>,
    },
    /// It does not: nobody hears of the server, and it hears of nobody.
    Cut {
        /// Since when.
        since: DateTime<Utc>,
    },
}

/// One listener of a balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The balancer's address.
    pub vip: IpAddr,
    /// The names that the name servers answer with that address.
    pub names: Vec<String>,
    /// The port that clients connect to.
    pub port: u16,
    /// Whether the balancer carries traffic at all.
    pub open: bool,
    /// Where it leads to.
    pub members: Vec<(IpAddr, u16)>,
}

impl World {
    /// What a cluster's inside stands on now.
    pub fn ground(&self, uid: &str, now: DateTime<Utc>) -> Ground {
        let things = self.clusters.of(uid);
        let servers = things.into_iter().flat_map(|things| &things.servers);
        let servers: Vec<&ServerState> = servers.filter_map(|id| self.servers.get(id)).collect();
        let ports = things.into_iter().flat_map(|things| &things.ports);
        let ports = ports.filter_map(|id| self.ports.get(id)).flat_map(|state| &state.port.addresses);
        let balancers = things.into_iter().flat_map(|things| &things.balancers);
        let balancers = balancers.filter_map(|id| self.balancers.get(id));
        let balancers: Vec<_> = balancers.filter(|state| !state.is_deleted(now)).collect();
        let vips: Vec<IpAddr> = balancers.iter().filter_map(|state| state.balancer.vip).collect();
        let records = balancers.iter().filter_map(|state| self.records.get(&state.balancer.project));
        let records = records.flat_map(BTreeMap::values).filter(|(_, record)| vips.contains(&record.address));
        let coming = servers.iter().filter_map(|server| server.next_change(now));
        let coming = coming.chain(balancers.iter().filter_map(|state| state.provisioning.next_after(now)));
        let coming = coming.chain(records.map(|(active, _)| *active).filter(|active| *active > now));
        let next = coming.min();
        let shown = balancers.iter().map(|state| (&state.balancer, *state.provisioning.at(now).1));
        Ground {
            revision: self.cluster_revision(uid),
            project: servers.first().map(|server| server.project().clone()),
            addresses: ports.copied().collect(),
            ways: shown.flat_map(|(balancer, state)| self.ways(balancer, state, now)).collect(),
            boot: self.site.timing.boot,
            servers: servers.iter().map(|server| self.ground_server(server, now)).collect(),
            next,
        }
    }

    fn ways(&self, balancer: &Balancer, state: Provisioning, now: DateTime<Utc>) -> Vec<Way> {
        let Some(vip) = balancer.vip else { return Vec::new() };
        let is_active = |active: &DateTime<Utc>| *active <= now;
        let ours = self.records.get(&balancer.project).into_iter().flat_map(BTreeMap::values);
        let known = ours.filter(|(active, record)| {
            record.address == vip && is_active(active) && record.state != RecordState::Error
        });
        let names: Vec<String> =
            known.map(|(_, record)| record.name.trim_end_matches('.').to_owned()).collect();
        // A change of the configuration does not interrupt what flows.
        let open = matches!(state, Provisioning::Active | Provisioning::PendingUpdate);
        let way = |pool: &crate::cloud::types::balancer::Pool| Way {
            vip,
            names: names.clone(),
            port: pool.listens,
            open,
            members: pool.members.iter().map(|member| (member.address, member.port)).collect(),
        };
        balancer.pools.iter().map(way).collect()
    }

    fn ground_server(&self, server: &ServerState, now: DateTime<Utc>) -> GroundServer {
        let port = self.ports.get(server.port()).map(|state| &state.port);
        let port = port.filter(|port| port.server.as_ref() == Some(server.id()));
        GroundServer {
            id: server.id().clone(),
            image: server.image().to_owned(),
            flavor: server.flavor(&self.site),
            zone: server.host().map(|host| self.site.hosts[host].zone.clone()),
            addresses: port.map(|port| port.addresses.clone()).unwrap_or_default(),
            life: self.life(server, now),
            reach: self.reach(server, now),
            kubelet_stopped: self.faults.kubelets.get(server.id()).copied(),
            etcd_stopped: self.faults.etcd.get(server.id()).copied(),
            disk_full: self.faults.full_disks.get(server.id()).copied(),
            behind: self.faults.clocks.get(server.id()).copied().unwrap_or_default(),
        }
    }

    fn life(&self, server: &ServerState, now: DateTime<Utc>) -> Life {
        let (since, status) = server.status(now);
        if *status == ServerStatus::Deleted {
            return Life::Gone { since };
        }
        if let Some(since) = server.crashed() {
            return Life::Dead { since };
        }
        match status {
            ServerStatus::Active => {}
            ServerStatus::ShutOff => return Life::Dead { since },
            _ => return Life::Waiting,
        }
        let Some(host) = server.host().map(|index| &self.site.hosts[index]) else { return Life::Waiting };
        let changed = |name: &String| self.outages.get(name).copied().unwrap_or(since);
        let turned = changed(&host.name).max(changed(&host.zone)).max(since);
        if self.is_dark(host) { Life::Dead { since: turned } } else { Life::Alive { since: turned } }
    }

    fn reach(&self, server: &ServerState, now: DateTime<Utc>) -> Reach {
        let zone = server.host().map(|host| Segment::Zone(self.site.hosts[host].zone.clone()));
        let parts = zone.into_iter().chain([Segment::Project(server.project().clone())]);
        let (mut cut, mut open) = (None, None);
        for part in parts {
            let turned = self.segments.get(&part).copied();
            if self.faults.segments.contains(&part) {
                cut = Some(cut.unwrap_or(now).min(turned.unwrap_or(now)));
            } else {
                open = open.max(turned);
            }
        }
        cut.map_or(Reach::Open { since: open }, |since| Reach::Cut { since })
    }
}
