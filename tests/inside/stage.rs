//! A cluster on a simulated cloud, made by hand: what the engine will do, act by act, and what is then to be seen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::Pod;
use kaasboard::api::names::Tag;
use kaasboard::bootstrap::etcd::Start;
use kaasboard::bootstrap::facts::{ClusterFacts, MachineFacts, NodeTaint, Slot};
use kaasboard::bootstrap::pki::ClusterPki;
use kaasboard::bootstrap::roles::{self, ControlPlaneStart};
use kaasboard::bootstrap::token::JoinToken;
use kaasboard::clock;
use kaasboard::cloud::provider::Cloud;
use kaasboard::cloud::types::balancer::{BalancerId, Monitor, NewBalancer, NewListener};
use kaasboard::cloud::types::compute::{NewServer, ServerId};
use kaasboard::cloud::types::identity::{NewProject, ProjectId, Quota};
use kaasboard::cloud::types::network::{NewPort, Port};
use kaasboard::simulation::cloud::SimulatedCloud;
use kaasboard::simulation::faults::Fault;
use kaasboard::simulation::inside::all::Insides;
use kaasboard::simulation::site::{Range, Site};
use kaasboard::simulation::world::state::World;
use kaasboard::workload::access::{Access, ClientKeys, Workloads};
use kaasboard::workload::objects::OUT_OF_SERVICE;
use kube::api::{DynamicObject, ListParams, Patch};
use kube::discovery::ApiResource;
use kube::{Api, ResourceExt};
use rand::SeedableRng;
use serde_json::json;

const IMAGE: &str = "ubuntu-24.04-kube-v1.34.2";
const UID: &str = "0b6f0c1e-7d0f-4e0b-9a55-2f4f3d1c9a10";
const ENDPOINT: &str = "shop.k8s.example.net";

/// What is done. Machines are called by their role's letter and a number: `e1` for etcd, `c1` for the first control
/// plane node and `c2` for a further one, `w1` for a worker.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// A server is made on the machine's port, as the engine would.
    Boot(&'static str),
    /// The same, with something wrong in its user data: the first text is written in place of the second.
    Twisted(&'static str, &'static str, &'static str),
    /// The machine's address goes into the API's pool.
    Pool(&'static str),
    /// The API's name leads to its balancer.
    Name,
    /// The API gets the token with which nodes join.
    Token,
    /// An object is applied, as YAML.
    Apply(&'static str),
    /// Some seconds pass.
    Wait(u64),
    /// Something goes wrong with the machine's server.
    Break(&'static str, fn(ServerId) -> Fault),
    /// The machine's server is deleted.
    Delete(&'static str),
    /// The machine's Node object loses its taints and takes pods, as the engine lets it once all is ready for it.
    Admit(&'static str),
    /// The machine's Node object is said to be out of service.
    Fence(&'static str),
    /// The machine's Node object is deleted.
    RemoveNode(&'static str),
    /// The machine's Node object takes no new pods, and those on it that can go elsewhere are evicted.
    Drain(&'static str),
}

pub struct Stage {
    pub cloud: SimulatedCloud,
    pub insides: Insides,
    pub access: Access,
    began: DateTime<Utc>,
    project: ProjectId,
    facts: ClusterFacts,
    balancer: BalancerId,
    token: JoinToken,
    ports: BTreeMap<String, Port>,
    servers: BTreeMap<String, ServerId>,
}

fn keys(authority: &str) -> ClientKeys {
    ClientKeys { authority: authority.to_owned(), certificate: String::new(), key: String::new() }
}

impl Stage {
    /// A project with a balancer and the ports of all machines.
    pub async fn set() -> Self {
        let range = |network: &str, first| Range { network: network.into(), first, prefix: 16 };
        let frontend = range("frontend", Ipv4Addr::new(198, 18, 0, 0));
        let backend = range("backend", Ipv4Addr::new(10, 0, 0, 0));
        let site = Site { ranges: vec![frontend, backend], ..Site::new(3, 6, &[IMAGE]) };
        let cloud = SimulatedCloud::new(World::new(site, 7));
        let wanted = NewProject { name: "shop".into(), description: String::new(), tags: Vec::new() };
        let project = cloud.create_project(&wanted).await.unwrap().id;
        let (servers, cores, memory_mib) = (50, 500, 1_000_000);
        let (ports, balancers, volumes, volume_gib) = (50, 4, 10, 100);
        let quota = Quota { servers, cores, memory_mib, ports, balancers, volumes, volume_gib };
        cloud.set_quota(&project, &quota).await.unwrap();
        let listeners = vec![NewListener { listens: 6443, monitor: Monitor::Https("/readyz".into()) }];
        let wanted = NewBalancer {
            project: project.clone(),
            name: "shop-api".into(),
            network: "frontend".into(),
            provider: "amphora".into(),
            flavor: None,
            listeners,
            tags: vec![Tag::ClusterUid(UID.into()).to_string()],
        };
        let balancer = cloud.create_balancer(&wanted).await.unwrap();
        let vip = cloud.balancer(&project, &balancer).await.unwrap().vip.unwrap();
        let mut ports = BTreeMap::new();
        for name in ["e1", "e2", "e3", "e4", "c1", "c2", "w1", "w2", "w3"] {
            ports.insert(name.to_owned(), port(&cloud, &project, name).await);
        }
        let slots = ["e1", "e2", "e3", "e4"];
        let slots =
            slots.map(|name| Slot { name: format!("shop-{name}"), address: ports[name].addresses[0] });
        let pki = ClusterPki::create(clock::now()).unwrap();
        let access = Access {
            uid: UID.into(),
            cluster: "acme/shop".into(),
            vip,
            kubernetes: keys(pki.kubernetes.certificate()),
            etcd: keys(pki.etcd.certificate()),
        };
        let facts = ClusterFacts {
            name: "shop".into(),
            uid: UID.into(),
            version: "v1.34.2".into(),
            endpoint: ENDPOINT.into(),
            vip,
            pod_cidr: "10.128.0.0/14".into(),
            service_cidr: "172.30.0.0/16".into(),
            slots: slots.to_vec(),
            pki,
        };
        let token = JoinToken::create(&mut rand::rngs::StdRng::seed_from_u64(7), clock::now());
        let insides = Insides::new(cloud.clone(), 7);
        let (began, servers) = (clock::now(), BTreeMap::new());
        Self { cloud, insides, access, began, project, facts, balancer, token, ports, servers }
    }

    /// Does one thing.
    pub async fn act(&mut self, act: Act) {
        match act {
            Act::Boot(name) => self.boot(name, |data| data).await,
            Act::Twisted(name, from, to) => {
                let data = |data: String| {
                    assert!(data.contains(from), "{from} is not in the user data:\n{data}");
                    data.replace(from, to)
                };
                self.boot(name, data).await;
            }
            Act::Pool(name) => {
                let balancer = self.cloud.balancer(&self.project, &self.balancer).await.unwrap();
                let (pool, addresses) = (&balancer.pools[0].id, [self.ports[name].addresses[0]]);
                let added =
                    self.cloud.add_pool_members(&self.project, &self.balancer, pool, &addresses, 6443);
                added.await.unwrap();
            }
            Act::Name => {
                let name = format!("{ENDPOINT}.");
                self.cloud.create_record(&self.project, &name, self.access.vip).await.unwrap();
            }
            Act::Token => {
                let data: BTreeMap<String, String> = self.token.secret_data();
                let secret = json!({
                    "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
                    "metadata": { "name": self.token.secret_name(), "namespace": "kube-system" },
                    "stringData": data,
                });
                self.create(serde_json::from_value(secret).unwrap()).await;
            }
            Act::Apply(text) => self.create(serde_saphyr::from_str(text).unwrap()).await,
            Act::Wait(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            Act::Break(name, fault) => self.cloud.world().inject(fault(self.servers[name].clone())),
            Act::Delete(name) => {
                self.cloud.delete_server(&self.project, &self.servers[name]).await.unwrap();
            }
            Act::RemoveNode(name) => {
                self.api("Node", "v1").await.delete(&node(name), &Default::default()).await.unwrap();
            }
            Act::Admit(name) => self.patch_node(name, json!({ "spec": { "taints": null } })).await,
            Act::Fence(name) => {
                let taint = json!({ "key": OUT_OF_SERVICE, "value": "nodeshutdown", "effect": "NoExecute" });
                self.patch_node(name, json!({ "spec": { "taints": [taint] } })).await;
            }
            Act::Drain(name) => {
                self.patch_node(name, json!({ "spec": { "unschedulable": true } })).await;
                self.drained(name).await.unwrap();
            }
        }
    }

    /// What is to be seen of the cluster, a line each.
    pub async fn picture(&self) -> String {
        let mut text = format!("after {} s\n", (clock::now() - self.began).num_seconds());
        for name in ["e1", "e2", "e3", "e4"].into_iter().filter(|name| self.servers.contains_key(*name)) {
            let said = match self.insides.etcd(&self.access, self.address(name)).await {
                Ok(answer) if answer.leader == Some(answer.id) => format!("leads {}", answer.members.len()),
                Ok(answer) if answer.leader.is_some() => "follows".to_owned(),
                Ok(_) => "no leader".to_owned(),
                Err(error) => error.to_string(),
            };
            let _ = writeln!(text, "{name} {said}");
        }
        let client = self.insides.client(&self.access).await.unwrap();
        if let Err(error) = client.apiserver_version().await {
            let _ = writeln!(text, "{error}");
            return text;
        }
        for node in self.list("Node", "v1").await {
            let _ = writeln!(text, "{}", self.shown(&node).await);
        }
        text
    }

    /// The pods, and what volumes are attached where, a line each.
    pub async fn pods(&self) -> String {
        let mut lines: Vec<String> = self.list("Pod", "v1").await.iter().map(pod_line).collect();
        let attached = self.list("VolumeAttachment", "storage.k8s.io/v1").await;
        lines.extend(attached.iter().map(|attachment| {
            format!("a volume on {}\n", attachment.data["spec"]["nodeName"].as_str().unwrap())
        }));
        lines.sort();
        lines.concat()
    }

    /// Evicts the pods of a machine's node that can go elsewhere, until one is refused.
    pub async fn drained(&self, name: &str) -> Result<(), kube::Error> {
        let is_bound =
            |pod: &DynamicObject| pod.owner_references().iter().any(|owner| owner.kind == "DaemonSet");
        for pod in self.list("Pod", "v1").await {
            if pod.data["spec"]["nodeName"] == node(name) && !is_bound(&pod) {
                let client = self.insides.client(&self.access).await.unwrap();
                let pods: Api<Pod> = Api::namespaced(client, &pod.namespace().unwrap());
                pods.evict(&pod.name_any(), &Default::default()).await?;
            }
        }
        Ok(())
    }

    async fn patch_node(&self, name: &str, patch: serde_json::Value) {
        let nodes = self.api("Node", "v1").await;
        nodes.patch(&node(name), &Default::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// Deletes the ports of all machines.
    pub async fn delete_ports(&self) {
        for port in self.ports.values() {
            self.cloud.delete_port(&self.project, &port.id).await.unwrap();
        }
    }

    pub fn address(&self, name: &str) -> IpAddr {
        self.ports[name].addresses[0]
    }

    /// The last line but one of a server's console.
    pub async fn console(&self, name: &str) -> String {
        let log = self.cloud.console_log(&self.project, &self.servers[name], 2).await.unwrap();
        log.lines().next().unwrap().to_owned()
    }

    pub async fn api(&self, kind: &str, version: &str) -> Api<DynamicObject> {
        let client = self.insides.client(&self.access).await.unwrap();
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let plural = format!("{}s", kind.to_lowercase());
        let resource = ApiResource {
            group: group.into(),
            version: version.into(),
            api_version: if group.is_empty() { version.into() } else { format!("{group}/{version}") },
            kind: kind.into(),
            plural,
        };
        Api::all_with(client, &resource)
    }

    pub async fn list(&self, kind: &str, version: &str) -> Vec<DynamicObject> {
        self.api(kind, version).await.list(&ListParams::default()).await.unwrap().items
    }

    async fn create(&self, object: DynamicObject) {
        let types = object.types.clone().unwrap();
        let all = self.api(&types.kind, &types.api_version).await;
        let resource = ApiResource::from_gvk(&kube::core::GroupVersionKind::try_from(types).unwrap());
        let client = all.into_client();
        let api: Api<DynamicObject> = match object.namespace() {
            Some(namespace) => Api::namespaced_with(client, &namespace, &resource),
            None => Api::all_with(client, &resource),
        };
        api.create(&Default::default(), &object).await.unwrap();
    }

    /// A node: its Ready condition, taints, and how old its Lease is.
    async fn shown(&self, node: &DynamicObject) -> String {
        let conditions = node.data["status"]["conditions"].as_array().unwrap();
        let ready = conditions.iter().find(|condition| condition["type"] == "Ready").unwrap();
        let status = ready["status"].as_str().unwrap();
        let taints = node.data["spec"]["taints"].as_array().cloned().unwrap_or_default();
        let taint = |taint: &serde_json::Value| {
            let key = taint["key"].as_str().unwrap();
            format!("{}:{}", key.rsplit('/').next().unwrap(), taint["effect"].as_str().unwrap())
        };
        let taints: Vec<String> = taints.iter().map(taint).collect();
        let lease = self.api("Lease", "coordination.k8s.io/v1").await.into_client();
        let leases: Api<k8s_openapi::api::coordination::v1::Lease> =
            Api::namespaced(lease, "kube-node-lease");
        let lease = leases.get(&node.name_any()).await.unwrap();
        let renewed = lease.spec.unwrap().renew_time.unwrap().0.as_second();
        let age = clock::now().timestamp() - renewed;
        let line = format!("{} Ready={status}, lease {age} s old, {}", node.name_any(), taints.join(" "));
        line.trim_end_matches(", ").to_owned()
    }

    async fn boot(&mut self, name: &str, change: impl FnOnce(String) -> String) {
        let machine = MachineFacts {
            name: node(name),
            uid: format!("{name}-uid"),
            address: self.address(name),
            labels: BTreeMap::from([("kaasboard.dev/pool".to_owned(), "general".to_owned())]),
            taints: Vec::new(),
        };
        let now = clock::now();
        let slots = &self.facts.slots;
        let slot = slots.iter().find(|slot| slot.name == node(name));
        let data = match (name, slot) {
            (_, Some(slot)) => {
                let start = Start::Static { members: slots[..3].to_vec() };
                roles::etcd_member(&self.facts, &machine, slot, &start, now)
            }
            ("c1", None) => roles::control_plane(&self.facts, &machine, &ControlPlaneStart::First, now),
            ("c2", None) => {
                let start = ControlPlaneStart::Join(self.token.clone());
                roles::control_plane(&self.facts, &machine, &start, now)
            }
            _ => {
                let key = kaasboard::api::names::TAINT_STARTING.to_owned();
                let taint = NodeTaint { key, value: String::new(), effect: "NoSchedule".into() };
                let machine = MachineFacts { taints: vec![taint], ..machine };
                roles::node_that_joins(&self.facts, &machine, &self.token)
            }
        };
        let wanted = NewServer {
            project: self.project.clone(),
            name: node(name),
            flavor: "m1.kube.small".into(),
            image: IMAGE.into(),
            port: self.ports[name].id.clone(),
            zone: None,
            group: None,
            user_data: change(data.unwrap().render().unwrap()).into_bytes(),
            tags: tags(name),
        };
        let id = self.cloud.create_server(&wanted).await.unwrap();
        self.servers.insert(name.to_owned(), id);
    }
}

/// The name of a machine's server and node.
pub fn node(name: &str) -> String {
    format!("shop-{name}")
}

fn tags(name: &str) -> Vec<String> {
    [Tag::ClusterUid(UID.into()), Tag::MachineUid(format!("{name}-uid"))].map(|tag| tag.to_string()).to_vec()
}

async fn port(cloud: &SimulatedCloud, project: &ProjectId, name: &str) -> Port {
    let wanted = NewPort {
        project: project.clone(),
        name: node(name),
        network: "backend".into(),
        security_groups: Vec::new(),
        tags: tags(name),
    };
    cloud.create_port(&wanted).await.unwrap()
}

fn pod_line(pod: &DynamicObject) -> String {
    let text =
        |pointer: &str| pod.data.pointer(pointer).and_then(|value| value.as_str()).unwrap_or("-").to_owned();
    let conditions = pod.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let is_ready = conditions.iter().any(|one| one["type"] == "Ready" && one["status"] == "True");
    let ready = if is_ready { ", ready" } else { "" };
    let leaving = if pod.metadata.deletion_timestamp.is_some() { ", leaving" } else { "" };
    let (name, node, phase) = (pod.name_any(), text("/spec/nodeName"), text("/status/phase"));
    let name = name.rsplit_once('-').map_or(name.as_str(), |(start, _)| start).to_owned();
    format!("{name} on {node}: {phase}{ready}{leaving}\n")
}
