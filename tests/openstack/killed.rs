//! The program itself, killed with `kill -9` at moments that a seed draws while a cluster comes up on real servers, and
//! started again each time: it converges, nothing is there twice, and nothing is left when the cluster is deleted.
//!
//! That takes minutes, because who is killed leaves a Lease that has to end, so that it is played only when it is asked for:
//! `KAASBOARD_KILLS` says how often.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::conditions::{AVAILABLE, READY};
use kaasboard::api::machine::Machine;
use kaasboard::api::names::SYSTEM_NAMESPACE;
use kaasboard::cli::connect;
use kube::{Api, Client};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

use crate::helper::clusters::{SMALL, ZONE, assert_empty, made_twice, servers, services};
use crate::helper::stage::{self, entries};

/// When it is killed at the latest after it began to act: a cluster is longer on its way than a few lives.
const LONGEST_LIFE: Duration = Duration::from_secs(6);
/// How long it may take until it acts: the Lease of who was killed has to end first.
const BEGINNING: Duration = Duration::from_secs(120);
/// How long the last life may take to converge, and to take everything down. What may have been asked for twice is waited
/// for one and a half minutes at a time.
const PATIENCE: Duration = Duration::from_secs(900);
const PAUSE: Duration = Duration::from_millis(200);

#[test]
fn a_program_that_is_killed_again_and_again_makes_nothing_twice_and_leaves_nothing() {
    let Some((home, admin @ Some(_))) = entries() else {
        eprintln!(
            "NOT RUN: kill -9 on real OpenStack: OS_CLIENT_CONFIG_FILE and OS_CLOUD name none with an administrator"
        );
        return;
    };
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let Some(kills) = number("KAASBOARD_KILLS") else {
        eprintln!("NOT RUN: kill -9 on real OpenStack: KAASBOARD_KILLS does not say how often");
        return;
    };
    let seed = number("KAASBOARD_SEED").unwrap_or(1);
    Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let _alone = stage::alone().await;
        servers(home.clone(), admin);
        let place = Place::new(home);
        let mut random = StdRng::seed_from_u64(seed);
        let begun = Instant::now();
        let mut table = format!(
            "{:>4} {:>10} {:>10} {:>9} {:>6}\n",
            "kill", "acts after", "dies after", "machines", "ready"
        );
        for kill in 1..=kills {
            let mut life = place.begin(kill).await;
            let moment = random.random_range(Duration::ZERO..LONGEST_LIFE);
            sleep(moment).await;
            life.child.start_kill().unwrap();
            let (machines, ready) = life.seen;
            life.child.wait().await.unwrap();
            let _ = writeln!(
                table,
                "{kill:>4} {:>8.1} s {:>8.1} s {machines:>9} {ready:>6}",
                life.acts_after.as_secs_f64(),
                moment.as_secs_f64()
            );
        }
        let mut last = place.begin(kills + 1).await;
        last.converge().await;
        let _ = writeln!(table, "all is there {} s after the first start", begun.elapsed().as_secs());
        assert_eq!(made_twice(), 0, "a server was made twice");
        last.end().await;
        assert_empty();
        let _ = writeln!(table, "nothing is left {} s after the first start", begun.elapsed().as_secs());
        eprintln!("\n{table}");
    });
}

/// Where the program keeps what it has.
struct Place {
    directory: TempDir,
    home: String,
}

/// One process of it.
struct Life {
    child: Child,
    client: Client,
    acts_after: Duration,
    /// How many machines there were, and how many of them were ready, when it began to act.
    seen: (usize, usize),
}

impl Place {
    fn new(home: String) -> Self {
        let directory = TempDir::new().unwrap();
        std::fs::write(directory.path().join("fleet.toml"), SMALL.fleet(1)).unwrap();
        Self { directory, home }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts the program, and waits until it acts.
    async fn begin(&self, number: u64) -> Life {
        let begun = Instant::now();
        let kubeconfig = self.file(&format!("kubeconfig-{number}"));
        let (home, image) = (self.home.as_str(), stage::IMAGE);
        let admin = format!("{home}-admin");
        let words =
            ["sandbox", "--headless", "--cloud", home, "--admin", &admin, "--image", image, "--zone", ZONE];
        let mut command = Command::new(env!("CARGO_BIN_EXE_kaasboard"));
        command.args(words).args(["--serve", "127.0.0.1:0"]);
        command.arg("--kubeconfig").arg(&kubeconfig).arg("--keep").arg(self.file("kept"));
        command.arg("--fleet").arg(self.file("fleet.toml"));
        command.env("HOME", self.directory.path()).stdout(Stdio::null()).kill_on_drop(true);
        let child = command.spawn().unwrap();
        let holder = format!("-{}", child.id().unwrap());
        let client = timeout(BEGINNING, async {
            while !kubeconfig.exists() {
                sleep(PAUSE).await;
            }
            let client = connect::of_file(Some(kubeconfig), None).await.unwrap();
            let leases: Api<Lease> = Api::namespaced(client.clone(), SYSTEM_NAMESPACE);
            let holds = |lease: Lease| lease.spec.and_then(|spec| spec.holder_identity);
            let is_ours = |lease: Lease| holds(lease).is_some_and(|held| held.ends_with(&holder));
            while !leases.list(&Default::default()).await.unwrap().items.into_iter().any(is_ours) {
                sleep(PAUSE).await;
            }
            client
        });
        let client = client.await.unwrap();
        let mut life = Life { child, client, acts_after: begun.elapsed(), seen: (0, 0) };
        life.seen = life.machines().await;
        life
    }
}

impl Life {
    /// How many machines there are, and how many of them are ready.
    async fn machines(&self) -> (usize, usize) {
        let all = Api::<Machine>::all(self.client.clone()).list(&Default::default()).await.unwrap().items;
        let is_ready = |one: &&Machine| one.status.as_ref().is_some_and(|it| it.conditions.is_true(READY));
        (all.len(), all.iter().filter(is_ready).count())
    }

    /// Waits until the cluster is there, with all that belongs to it and no more.
    async fn converge(&self) {
        let size = SMALL.machines() as usize;
        let clusters: Api<KubernetesCluster> = Api::all(self.client.clone());
        let wanted = json!({
            "servers": { "ACTIVE": size },
            "balancers": { "ACTIVE ONLINE": 2 },
            "members": { "ONLINE": SMALL.control_plane + 2 * SMALL.ingress },
            "names": { "ACTIVE": 2 },
            "projects": { "": 1 },
            "credentials": { "": 1 },
        });
        let deadline = Instant::now() + PATIENCE;
        loop {
            let all = clusters.list(&Default::default()).await.unwrap().items;
            let is_available = |one: &KubernetesCluster| {
                one.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
            };
            if all.iter().all(is_available) && self.machines().await == (size, size) {
                let held = services();
                if wanted.as_object().unwrap().iter().all(|(what, count)| held[what] == *count) {
                    return;
                }
            }
            assert!(Instant::now() < deadline, "in vain: {} {all:?}", services());
            sleep(PAUSE).await;
        }
    }

    /// Lets it delete its cluster and end.
    async fn end(&mut self) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let status = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
}
