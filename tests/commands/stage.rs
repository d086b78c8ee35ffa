//! A sandbox that is served, and the program run beside it.
//!
//! All stories share one sandbox, one after the other: to bring one up takes longer than any of them.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::LazyLock;
use std::time::Duration;

use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::conditions::AVAILABLE;
use kaasboard::api::crds;
use kaasboard::engine::facts::serve::Facts;
use kaasboard::manager::serve::kubeconfig;
use kaasboard::manager::serve::listener::Listener;
use kaasboard::manager::serve::token::Token;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kaasboard::simulation::fleet::Fleet;
use kaasboard::startup::pace::Speed;
use kaasboard::startup::{self, Sandbox, Seeds};
use kube::api::PostParams;
use kube::{Api, Client};
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, OnceCell};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

pub const TENANT: &str = "team-001";

/// How many times as fast as the wall clock the time of these tests goes.
pub const SPEED: f64 = 40.0;
/// How long a command may take by the wall clock.
const LIMIT: Duration = Duration::from_secs(120);

/// A manager that is served, and a home directory for those who ask it.
pub struct Served {
    home: TempDir,
    serving: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// What a command left.
#[derive(Debug)]
pub struct Said {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// All of it, with what differs each time made the same.
    pub fn told(&self) -> String {
        let text = format!("exit {}\n{}", self.exit, self.out);
        let text = text.trim_end();
        let text = if self.err.is_empty() {
            text.to_owned()
        } else {
            format!("{text}\n--- stderr\n{}", self.err.trim_end())
        };
        let machine = Regex::new("-(worker|ingress|etcd|control-plane)-[a-z0-9]{8}").unwrap();
        let operation = Regex::new(r"\b(heal|scale|drain|uncordon|pause|resume|retry|delete|fence|brake|cancel|approve|kubeconfig)-[a-z0-9]{5}\b").unwrap();
        let asker = Regex::new(r"mia@\S+").unwrap();
        let text = machine.replace_all(&text, "-$1-NAME");
        let text = operation.replace_all(&text, "$1-ID");
        asker.replace_all(&text, "mia@HOST").into_owned()
    }

    /// The same without the progress, which is told as fast as it is seen.
    pub fn result(self) -> String {
        Self { err: String::new(), ..self }.told()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Served {
    /// Serves a manager.
    pub async fn new(manager: &Manager) -> Self {
        let home = tempfile::tempdir().unwrap();
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), Token::new([3; 32])).await.unwrap();
        kubeconfig::write(&home.path().join("kubeconfig"), &listener.kubeconfig().unwrap()).unwrap();
        let remote = manager.remote();
        let serving = tokio::spawn(async move { listener.serve(remote, std::future::pending()).await });
        Self { home, serving }
    }

    /// Ends serving; the home directory stays.
    pub fn stop(&self) {
        self.serving.abort();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaasboard"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("HOME", self.home.path())
            .env("USER", "mia")
            .env("KUBECONFIG", self.file("kubeconfig"))
            .current_dir(self.home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs the program with the words of a line.
    pub async fn run(&self, line: &str) -> Said {
        let output = timeout(LIMIT, self.command(line).output()).await;
        let output = output.unwrap_or_else(|_| panic!("no end within {LIMIT:?}: {line}")).unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Said { exit: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// What the sandbox lives on, beside all stories.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| startup::runtime().unwrap());
static STAGE: OnceCell<Mutex<Stage>> = OnceCell::const_new();

/// Plays a story on the sandbox, when its turn has come.
pub fn play(story: impl AsyncFnOnce(&Stage)) {
    RUNTIME.block_on(async {
        let stage = STAGE.get_or_init(async || Mutex::new(Stage::up(1).await)).await.lock().await;
        story(&stage).await;
    });
}

/// Plays a story without the sandbox.
pub fn alone(story: impl Future<Output = ()>) {
    RUNTIME.block_on(story);
}

/// A sandbox that is served.
pub struct Stage {
    pub served: Served,
    pub sandbox: Sandbox,
    pub client: Client,
}

impl Stage {
    /// A sandbox whose clusters are all available.
    async fn up(clusters: u32) -> Self {
        let sandbox =
            startup::sandbox(&smallest(clusters), Speed::Times(SPEED), Seeds::fixed()).await.unwrap();
        let facts = Facts::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let working = &sandbox.working;
        working.engine.leadership.tells_at(format!("http://{}", facts.address()));
        tokio::spawn(facts.serve(working.engine.clone(), working.identity().to_owned()));
        let stage = Self {
            served: Served::new(&sandbox.manager).await,
            client: sandbox.manager.client("default"),
            sandbox,
        };
        stage.until("all clusters are available", |stage| stage.available() == clusters as usize).await;
        stage
    }

    pub async fn run(&self, line: &str) -> Said {
        self.served.run(line).await
    }

    pub async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let reached = timeout(LIMIT, async {
            while !is_so(self) {
                sleep(Duration::from_millis(50)).await;
            }
        });
        assert!(reached.await.is_ok(), "not within {LIMIT:?}: {what}");
    }

    pub fn available(&self) -> usize {
        let clusters = self.sandbox.working.engine.records.clusters.all();
        let is_available = |cluster: &&std::sync::Arc<KubernetesCluster>| {
            cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
        };
        clusters.iter().filter(is_available).count()
    }

    /// The machines of a role, as TARGETs.
    pub async fn machines(&self, role: &str) -> Vec<String> {
        let said = self.run(&format!("get machines -l kaasboard.dev/role={role} -o name")).await;
        said.out.lines().map(str::to_owned).collect()
    }

    /// How many Operations there are.
    pub async fn operations(&self) -> usize {
        self.run("get operations -o name").await.out.lines().count()
    }

    /// Verb and phase of the newest Operations, the newest first.
    pub async fn journal(&self, newest: usize) -> Vec<String> {
        let said = self.run("get journal -o json").await.json();
        let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
        let items = said["items"].as_array().unwrap().iter().take(newest);
        items
            .map(|item| format!("{} {}", text(&item["spec"]["verb"]), text(&item["status"]["phase"])))
            .collect()
    }
}

/// Clusters with three machines of each role, on six hypervisors in three zones.
fn smallest(clusters: u32) -> Fleet {
    Fleet::parse(&format!(
        "seed = 1\ntenants = 1\nclusters = {clusters}\nmachines = {}\navailability_zones = 3\nhypervisors = 6\n\
         etcd_members = {{ 3 = 1.0 }}\n[role_share]\ncontrol_plane = 0.25\nworker = 0.25\ningress = 0.25\n\
         etcd = 0.25\n[pods]\nper_machine_mean = 7.35\n[versions]\n\"v1.34.2\" = 1.0\n",
        clusters * 12
    ))
    .unwrap()
}

/// A manager that knows the kinds, and that no engine looks after.
pub async fn without_engine() -> (Manager, Served) {
    let store = Store::in_memory(Limits::default());
    let manager = Manager::start(Options { store, seed: 7 }).await;
    let client = manager.client("default");
    for definition in crds::all().unwrap() {
        Api::all(client.clone()).create(&PostParams::default(), &definition).await.unwrap();
    }
    kaasboard::simulation::seeding::seed(&client, &smallest(1).draw().unwrap()).await.unwrap();
    let served = Served::new(&manager).await;
    (manager, served)
}
