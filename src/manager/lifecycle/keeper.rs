//! The keeper: one task that does what follows from writes. While nothing is written, it sleeps.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::expiry::Expiry;
use super::queue::Task;
use super::{budgets, definitions, garbage, namespaces};
use crate::manager::kernel::Kernel;
use crate::manager::store::query::ListQuery;
use crate::manager::verbs::create;

/// When the keeper tries again what it could not do, such as on a disk that was full.
const RETRY: Duration = Duration::from_secs(10);

/// Ends the task when the last user of the manager is gone.
#[derive(Debug)]
pub struct Keeper(tokio::task::JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Keeper {
    /// Serves what the store already defines, makes the namespaces that are always there, and starts the task.
    pub async fn start(kernel: &Arc<Kernel>) -> Self {
        definitions::load(kernel);
        namespaces::begin(kernel).await;
        let mut expiry = Expiry::default();
        look_at_everything(kernel, &mut expiry);
        let kernel = Arc::clone(kernel);
        Self(tokio::spawn(async move { run(&kernel, expiry).await }))
    }
}

async fn run(kernel: &Kernel, mut expiry: Expiry) {
    // What could not be done, and when it is tried again.
    let (mut failed, mut again): (Vec<Task>, Option<Instant>) = (Vec::new(), None);
    loop {
        while let Some(task) = kernel.queue.take() {
            if !look(kernel, &task, &mut expiry).await {
                failed.push(task);
                again.get_or_insert_with(|| Instant::now() + RETRY);
            }
            // Requests come first on a runtime with one thread.
            tokio::task::yield_now().await;
        }
        let Some(when) = expiry.next().into_iter().chain(again).min() else {
            kernel.queue.wait().await;
            continue;
        };
        if tokio::time::timeout_at(when, kernel.queue.wait()).await.is_err() {
            expiry.sweep(kernel).await;
        }
        if again.is_some_and(|at| at <= Instant::now()) {
            again = None;
            failed.drain(..).for_each(|task| kernel.queue.add(task));
        }
    }
}

/// Does what a task asks for. False if it has to be tried again.
async fn look(kernel: &Kernel, task: &Task, expiry: &mut Expiry) -> bool {
    let outcome = match task {
        Task::Definition(name) => definitions::look(kernel, name).await,
        Task::Namespace(name) => namespaces::empty(kernel, name).await,
        Task::Owned(key) => garbage::look_at_owned(kernel, key).await,
        Task::Owner(key) => garbage::look_at_owner(kernel, key).await,
        Task::Bereaved(uid) => {
            garbage::bereaved(kernel, uid);
            Ok(())
        }
        Task::Budgets(namespace) => budgets::look(kernel, namespace).await,
        Task::Event(key) => {
            expiry.note(kernel, key);
            Ok(())
        }
    };
    if let Err(error) = &outcome {
        tracing::warn!(?task, %error, "the keeper could not do what follows from a write, and tries again");
    }
    outcome.is_ok()
}

/// After a start nobody knows what an earlier process left undone.
fn look_at_everything(kernel: &Kernel, expiry: &mut Expiry) {
    let picture = kernel.registry.now();
    let mut seen = std::collections::BTreeSet::new();
    for resource in picture.all() {
        if !seen.insert(resource.id.clone()) {
            continue;
        }
        let query = ListQuery {
            resource: &resource.id,
            namespace: None,
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        let Ok(page) = kernel.store.list(&query) else { continue };
        for entry in &page.entries {
            let Ok(value) = entry.value() else { continue };
            let notice = super::notice::Notice::of(&value);
            super::notice::written(kernel, resource, None, entry, &notice);
            if resource.id.as_str() == "events" {
                expiry.note(kernel, entry.key());
            }
        }
    }
}

/// A namespace as it begins.
pub(super) fn new_namespace(kernel: &Kernel, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": {
            "name": name, "uid": kernel.new_uid(), "creationTimestamp": create::now(),
            "labels": { "kubernetes.io/metadata.name": name },
        },
        "spec": { "finalizers": ["kubernetes"] }, "status": { "phase": "Active" },
    })
}
