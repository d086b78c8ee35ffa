//! A stage: one cluster with everything that its planners see, as plain data that their steps change at once.
//!
//! It is no simulation of a cloud. It shows whether the planners, each for itself, bring a cluster up, mend it and take it down
//! together, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use kaasboard::api::cluster_status::ClusterStatus;
use kaasboard::api::etcd::EtcdMember;
use kaasboard::api::machine_status::MachineStatus;
use kaasboard::api::names::{self, Tag};
use kaasboard::api::release::{ReleaseSpec, ReleaseStatus};
use kaasboard::api::role::{BalancerRole, Role};
use kaasboard::cloud::types::balancer::{Balancer, Operating, Provisioning};
use kaasboard::cloud::types::compute::{Server, ServerGroup, ServerStatus};
use kaasboard::cloud::types::identity::{Project, Quota};
use kaasboard::cloud::types::network::{Port, Record, RecordState, SecurityGroup};
use kaasboard::cloud::types::observed::Observed;
use kaasboard::cloud::types::storage::AccessRule;
use kaasboard::planning::observation::machine::MachineView;
use kaasboard::planning::observation::meta::Meta;
use kaasboard::planning::observation::node::{Load, NodeView, Readiness};
use kaasboard::planning::observation::operation::ClusterRecord;
use kaasboard::planning::observation::stored::Stored;
use kaasboard::planning::observation::whole::{Children, Owned};
use serde_json::json;

use crate::parts;
use crate::scene::{meta, noon};

/// How much time passes from one pass to the next.
const TICK: i64 = 30;

/// A machine's record, with its owner.
#[derive(Clone, Debug)]
pub struct Machine {
    pub view: MachineView,
    pub owner: String,
}

/// What cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blind {
    Cloud,
    Cluster,
    Balancers,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct Stage {
    pub now: DateTime<Utc>,
    pub cluster: Option<ClusterRecord>,
    pub release: Stored<ReleaseSpec, ReleaseStatus>,
    pub children: Children,
    pub machines: BTreeMap<String, Machine>,
    pub project: Option<Project>,
    pub quota: Quota,
    pub firewalls: Vec<SecurityGroup>,
    pub spreads: Vec<ServerGroup>,
    pub ports: Vec<Port>,
    pub servers: Vec<Server>,
    pub balancers: Vec<Balancer>,
    pub records: Vec<Record>,
    pub rules: Vec<AccessRule>,
    pub kept: BTreeSet<u32>,
    pub keys: bool,
    pub nodes: BTreeMap<String, NodeView>,
    pub loads: BTreeMap<String, Load>,
    pub registered: BTreeSet<String>,
    pub addons: BTreeMap<String, String>,
    pub credential: Option<u32>,
    pub services: Vec<Owned>,
    pub sets: Vec<Owned>,
    pub claims: Vec<Owned>,
    pub volumes: Vec<String>,
    /// Claims that something makes again as long as it may.
    pub again: Vec<Owned>,
    pub closed: BTreeSet<String>,
    pub paused: bool,
    /// What cannot be read just now.
    pub blind: Option<Blind>,
    /// Whether what a creation made is not written down: the engine dies between the two.
    pub forgets: bool,
    pub ids: u64,
}

/// The name of things that are not the cluster's.
pub const FOREIGN: &str = "foreign";

pub const NONE: Quota =
    Quota { servers: 0, cores: 0, memory_mib: 0, ports: 0, balancers: 0, volumes: 0, volume_gib: 0 };

fn release() -> Stored<ReleaseSpec, ReleaseStatus> {
    let release = json!({
        "version": "v1.34.2", "image": "image-1342", "etcdVersion": "v3.6.5",
        "addons": [{ "name": "cni", "version": "1" }, { "name": "csi", "version": "1" }],
    });
    Stored {
        meta: meta("Release", "v1.34.2"),
        spec: serde_json::from_value(release).unwrap(),
        status: ReleaseStatus { usable: true, observed_generation: Some(1), ..ReleaseStatus::default() },
    }
}

impl Stage {
    /// Nothing but the record of a cluster, beside things that are not its.
    pub fn new() -> Self {
        let spec = json!({
            "release": "v1.34.2",
            "etcd": { "replicas": 3, "flavor": "m1.large" },
            "controlPlane": { "replicas": 3, "flavor": "m1.large" },
            "workers": [{ "name": "blue", "replicas": 2, "flavor": "m1.large" }],
            "ingress": { "replicas": 2, "flavor": "m1.large" },
            "network": { "backend": "backend" },
            "storage": { "backend": "array", "quotaGiB": 100 },
        });
        let mut own = meta("KubernetesCluster", "web");
        own.uid = "c-uid".to_owned();
        own.finalizer = false;
        own.created = noon();
        let cluster = Stored {
            meta: own,
            spec: serde_json::from_value(spec).unwrap(),
            status: ClusterStatus::default(),
        };
        Self {
            now: noon(),
            cluster: Some(cluster),
            release: release(),
            children: Children::default(),
            machines: BTreeMap::new(),
            project: None,
            quota: NONE,
            firewalls: Vec::new(),
            spreads: Vec::new(),
            ports: vec![parts::port(FOREIGN, None)],
            servers: vec![parts::server(FOREIGN, ServerStatus::Active, None, None, 100)],
            balancers: Vec::new(),
            records: Vec::new(),
            rules: Vec::new(),
            kept: BTreeSet::new(),
            keys: false,
            nodes: BTreeMap::new(),
            loads: BTreeMap::new(),
            registered: BTreeSet::new(),
            addons: BTreeMap::new(),
            credential: None,
            services: Vec::new(),
            sets: Vec::new(),
            claims: Vec::new(),
            volumes: Vec::new(),
            again: Vec::new(),
            closed: BTreeSet::new(),
            paused: false,
            blind: None,
            forgets: false,
            ids: 0,
        }
    }

    /// A cluster that is up.
    pub fn up() -> Self {
        let mut stage = Self::new();
        for _ in 0..40 {
            stage.pass();
        }
        assert!(stage.is_available(), "{:?}", stage.cluster);
        stage
    }

    pub fn is_available(&self) -> bool {
        self.cluster.as_ref().is_some_and(|cluster| cluster.status.conditions.is_true("Available"))
    }

    pub fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}-{}", self.ids)
    }

    pub fn meta(&mut self, kind: &'static str, name: &str) -> Meta {
        let mut meta = meta(kind, name);
        meta.uid = self.id("uid");
        meta.created = self.now;
        meta.finalizer = false;
        meta
    }

    /// Lets time pass: what was begun is done, what the machines do by themselves is done.
    pub fn tick(&mut self) {
        self.now += TimeDelta::seconds(TICK);
        let now = self.now;
        for balancer in &mut self.balancers {
            balancer.provisioning = match balancer.provisioning {
                Provisioning::PendingCreate | Provisioning::PendingUpdate => Provisioning::Active,
                other => other,
            };
        }
        self.balancers.retain(|balancer| balancer.provisioning != Provisioning::PendingDelete);
        for record in &mut self.records {
            record.state = RecordState::Active;
        }
        for server in &mut self.servers {
            if server.status == ServerStatus::Build {
                (server.status, server.updated) = (ServerStatus::Active, now);
            }
        }
        self.join();
        self.monitor();
        for load in self.loads.values_mut() {
            load.pods.retain(|pod| pod.deleting.is_none());
            if load.pods.iter().all(|pod| pod.bound) {
                load.volumes.clear();
            }
        }
        self.services.retain(|service| !service.going);
        self.sets.retain(|set| !set.going);
        // The storage driver comes after the claim is gone, and runs on workers.
        let drives = self.machines.values().any(|machine| machine.view.spec.role == Role::Worker);
        self.volumes.retain(|volume| !drives || self.claims.iter().any(|claim| claim.name == *volume));
        self.claims.retain(|claim| !claim.going);
        for claim in self.again.iter().filter(|claim| !self.closed.contains(&claim.namespace)) {
            if !self.claims.iter().any(|one| one.name == claim.name) {
                self.claims.push(claim.clone());
            }
        }
    }

    /// Servers that run for a while join; those that stopped fall silent.
    fn join(&mut self) {
        let ready = |server: &Server, now| {
            server.status == ServerStatus::Active && server.updated + TimeDelta::seconds(TICK) <= now
        };
        let initialized = self
            .cluster
            .as_ref()
            .is_some_and(|cluster| cluster.status.initialization.control_plane_initialized);
        for machine in self.machines.values() {
            let tag = Tag::MachineUid(machine.view.meta.uid.clone()).to_string();
            let Some(server) = self.servers.iter().find(|server| server.tags.contains(&tag)) else {
                continue;
            };
            let runs = ready(server, self.now);
            let role = machine.view.spec.role;
            if !role.has_node()
                || (role != Role::ControlPlane && !initialized && !self.nodes.contains_key(&server.name))
            {
                continue;
            }
            // A kubelet makes its node when it starts, and not again.
            let is_new = !self.nodes.contains_key(&server.name);
            if is_new && (!runs || !self.registered.insert(server.name.clone())) {
                continue;
            }
            let node = self.nodes.entry(server.name.clone()).or_insert_with(|| NodeView {
                name: server.name.clone(),
                ready: Readiness::False,
                ready_since: self.now,
                disk_full: None,
                lease_renewed: Observed::known(None, self.now),
                cordon: kaasboard::planning::observation::node::Cordon::No,
                starting: role != Role::ControlPlane,
                out_of_service: false,
            });
            let word = if runs { Readiness::True } else { Readiness::Unknown };
            if node.ready != word {
                (node.ready, node.ready_since) = (word, self.now);
            }
            if runs {
                node.lease_renewed = Observed::known(Some(self.now), self.now);
            }
        }
    }

    /// The balancers see who answers.
    fn monitor(&mut self) {
        let answering: BTreeSet<std::net::IpAddr> = self
            .ports
            .iter()
            .filter(|port| {
                let server = self.servers.iter().find(|server| port.server.as_ref() == Some(&server.id));
                server.is_some_and(|server| self.nodes.get(&server.name).is_some_and(NodeView::is_ready))
            })
            .filter_map(|port| port.addresses.first().copied())
            .collect();
        for member in
            self.balancers.iter_mut().flat_map(|one| &mut one.pools).flat_map(|pool| &mut pool.members)
        {
            let works = answering.contains(&member.address);
            member.operating = if works { Operating::Online } else { Operating::Error };
        }
    }

    /// The members of etcd: those of all machines of etcd whose servers run, once all of the first do.
    pub fn members(&self) -> Vec<EtcdMember> {
        let etcd: Vec<&Machine> =
            self.machines.values().filter(|machine| machine.view.spec.role == Role::Etcd).collect();
        let bootstrapped =
            self.cluster.as_ref().is_some_and(|cluster| cluster.status.initialization.etcd_bootstrapped);
        let runs = |machine: &&&Machine| {
            let server = self.server_of(&machine.view);
            server.is_some_and(|server| {
                server.status == ServerStatus::Active && server.updated + TimeDelta::seconds(TICK) <= self.now
            })
        };
        if !bootstrapped && etcd.iter().filter(runs).count() < 3 {
            return Vec::new();
        }
        let member = |machine: &&Machine| EtcdMember {
            id: machine.view.meta.uid.clone(),
            name: Some(names::etcd_slot(&machine.view.spec.cluster_name, machine.view.spec.slot.unwrap())),
            voter: true,
            healthy: Some(runs(&machine)),
            leader: false,
            db_size: Some(1 << 20),
            version: None,
            alarms: Vec::new(),
        };
        etcd.iter().map(member).collect()
    }

    pub fn server_of(&self, machine: &MachineView) -> Option<&Server> {
        let tag = Tag::MachineUid(machine.meta.uid.clone()).to_string();
        self.servers.iter().find(|server| server.tags.contains(&tag))
    }

    /// What of the cloud is the cluster's, or was.
    pub fn left(&self) -> Vec<&str> {
        let servers = self.servers.iter().map(|server| server.name.as_str());
        let ports = self.ports.iter().map(|port| port.name.as_str());
        let balancers = self.balancers.iter().map(|balancer| balancer.name.as_str());
        let records = self.records.iter().map(|record| record.name.as_str());
        let rules = self.rules.iter().map(|rule| rule.initiator.as_str());
        let volumes = self.volumes.iter().map(String::as_str);
        let all = servers.chain(ports).chain(balancers).chain(records).chain(rules).chain(volumes);
        all.filter(|name| *name != FOREIGN).collect()
    }

    /// The machines of a role.
    pub fn of(&self, role: Role) -> Vec<MachineView> {
        let views = self.machines.values().map(|machine| &machine.view);
        views.filter(|view| view.spec.role == role).map(|view| self.machine_view(view)).collect()
    }

    /// The addresses in a balancer's pools.
    pub fn pooled(&self, role: BalancerRole) -> BTreeSet<std::net::IpAddr> {
        let name = format!("web-{}", role.as_str());
        let own = self.balancers.iter().filter(|balancer| balancer.name == name);
        own.flat_map(|one| &one.pools).flat_map(|pool| &pool.members).map(|member| member.address).collect()
    }

    pub fn new_machine(&mut self, wanted: kaasboard::planning::step_record::NewMachine) {
        let unknown = || "filled in by the stage";
        let mut meta = self.meta("Machine", &wanted.name);
        meta.finalizer = true;
        meta.labels = wanted.labels;
        let view = MachineView {
            meta,
            spec: wanted.spec,
            status: MachineStatus::default(),
            ports: Observed::unknown(unknown()),
            servers: Observed::unknown(unknown()),
            node: Observed::unknown(unknown()),
            load: Observed::unknown(unknown()),
            answers: Observed::unknown(unknown()),
            pooled: Observed::unknown(unknown()),
            access: Observed::unknown(unknown()),
        };
        let owner = wanted.owner.name;
        self.machines.entry(wanted.name).or_insert(Machine { view, owner });
    }
}
