//! What is true: the records as the manager stores them, and the world as it is. No engine is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::machine::Machine;
use kaasboard::api::machine_deployment::MachineDeployment;
use kaasboard::api::names::{self, Tag};
use kaasboard::clock;
use kaasboard::cloud::types::compute::{Server, ServerStatus};
use kaasboard::cloud::types::identity::{Project, ProjectId};
use kaasboard::manager::resource::ResourceId;
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::query::ListQuery;
use kaasboard::simulation::cloud::SimulatedCloud;
use kube::ResourceExt;
use serde::de::DeserializeOwned;

/// Records of one kind, each read once for each version.
type Shelf<K> = Mutex<BTreeMap<String, (u64, Arc<K>)>>;

/// What is true.
pub struct Ledger {
    pub cloud: SimulatedCloud,
    store: Store,
    machines: Shelf<Machine>,
    pools: Shelf<MachineDeployment>,
    clusters: Shelf<KubernetesCluster>,
}

impl Ledger {
    pub fn new(cloud: SimulatedCloud, store: Store) -> Self {
        let (machines, pools, clusters) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { cloud, store, machines, pools, clusters }
    }

    /// A number that changes whenever a record or the world does.
    pub fn revision(&self) -> (u64, u64) {
        (self.store.revision(), *self.cloud.world().news().borrow())
    }

    pub fn machines(&self) -> Vec<Arc<Machine>> {
        self.read(&self.machines, "machines.kaasboard.dev")
    }

    pub fn pools(&self) -> Vec<Arc<MachineDeployment>> {
        self.read(&self.pools, "machinedeployments.kaasboard.dev")
    }

    pub fn clusters(&self) -> Vec<Arc<KubernetesCluster>> {
        self.read(&self.clusters, "kubernetesclusters.kaasboard.dev")
    }

    pub fn machine(&self, name: &str) -> Option<Arc<Machine>> {
        self.machines().into_iter().find(|machine| machine.name_any() == name)
    }

    pub fn cluster(&self, name: &str) -> Option<Arc<KubernetesCluster>> {
        self.clusters().into_iter().find(|cluster| cluster.name_any() == name)
    }

    /// The server that bears a machine's tag.
    pub fn server_of(&self, machine: &Machine) -> Option<Server> {
        let tag = Tag::MachineUid(machine.uid().unwrap_or_default()).to_string();
        self.servers().into_iter().find(|server| server.tags.contains(&tag))
    }

    pub fn servers(&self) -> Vec<Server> {
        self.cloud.world().list_servers(None)
    }

    /// The machine of a server, or of the node that has its name.
    pub fn machine_of(&self, server: &str) -> Option<Arc<Machine>> {
        let is_it = |one: &Arc<Machine>| {
            let (spec, uid) = (&one.spec, one.uid().unwrap_or_default());
            names::server(&spec.cluster_name, spec.role, &uid) == server
        };
        self.machines().into_iter().find(is_it)
    }

    pub fn project(&self, id: &ProjectId) -> Option<Project> {
        self.cloud.world().list_projects().into_iter().find(|project| project.id == *id)
    }

    /// The cluster that a project is for.
    pub fn cluster_of(&self, project: &ProjectId) -> Option<Arc<KubernetesCluster>> {
        let project = self.project(project)?;
        let is_its = |cluster: &Arc<KubernetesCluster>| {
            project.tags.contains(&Tag::ClusterUid(cluster.uid().unwrap_or_default()).to_string())
        };
        self.clusters().into_iter().find(is_its)
    }

    /// Whether the programs of a server run, whoever can reach them.
    pub fn runs(&self, server: &Server) -> bool {
        let is_alive = self.cloud.world().is_alive(&server.id, clock::now());
        server.status == ServerStatus::Active && (is_alive || self.is_dark(server))
    }

    /// Whether the hypervisor or the zone of a server is out.
    pub fn is_dark(&self, server: &Server) -> bool {
        let world = self.cloud.world();
        server.host.as_ref().is_some_and(|host| world.faults.hosts.contains(host))
            || server.zone.as_ref().is_some_and(|zone| world.faults.zones.contains(zone))
    }

    /// Whether a machine works: its server and its kubelet run, and can be reached.
    pub fn works(&self, machine: &Machine) -> bool {
        let joined = machine.status.as_ref().is_some_and(|status| status.node_name.is_some());
        let Some(server) = self.server_of(machine) else { return false };
        let world = self.cloud.world();
        joined
            && world.is_reachable(&server.id, clock::now())
            && !world.faults.kubelets.contains_key(&server.id)
    }

    /// Whether a machine's server certainly writes to no volume, even if it runs: a person said so, or the storage does
    /// not let it in.
    pub fn is_fenced(&self, machine: &Machine, project: &ProjectId) -> bool {
        use kaasboard::api::storage_tenant::StorageBackend;
        let cluster = self.cluster(machine.spec.cluster_name.as_str());
        let has_list = cluster.is_some_and(|cluster| cluster.spec.storage.backend == StorageBackend::Array);
        let initiator = names::initiator(&machine.uid().unwrap_or_default());
        let is_in = || {
            let rules = self.cloud.world().access_rules(project);
            rules.iter().any(|rule| rule.initiator == initiator)
        };
        machine.spec.fenced.is_some() || (has_list && !is_in())
    }

    fn entries(&self, resource: &str) -> Vec<Arc<kaasboard::manager::store::entry::Entry>> {
        let resource = ResourceId::from(resource);
        let query = ListQuery {
            resource: &resource,
            namespace: None,
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        self.store.list(&query).unwrap().entries
    }

    fn read<K: DeserializeOwned>(&self, shelf: &Shelf<K>, resource: &str) -> Vec<Arc<K>> {
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = BTreeMap::new();
        for entry in self.entries(resource) {
            let name = format!("{}/{}", entry.key().namespace, entry.key().name);
            let known = shelf.remove(&name).filter(|(revision, _)| *revision == entry.revision());
            let read = || Arc::new(serde_json::from_slice(&entry.json().unwrap()).unwrap());
            let object = known.map_or_else(read, |(_, object)| object);
            next.insert(name, (entry.revision(), object));
        }
        *shelf = next;
        shelf.values().map(|(_, object)| object.clone()).collect()
    }
}
