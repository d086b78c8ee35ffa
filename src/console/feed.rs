//! What the manager holds, followed and turned into rows.
//!
//! Rows wait in an inbox until the screen wants them. A later row of an object takes the place of an earlier one, so that
//! the inbox never grows beyond the fleet, and nobody ever waits for the screen.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use kube::api::ListParams;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::fleet::News;
use super::rows::objects::{Shown, blank};
use super::rows::row::Row;
use super::rows::shelf::Freshness;
use super::rows::subject::Subject;
use super::rows::words::Words;
use super::text;
use crate::api::cluster::KubernetesCluster;
use crate::api::incident::Incident;
use crate::api::lean::{self, Lean};
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::operation::Operation;
use crate::api::tenant::Tenant;
use crate::clock;

/// How long a broken watch waits at most before it tries again, which is a minute, and how long it may take to fail.
const QUIET: Duration = Duration::from_secs(75);

/// What broke a watch, at the root: the words before it say no more than that it broke, and a line has no room for them.
fn told(error: &watcher::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    root.to_string()
}

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
    let api = Api::<Lean<K>>::all(client);
    let mut events = pin!(watcher(api.clone(), config).default_backoff());
    let mut known = Known::<K>::new(inbox);
    loop {
        let event = match known.quiet_until() {
            None => events.next().await,
            Some(quiet) => tokio::select! {
                event = events.next() => event,
                () = sleep_until(quiet) => {
                    known.look(&api).await;
                    continue;
                }
            },
        };
        match event {
            Some(event) => known.learn(event.map(lean::event)),
            None => return,
        }
    }
}

/// What was heard of one kind.
struct Known<K> {
    inbox: Arc<Inbox>,
    words: Words,
    /// What a new listing does not name is gone.
    known: HashSet<Arc<str>>,
    listed: HashSet<Arc<str>>,
    listing: bool,
    /// Since when nothing is heard, and until when it would be told if that went on.
    broken: Option<(DateTime<Utc>, Instant)>,
    kind: PhantomData<K>,
}

impl<K: Shown> Known<K> {
    fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            inbox,
            words: Words::default(),
            known: HashSet::new(),
            listed: HashSet::new(),
            listing: true,
            broken: None,
            kind: PhantomData,
        }
    }

    fn learn(&mut self, event: watcher::Result<Event<K>>) {
        match event {
            Ok(Event::Init) => {
                self.listing = true;
                self.listed.clear();
            }
            Ok(Event::InitApply(object)) => {
                let row = object.row(&mut self.words);
                self.listed.insert(row.id.clone());
                self.inbox.put(row);
            }
            Ok(Event::InitDone) => {
                for id in self.known.difference(&self.listed) {
                    self.inbox.gone(K::SUBJECT, id.clone());
                }
                self.known = std::mem::take(&mut self.listed);
                self.listing = false;
                self.broken = None;
                self.inbox.freshness(K::SUBJECT, Freshness::Live);
            }
            Ok(Event::Apply(object)) => {
                let row = object.row(&mut self.words);
                self.known.insert(row.id.clone());
                self.inbox.put(row);
                self.heard();
            }
            Ok(Event::Delete(object)) => {
                let id = blank(&object, &mut self.words, Vec::new()).id;
                self.known.remove(&id);
                self.inbox.gone(K::SUBJECT, id);
                self.heard();
            }
            Err(error) => {
                tracing::warn!(subject = K::SUBJECT.plural(), %error, "the watch broke, and is opened again");
                let since = self.broken.map_or_else(clock::now, |(since, _)| since);
                self.broken = Some((since, Instant::now() + QUIET));
                let why = text::clean(&told(&error));
                self.inbox.freshness(K::SUBJECT, Freshness::Stale { since, why });
            }
        }
    }

    /// A watch that was opened again goes on where it broke, and says nothing of it before something changes.
    fn heard(&mut self) {
        if self.broken.take().is_some() {
            self.inbox.freshness(K::SUBJECT, Freshness::Live);
        }
    }

    /// When a watch that says nothing may be taken for one that was opened again. A listing says itself when it is done.
    fn quiet_until(&self) -> Option<Instant> {
        self.broken.filter(|_| !self.listing).map(|(_, until)| until)
    }

    /// Nothing was said for longer than a watch waits before it tries again: if the manager answers, it is open.
    async fn look(&mut self, api: &Api<Lean<K>>) {
        match timeout(QUIET, api.list_metadata(&ListParams::default().limit(1))).await {
            Ok(Ok(_)) => self.heard(),
            Ok(Err(_)) | Err(_) => {
                self.broken = self.broken.map(|(since, _)| (since, Instant::now() + QUIET));
            }
        }
    }
}
