//! Whole clusters on real servers: brought up, scaled, healed and taken down, after which the services hold nothing of ours.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::conditions::AVAILABLE;
use kaasboard::api::machine::Machine;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::real_cloud::{self, Servers};
use kaasboard::startup::{self, Sandbox};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::helper::proxy::{Deed, Proxy};
use crate::helper::sdk;
use crate::helper::stage::{self, entries};

/// The zone of the clusters' names.
const ZONE: &str = "kaas.devcloud.test.";
/// How often something is looked at that is to come, and for how long.
const PAUSE: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(1200);
/// How long things may take to go that were deleted.
const GOING: Duration = Duration::from_secs(120);
/// A cluster: three members of etcd, three control plane nodes, two ingress nodes and five workers.
const WORKERS: u32 = 5;
const MACHINES: usize = 13;

#[test]
fn clusters_come_up_on_real_servers_are_scaled_and_healed_and_leave_nothing() {
    let Some((home, admin @ Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: clusters on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an administrator"
        );
        return;
    };
    let count: usize = std::env::var("KAASBOARD_CLUSTERS").map_or(3, |text| text.parse().unwrap());
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        let at = servers(home, admin);
        let real = real_cloud::open(&at).await.unwrap();
        let image = real.image(Some(stage::IMAGE)).await.unwrap();
        let sandbox = startup::sandbox_on_servers(&fleet(count), real, image).await.unwrap();
        let story = Provisioned { sandbox, count, begun: Instant::now() };
        story.tell().await;
    });
}

#[test]
fn a_cluster_comes_up_once_however_many_replies_are_lost_and_tokens_refused() {
    let Some((home, admin @ Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: a cluster with faults on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an administrator"
        );
        return;
    };
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        let proxy = Proxy::start(&home, admin.as_deref()).await;
        let cloud = proxy.cloud(admin.is_some());
        let real = real_cloud::survey(cloud, &servers(home, admin)).await.unwrap();
        for (path, times) in LOST {
            proxy.trick(Method::POST, path, Deed::LoseReply, times);
        }
        let too_many = Deed::Refuse(429, vec![("retry-after", "2")], "{}");
        proxy.trick(Method::POST, "/members", too_many, 1);
        let image = real.image(Some(stage::IMAGE)).await.unwrap();
        let sandbox = startup::sandbox_on_servers(&fleet(1), real, image).await.unwrap();
        let story = Provisioned { sandbox, count: 1, begun: Instant::now() };
        story.until("the first servers", async || story.machines().await.len() > 3).await;
        proxy.revoke("/servers/detail");
        proxy.revoke("/ports");
        story.bring_up().await;
        let logins = proxy.answers(&Method::POST, "/auth/tokens").len();
        assert!(
            logins <= 8,
            "{logins} logins: three accounts, one that was not let in yet, and what was refused"
        );
        story.take_down().await;
    });
}

/// Requests whose replies are lost, and how many of each.
const LOST: [(&str, u32); 9] = [
    ("/v3/projects", 1),
    ("/application_credentials", 1),
    ("/security-groups", 1),
    ("/os-server-groups", 1),
    ("/ports", 1),
    ("/loadbalancers", 1),
    ("/recordsets", 1),
    ("/servers", 2),
    ("/members", 1),
];

pub fn servers(home: String, admin: Option<String>) -> Servers {
    // What another run left would be counted as ours. What the story before this one had may be on its way out.
    let deadline = Instant::now() + GOING;
    let is_empty = |held: &Value| held.as_object().unwrap().values().all(|left| *left == json!({}));
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

pub fn fleet(clusters: usize) -> Fleet {
    let text = format!(
        "seed = 1\ntenants = 1\nclusters = {clusters}\nmachines = {}\navailability_zones = 3\nhypervisors = 3\n\
         etcd_members = {{ 3 = 1.0 }}\npods = {{ per_machine_mean = 7.0 }}\nversions = {{ \"v1.34.2\" = 1.0 }}\n\
         role_share = {{ control_plane = {}, worker = {}, ingress = {}, etcd = {} }}\n",
        clusters * MACHINES,
        3.0 / 13.0,
        5.0 / 13.0,
        2.0 / 13.0,
        3.0 / 13.0,
    );
    Fleet::parse(&text).unwrap()
}

struct Provisioned {
    sandbox: Sandbox,
    count: usize,
    begun: Instant,
}

impl Provisioned {
    async fn tell(&self) {
        for cluster in self.clusters().await {
            self.workers(&cluster, WORKERS).await;
        }
        self.bring_up().await;
        let first = self.clusters().await.remove(0);
        self.workers(&first, WORKERS + 1).await;
        let grown = MACHINES * self.count + 1;
        self.until("a worker more", async || self.are_available(grown).await).await;
        self.note("a worker more");
        self.heal(grown).await;
        self.note("a deleted server is replaced");
        self.take_down().await;
    }

    /// Waits until the clusters are available, and the services hold what they consist of and no more.
    async fn bring_up(&self) {
        self.until("all clusters are available", async || self.are_available(MACHINES * self.count).await)
            .await;
        // The second member of a pool comes when its cluster is available already.
        let wanted = json!({
            "servers": { "ACTIVE": MACHINES * self.count },
            "balancers": { "ACTIVE ONLINE": 2 * self.count },
            "members": { "ONLINE": 7 * self.count },
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
    async fn take_down(&self) {
        self.sandbox.clear().await.unwrap();
        self.note("all clusters are gone");
        let held = services();
        for (what, left) in held.as_object().unwrap() {
            assert_eq!(*left, json!({}), "{what} are left: {held}");
        }
    }

    /// Deletes the server of a worker behind the engine's back, and waits until another has taken its place.
    async fn heal(&self, machines: usize) {
        let all = self.machines().await;
        let victim = all.iter().find(|machine| machine.name_any().contains("-worker-")).unwrap();
        let server = victim.status.as_ref().and_then(|status| status.server_id.clone()).unwrap();
        sdk::python(&format!("admin.compute.delete_server('{server}')"));
        let name = victim.name_any();
        self.until("the machine is replaced", async || {
            let gone = self.machines().await.iter().all(|machine| machine.name_any() != name);
            gone && self.are_available(machines).await
        })
        .await;
    }

    async fn workers(&self, cluster: &KubernetesCluster, count: u32) {
        let namespace = cluster.namespace().unwrap();
        let api: Api<KubernetesCluster> = Api::namespaced(self.sandbox.manager.client("default"), &namespace);
        let path = "/spec/workers/0/replicas";
        let patch = serde_json::from_value(json!([{ "op": "replace", "path": path, "value": count }]));
        let patch: Patch<()> = Patch::Json(patch.unwrap());
        api.patch(&cluster.name_any(), &PatchParams::default(), &patch).await.unwrap();
    }

    async fn clusters(&self) -> Vec<KubernetesCluster> {
        let api: Api<KubernetesCluster> = Api::all(self.sandbox.manager.client("default"));
        api.list(&Default::default()).await.unwrap().items
    }

    async fn machines(&self) -> Vec<Machine> {
        let api: Api<Machine> = Api::all(self.sandbox.manager.client("default"));
        api.list(&Default::default()).await.unwrap().items
    }

    async fn are_available(&self, machines: usize) -> bool {
        let records = &self.sandbox.working.engine.records;
        let is_available = |cluster: &Arc<KubernetesCluster>| {
            cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
        };
        let ready = self.machines().await.iter().filter(|machine| is_ready(machine)).count();
        records.clusters.all().iter().filter(|one| is_available(one)).count() == self.count
            && ready == machines
    }

    async fn until(&self, what: &str, come: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !come().await {
            assert!(Instant::now() < deadline, "in vain: {what}: {}", self.state().await);
            sleep(PAUSE).await;
        }
    }

    fn note(&self, what: &str) {
        eprintln!("{:4} s: {what}", self.begun.elapsed().as_secs());
    }

    /// What there is to say when something does not come about.
    async fn state(&self) -> String {
        let machines = self.machines().await;
        let late = machines.iter().filter(|machine| !is_ready(machine)).map(|machine| {
            format!("\n{} {}", machine.name_any(), serde_json::to_string(&machine.status).unwrap())
        });
        let clusters = self.clusters().await;
        let clusters = clusters.iter().map(|cluster| {
            format!("\n{} {}", cluster.name_any(), serde_json::to_string(&cluster.status).unwrap())
        });
        clusters.chain(late).collect()
    }
}

fn is_ready(machine: &Machine) -> bool {
    machine.status.as_ref().is_some_and(|status| status.conditions.is_true("Ready"))
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
