//! Balancers with their pools and members, read without a call for each of them.
//!
//! Octavia lists balancers, listeners and pools in bulk, but members only one pool at a time. A pool's line in the listing
//! changes whenever something of its members does, so that the tree of a balancer is read again only then, or while not all
//! of its members are well.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde::Deserialize;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::clock;
use crate::cloud::provider::Answer;
use crate::cloud::types::balancer::{
    Balancer, BalancerId, Operating, Pool, PoolId, PoolMember, PoolMemberId, Provisioning,
};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Listing;

/// A balancer's own line.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Shown {
    id: String,
    name: String,
    project_id: String,
    #[serde(default)]
    tags: Vec<String>,
    vip_address: Option<IpAddr>,
    provider: String,
    provisioning_status: String,
    operating_status: String,
    updated_at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct ShownPool {
    id: String,
    operating_status: String,
    provisioning_status: String,
    updated_at: Option<String>,
    #[serde(default)]
    members: Vec<Named>,
    #[serde(default)]
    loadbalancers: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Named {
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct ShownListener {
    id: String,
    protocol_port: u16,
    default_pool_id: Option<String>,
    #[serde(default)]
    loadbalancers: Vec<Named>,
}

#[derive(Deserialize)]
struct Status {
    statuses: Statuses,
}

#[derive(Deserialize)]
struct Statuses {
    loadbalancer: TreeOfBalancer,
}

#[derive(Deserialize)]
struct TreeOfBalancer {
    #[serde(default)]
    listeners: Vec<TreeOfListener>,
    #[serde(default)]
    pools: Vec<TreeOfPool>,
}

#[derive(Deserialize)]
struct TreeOfListener {
    #[serde(default)]
    pools: Vec<TreeOfPool>,
}

#[derive(Deserialize)]
struct TreeOfPool {
    id: String,
    #[serde(default)]
    members: Vec<TreeOfMember>,
}

#[derive(Deserialize)]
struct TreeOfMember {
    id: String,
    address: IpAddr,
    protocol_port: u16,
    operating_status: String,
    provisioning_status: String,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownPool {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for ShownListener {
    fn id(&self) -> &str {
        &self.id
    }
}

/// The members of a balancer's pools.
type Members = HashMap<String, Vec<PoolMember>>;

/// What a balancer's lines said when its members were read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lines {
    balancer: (String, String, Option<String>),
    pools: Vec<ShownPool>,
}

/// The members that were read last, by balancer.
#[derive(Debug, Default)]
pub(super) struct Trees(Mutex<HashMap<String, (Lines, Members)>>);

impl Trees {
    fn still(&self, id: &str, lines: &Lines) -> Option<Members> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (then, members) = known.get(id)?;
        let well = |member: &PoolMember| {
            member.provisioning == Provisioning::Active
                && matches!(member.operating, Operating::Online | Operating::NoMonitor)
        };
        let settled = then == lines && members.values().flatten().all(well);
        settled.then(|| members.clone())
    }

    fn keep(&self, id: &str, lines: Lines, members: &Members) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.to_owned(), (lines, members.clone()));
    }

    fn only(&self, there: &[Shown]) {
        let there: std::collections::HashSet<&str> = there.iter().map(|one| one.id.as_str()).collect();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|id, _| there.contains(id.as_str()));
    }
}

impl Shown {
    pub(super) fn belongs_to(&self, project: &ProjectId) -> bool {
        self.project_id == project.as_str()
    }

    /// Whether it is more than a memory.
    pub(super) fn is_there(&self) -> bool {
        provisioning(&self.provisioning_status) != Provisioning::Deleted
    }

    fn balancer(self, listeners: &[&ShownListener], mut members: Members) -> Balancer {
        let mut pools: Vec<Pool> = listeners
            .iter()
            .filter_map(|listener| Some((listener.default_pool_id.clone()?, listener.protocol_port)))
            .map(|(id, listens)| Pool {
                members: members.remove(&id).unwrap_or_default(),
                id: PoolId::new(id),
                listens,
            })
            .collect();
        pools.sort_by_key(|pool| pool.listens);
        Balancer {
            id: BalancerId::new(self.id),
            project: ProjectId::new(self.project_id),
            name: self.name,
            tags: self.tags,
            vip: self.vip_address,
            provider: self.provider,
            provisioning: provisioning(&self.provisioning_status),
            operating: operating(&self.operating_status),
            pools,
        }
    }
}

impl OpenStack {
    pub(super) async fn list_balancers(&self) -> Answer<Listing<Balancer>> {
        let as_of = clock::now();
        let items = self.read_balancers("all", &[]).await?;
        Ok(Listing { items, as_of })
    }

    pub(super) async fn list_balancers_tagged(
        &self,
        project: &ProjectId,
        tag: &str,
    ) -> Answer<Vec<Balancer>> {
        let about = [("project_id", project.as_str()), ("tags", tag)];
        let call = lines("list balancers", tag, "loadbalancers");
        let call = about.into_iter().fold(call, |call, (key, value)| call.query(key, value));
        let found = self.all::<Shown>(As::Reader, call, "loadbalancers", Paging::Marker).await?;
        let mut balancers = Vec::new();
        for shown in found.into_iter().filter(Shown::is_there) {
            balancers.push(self.fill(shown).await?);
        }
        Ok(balancers)
    }

    pub(super) async fn show_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<Balancer> {
        let shown = self.show_shell(project, id).await?;
        self.fill(shown).await
    }

    async fn fill(&self, shown: Shown) -> Answer<Balancer> {
        let call = lines("list listeners", &shown.id, "listeners");
        let call = call.query("load_balancer_id", shown.id.as_str());
        let listeners = self.all::<ShownListener>(As::Reader, call, "listeners", Paging::Marker).await?;
        let members = self.members(&shown.id).await?;
        Ok(shown.balancer(&listeners.iter().collect::<Vec<_>>(), members))
    }

    async fn read_balancers(&self, subject: &str, filter: &[(&'static str, &str)]) -> Answer<Vec<Balancer>> {
        let filtered = |call: Call| filter.iter().fold(call, |call, (key, value)| call.query(key, *value));
        let call = filtered(lines("list balancers", subject, "loadbalancers"));
        let shells = self.all::<Shown>(As::Reader, call, "loadbalancers", Paging::Marker).await?;
        if shells.is_empty() {
            return Ok(Vec::new());
        }
        let call = lines("list listeners", subject, "listeners");
        let listeners = self.all::<ShownListener>(As::Reader, call, "listeners", Paging::Marker).await?;
        let call = lines("list pools", subject, "pools");
        let pools = self.all::<ShownPool>(As::Reader, call, "pools", Paging::Marker).await?;
        self.trees.only(&shells);
        let (listeners, mut pools) = (by_balancer(&listeners), pools_by_balancer(pools));
        let mut balancers = Vec::new();
        for shell in shells.into_iter().filter(Shown::is_there) {
            let pools = pools.remove(&shell.id).unwrap_or_default();
            let members = match self.current_members(&shell, pools).await {
                Ok(members) => members,
                // It went while we were reading.
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error),
            };
            let own = listeners.get(shell.id.as_str()).map(Vec::as_slice).unwrap_or_default();
            balancers.push(shell.balancer(own, members));
        }
        Ok(balancers)
    }

    async fn current_members(&self, shell: &Shown, pools: Vec<ShownPool>) -> Answer<Members> {
        if pools.iter().all(|pool| pool.members.is_empty()) {
            return Ok(Members::new());
        }
        let own =
            (shell.provisioning_status.clone(), shell.operating_status.clone(), shell.updated_at.clone());
        let lines = Lines { balancer: own, pools };
        if let Some(members) = self.trees.still(&shell.id, &lines) {
            return Ok(members);
        }
        let members = self.members(&shell.id).await?;
        self.trees.keep(&shell.id, lines, &members);
        Ok(members)
    }

    async fn members(&self, id: &str) -> Answer<Members> {
        let path = ["lbaas", "loadbalancers", id, "status"];
        let call = Call::new(("show balancer", id), (Service::Balancer, Method::GET), &path);
        let tree = self.fetch::<Status>(As::Reader, &call).await?.statuses.loadbalancer;
        let listed = tree.listeners.into_iter().flat_map(|listener| listener.pools);
        let pools = listed.chain(tree.pools).map(|pool| {
            let members = pool.members.into_iter().map(|member| PoolMember {
                id: PoolMemberId::new(member.id),
                address: member.address,
                port: member.protocol_port,
                operating: operating(&member.operating_status),
                provisioning: provisioning(&member.provisioning_status),
            });
            (pool.id, members.collect())
        });
        Ok(pools.collect())
    }
}

fn lines(operation: &'static str, subject: &str, what: &str) -> Call {
    Call::new((operation, subject), (Service::Balancer, Method::GET), &["lbaas", what])
}

fn by_balancer(listeners: &[ShownListener]) -> HashMap<&str, Vec<&ShownListener>> {
    let mut all: HashMap<&str, Vec<&ShownListener>> = HashMap::new();
    for listener in listeners {
        for balancer in &listener.loadbalancers {
            all.entry(balancer.id.as_str()).or_default().push(listener);
        }
    }
    all
}

fn pools_by_balancer(pools: Vec<ShownPool>) -> HashMap<String, Vec<ShownPool>> {
    let mut all: HashMap<String, Vec<ShownPool>> = HashMap::new();
    for pool in pools {
        if let Some(balancer) = pool.loadbalancers.first() {
            all.entry(balancer.id.clone()).or_default().push(pool);
        }
    }
    all
}

/// Octavia's words for provisioning.
pub(super) fn provisioning(word: &str) -> Provisioning {
    match word {
        "ACTIVE" => Provisioning::Active,
        "PENDING_CREATE" => Provisioning::PendingCreate,
        "PENDING_DELETE" => Provisioning::PendingDelete,
        "ERROR" => Provisioning::Error,
        "DELETED" => Provisioning::Deleted,
        // PENDING_UPDATE, and whatever else comes between the others.
        _ => Provisioning::PendingUpdate,
    }
}

/// Octavia's words for operation.
pub(super) fn operating(word: &str) -> Operating {
    match word {
        "ONLINE" => Operating::Online,
        "DEGRADED" => Operating::Degraded,
        "ERROR" => Operating::Error,
        "DRAINING" => Operating::Draining,
        "NO_MONITOR" => Operating::NoMonitor,
        // OFFLINE, and whatever else says that nothing gets through.
        _ => Operating::Offline,
    }
}
