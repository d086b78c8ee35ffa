//! The whole inside of one user cluster, and how it goes on with time.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::authority;
use super::body::{Body, Shown};
use super::driver::Driver;
use super::etcd::{Candidate, Etcd};
use super::footing::Footing;
use super::join::{Formed, JoinError, Situation};
use super::kube::{Kube, Place};
use super::nodes;
use super::pods::{Kubelet, Workloads};
use super::start::{InitStart, JoinStart, Start, StartError};
use super::tenant;
use crate::cloud::types::compute::ServerId;
use crate::simulation::world::ground::{Ground, GroundServer, Life};

/// The inside of one user cluster.
#[derive(Debug)]
pub(super) struct State {
    pub(super) kube: Kube,
    pub(super) bodies: BTreeMap<ServerId, Body>,
    pub(super) etcd: Option<Etcd>,
    pub(super) formed: Option<Formed>,
    /// Since when an API server answers, if one does.
    up: Option<DateTime<Utc>>,
    pub(super) ground: Ground,
    /// How many claims its tenant brings to it, until that is done.
    brings: u32,
    /// Whether it ever had a server.
    pub(super) had_servers: bool,
    /// The most that its database took: pages that become free stay in the file of a member until it is defragmented.
    pub(super) db_bytes: u64,
    /// When it may be looked at again.
    pub(super) rests_until: DateTime<Utc>,
    workloads: Workloads,
    settled: Option<Settled>,
}

/// How far behind a joining server's clock may be: kubeadm dates certificates back by so much.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// What had been seen when nothing was left to do.
#[derive(Clone, Copy, Debug)]
struct Settled {
    ground: u64,
    kube: u64,
    next: Option<DateTime<Utc>>,
}

/// What a server's start program has to say, if that changed.
pub(super) type Said = Vec<(ServerId, Option<String>)>;

impl State {
    /// The inside of a cluster of which nothing lives yet.
    pub(super) fn new(kube: Kube, ground: Ground, brings: u32) -> Self {
        Self {
            kube,
            bodies: BTreeMap::new(),
            etcd: None,
            formed: None,
            up: None,
            ground,
            brings,
            had_servers: false,
            db_bytes: 0,
            rests_until: DateTime::UNIX_EPOCH,
            workloads: Workloads::default(),
            settled: None,
        }
    }

    /// Whether nothing can have changed since the last look.
    pub(super) fn is_settled(&self, ground: u64, now: DateTime<Utc>) -> bool {
        let is_early = |settled: &Settled| settled.next.is_none_or(|next| now < next);
        self.settled.as_ref().is_some_and(|settled| {
            settled.ground == ground && settled.kube == self.kube.revision() && is_early(settled)
        })
    }

    /// When something changes by itself, as far as is known.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.settled.and_then(|settled| settled.next)
    }

    /// Leaves what is still due to a later time.
    pub(super) fn rest_until(&mut self, later: DateTime<Utc>) {
        if let Some(settled) = &mut self.settled {
            settled.kube = self.kube.revision();
            settled.next = Some(later);
        }
    }

    /// Looks at what the cluster stands on, and reads the user data of servers that begin to run.
    pub(super) fn look(&mut self, footing: &Footing, uid: &str, now: DateTime<Utc>) -> Said {
        let mut words = Said::new();
        let is_known = self.ground.revision == footing.cluster_revision(uid);
        if is_known && self.settled.is_some() && self.ground.next.is_none_or(|next| now < next) {
            return words;
        }
        self.ground = footing.ground(uid, now);
        self.had_servers |= !self.ground.servers.is_empty();
        let mut seen = BTreeSet::new();
        for server in &self.ground.servers {
            seen.insert(server.id.clone());
            if let Some(body) = self.bodies.get_mut(&server.id) {
                follow(&mut body.server, server);
            } else if matches!(server.life, Life::Alive { .. }) {
                let data = footing.take_user_data(&server.id).ok_or(StartError::NoCloudConfig);
                let start = data.and_then(|data| Start::read(&data));
                let said = start.as_ref().err().map(ToString::to_string);
                words.extend(said.clone().map(|said| (server.id.clone(), Some(said))));
                let body = Body { server: server.clone(), start, node: None, said };
                self.bodies.insert(server.id.clone(), body);
            }
        }
        for body in self.bodies.values_mut().filter(|body| !seen.contains(&body.server.id)) {
            if !matches!(body.server.life, Life::Gone { .. }) {
                body.server.life = Life::Gone { since: now };
            }
        }
        // Of a server that is gone nothing is left but its Node, until somebody removes it.
        let is_listed = |body: &Body| body.node.as_ref().is_some_and(|node| node.is_listed);
        self.bodies.retain(|_, body| !matches!(body.server.life, Life::Gone { .. }) || is_listed(body));
        words
    }

    /// Lets all happen that is due.
    pub(super) async fn advance(&mut self, footing: &Footing, now: DateTime<Utc>) -> Said {
        let mut said: BTreeMap<ServerId, Option<String>> = BTreeMap::new();
        let mut next = self.ground.next;
        next = sooner(next, self.follow_etcd(now, &mut said));
        let takes_writes = !self.has_no_space();
        if takes_writes {
            next = sooner(next, self.follow_joins(now, &mut said).await);
        }
        self.note_up(now);
        let before = self.kube.revision();
        if let Some(up) = self.up.filter(|_| takes_writes) {
            if self.brings > 0 && tenant::bring(&self.kube, self.brings).await {
                self.brings = 0;
            }
            for body in self.bodies.values_mut() {
                next = sooner(next, nodes::keep(&self.kube, body, up, now).await);
            }
            next = sooner(next, self.follow_workloads(footing, now).await);
        }
        // What was written here may call for more, and so may what others wrote meanwhile.
        let next = if before == self.kube.revision() { next } else { Some(now) };
        let kube = self.kube.revision();
        self.settled = Some(Settled { ground: self.ground.revision, kube, next });
        let mut changed = Said::new();
        for (server, words) in said {
            if let Some(body) = self.bodies.get_mut(&server).filter(|body| body.said != words) {
                body.said.clone_from(&words);
                changed.push((server, words));
            }
        }
        changed
    }

    /// Writes into the Leases when their kubelets last renewed them.
    pub(super) async fn renew(&mut self, now: DateTime<Utc>) {
        if self.has_no_space() {
            return;
        }
        let was_settled = self.settled.filter(|settled| settled.kube == self.kube.revision());
        for body in self.bodies.values_mut().filter(|body| body.kubelet_since().is_some()) {
            let behind = body.server.behind;
            if let Some(node) = body.node.as_mut().filter(|node| node.is_listed) {
                nodes::renew(&self.kube, node, now, behind).await;
            }
        }
        if let Some(settled) = was_settled {
            self.settled = Some(Settled { kube: self.kube.revision(), ..settled });
        }
    }

    fn follow_etcd(
        &mut self,
        now: DateTime<Utc>,
        said: &mut BTreeMap<ServerId, Option<String>>,
    ) -> Option<DateTime<Utc>> {
        let mut next = None;
        let mut candidates = Vec::new();
        for body in self.bodies.values() {
            let (Ok(Start::Etcd(start)), Some(ready)) = (&body.start, body.ready_at(self.ground.boot)) else {
                continue;
            };
            if ready > now {
                next = sooner(next, Some(ready));
            } else if body.server.etcd_stopped.is_none() {
                let (server, addresses) = (&body.server.id, body.server.addresses.as_slice());
                candidates.push(Candidate { server, start, addresses, since: ready });
            }
        }
        candidates.sort_by_key(|candidate| (candidate.since, candidate.server));
        let refused = Etcd::follow(&mut self.etcd, &candidates, &self.ground.addresses);
        for candidate in &candidates {
            let words = refused.get(candidate.server).map(ToString::to_string);
            said.insert(candidate.server.clone(), words);
        }
        next
    }

    async fn follow_workloads(&mut self, footing: &Footing, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let nodes = self.bodies.values().filter(|body| !matches!(body.server.life, Life::Gone { .. }));
        let servers = nodes
            .filter_map(|body| Some((body.node.as_ref()?.name.clone(), body.server.id.clone())))
            .collect();
        let driver = Driver { cloud: footing.world(), project: self.ground.project.clone(), servers };
        let kubelets = self.bodies.values().filter_map(|body| {
            let (node, runs) = (body.node.as_ref()?, body.kubelet_since().is_some());
            let has_network = node.network.is_some() && node.shown == Shown::Ready;
            Some((node.name.clone(), Kubelet { runs, has_network, full: body.server.disk_full }))
        });
        let outcome = self.workloads.follow(&self.kube, &driver, &kubelets.collect(), now).await;
        let mut next = outcome.next;
        for node in self.bodies.values_mut().filter_map(|body| body.node.as_mut()) {
            if let Some(since) = outcome.networked.get(&node.name)
                && node.network.is_none()
            {
                node.network = Some(*since);
                next = Some(now);
            }
        }
        next
    }

    /// Lets servers join until none is left that can.
    async fn follow_joins(
        &mut self,
        now: DateTime<Utc>,
        said: &mut BTreeMap<ServerId, Option<String>>,
    ) -> Option<DateTime<Utc>> {
        loop {
            let mut next = None;
            let mut joined = false;
            self.note_up(now);
            let waiting = self.bodies.values().filter(|body| body.node.is_none());
            let mut waiting: Vec<_> = waiting
                .filter_map(|body| Some((body.ready_at(self.ground.boot)?, body.server.id.clone())))
                .collect();
            waiting.sort();
            for (ready, server) in waiting {
                if ready > now {
                    let nodes = |body: &Body| !matches!(body.start, Ok(Start::Etcd(_)));
                    next = sooner(next, self.bodies.get(&server).filter(|body| nodes(body)).map(|_| ready));
                    continue;
                }
                match self.try_to_join(&server, ready, now).await {
                    Some(Ok(())) => {
                        joined = true;
                        said.insert(server, None);
                    }
                    Some(Err(error)) => {
                        said.insert(server, Some(error.to_string()));
                    }
                    None => {}
                }
            }
            if !joined {
                return next;
            }
        }
    }

    /// Lets a server join if it can; nothing if it is to be no node.
    async fn try_to_join(
        &mut self,
        server: &ServerId,
        ready: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Option<Result<(), JoinError>> {
        match self.bodies.get(server)?.start.clone().ok()? {
            Start::Etcd(_) => None,
            Start::Init(start) => Some(self.init(server, &start, ready).await),
            Start::Join(start) => Some(self.join(server, &start, ready, now).await),
        }
    }

    async fn init(
        &mut self,
        server: &ServerId,
        start: &InitStart,
        ready: DateTime<Utc>,
    ) -> Result<(), JoinError> {
        let own = self.addresses(server);
        let since = self.situation(&self.api_servers()).init(start, &own)?;
        let formed = Formed {
            authority: start.server.authority.clone(),
            hash: authority::hash(&start.server.authority),
            version: start.version.clone(),
            etcd_authority: start.server.etcd_authority.clone(),
            etcd: start.etcd.clone(),
        };
        let Some(body) = self.bodies.get_mut(server) else { return Ok(()) };
        let joined = ready.max(since);
        let plane = Some(start.server.clone());
        nodes::register(&self.kube, body, &start.registration, plane, &start.version, joined).await?;
        if self.formed.is_none() {
            let place = Place { version: "api/v1", plural: "configmaps", namespace: "kube-system" };
            let configuration = serde_json::json!({
                "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "kubeadm-config" },
                "data": { "ClusterConfiguration": start.configuration },
            });
            // One that somebody put there before stays, as kubeadm would find it.
            let _ = self.kube.create(place, &configuration).await;
            self.formed = Some(formed);
            self.up = Some(joined);
        }
        Ok(())
    }

    async fn join(
        &mut self,
        server: &ServerId,
        start: &JoinStart,
        ready: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), JoinError> {
        let own = self.addresses(server);
        if self.bodies.get(server).is_some_and(|body| body.server.behind > CLOCK_TOLERANCE) {
            return Err(JoinError::WrongClock);
        }
        let body = self.bodies.get(server);
        let returns =
            |body: &Body| nodes::has_joined(&self.kube, &body.server, &start.registration).is_some();
        let since = match self.formed.is_some() && body.is_some_and(returns) {
            true => ready,
            false => self.situation(&self.api_servers()).join(start, &own, now)?,
        };
        let version = self.formed.as_ref().map(|formed| formed.version.clone()).unwrap_or_default();
        let Some(body) = self.bodies.get_mut(server) else { return Ok(()) };
        let (registration, joined) = (&start.registration, ready.max(since));
        nodes::register(&self.kube, body, registration, start.server.clone(), &version, joined).await
    }

    fn addresses(&self, server: &ServerId) -> Vec<IpAddr> {
        self.bodies.get(server).map(|body| body.server.addresses.clone()).unwrap_or_default()
    }

    fn situation<'a>(&'a self, servers: &'a [(IpAddr, u16)]) -> Situation<'a> {
        Situation {
            ground: &self.ground,
            etcd: self.etcd.as_ref(),
            formed: self.formed.as_ref(),
            up: self.up,
            servers,
            kube: &self.kube,
        }
    }

    fn note_up(&mut self, now: DateTime<Utc>) {
        self.up = if self.api_servers().is_empty() { None } else { self.up.or(Some(now)) };
    }
}

/// The earlier of two times.
pub(super) fn sooner(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (known, None) | (None, known) => known,
    }
}

/// A server as it is seen now. One that is deleted has no address any more, but what was at it is still known by it.
fn follow(known: &mut GroundServer, seen: &GroundServer) {
    let addresses = std::mem::take(&mut known.addresses);
    known.clone_from(seen);
    if known.addresses.is_empty() {
        known.addresses = addresses;
    }
}
