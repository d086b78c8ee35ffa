//! A cluster on real servers while the cloud gives it trouble: what it waits for is told, nothing is made twice, and it goes
//! on by itself when the trouble is over.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use kaasboard::api::load_balancer::LoadBalancer;
use kaasboard::api::role::BalancerRole;
use kaasboard::startup;
use kaasboard::startup::real_cloud;
use kube::Api;
use serde_json::json;
use tokio::runtime::Builder;
use tokio::time::sleep;

use crate::helper::clusters::{Clusters, SMALL, fleet, made_twice, servers, services};
use crate::helper::screens::Screens;
use crate::helper::sdk;
use crate::helper::stage::{self, entries};

const WORKERS: &str = "/spec/workers/0/replicas";
const INGRESS: &str = "/spec/ingress/replicas";
/// For how long nothing may happen that is not to happen: the engine looks each ten seconds at what is pending.
const WATCHED: Duration = Duration::from_secs(12);

#[test]
fn a_cluster_in_trouble_says_what_it_waits_for_and_goes_on_by_itself() {
    let Some((home, Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: trouble on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an administrator"
        );
        return;
    };
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        // In a project that it is given the engine does not raise the quota.
        let at = servers(home, None);
        let real = real_cloud::open(&at).await.unwrap();
        let image = real.image(Some(stage::IMAGE)).await.unwrap();
        let drawn = startup::on_image(&fleet(SMALL, 1), &image).unwrap();
        let sandbox = startup::sandbox_on_servers(&drawn, real, None).await.unwrap();
        let story = Clusters::new(sandbox, SMALL, 1);
        story.bring_up().await;
        a_quota_is_too_small(&story).await;
        a_balancer_is_stuck(&story).await;
        a_member_is_silent(&story).await;
        assert_eq!(made_twice(), 0, "a server was made twice");
        story.take_down().await;
    });
}

/// A worker more than the quota has room for.
async fn a_quota_is_too_small(story: &Clusters) {
    let full = Quota::of(story.size());
    let cluster = story.all().await.remove(0);
    story.scale(&cluster, WORKERS, SMALL.workers + 1).await;
    let figures = format!("but already used {0} of {0} instances", story.size());
    let told = format!("project {} gets no servers for now: ", full.project);
    let is_told = |waiting: String| {
        let mut lines = waiting.lines();
        lines.any(|line| line.contains(&told) && line.contains("Quota exceeded") && line.contains(&figures))
    };
    story.until("the quota is told", async || is_told(story.waiting())).await;
    story.note("what waits names the quota, the project and the figures");
    let screens = Screens::of(&story.sandbox).await;
    let on_screen = async || screens.text("triage").await.contains("no room");
    story.until("the first screen tells of it", on_screen).await;
    screens.show("triage", &["c0001".to_owned()]).await;
    sleep(WATCHED).await;
    let held = services();
    assert_eq!(held["servers"], json!({ "ACTIVE": story.size() }), "{held}");
    assert_eq!(story.machines().await.len(), story.size() + 1, "one machine waits");
    drop(full);
    let grown = story.size() + 1;
    story.until("there is room", async || story.are_available(grown).await).await;
    story.note("it went on when the quota was raised");
}

/// An ingress node more than before while nobody changes balancers.
async fn a_balancer_is_stuck(story: &Clusters) {
    let cluster = story.all().await.remove(0);
    let stopped = Stopped::service("octavia-worker");
    story.scale(&cluster, INGRESS, SMALL.ingress + 1).await;
    let is_told = || story.waiting().contains("the balancer is PENDING_UPDATE");
    story.until("the stuck balancer is told", async || is_told()).await;
    story.note("what waits names the stuck balancer");
    sleep(WATCHED).await;
    assert!(is_told(), "{}", story.waiting());
    drop(stopped);
    let grown = story.size() + 2;
    story.until("the balancer goes on", async || story.are_available(grown).await).await;
    let members = json!({ "ONLINE": SMALL.control_plane + 2 * (SMALL.ingress + 1) });
    story.until("its members are online", async || services()["members"] == members).await;
    story.note("the balancer went on when its service did");
}

/// A member of a pool that does not answer its balancer.
async fn a_member_is_silent(story: &Clusters) {
    let balancers: Api<LoadBalancer> = Api::all(story.sandbox.manager.client("default"));
    let members = async || {
        let all = balancers.list(&Default::default()).await.unwrap().items;
        let one = all.into_iter().find(|one| one.spec.role == BalancerRole::Ingress).unwrap();
        one.status.unwrap_or_default().members
    };
    let silent = members().await.remove(0).address;
    let down = state().join("octavia/down");
    fs::write(&down, &silent).unwrap();
    let has = async |word: &str| {
        let is_so = |word: &str, state: Option<String>| state.as_deref() == Some(word);
        members().await.into_iter().any(|one| one.address == silent && is_so(word, one.operating_status))
    };
    story.until("the silent member is told", async || has("ERROR").await).await;
    fs::remove_file(down).unwrap();
    story.until("it answers again", async || has("ONLINE").await).await;
    story.note("a member that did not answer was shown, and stayed");
}

/// The development cloud's state.
fn state() -> PathBuf {
    PathBuf::from(std::env::var_os("OS_CLIENT_CONFIG_FILE").unwrap()).parent().unwrap().to_owned()
}

/// A quota of the home account's project, until it is dropped.
struct Quota {
    project: String,
}

impl Quota {
    /// So many servers and no more.
    fn of(servers: usize) -> Self {
        let lines = format!(
            "project = cloud.current_project_id\n\
             admin.compute.put(f'/os-quota-sets/{{project}}', json={{'quota_set': {{'instances': {servers}}}}}).raise_for_status()\n\
             print(project)"
        );
        Self { project: sdk::python(&lines) }
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        sdk::python("admin.compute.delete(f'/os-quota-sets/{cloud.current_project_id}').raise_for_status()");
    }
}

/// A service of the development cloud whose processes stand still until it is dropped.
struct Stopped {
    group: String,
}

impl Stopped {
    fn service(name: &str) -> Self {
        let leader = fs::read_to_string(state().join(format!("run/{name}.pid"))).unwrap();
        let stopped = Self { group: format!("-{}", leader.trim()) };
        stopped.signal("-STOP");
        stopped
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, "--", &self.group]).status().unwrap();
        assert!(status.success(), "{signal} {}", self.group);
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}
