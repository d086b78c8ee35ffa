//! All that has been made, and the few rules that hold across the services.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::balancers::BalancerState;
use super::clusters::Clusters;
use super::network::PortState;
use super::projects::ProjectState;
use super::servers::{Changes, Load, ServerState};
use crate::clock;
use crate::cloud::types::balancer::BalancerId;
use crate::cloud::types::compute::{ServerGroup, ServerGroupId, ServerId};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::names::Id;
use crate::cloud::types::network::{PortId, Record, RecordId, SecurityGroup, SecurityGroupId};
use crate::cloud::types::storage::{AccessRule, AccessRuleId, Volume, VolumeId};
use crate::simulation::faults::{Fate, Fault, Faults, Segment, Service};
use crate::simulation::site::Site;

/// A world: what a provider has, what has been made on it, and what is wrong with it.
#[derive(Debug)]
pub struct World {
    /// What the provider has.
    pub site: Site,
    /// What is wrong.
    pub faults: Faults,
    /// How often all was made right at once.
    pub mends: u64,
    /// When hypervisors and zones last went down or came back, by their names.
    pub(super) outages: BTreeMap<String, DateTime<Utc>>,
    /// When parts of the network last went out or came back.
    pub(super) segments: BTreeMap<Segment, DateTime<Utc>>,
    pub(super) clusters: Clusters,
    pub(super) random: StdRng,
    pub(super) projects: BTreeMap<ProjectId, ProjectState>,
    pub(super) servers: BTreeMap<ServerId, ServerState>,
    pub(super) changes: Changes,
    /// What each hypervisor of the site bears.
    pub(super) hosts: Vec<Load>,
    pub(super) siblings: BTreeMap<ServerGroupId, BTreeMap<usize, u32>>,
    pub(super) groups: BTreeMap<ServerGroupId, ServerGroup>,
    pub(super) ports: BTreeMap<PortId, PortState>,
    pub(super) addresses: BTreeMap<IpAddr, PortId>,
    pub(super) leases: BTreeMap<String, super::network::Leases>,
    pub(super) security_groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    pub(super) balancers: BTreeMap<BalancerId, BalancerState>,
    /// By project, each with the time from which it answers.
    pub(super) records: BTreeMap<ProjectId, BTreeMap<RecordId, (DateTime<Utc>, Record)>>,
    pub(super) volumes: BTreeMap<VolumeId, Volume>,
    pub(super) access: BTreeMap<ProjectId, BTreeMap<AccessRuleId, AccessRule>>,
}

/// What is left of a project, as numbers. All zero is how an empty project looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remains {
    /// Servers that are not deleted.
    pub servers: usize,
    /// Ports.
    pub ports: usize,
    /// Server groups and security groups.
    pub groups: usize,
    /// Balancers.
    pub balancers: usize,
    /// Records.
    pub records: usize,
    /// Volumes and access rules.
    pub storage: usize,
}

impl World {
    /// An empty world on a site. Everything that is drawn in it comes from the seed.
    pub fn new(site: Site, seed: u64) -> Self {
        let hosts = vec![Load::default(); site.hosts.len()];
        Self {
            site,
            faults: Faults::default(),
            mends: 0,
            outages: BTreeMap::new(),
            segments: BTreeMap::new(),
            clusters: Clusters::default(),
            random: StdRng::seed_from_u64(seed),
            projects: BTreeMap::new(),
            servers: BTreeMap::new(),
            changes: Changes::default(),
            hosts,
            siblings: BTreeMap::new(),
            groups: BTreeMap::new(),
            ports: BTreeMap::new(),
            addresses: BTreeMap::new(),
            leases: BTreeMap::new(),
            security_groups: BTreeMap::new(),
            balancers: BTreeMap::new(),
            records: BTreeMap::new(),
            volumes: BTreeMap::new(),
            access: BTreeMap::new(),
        }
    }

    /// Makes something go wrong, or right again.
    pub fn inject(&mut self, fault: Fault) {
        let now = clock::now();
        let faults = &mut self.faults;
        match fault {
            Fault::ServerDies(id) => self.crash(&id),
            Fault::HostDown { host, down } => {
                if set(&mut faults.hosts, host.clone(), down) {
                    self.outages.insert(host, now);
                    self.clusters.note_all();
                }
            }
            Fault::ZoneDown { zone, down } => {
                if set(&mut faults.zones, zone.clone(), down) {
                    self.outages.insert(zone, now);
                    self.clusters.note_all();
                }
            }
            Fault::NetworkOut { of, out } => {
                if set(&mut faults.segments, of.clone(), out) {
                    self.segments.insert(of, now);
                    self.clusters.note_all();
                }
            }
            Fault::QuotaFull { project, full } => {
                set(&mut faults.full_projects, project, full);
            }
            Fault::CredentialsRevoked { project, revoked } => {
                set(&mut faults.revoked, project, revoked);
                self.clusters.note_all();
            }
            Fault::AccessLost(server) => self.lose_access(&server),
            Fault::DiskFull { server, full } => {
                stop(&mut faults.full_disks, &server, full.then_some(now));
                self.note_server(&server);
            }
            Fault::ClockSkew { server, behind } => {
                faults.clocks.insert(server.clone(), behind);
                faults.clocks.retain(|_, behind| !behind.is_zero());
                self.note_server(&server);
            }
            Fault::KubeletStops { server, stopped } => {
                stop(&mut faults.kubelets, &server, stopped.then_some(now));
                self.note_server(&server);
            }
            Fault::EtcdStops { server, stopped } => {
                stop(&mut faults.etcd, &server, stopped.then_some(now));
                self.note_server(&server);
            }
            Fault::BrokenImage { image, broken } => {
                set(&mut faults.images, image, broken);
            }
            Fault::BalancersStuck(stuck) => self.stick_balancers(stuck),
            Fault::ProviderFails { provider, failing } => self.fail_provider(provider, failing),
            Fault::NoValidHost(servers) => faults.no_valid_host = servers,
            Fault::Calls { service, trouble } => {
                faults.calls.insert(service, trouble);
            }
        }
    }

    /// Ends everything that is wrong, now.
    pub fn mend(&mut self) {
        let now = clock::now();
        self.mends += 1;
        self.stick_balancers(false);
        let faults = std::mem::take(&mut self.faults);
        self.outages.extend(faults.hosts.into_iter().chain(faults.zones).map(|name| (name, now)));
        self.segments.extend(faults.segments.into_iter().map(|of| (of, now)));
        self.clusters.note_all();
    }

    /// What is left of a project.
    pub fn remains(&self, project: &ProjectId) -> Remains {
        let groups = self.groups.values().filter(|group| group.project == *project).count();
        let guards = self.security_groups.values().filter(|group| group.project == *project).count();
        let volumes = self.volumes.values().filter(|volume| volume.project == *project).count();
        let rules = self.access.get(project).map_or(0, BTreeMap::len);
        let now = clock::now();
        // Not by the project's own list, which is gone with the project: what it left behind is what is asked for.
        let servers = self.servers.values().filter(|server| server.project() == project);
        Remains {
            servers: servers.filter(|server| !server.is_deleted(now)).count(),
            ports: self.projects.get(project).map_or(0, |state| state.ports.len()),
            groups: groups + guards,
            balancers: self.balancers_of(project),
            records: self.records.get(project).map_or(0, BTreeMap::len),
            storage: volumes + rules,
        }
    }

    /// Draws what becomes of the next call to a service.
    pub fn fate(&mut self, service: Service) -> Fate {
        self.faults.draw(service, &mut self.random)
    }

    /// Draws how late the next call to a service is answered.
    pub fn delay(&mut self, service: Service) -> TimeDelta {
        self.faults.delay(service, &mut self.random)
    }

    /// A new id, in the form of a UUID of version 4, drawn from the seed.
    pub(super) fn new_id<K>(&mut self) -> Id<K> {
        let bits: u128 = self.random.random();
        let hex = format!("{bits:032x}");
        let variant = 8 + (bits % 4);
        Id::new(format!(
            "{}-{}-4{}-{variant:x}{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        ))
    }
}

/// Notes since when a program is stopped; one that is stopped already stays so from then on.
fn stop(programs: &mut BTreeMap<ServerId, DateTime<Utc>>, server: &ServerId, since: Option<DateTime<Utc>>) {
    match since {
        Some(since) => {
            programs.entry(server.clone()).or_insert(since);
        }
        None => {
            programs.remove(server);
        }
    }
}

/// Answers whether that changed anything: what is over already does not end once more.
fn set<T: Ord>(names: &mut BTreeSet<T>, name: T, present: bool) -> bool {
    if present { names.insert(name) } else { names.remove(&name) }
}
