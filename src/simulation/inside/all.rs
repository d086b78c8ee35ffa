//! The insides of all user clusters, made when somebody looks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio::sync::{Notify, OnceCell};

use super::footing::Footing;
use super::front::Front;
use super::one::Inside;
use crate::clock;
use crate::simulation::fleet::Claims;
use crate::workload::access::{Access, AccessError, Workloads};
use crate::workload::etcd::EtcdAnswer;

/// Timers go off at whole milliseconds, and one that goes off too early would go off again and again.
const TIMER_STEP: Duration = Duration::from_millis(1);

/// The insides of all clusters of a cloud. Clones show the same insides.
#[derive(Clone, Debug)]
pub struct Insides {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    footing: Footing,
    seed: u64,
    claims: Claims,
    /// Where the objects of clusters are kept, if they are.
    directory: Option<PathBuf>,
    known: Mutex<BTreeMap<String, Arc<OnceCell<Arc<Inside>>>>>,
    /// The clusters of which nothing is left. Uids never come again, so neither do they.
    over: Mutex<BTreeSet<String>>,
    agenda: Mutex<Agenda>,
    sooner: Notify,
}

/// When which inside changes by itself.
#[derive(Debug, Default)]
struct Agenda {
    order: BTreeSet<(DateTime<Utc>, String)>,
    times: BTreeMap<String, DateTime<Utc>>,
}

impl Agenda {
    /// Sets when an inside changes. Says whether that is before all others.
    fn set(&mut self, uid: &str, next: Option<DateTime<Utc>>) -> bool {
        let before = match next {
            Some(next) => self.times.insert(uid.to_owned(), next),
            None => self.times.remove(uid),
        };
        if let Some(before) = before {
            self.order.remove(&(before, uid.to_owned()));
        }
        let Some(next) = next else { return false };
        self.order.insert((next, uid.to_owned()));
        self.order.first().is_some_and(|(_, first)| first == uid)
    }

    fn due(&self, now: DateTime<Utc>) -> Vec<String> {
        self.order.iter().take_while(|(at, _)| *at <= now).map(|(_, uid)| uid.clone()).collect()
    }
}

impl Insides {
    /// The insides of a cloud's servers. What is drawn in them comes from the seed.
    pub fn new(footing: impl Into<Footing>, seed: u64) -> Self {
        Self::with_claims(footing, seed, Claims::default())
    }

    /// The same, with tenants that keep data.
    pub fn with_claims(footing: impl Into<Footing>, seed: u64, claims: Claims) -> Self {
        Self::of(footing.into(), seed, claims, None)
    }

    /// Insides whose objects are kept in files of a directory. When the program is started again, it is as if all servers
    /// had been started again. It needs another seed then, because names and uids that were drawn are in use.
    pub fn kept(footing: impl Into<Footing>, seed: u64, directory: PathBuf) -> Self {
        Self::of(footing.into(), seed, Claims::default(), Some(directory))
    }

    fn of(footing: Footing, seed: u64, claims: Claims, directory: Option<PathBuf>) -> Self {
        let (known, over, agenda) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self {
            shared: Arc::new(Shared {
                footing,
                seed,
                claims,
                directory,
                known,
                over,
                agenda,
                sooner: Notify::new(),
            }),
        }
    }

    /// Lets the insides that somebody has looked at go on with time and with the world, so that those who watch them
    /// see it. Runs until it is dropped.
    pub async fn drive(&self) {
        let mut news = self.shared.footing.news();
        let mut seen = 0;
        loop {
            let newest = *news.borrow_and_update();
            let mut due = self.shared.footing.clusters_changed_since(seen);
            seen = newest;
            due.extend(self.agenda().due(clock::now()));
            for uid in due {
                self.advance_one(&uid).await;
            }
            let next = self.agenda().order.first().map(|(at, _)| *at);
            let wait = async {
                match next {
                    Some(at) => tokio::time::sleep(until(at)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                () = self.shared.sooner.notified() => {}
                () = wait => {}
            }
        }
    }

    /// Brings all insides that somebody has looked at to the present. Says when the first of them changes by itself,
    /// as far as is known.
    pub async fn advance_all(&self) -> Option<DateTime<Utc>> {
        let all: Vec<String> = self.known().keys().cloned().collect();
        for uid in all {
            self.advance_one(&uid).await;
        }
        self.agenda().order.first().map(|(at, _)| *at)
    }

    /// How many insides there are.
    pub fn count(&self) -> usize {
        self.known().len()
    }

    /// Brings one inside to the present.
    pub(super) async fn advance(&self, uid: &str, inside: &Inside) {
        let next = inside.advance().await;
        if self.agenda().set(uid, next) {
            self.shared.sooner.notify_one();
        }
    }

    async fn advance_one(&self, uid: &str) {
        let cell = self.known().get(uid).cloned();
        let Some(inside) = cell.as_ref().and_then(|cell| cell.get()) else { return };
        self.advance(uid, inside).await;
        if inside.is_over().await {
            self.over().insert(uid.to_owned());
            self.known().remove(uid);
            self.agenda().set(uid, None);
            inside.forget();
        }
    }

    async fn inside(&self, uid: &str) -> Arc<Inside> {
        // What is left of a cluster that is gone is made for who looks, and for nobody else.
        let is_over = self.over().contains(uid);
        let cell = if is_over {
            Arc::default()
        } else {
            Arc::clone(self.known().entry(uid.to_owned()).or_default())
        };
        let make = || async {
            let seed = seed_of(self.shared.seed, uid);
            let kept = self.shared.directory.as_ref().filter(|_| !is_over);
            let file = kept.map(|directory| directory.join(format!("{uid}.db")));
            Arc::new(Inside::new(uid, self.shared.footing.clone(), seed, self.brings(uid), file).await)
        };
        let inside = Arc::clone(cell.get_or_init(make).await);
        if !is_over {
            self.advance(uid, &inside).await;
        }
        inside
    }

    /// How many claims the tenant of a cluster brings to it.
    fn brings(&self, uid: &str) -> u32 {
        let Claims { cluster_share, each } = self.shared.claims;
        let drawn = seed_of(self.shared.seed, &format!("claims of {uid}"));
        let share = cluster_share * 100.0;
        if ((drawn % 100) as f64) < share { each } else { 0 }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Arc<OnceCell<Arc<Inside>>>>> {
        self.shared.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn over(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.shared.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.shared.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Workloads for Insides {
    async fn client(&self, access: &Access) -> Result<kube::Client, AccessError> {
        let inside = self.inside(&access.uid).await;
        Ok(kube::Client::new(Front::new(self.clone(), inside, access), "default"))
    }

    async fn api_server_ready(&self, access: &Access, address: IpAddr) -> Result<bool, AccessError> {
        self.inside(&access.uid).await.api_server_ready(access, address).await
    }

    async fn etcd(&self, access: &Access, address: IpAddr) -> Result<EtcdAnswer, AccessError> {
        self.inside(&access.uid).await.etcd(access, address).await
    }
}

/// Each cluster draws from a seed of its own, so that no cluster changes what another one draws.
fn seed_of(seed: u64, uid: &str) -> u64 {
    let digest = Sha256::digest(format!("{seed} {uid}"));
    digest.iter().take(size_of::<u64>()).fold(0, |drawn, byte| (drawn << 8) | u64::from(*byte))
}

fn until(at: DateTime<Utc>) -> Duration {
    clock::slice(at - clock::now()) + TIMER_STEP
}
