//! What the planners see of the stage, and their passes over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kaasboard::api::names::{self, Tag};
use kaasboard::api::role::{BalancerRole, Role};
use kaasboard::cloud::types::compute::{Flavor, Hypervisor, Image};
use kaasboard::cloud::types::identity::QuotaUse;
use kaasboard::cloud::types::observed::Observed;
use kaasboard::planning::observation::addon::{AddonInside, AddonView, Bundle};
use kaasboard::planning::observation::balancer::{BalancerSite, BalancerView};
use kaasboard::planning::observation::cluster::{ClusterFacts, Related};
use kaasboard::planning::observation::control_plane::ControlPlaneView;
use kaasboard::planning::observation::etcd::EtcdView;
use kaasboard::planning::observation::machine::MachineView;
use kaasboard::planning::observation::pool::DeploymentView;
use kaasboard::planning::observation::storage::StorageView;
use kaasboard::planning::observation::surroundings::{
    FleetHealth, GroupHealth, Hold, Standing, Surroundings,
};
use kaasboard::planning::observation::whole::{ClusterView, Home, Inside, Offer};
use kaasboard::planning::plan::Plan;
use kaasboard::planning::policy::Policy;
use kaasboard::planning::{addon, balancer, cluster, control_plane, deployment, etcd, machine, storage};

use crate::stage::{Blind, NONE, Stage};

impl Stage {
    /// One pass: time goes on, each planner plans on what is there, and all its steps are done. Answers what was done.
    pub fn pass(&mut self) -> Vec<String> {
        self.tick();
        self.work(usize::MAX)
    }

    /// Each planner plans, and at most so many of its steps are done.
    pub fn work(&mut self, most: usize) -> Vec<String> {
        let mut done = Vec::new();
        for turn in self.turns() {
            let Some(plan) = self.plan(&turn) else { continue };
            let held = self.paused;
            for step in plan.steps.into_iter().take(most) {
                assert!(!held || step.only_reports(), "held, but {step}");
                if !step.only_reports() {
                    done.push(step.to_string());
                }
                self.act(&step);
                self.check(&step);
            }
        }
        done
    }

    /// The plans of all planners: what they wait for.
    pub fn why(&self) -> String {
        let tell = |turn| Some(format!("{turn:?}\n{}\n", self.plan(&turn)?));
        self.turns().into_iter().filter_map(tell).collect()
    }

    /// Whose turn it is, one after the other: kind and name.
    fn turns(&self) -> Vec<(&'static str, String)> {
        let children = &self.children;
        let mut turns = vec![("cluster", String::new())];
        turns.extend(children.storage.iter().map(|_| ("storage", String::new())));
        turns.extend(children.balancers.iter().map(|one| ("balancer", one.meta.name.clone())));
        turns.extend(children.etcd.iter().map(|_| ("etcd", String::new())));
        turns.extend(children.control_plane.iter().map(|_| ("control-plane", String::new())));
        turns.extend(children.pools.iter().map(|one| ("pool", one.meta.name.clone())));
        turns.extend(children.addons.iter().map(|one| ("addon", one.meta.name.clone())));
        turns.extend(self.machines.keys().map(|name| ("machine", name.clone())));
        turns
    }

    /// The plan of one planner.
    pub fn plan(&self, (kind, name): &(&'static str, String)) -> Option<Plan> {
        let (policy, now, around) = (&Policy::default(), self.now, &self.around());
        if *kind == "cluster" {
            return Some(cluster::plan(&self.cluster_view()?, around, policy, now));
        }
        let facts = &self.facts()?;
        let children = &self.children;
        match *kind {
            "storage" => Some(storage::plan(&self.storage_view()?, facts, around, policy, now)),
            "balancer" => Some(balancer::plan(&self.balancer_view(name)?, facts, around, policy, now)),
            "etcd" => {
                let members = self.members();
                let members = if members.is_empty() || self.blind == Some(Blind::Cluster) {
                    Observed::unknown("connection refused")
                } else {
                    Observed::known(members, now)
                };
                let view = EtcdView {
                    record: children.etcd.clone()?,
                    ports: self.seen(Blind::Cloud, self.slot_ports()),
                    machines: self.of(Role::Etcd),
                    members,
                };
                Some(etcd::plan(&view, facts, around, policy, now))
            }
            "control-plane" => {
                let view = ControlPlaneView {
                    record: children.control_plane.clone()?,
                    machines: self.of(Role::ControlPlane),
                    version: None,
                    certificates: Vec::new(),
                };
                Some(control_plane::plan(&view, facts, around, policy, now))
            }
            "pool" => Some(deployment::plan(&self.pool_view(name)?, facts, around, policy, now)),
            "addon" => Some(addon::plan(&self.addon_view(name)?, facts, around, policy, now)),
            _ => {
                let machine = self.machine_view(&self.machines.get(name)?.view);
                Some(machine::plan(&machine, facts, around, policy, now))
            }
        }
    }

    pub fn facts(&self) -> Option<ClusterFacts> {
        let api = self.children.balancers.iter().find(|one| one.spec.role == BalancerRole::Api);
        let api = api.filter(|one| one.status.conditions.is_true("DNSReady"));
        let mut machines: BTreeMap<Role, usize> = BTreeMap::new();
        for machine in self.machines.values() {
            *machines.entry(machine.view.spec.role).or_default() += 1;
        }
        let related = Related {
            own_project: true,
            images: BTreeMap::from([("v1.34.2".to_owned(), "image-1342".to_owned())]),
            api: api.and_then(|one| one.status.vip.as_ref()?.parse().ok()),
            machines,
            has_credential: self.credential.is_some(),
        };
        Some(ClusterFacts::read(self.cluster.as_ref()?, related).unwrap())
    }

    pub fn around(&self) -> Surroundings {
        let zone = |name: &str| GroupHealth {
            name: name.to_owned(),
            machines: 100,
            broken: 0,
            since: None,
            standing: Standing::Open,
        };
        let host = Hypervisor { host: "h".to_owned(), zone: "a".to_owned(), up: true, enabled: true };
        Surroundings {
            hold: self.paused.then_some(Hold::Paused { since: self.now }),
            fleet: FleetHealth { machines: 1000, newly_broken: 0 },
            zones: vec![zone("a"), zone("b"), zone("c")],
            networks: Vec::new(),
            hosts: Observed::known(Arc::new([("h".to_owned(), host)].into()), self.now),
            blind: None,
            no_room: None,
        }
    }

    /// What is seen of something, unless it cannot be read just now.
    fn seen<T>(&self, kind: Blind, value: T) -> Observed<T> {
        if self.blind == Some(kind) {
            Observed::unknown("HTTP 503")
        } else {
            Observed::known(value, self.now)
        }
    }

    pub fn slot_ports(&self) -> Vec<kaasboard::cloud::types::network::Port> {
        let is_slot = |tag: &String| matches!(Tag::parse(tag), Some(Tag::Slot(_)));
        self.ports.iter().filter(|port| port.tags.iter().any(is_slot)).cloned().collect()
    }

    pub fn machine_view(&self, machine: &MachineView) -> MachineView {
        let now = self.now;
        let tag = match machine.spec.slot {
            Some(slot) => Tag::Slot(slot).to_string(),
            None => Tag::MachineUid(machine.meta.uid.clone()).to_string(),
        };
        let ports: Vec<_> = self.ports.iter().filter(|port| port.tags.contains(&tag)).cloned().collect();
        let own = Tag::MachineUid(machine.meta.uid.clone()).to_string();
        let servers: Vec<_> =
            self.servers.iter().filter(|server| server.tags.contains(&own)).cloned().collect();
        let name = names::server(&machine.spec.cluster_name, machine.spec.role, &machine.meta.uid);
        let node = self.nodes.get(&name).cloned();
        let answers = match machine.spec.role {
            Role::Etcd => {
                let slot = machine.spec.slot.map(|slot| names::etcd_slot(&machine.spec.cluster_name, slot));
                self.members().iter().any(|member| member.name == slot && member.healthy == Some(true))
            }
            Role::ControlPlane => node.as_ref().is_some_and(|node| node.is_ready()),
            Role::Worker | Role::Ingress => false,
        };
        let address = ports.first().and_then(|port| port.addresses.first().copied());
        let pooled = match machine.spec.role {
            Role::ControlPlane => address.is_some_and(|one| self.pooled(BalancerRole::Api).contains(&one)),
            Role::Ingress => address.is_some_and(|one| self.pooled(BalancerRole::Ingress).contains(&one)),
            Role::Worker | Role::Etcd => false,
        };
        let initiator = names::initiator(&machine.meta.uid);
        let access =
            machine.spec.role.has_node().then(|| self.rules.iter().any(|rule| rule.initiator == initiator));
        let load = self.loads.get(&name).cloned().unwrap_or_default();
        MachineView {
            ports: self.seen(Blind::Cloud, ports),
            servers: self.seen(Blind::Cloud, servers),
            load: self.seen(Blind::Cluster, load),
            node: self.seen(Blind::Cluster, node),
            answers: self.seen(Blind::Cluster, answers),
            pooled: self.seen(Blind::Balancers, pooled),
            access: Observed::known(access, now),
            ..machine.clone()
        }
    }

    pub fn pool_view(&self, name: &str) -> Option<DeploymentView> {
        let pool = self.children.pools.iter().find(|pool| pool.meta.name == name)?.clone();
        let own = self.machines.values().filter(|machine| machine.owner == name);
        let machines = own.map(|machine| self.machine_view(&machine.view)).collect();
        Some(DeploymentView { meta: pool.meta, spec: pool.spec, status: pool.status, machines })
    }

    fn storage_view(&self) -> Option<StorageView> {
        let now = self.now;
        Some(StorageView {
            record: self.children.storage.clone()?,
            quota: Observed::known(QuotaUse { limit: self.quota, used: NONE }, now),
            kept: self.kept.iter().copied().collect(),
            power: self.seen(Blind::Cloud, true),
            inside: self.seen(Blind::Cluster, self.credential),
            rules: self.seen(Blind::Cloud, self.rules.clone()),
            volumes: Observed::known(Vec::new(), now),
            machines: Role::ALL.into_iter().flat_map(|role| self.of(role)).collect(),
        })
    }

    fn balancer_view(&self, name: &str) -> Option<BalancerView> {
        let record = self.children.balancers.iter().find(|one| one.meta.name == name)?.clone();
        let dns = format!("{name}.example.com.");
        let wanted = match record.spec.role {
            BalancerRole::Api => 3,
            BalancerRole::Ingress => 2,
        };
        Some(BalancerView {
            balancers: self.seen(
                Blind::Balancers,
                self.balancers.iter().filter(|one| one.name == name).cloned().collect(),
            ),
            names: Observed::known(
                self.records.iter().filter(|one| one.name == dns).cloned().collect(),
                self.now,
            ),
            machines: self.of(record.spec.role.members()),
            wanted,
            site: BalancerSite {
                network: "frontend".to_owned(),
                provider: "amphora".to_owned(),
                flavor: None,
                name: Some(dns),
                can_fail_over: true,
            },
            record,
        })
    }

    fn addon_view(&self, name: &str) -> Option<AddonView> {
        let record = self.children.addons.iter().find(|one| one.meta.name == name)?.clone();
        let addon = record.spec.name.to_string();
        let hash = self.addons.get(&addon).cloned();
        let bundle = Bundle { hash: "bundle".to_owned(), objects: 3, needs_credential: addon == "csi" };
        let inside = AddonInside {
            objects: if hash.is_some() { 3 } else { 0 },
            version: hash.is_some().then(|| "1".to_owned()),
            hash,
            ..AddonInside::default()
        };
        Some(AddonView { record, bundle: Ok(bundle), inside: self.seen(Blind::Cluster, inside) })
    }

    pub fn cluster_view(&self) -> Option<ClusterView> {
        let now = self.now;
        let flavor = Flavor { name: "m1.large".to_owned(), cores: 4, memory_mib: 8192, disk_gib: 40 };
        let image =
            Image { name: "image-1342".to_owned(), active: true, min_disk_gib: 10, min_memory_mib: 1024 };
        let network = ("backend".to_owned(), vec!["10.0.0.0/16".parse().unwrap()]);
        let left: Vec<String> = self.left().into_iter().map(str::to_owned).collect();
        let empty = self.children == Default::default();
        Some(ClusterView {
            record: self.cluster.clone()?,
            release: Some(self.release.clone()),
            tenant_quota: None,
            tenant_wants: Default::default(),
            offer: Offer {
                flavors: Observed::known(vec![flavor], now),
                images: Observed::known(vec![image], now),
                networks: Observed::known(vec![network], now),
            },
            home: Home::Own(self.seen(Blind::Cloud, self.project.clone())),
            quota: Observed::known(QuotaUse { limit: self.quota, used: NONE }, now),
            security_groups: Observed::known(self.firewalls.clone(), now),
            server_groups: Observed::known(self.spreads.clone(), now),
            keys: self.keys,
            children: self.children.clone(),
            strangers: Vec::new(),
            inside: self.seen(
                Blind::Cluster,
                Inside {
                    services: self.services.clone(),
                    sets: self.sets.clone(),
                    claims: self.claims.clone(),
                    volumes: self.volumes.clone(),
                    closed: self.closed.clone(),
                },
            ),
            leftovers: self.seen(Blind::Cloud, if empty { left } else { Vec::new() }),
            connection: self.seen(Blind::Cluster, true),
        })
    }
}
