//! Whole clusters on real servers, and what the services hold of them.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::conditions::AVAILABLE;
use kaasboard::api::machine::Machine;
use kaasboard::engine::trace::LoopRecord;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::Sandbox;
use kaasboard::startup::real_cloud::Servers;
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::sdk;

/// The zone of the clusters' names.
pub const ZONE: &str = "kaas.devcloud.test.";
/// How often something is looked at that is to come, and for how long: more clusters take longer.
const PAUSE: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(1200);
const PATIENCE_EACH: Duration = Duration::from_secs(60);
/// How often it is told how far it is.
const TOLD: Duration = Duration::from_secs(30);
/// So many machines less than before are worth a look at all of them.
const WORSE: usize = 10;
/// How long things may take to go that were deleted.
const GOING: Duration = Duration::from_secs(120);

/// How many machines of each role a cluster has.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub etcd: u32,
    pub control_plane: u32,
    pub ingress: u32,
    pub workers: u32,
}

/// A cluster as people have it, and the smallest that a fleet file can say.
pub const USUAL: Shape = Shape { etcd: 3, control_plane: 3, ingress: 2, workers: 5 };
pub const SMALL: Shape = Shape { etcd: 1, control_plane: 1, ingress: 2, workers: 5 };

impl Shape {
    pub fn machines(self) -> u32 {
        self.etcd + self.control_plane + self.ingress + self.workers
    }

    /// The text of a fleet file with so many clusters of this shape.
    pub fn fleet(self, clusters: u32) -> String {
        let share = |machines: u32| f64::from(machines) / f64::from(self.machines());
        format!(
            "seed = 1\ntenants = 1\nclusters = {clusters}\nmachines = {}\navailability_zones = 3\nhypervisors = 3\n\
             etcd_members = {{ {} = 1.0 }}\npods = {{ per_machine_mean = 7.0 }}\nversions = {{ \"v1.34.2\" = 1.0 }}\n\
             role_share = {{ control_plane = {}, worker = {}, ingress = {}, etcd = {} }}\n",
            clusters * self.machines(),
            self.etcd,
            share(self.control_plane),
            share(self.workers),
            share(self.ingress),
            share(self.etcd),
        )
    }
}

pub fn fleet(shape: Shape, clusters: u32) -> Fleet {
    Fleet::parse(&shape.fleet(clusters)).unwrap()
}

/// Where real servers come from. Nothing of an earlier run may be left there.
pub fn servers(home: String, admin: Option<String>) -> Servers {
    // What another run left would be counted as ours. What the story before this one had may be on its way out.
    let deadline = Instant::now() + GOING;
    while let Some(left) = Some(services()).filter(|held| !is_empty(held)) {
        assert!(
            Instant::now() < deadline,
            "an earlier run left something; begin with an empty cloud: {left}"
        );
    }
    let make = "cloud.dns.find_zone('%Z') or cloud.dns.create_zone(name='%Z', email='a@devcloud.test')";
    sdk::python(&make.replace("%Z", ZONE));
    Servers { entry: home, admin, zone: Some(ZONE.into()), ..Servers::default() }
}

/// Clusters that come up, live and go.
pub struct Clusters {
    pub sandbox: Sandbox,
    pub shape: Shape,
    pub count: u32,
    begun: Instant,
    told: Cell<Instant>,
    /// How many machines were ready at most, and whether it was told that it is fewer.
    most: Cell<usize>,
    worse: Cell<bool>,
}

impl Clusters {
    pub fn new(sandbox: Sandbox, shape: Shape, count: u32) -> Self {
        let now = Instant::now();
        Self {
            sandbox,
            shape,
            count,
            begun: now,
            told: Cell::new(now),
            most: Cell::default(),
            worse: Cell::default(),
        }
    }

    /// How many machines there are to be.
    pub fn size(&self) -> usize {
        (self.shape.machines() * self.count) as usize
    }

    /// Gives the clusters the counts of their shape: a fleet draws large and small ones.
    pub async fn make_alike(&self) {
        for cluster in self.all().await {
            self.scale(&cluster, "/spec/workers/0/replicas", self.shape.workers).await;
            self.scale(&cluster, "/spec/ingress/replicas", self.shape.ingress).await;
        }
    }

    /// Waits until the clusters are available, and the services hold what they consist of and no more.
    pub async fn bring_up(&self) {
        self.until("all clusters are available", async || self.are_available(self.size()).await).await;
        // The second member of a pool comes when its cluster is available already.
        let wanted = json!({
            "servers": { "ACTIVE": self.size() },
            "balancers": { "ACTIVE ONLINE": 2 * self.count },
            "members": { "ONLINE": (self.shape.control_plane + 2 * self.shape.ingress) * self.count },
            "names": { "ACTIVE": 2 * self.count },
        });
        self.until("the services hold what there should be", async || {
            let held = services();
            wanted.as_object().unwrap().iter().all(|(what, count)| held[what] == *count)
        })
        .await;
        self.note("all clusters are available");
    }

    /// Deletes the clusters; the services hold nothing of ours afterwards.
    pub async fn take_down(&self) {
        self.sandbox.clear().await.unwrap();
        self.note("all clusters are gone");
        assert_empty();
    }

    /// Waits until a machine is replaced, and there are as many as before.
    pub async fn until_replaced(&self, victim: &Machine, machines: usize) {
        let name = victim.name_any();
        self.until("the machine is replaced", async || {
            let gone = self.machines().await.iter().all(|machine| machine.name_any() != name);
            gone && self.are_available(machines).await
        })
        .await;
    }

    /// A worker.
    pub async fn worker(&self) -> Machine {
        let all = self.machines().await;
        all.into_iter().find(|machine| machine.name_any().contains("-worker-")).unwrap()
    }

    /// Sets a count in a cluster's spec.
    pub async fn scale(&self, cluster: &KubernetesCluster, path: &str, count: u32) {
        let namespace = cluster.namespace().unwrap();
        let api: Api<KubernetesCluster> = Api::namespaced(self.sandbox.manager.client("default"), &namespace);
        let patch = serde_json::from_value(json!([{ "op": "replace", "path": path, "value": count }]));
        let patch: Patch<()> = Patch::Json(patch.unwrap());
        api.patch(&cluster.name_any(), &PatchParams::default(), &patch).await.unwrap();
    }

    pub async fn all(&self) -> Vec<KubernetesCluster> {
        let api: Api<KubernetesCluster> = Api::all(self.sandbox.manager.client("default"));
        api.list(&Default::default()).await.unwrap().items
    }

    pub async fn machines(&self) -> Vec<Machine> {
        let api: Api<Machine> = Api::all(self.sandbox.manager.client("default"));
        api.list(&Default::default()).await.unwrap().items
    }

    /// How many clusters are available, and how many machines ready.
    pub async fn ready(&self) -> (usize, usize) {
        let records = &self.sandbox.working.engine.records;
        let is_available = |cluster: &&Arc<KubernetesCluster>| {
            cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
        };
        let ready = self.machines().await.iter().filter(|machine| is_ready(machine)).count();
        (records.clusters.all().iter().filter(is_available).count(), ready)
    }

    pub async fn are_available(&self, machines: usize) -> bool {
        self.ready().await == (self.count as usize, machines)
    }

    /// What every loop waits for.
    pub fn waiting(&self) -> String {
        waiting(&self.sandbox.working.engine.trace.all())
    }

    pub async fn until(&self, what: &str, come: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE + PATIENCE_EACH * self.count;
        while !come().await {
            assert!(Instant::now() < deadline, "in vain: {what}: {}", self.state().await);
            sleep(PAUSE).await;
            if self.told.get().elapsed() >= TOLD {
                let (clusters, machines) = self.ready().await;
                self.note(&format!("{clusters} clusters are available, {machines} machines ready"));
                let most = self.most.replace(machines.max(self.most.get()));
                if machines <= most && clusters < self.count as usize {
                    eprintln!("nothing came since then; what is waited for: {}", self.waiting());
                }
                if machines + WORSE <= most && !self.worse.replace(true) {
                    eprintln!("it was better before: {}", self.state().await);
                }
            }
        }
    }

    /// Tells how far it is.
    pub fn note(&self, what: &str) {
        self.told.set(Instant::now());
        eprintln!("{:4} s: {what}", self.seconds());
    }

    /// For how long it lives.
    pub fn seconds(&self) -> u64 {
        self.begun.elapsed().as_secs()
    }

    /// What there is to say when something does not come about.
    async fn state(&self) -> String {
        let machines = self.machines().await;
        let late = machines.iter().filter(|machine| !is_ready(machine)).map(|machine| {
            format!("\n{} {}", machine.name_any(), serde_json::to_string(&machine.status).unwrap())
        });
        let clusters = self.all().await;
        let clusters = clusters.iter().map(|cluster| {
            format!("\n{} {}", cluster.name_any(), serde_json::to_string(&cluster.status).unwrap())
        });
        clusters.chain(late).chain([format!("\n{}", self.waiting())]).collect()
    }
}

/// What loops wait for, a line each.
pub fn waiting(records: &[Arc<LoopRecord>]) -> String {
    let waits = |record: &Arc<LoopRecord>| {
        let waits: Vec<String> = record.waiting.iter().map(|wait| wait.on.to_string()).collect();
        format!("{}: {} {:?}", record.key, waits.join("; "), record.failure)
    };
    records.iter().map(waits).collect::<Vec<_>>().join("\n")
}

/// The id of a machine's server.
pub fn server_of(machine: &Machine) -> String {
    machine.status.as_ref().and_then(|status| status.server_id.clone()).unwrap()
}

fn is_ready(machine: &Machine) -> bool {
    machine.status.as_ref().is_some_and(|status| status.conditions.is_true("Ready"))
}

/// The services hold nothing of ours.
pub fn assert_empty() {
    let held = services();
    assert!(is_empty(&held), "left: {held}");
}

fn is_empty(held: &Value) -> bool {
    held.as_object().unwrap().values().all(|left| *left == json!({}))
}

/// What the services hold of ours, counted by state, as their own client tells.
pub fn services() -> Value {
    let lines = "
import collections, json
ours = {p.id for p in admin.identity.projects() if any(t.startswith('kaasboard:') for t in p.tags)}
ours |= {cloud.current_project_id}
tagged = lambda tags: any(t.startswith('kaasboard:') for t in tags or [])
count = lambda states: dict(collections.Counter(states))
lb = admin.load_balancer
balancers = [b for b in lb.load_balancers() if b.project_id in ours]
members = [m for b in balancers for p in lb.pools(loadbalancer_id=b.id) for m in lb.members(p)]
print(json.dumps({
    'servers': count(s.status for s in admin.compute.servers(all_projects=True) if s.project_id in ours),
    'ports': count('' for p in admin.network.ports() if p.project_id in ours or tagged(p.tags)),
    'groups': count(g.name for g in admin.network.security_groups() if g.name != 'default' and g.project_id in ours),
    'server groups': count(g.name for g in admin.compute.server_groups(all_projects=True) if g.project_id in ours),
    'balancers': count(b.provisioning_status + ' ' + b.operating_status for b in balancers),
    'members': count(m.operating_status for m in members),
    'names': count(r.status for z in cloud.dns.zones() for r in cloud.dns.recordsets(z) if (r.description or '').startswith('kaasboard:')),
    'volumes': count(v.status for v in admin.block_storage.volumes(all_projects=True) if v.project_id in ours),
    'projects': count('' for p in ours if p != cloud.current_project_id),
    'credentials': count('' for c in cloud.identity.application_credentials(cloud.current_user_id) if '-storage-' in c.name),
}))";
    serde_json::from_str(&sdk::python(lines)).unwrap()
}

/// How many servers of ours have the name of another: names bear the machine's uid, and deleted servers are listed too.
pub fn made_twice() -> u64 {
    let lines = "
ours = {p.id for p in admin.identity.projects() if any(t.startswith('kaasboard:') for t in p.tags)}
ours |= {cloud.current_project_id}
there = lambda **more: [s.name for s in admin.compute.servers(all_projects=True, **more) if s.project_id in ours]
names = there() + there(deleted=True)
print(len(names) - len(set(names)))";
    sdk::python(lines).parse().unwrap()
}
