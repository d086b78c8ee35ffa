//! What the manager holds, followed and turned into rows.
//!
//! Rows wait in an inbox until the screen wants them. A later row of an object takes the place of an earlier one, so that
//! the inbox never grows beyond the fleet, and nobody ever waits for the screen.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::fleet::News;
use super::rows::objects::{Shown, blank};
use super::rows::row::Row;
use super::rows::shelf::Freshness;
use super::rows::subject::Subject;
use super::rows::words::Words;
use super::text;
use crate::api::cluster::KubernetesCluster;
use crate::api::incident::Incident;
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::operation::Operation;
use crate::api::tenant::Tenant;
use crate::clock;

/// Rows that wait for the screen.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    rows: HashMap<(Subject, Arc<str>), Option<Row>>,
    freshness: HashMap<Subject, Freshness>,
}

impl Inbox {
    /// Waits until something is there.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes all that is there.
    pub fn take(&self) -> Vec<News> {
        let Waiting { rows, freshness } = std::mem::take(&mut *self.waiting());
        let mut news: Vec<News> = rows
            .into_iter()
            .map(|((subject, id), row)| match row {
                Some(row) => News::Put(Box::new(row)),
                None => News::Gone(subject, id),
            })
            .collect();
        // A subject is live only when its rows are there.
        news.extend(freshness.into_iter().map(|(subject, freshness)| News::Freshness(subject, freshness)));
        news
    }

    fn put(&self, row: Row) {
        self.waiting().rows.insert((row.subject, row.id.clone()), Some(row));
        self.arrived.notify_one();
    }

    fn gone(&self, subject: Subject, id: Arc<str>) {
        self.waiting().rows.insert((subject, id), None);
        self.arrived.notify_one();
    }

    fn freshness(&self, subject: Subject, freshness: Freshness) {
        self.waiting().freshness.insert(subject, freshness);
        self.arrived.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows all kinds that tables show, as long as the set lives.
pub fn follow_all(client: &Client, inbox: &Arc<Inbox>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(follow::<Incident>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<KubernetesCluster>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<Tenant>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<LoadBalancer>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<MachineDeployment>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<Operation>(client.clone(), inbox.clone()));
    tasks.spawn(follow::<Machine>(client.clone(), inbox.clone()));
    tasks
}

/// Follows one kind for ever.
async fn follow<K: Shown>(client: Client, inbox: Arc<Inbox>) {
    let config = watcher::Config::default().streaming_lists();
    let mut events = pin!(watcher(Api::<K>::all(client), config).default_backoff());
    let mut words = Words::default();
    // What a new listing does not name is gone.
    let mut known: std::collections::HashSet<Arc<str>> = std::collections::HashSet::new();
    let mut listed: std::collections::HashSet<Arc<str>> = std::collections::HashSet::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => listed.clear(),
            Ok(Event::InitApply(object)) => {
                let row = object.row(&mut words);
                listed.insert(row.id.clone());
                inbox.put(row);
            }
            Ok(Event::InitDone) => {
                for id in known.difference(&listed) {
                    inbox.gone(K::SUBJECT, id.clone());
                }
                known = std::mem::take(&mut listed);
                inbox.freshness(K::SUBJECT, Freshness::Live);
            }
            Ok(Event::Apply(object)) => {
                let row = object.row(&mut words);
                known.insert(row.id.clone());
                inbox.put(row);
            }
            Ok(Event::Delete(object)) => {
                let id = blank(&object, &mut words, Vec::new()).id;
                known.remove(&id);
                inbox.gone(K::SUBJECT, id);
            }
            Err(error) => {
                tracing::warn!(subject = K::SUBJECT.plural(), %error, "the watch broke, and is opened again");
                let why = text::clean(&error.to_string());
                inbox.freshness(K::SUBJECT, Freshness::Stale { since: clock::now(), why });
            }
        }
    }
}
