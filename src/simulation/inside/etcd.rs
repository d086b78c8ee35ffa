//! The etcd of a user cluster: who its members are, which of them run, and who leads.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::authority;
use super::start::EtcdStart;
use crate::cloud::types::compute::ServerId;
use crate::workload::etcd::ListedMember;

/// A server whose member of etcd would run now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) server: &'a ServerId,
    pub(super) start: &'a EtcdStart,
    pub(super) addresses: &'a [IpAddr],
    /// Since when it would run.
    pub(super) since: DateTime<Utc>,
}

/// Why a member does not run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum EtcdError {
    #[error("etcd: --initial-advertise-peer-urls {url} is no address of this server")]
    ForeignAddress { url: String },
    #[error("etcd: --initial-cluster has no {name}={url}")]
    NotInInitialCluster { name: String, url: String },
    #[error("etcd: --initial-cluster: nobody has the address of {url}")]
    NoSuchPeer { url: String },
    #[error("etcd: cannot fetch cluster info from peer urls: could not retrieve cluster information")]
    NoCluster,
    #[error("etcd: member count is unequal")]
    UnequalMembers,
    #[error("etcd: request sent was ignored by remote peer due to cluster ID mismatch")]
    OtherCluster,
    #[error("etcd: member {id:x} has already been bootstrapped")]
    AlreadyBootstrapped { id: u64 },
}

/// The members of a cluster, and what becomes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Etcd {
    token: String,
    initial: BTreeMap<String, String>,
    authority: String,
    members: BTreeMap<u64, Member>,
    leader: Option<u64>,
    /// When a quorum ran for the first time.
    formed: Option<DateTime<Utc>>,
    /// Since when a quorum runs, if one does.
    quorum: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Member {
    name: String,
    peer_url: String,
    learner: bool,
    /// The server whose disk has its data.
    data: Option<ServerId>,
    /// Since when it runs, if it runs.
    runs: Option<DateTime<Utc>>,
}

impl Etcd {
    /// The cluster that the first member to start begins.
    fn begin(start: &EtcdStart) -> Self {
        let member = |(url, name): (&String, &String)| {
            let member =
                Member { name: name.clone(), peer_url: url.clone(), learner: false, data: None, runs: None };
            (member_id(url, &start.token), member)
        };
        Self {
            token: start.token.clone(),
            initial: start.initial.clone(),
            authority: start.authority.clone(),
            members: start.initial.iter().map(member).collect(),
            leader: None,
            formed: None,
            quorum: None,
        }
    }

    /// Lets members start and stop as their servers do. Says who does not start, and why.
    pub(super) fn follow(
        cluster: &mut Option<Self>,
        candidates: &[Candidate<'_>],
        taken: &BTreeSet<IpAddr>,
    ) -> BTreeMap<ServerId, EtcdError> {
        let mut refused = BTreeMap::new();
        let mut running = BTreeMap::new();
        for candidate in candidates {
            match Self::admit(cluster, candidate, taken) {
                Ok(id) => {
                    running.insert(id, candidate.since);
                }
                Err(error) => {
                    refused.insert(candidate.server.clone(), error);
                }
            }
        }
        if let Some(cluster) = cluster {
            cluster.run(&running);
        }
        refused
    }

    /// Since when a quorum runs, if one does.
    pub(super) fn quorum_since(&self) -> Option<DateTime<Utc>> {
        self.quorum
    }

    /// Whether clients that know an authority can reach one of the members at these addresses.
    pub(super) fn serves(&self, addresses: &[IpAddr], authority: &str) -> bool {
        let runs = |member: &&Member| member.runs.is_some() && !member.learner;
        let mut known = self.members.values().filter(runs).filter_map(|member| address(&member.peer_url));
        authority::is_same(&self.authority, authority) && known.any(|address| addresses.contains(&address))
    }

    /// Whether its clients are known by an authority.
    pub(super) fn trusts(&self, authority: &str) -> bool {
        authority::is_same(&self.authority, authority)
    }

    /// The member that runs on a server.
    pub(super) fn member_on(&self, server: &ServerId) -> Option<u64> {
        let runs = |member: &Member| member.data.as_ref() == Some(server) && member.runs.is_some();
        self.members.iter().find(|(_, member)| runs(member)).map(|(id, _)| *id)
    }

    /// The member that leads.
    pub(super) fn leader(&self) -> Option<u64> {
        self.leader
    }

    /// The members, as they list each other.
    pub(super) fn list(&self) -> Vec<ListedMember> {
        let list = |(id, member): (&u64, &Member)| {
            let started = self.formed.is_some() && member.data.is_some();
            ListedMember {
                id: *id,
                name: if started || self.formed.is_none() { member.name.clone() } else { String::new() },
                peer_urls: vec![member.peer_url.clone()],
                learner: member.learner,
            }
        };
        self.members.iter().map(list).collect()
    }

    /// The member that a server's configuration makes of it.
    fn admit(
        cluster: &mut Option<Self>,
        candidate: &Candidate<'_>,
        taken: &BTreeSet<IpAddr>,
    ) -> Result<u64, EtcdError> {
        let start = candidate.start;
        let own = |member: &Member| member.data.as_ref() == Some(candidate.server);
        if let Some(cluster) = cluster
            && let Some((id, _)) = cluster.members.iter().find(|(_, member)| own(member))
        {
            return Ok(*id);
        }
        check(start, candidate.addresses, taken)?;
        if cluster.is_none() && start.existing {
            return Err(EtcdError::NoCluster);
        }
        let cluster = cluster.get_or_insert_with(|| Self::begin(start));
        let found = cluster.members.iter().find(|(_, member)| member.peer_url == start.peer_url);
        let id = found.map(|(id, _)| *id);
        if start.existing {
            let known: BTreeSet<&String> = cluster.members.values().map(|member| &member.peer_url).collect();
            if cluster.formed.is_none() {
                return Err(EtcdError::NoCluster);
            }
            if id.is_none() || start.initial.keys().collect::<BTreeSet<_>>() != known {
                return Err(EtcdError::UnequalMembers);
            }
        } else if start.token != cluster.token || start.initial != cluster.initial {
            return Err(EtcdError::OtherCluster);
        }
        if !authority::is_same(&start.authority, &cluster.authority) {
            return Err(EtcdError::OtherCluster);
        }
        let id = id.ok_or(EtcdError::OtherCluster)?;
        let is_formed = cluster.formed.is_some();
        let member = cluster.members.get_mut(&id).ok_or(EtcdError::OtherCluster)?;
        // Nobody can have told the others of a member before there was a quorum to tell it to.
        if member.data.is_some() && is_formed {
            return Err(EtcdError::AlreadyBootstrapped { id });
        }
        member.data = Some(candidate.server.clone());
        member.name.clone_from(&start.name);
        Ok(id)
    }

    fn run(&mut self, running: &BTreeMap<u64, DateTime<Utc>>) {
        for (id, member) in &mut self.members {
            member.runs = running.get(id).copied();
        }
        let voters = self.members.values().filter(|member| !member.learner);
        let needed = voters.clone().count() / 2 + 1;
        let mut since: Vec<DateTime<Utc>> = voters.filter_map(|member| member.runs).collect();
        since.sort();
        self.quorum = since.get(needed - 1).copied();
        self.formed = self.formed.or(self.quorum);
        let runs = |id: &u64| self.members.get(id).is_some_and(|member| member.runs.is_some());
        let first = self.members.iter().filter(|(_, member)| !member.learner && member.runs.is_some());
        let first = first.min_by_key(|(id, member)| (member.runs, **id)).map(|(id, _)| *id);
        self.leader = self.quorum.and_then(|_| self.leader.filter(runs).or(first));
    }
}

/// What etcd checks of its configuration before it begins.
fn check(start: &EtcdStart, own: &[IpAddr], taken: &BTreeSet<IpAddr>) -> Result<(), EtcdError> {
    let url = &start.peer_url;
    if !address(url).is_some_and(|address| own.contains(&address)) {
        return Err(EtcdError::ForeignAddress { url: url.clone() });
    }
    if start.initial.get(url) != Some(&start.name) {
        return Err(EtcdError::NotInInitialCluster { name: start.name.clone(), url: url.clone() });
    }
    let nobody = |url: &&String| !address(url).is_some_and(|address| taken.contains(&address));
    match start.initial.keys().find(nobody) {
        Some(url) => Err(EtcdError::NoSuchPeer { url: url.clone() }),
        None => Ok(()),
    }
}

/// The address in a member's URL.
fn address(url: &str) -> Option<IpAddr> {
    authority::host(url.split("://").nth(1)?)
}

/// A member's id: like etcd's, it follows from where the member is reached and from the cluster's token.
fn member_id(url: &str, token: &str) -> u64 {
    let digest = Sha256::digest(format!("{url}{token}"));
    digest.iter().take(size_of::<u64>()).fold(0, |id, byte| (id << 8) | u64::from(*byte))
}
