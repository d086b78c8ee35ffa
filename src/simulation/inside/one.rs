//! The inside of one user cluster, as those who look at it hold it.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Mutex, watch};

use super::authority;
use super::footing::Footing;
use super::kube::Kube;
use super::start::Start;
use super::state::{Said, State};
use crate::clock;
use crate::manager::http::service::InProcess;
use crate::simulation::world::ground::Life;
use crate::workload::access::{Access, AccessError};
use crate::workload::etcd::EtcdAnswer;

/// What is asked for when no request can go further than this.
const THE_API: &str = "the API";
const API_SERVER: &str = "the API server";
const ETCD_MEMBER: &str = "the etcd member";
/// Nobody is at an address: packets are lost.
const TIMED_OUT: &str = "i/o timeout";
/// A server is at an address, and nothing on it listens.
const REFUSED: &str = "connection refused";
/// So many rounds may follow from each other at one moment (a node joins, becomes ready, gets pods, …) before the rest
/// is left to the next look.
const ROUNDS: usize = 16;
/// From so many servers on a cluster is large: each look costs as much as the cluster is large, and something changes in it all
/// the time, so that it is not looked at more often than after this time for each of its servers. Real controllers come later.
const LARGE: usize = 200;
const REST_EACH: TimeDelta = TimeDelta::milliseconds(2);
/// How long the rest of what is due then waits, so that time goes on whatever happens.
const REST: TimeDelta = TimeDelta::seconds(1);
/// What the database of a member takes when it is empty: a page for each of etcd's buckets.
const EMPTY_DATABASE: u64 = 64 * 1024;
/// A database grows by pages.
const PAGE: u64 = 4096;

/// The inside of one cluster. It follows its servers when somebody looks.
#[derive(Debug)]
pub(super) struct Inside {
    uid: String,
    footing: Footing,
    state: Mutex<State>,
    /// Counts how often the API ceased to answer at its balancer.
    losses: watch::Sender<u64>,
    /// The file of its objects, if they are kept in one.
    file: Option<PathBuf>,
}

impl Inside {
    /// The inside of the cluster with a uid, as it is now, whose tenant brings so many claims.
    pub(super) async fn new(
        uid: &str,
        footing: Footing,
        seed: u64,
        brings: u32,
        file: Option<PathBuf>,
    ) -> Self {
        let kube = Kube::start(seed, file.as_deref()).await;
        let ground = footing.ground(uid, clock::now());
        Self {
            uid: uid.to_owned(),
            footing,
            state: Mutex::new(State::new(kube, ground, brings)),
            losses: watch::Sender::new(0),
            file,
        }
    }

    /// Removes the file of its objects: its servers are gone, and their disks with them.
    pub(super) fn forget(&self) {
        if let Some(file) = &self.file
            && let Err(error) = fs::remove_file(file)
        {
            tracing::debug!(%error, cluster = self.uid, "the objects of a cluster that is gone stay in their file");
        }
    }

    /// Lets all happen that is due. Says when something more happens by itself.
    pub(super) async fn advance(&self) -> Option<DateTime<Utc>> {
        let mut state = self.state.lock().await;
        self.follow(&mut state).await;
        let now = clock::now();
        let is_settled = state.is_settled(self.footing.cluster_revision(&self.uid), now);
        if is_settled { state.next() } else { Some(state.rests_until.max(now)) }
    }

    /// Whether the cluster had servers, and nothing of it is left, neither servers nor ports.
    pub(super) async fn is_over(&self) -> bool {
        let state = self.state.lock().await;
        state.had_servers
            && state.ground.servers.iter().all(|server| matches!(server.life, Life::Gone { .. }))
            && state.ground.addresses.is_empty()
    }

    /// The API's own service, if the API can be reached through its balancer by who knows these keys.
    ///
    /// # Errors
    /// When nothing answers at the balancer, or what answers is not whom the keys know.
    pub(super) async fn api(&self, access: &Access) -> Result<InProcess, AccessError> {
        let mut state = self.state.lock().await;
        self.follow(&mut state).await;
        let way = state.ground.ways.iter().any(|way| way.vip == access.vip);
        if !state.answers_at(access.vip) {
            return Err(unreachable(THE_API, access, access.vip, if way { REFUSED } else { TIMED_OUT }));
        }
        check_keys(&state, THE_API, access, access.vip)?;
        Ok(state.kube.service())
    }

    /// Whether its API can write nothing down.
    pub(super) async fn has_no_space(&self) -> bool {
        self.state.lock().await.has_no_space()
    }

    /// Tells when the API ceases to answer, from now on.
    pub(super) fn losses(&self) -> watch::Receiver<u64> {
        self.losses.subscribe()
    }

    /// Brings the Leases of nodes up to date, which nobody does while nobody looks.
    pub(super) async fn renew_leases(&self) {
        self.state.lock().await.renew(clock::now()).await;
    }

    /// Whether the API server at an address is ready.
    ///
    /// # Errors
    /// When none runs there, or it is not whom the keys know.
    pub(super) async fn api_server_ready(
        &self,
        access: &Access,
        address: IpAddr,
    ) -> Result<bool, AccessError> {
        let mut state = self.state.lock().await;
        self.follow(&mut state).await;
        let mut servers = state.bodies.values().filter_map(|body| body.api_server());
        if !servers.any(|server| server.bind.0 == address) {
            return Err(unreachable(API_SERVER, access, address, self.silence(&state, address)));
        }
        check_keys(&state, API_SERVER, access, address)?;
        Ok(state.api_servers().iter().any(|(known, _)| *known == address))
    }

    /// What the member of etcd at an address says.
    ///
    /// # Errors
    /// When none runs there, or it is not whom the keys know.
    pub(super) async fn etcd(&self, access: &Access, address: IpAddr) -> Result<EtcdAnswer, AccessError> {
        let mut state = self.state.lock().await;
        self.follow(&mut state).await;
        let silent = || unreachable(ETCD_MEMBER, access, address, self.silence(&state, address));
        let is_member = |start: &Result<Start, _>| matches!(start, Ok(Start::Etcd(_)));
        let mut bodies = state.bodies.values().filter(|body| body.has(address) && is_member(&body.start));
        let etcd = state.etcd.as_ref().ok_or_else(silent)?;
        let found = bodies.find_map(|body| Some((etcd.member_on(&body.server.id)?, body.server.disk_full)));
        let (id, full) = found.ok_or_else(silent)?;
        if !etcd.trusts(&access.etcd.authority) {
            return Err(AccessError::Refused { what: ETCD_MEMBER, cluster: access.cluster.clone(), address });
        }
        let (leader, members) = (etcd.leader(), etcd.list());
        let data = u64::try_from(state.kube.bytes()).unwrap_or(u64::MAX);
        state.db_bytes = state.db_bytes.max(EMPTY_DATABASE + data.next_multiple_of(PAGE));
        let alarms = full.map(|_| "NOSPACE".to_owned()).into_iter().collect();
        Ok(EtcdAnswer { id, leader, db_bytes: state.db_bytes, members, alarms })
    }

    async fn follow(&self, state: &mut State) {
        let now = clock::now();
        let revision = || self.footing.cluster_revision(&self.uid);
        if state.is_settled(revision(), now) || now < state.rests_until {
            return;
        }
        let servers = i32::try_from(state.bodies.len()).unwrap_or(i32::MAX);
        state.rests_until = if state.bodies.len() < LARGE { now } else { now + REST_EACH * servers };
        let mut answered = state.answers();
        for _ in 0..ROUNDS {
            let words = state.look(&self.footing, &self.uid, now);
            self.say(words);
            let words = state.advance(&self.footing, now).await;
            self.say(words);
            if answered && !state.answers() {
                self.losses.send_modify(|losses| *losses += 1);
                answered = false;
            }
            if state.is_settled(revision(), now) {
                return;
            }
        }
        state.rest_until(now + REST);
    }

    /// Shows on the servers' consoles what their start programs say.
    fn say(&self, words: Said) {
        for (server, words) in words {
            self.footing.say_on_console(&server, words);
        }
    }

    /// Why nothing answers at an address.
    fn silence(&self, state: &State, address: IpAddr) -> &'static str {
        let lives = state.bodies.values().any(|body| body.is_reached() && body.has(address));
        if lives { REFUSED } else { TIMED_OUT }
    }
}

fn check_keys(
    state: &State,
    what: &'static str,
    access: &Access,
    address: IpAddr,
) -> Result<(), AccessError> {
    let knows = |authority: &str| authority::is_same(authority, &access.kubernetes.authority);
    match state.formed.as_ref().is_some_and(|formed| knows(&formed.authority)) {
        true => Ok(()),
        false => Err(AccessError::Refused { what, cluster: access.cluster.clone(), address }),
    }
}

fn unreachable(what: &'static str, access: &Access, address: IpAddr, why: &str) -> AccessError {
    AccessError::Unreachable { what, cluster: access.cluster.clone(), address, why: why.to_owned() }
}
