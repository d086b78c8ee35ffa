//! Which API servers a scenario is told to, and what a server must run for it.

use std::collections::HashMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use futures::FutureExt;
use kaasboard::manager::server::{Manager, Options};
use kaasboard::manager::store::handle::Store;
use kaasboard::manager::store::limits::Limits;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::json;

use super::talk::Talk;

/// The variable that names the kubeconfig of a server to hold the contract with.
const KUBECONFIG: &str = "KAASBOARD_TEST_KUBECONFIG";

/// How long a controller may take to show that it runs: the real ones answer within seconds, later if they are busy.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

/// What a scenario needs beside the API server itself. The embedded server has all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// Nothing.
    Nothing,
    /// Deletes what has lost its owners.
    GarbageCollector,
    /// Empties and removes deleted namespaces.
    NamespaceController,
    /// Keeps the status of PodDisruptionBudgets.
    DisruptionController,
}

/// Where a scenario is told.
#[derive(Clone, Debug)]
enum Server {
    Embedded,
    External(PathBuf),
}

/// What was said when the scenario ran: on the embedded server, and on the one of the environment.
///
/// Where both say the same, it is that text; otherwise it is both.
pub fn told(scenario: impl AsyncFn(&Talk)) -> String {
    told_if(Needs::Nothing, scenario)
}

/// As [`told`], for a scenario that is not run on a server that lacks what it needs.
pub fn told_if(needs: Needs, scenario: impl AsyncFn(&Talk)) -> String {
    let embedded = run(&Server::Embedded, &scenario);
    let Some(file) = std::env::var_os(KUBECONFIG).map(PathBuf::from) else { return embedded };
    let external = Server::External(file);
    if !has(&external, needs) {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        // The test harness does not capture what is written to the handle itself.
        let note =
            format!("NOT RUN on the server of {KUBECONFIG}: {test} (nothing does the work of {needs:?})\n");
        std::io::stderr().write_all(note.as_bytes()).unwrap();
        return embedded;
    }
    let external = run(&external, &scenario);
    if external == embedded {
        return embedded;
    }
    format!("{external}\n\n=== The embedded server said instead:\n{embedded}")
}

fn run(server: &Server, scenario: &impl AsyncFn(&Talk)) -> String {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().start_paused(matches!(server, Server::Embedded));
    runtime.build().unwrap().block_on(async {
        let talk = Talk::new(client(server).await).await;
        let end = AssertUnwindSafe(scenario(&talk)).catch_unwind().await;
        if let Server::External(_) = server {
            talk.clean_up().await;
        }
        if let Err(panic) = end {
            let said = format!("On {server:?}, after this was said:\n{}\n", talk.text());
            std::io::stderr().write_all(said.as_bytes()).unwrap();
            resume_unwind(panic);
        }
        talk.text()
    })
}

async fn client(server: &Server) -> Client {
    match server {
        Server::Embedded => embedded().await,
        Server::External(file) => external(file).await,
    }
}

/// A manager of its own, which the client keeps alive.
async fn embedded() -> Client {
    let store = Store::in_memory(Limits::default());
    Manager::start(Options { store, seed: 0 }).await.client("default")
}

async fn external(file: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(file).expect("KAASBOARD_TEST_KUBECONFIG names a kubeconfig");
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    // A scenario wants the answer to its question, not to the fifteenth attempt at it.
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Whether the server does the work, found out once in a process by giving it some.
fn has(server: &Server, needs: Needs) -> bool {
    static FOUND: Mutex<Option<HashMap<Needs, bool>>> = Mutex::new(None);
    if needs == Needs::Nothing {
        return true;
    }
    let mut found = FOUND.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    *found.get_or_insert_default().entry(needs).or_insert_with(|| {
        let found = std::cell::Cell::new(false);
        run(server, &async |talk: &Talk| found.set(shows(talk, needs).await));
        found.get()
    })
}

async fn shows(talk: &Talk, needs: Needs) -> bool {
    match needs {
        Needs::Nothing => true,
        Needs::GarbageCollector => {
            let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "none", "uid": "none"});
            talk.make("configmaps", json!({"metadata": {"name": "orphan", "ownerReferences": [owner]}}))
                .await;
            talk.is_gone_within("configmaps/orphan", SIGN_OF_LIFE).await
        }
        Needs::NamespaceController => {
            talk.make("/api/v1/namespaces", json!({"metadata": {"name": "NS-sign"}})).await;
            talk.delete_quietly("/api/v1/namespaces/NS-sign").await;
            talk.is_gone_within("/api/v1/namespaces/NS-sign", SIGN_OF_LIFE).await
        }
        Needs::DisruptionController => {
            let path = "/apis/policy/v1/namespaces/NS/poddisruptionbudgets";
            let spec = json!({"minAvailable": 1, "selector": {"matchLabels": {"app": "sign"}}});
            talk.make(path, json!({"metadata": {"name": "sign"}, "spec": spec})).await;
            let seen = |budget: &serde_json::Value| budget["status"]["observedGeneration"] == 1;
            talk.comes_within(&format!("{path}/sign"), SIGN_OF_LIFE, seen).await
        }
    }
}
