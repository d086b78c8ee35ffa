//! Whole clusters on real servers: brought up, scaled, healed and taken down, after which the services hold nothing of ours.

use std::collections::BTreeMap;
use std::time::Duration;

use hyper::Method;
use kaasboard::engine::budget::{Service, Spent};
use kaasboard::startup;
use kaasboard::startup::real_cloud;
use kube::ResourceExt;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::helper::clusters::{self, Clusters, USUAL, fleet, server_of, servers};
use crate::helper::proxy::{Deed, Proxy};
use crate::helper::screens::Screens;
use crate::helper::sdk;
use crate::helper::stage::{self, entries};

/// Clusters in so large a number have the smallest servers: the hypervisors of the development cloud hold no more.
const MANY: u32 = 10;
const SMALLEST: &str = "m1.kube.small";
/// For how long it is counted what clusters cost at which nothing happens.
const REST: Duration = Duration::from_secs(120);

#[test]
fn clusters_come_up_on_real_servers_are_scaled_and_healed_and_leave_nothing() {
    let Some((home, admin @ Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: clusters on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an administrator"
        );
        return;
    };
    let asked: Option<u32> = std::env::var("KAASBOARD_CLUSTERS").ok().map(|text| text.parse().unwrap());
    let count = asked.unwrap_or(3);
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        let at = servers(home, admin);
        let real = real_cloud::open(&at).await.unwrap();
        let image = real.image(Some(stage::IMAGE)).await.unwrap();
        let mut drawn = startup::on_image(&fleet(USUAL, count), &image).unwrap();
        if count >= MANY {
            startup::of_flavor(&mut drawn, &SMALLEST.to_owned().try_into().unwrap());
        }
        let sandbox = startup::sandbox_on_servers(&drawn, real, None).await.unwrap();
        let story = Clusters::new(sandbox, USUAL, count);
        story.make_alike().await;
        story.bring_up().await;
        let mut table = Table::of(&story);
        if asked.is_some() {
            table.rest(&story).await;
            // What was measured is not lost with what comes after it.
            table.print();
        }
        if count < MANY {
            show(&story).await;
        }
        let first = story.all().await.remove(0);
        story.scale(&first, "/spec/workers/0/replicas", USUAL.workers + 1).await;
        let grown = story.size() + 1;
        story.until("a worker more", async || story.are_available(grown).await).await;
        story.note("a worker more");
        let victim = story.worker().await;
        sdk::python(&format!("admin.compute.delete_server('{}')", server_of(&victim)));
        story.until_replaced(&victim, grown).await;
        story.note("a deleted server is replaced");
        let victim = story.worker().await;
        sdk::python(&format!("admin.compute.reset_server_state('{}', 'error')", server_of(&victim)));
        story.until_replaced(&victim, grown).await;
        story.note("a server in ERROR is replaced");
        story.take_down().await;
        table.gone(&story);
        table.print();
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
        proxy.trick(Method::PUT, "/members", Deed::LoseReply, 1);
        let too_many = Deed::Refuse(429, vec![("retry-after", "2")], "{}");
        proxy.trick(Method::PUT, "/members", too_many, 1);
        let image = real.image(Some(stage::IMAGE)).await.unwrap();
        let drawn = startup::on_image(&fleet(USUAL, 1), &image).unwrap();
        let sandbox = startup::sandbox_on_servers(&drawn, real, None).await.unwrap();
        let story = Clusters::new(sandbox, USUAL, 1);
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

/// Creations whose replies are lost, and how many of each.
const LOST: [(&str, u32); 8] = [
    ("/v3/projects", 1),
    ("/application_credentials", 1),
    ("/security-groups", 1),
    ("/os-server-groups", 1),
    ("/ports", 1),
    ("/loadbalancers", 1),
    ("/recordsets", 1),
    ("/servers", 2),
];

/// The screens of a fleet on real servers name them.
async fn show(story: &Clusters) {
    let screens = Screens::of(&story.sandbox).await;
    let clusters: Vec<String> = story.all().await.iter().map(ResourceExt::name_any).collect();
    screens.show("clusters", &clusters).await;
    let mut nodes: Vec<String> = story.machines().await.iter().map(ResourceExt::name_any).collect();
    nodes.sort();
    // More would not be on the screen. Of the selected one it is told where in the development cloud it runs.
    nodes.truncate(3);
    nodes.extend(["compute-", "10.20."].map(str::to_owned));
    screens.show("nodes", &nodes).await;
    let vips = sdk::python("print('\\n'.join(b.vip_address for b in admin.load_balancer.load_balancers()))");
    screens.show("balancers", &vips.lines().map(str::to_owned).collect::<Vec<_>>()).await;
    story.note("screens name the real servers");
}

/// What clusters cost, as a table.
struct Table {
    lines: Vec<String>,
    machines: f64,
}

impl Table {
    /// Of clusters that have just come up.
    fn of(story: &Clusters) -> Self {
        let machines = story.size() as f64;
        let mut table = Self { lines: Vec::new(), machines };
        table.line("clusters, machines", format!("{}, {}", story.count, story.size()));
        table.line("seconds until all are available", story.seconds());
        table.line("calls per machine until then", calls(story, machines));
        table.line("servers made more than once", clusters::made_twice());
        table
    }

    /// And of the same when nothing happens.
    async fn rest(&mut self, story: &Clusters) {
        // What follows from the last events is over by then.
        sleep(REST / 2).await;
        let before = spent(story);
        sleep(REST).await;
        let minutes = REST.as_secs_f64() / 60.0;
        let later: u64 = spent(story).values().sum::<u64>() - before.values().sum::<u64>();
        let each = later as f64 / self.machines / minutes;
        self.line("calls per minute afterwards", format!("{:.1}", later as f64 / minutes));
        self.line("calls per machine and minute afterwards", format!("{each:.3}"));
    }

    fn line(&mut self, what: &str, value: impl std::fmt::Display) {
        self.lines.push(format!("{what:<40} {value}"));
    }

    /// And of the end, when it was looked that the services hold nothing of ours any more.
    fn gone(&mut self, story: &Clusters) {
        self.line("seconds until all are gone", story.seconds());
        self.line("left when all are deleted", 0);
    }

    fn print(&self) {
        eprintln!("\n{}\n", self.lines.join("\n"));
    }
}

/// What each service was asked.
fn spent(story: &Clusters) -> BTreeMap<Service, u64> {
    let all = story.sandbox.working.engine.budget.spent();
    let calls = |spent: &Spent| spent.succeeded + spent.failed.values().sum::<u64>();
    all.iter().map(|(service, spent)| (*service, calls(spent))).collect()
}

fn calls(story: &Clusters, machines: f64) -> String {
    let all = spent(story);
    let each = |calls: u64| format!("{:.1}", calls as f64 / machines);
    let services = all.iter().map(|(service, calls)| format!("{service:?} {}", each(*calls)));
    format!("{} ({})", each(all.values().sum()), services.collect::<Vec<_>>().join(", "))
}
