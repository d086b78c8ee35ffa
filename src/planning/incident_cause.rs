//! The cause that findings share.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::finding::FindingKind;
use super::health::Evidence;
use super::observation::incident::Located;
use super::observation::surroundings::{GroupHealth, Surroundings};
use super::policy::Policy;
use super::safety;
use crate::api::incident::{Cause, CauseKind, Severity};

/// From so many findings of one cluster on it is the cluster that is told of, not each of its machines; from so many failing
/// machines of one hypervisor on it is the hypervisor.
const NOISY: usize = 3;

/// From so many clusters on something that they share is the cause, rather than chance.
const SHARED: usize = 2;

/// Findings with the cause that they share.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    /// The cause.
    pub cause: Cause,
    /// The findings, at least one.
    pub members: Vec<&'a Located>,
}

impl Group<'_> {
    /// Since when: the earliest of its findings.
    pub fn since(&self) -> DateTime<Utc> {
        let earliest = self.members.iter().map(|member| member.finding.since).min();
        earliest.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The finding that most of them are, as one word.
    pub fn reason(&self) -> &'static str {
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for member in &self.members {
            *counts.entry(member.finding.kind.reason()).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map_or("", |(reason, _)| reason)
    }

    /// What is seen, as a sentence. How far it reaches is told in clusters, nodes and addresses beside it: the count of findings
    /// would be one more number that agrees with none of these.
    pub fn what(&self) -> String {
        let (name, count) = (&self.cause.name, self.members.len());
        match self.cause.kind {
            CauseKind::Zone => format!("zone {name} seems to be out"),
            CauseKind::Network => format!("network {name} seems to be out"),
            CauseKind::Hypervisor => format!("hypervisor {name} fails"),
            CauseKind::Image => format!("servers from image {name} do not come up"),
            CauseKind::Balancer => format!("balancers of provider {name} fail"),
            CauseKind::Storage => format!("storage {name} fails: {}", self.worst()),
            CauseKind::Quota => format!("there is no room for servers of {name}"),
            CauseKind::Version => format!("Release {name}: {}", self.worst()),
            CauseKind::Credential => format!("credential of {name} is refused by the storage"),
            CauseKind::CloudService => format!("{name}: {}", self.worst()),
            // What is wrong comes first: a narrow screen cuts the end off, and names the cause elsewhere.
            CauseKind::Cluster if count > 1 => {
                format!("{}, and {} more, of cluster {name}", self.worst(), count - 1)
            }
            CauseKind::Cluster => format!("{}: cluster {name}", self.worst()),
            CauseKind::Machine => format!("{}: {name}", self.worst()),
        }
    }

    /// What most of the planners do about it, or why they do nothing.
    pub fn doing(&self) -> Option<String> {
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        for doing in self.members.iter().filter_map(|member| member.doing.as_ref()) {
            *counts.entry(doing).or_default() += 1;
        }
        counts.into_iter().max_by_key(|(_, count)| *count).map(|(doing, _)| doing.clone())
    }

    fn worst(&self) -> String {
        let worst = self.members.iter().max_by_key(|member| severity(&member.finding.kind));
        worst.map(|member| member.finding.kind.to_string()).unwrap_or_default()
    }
}

/// How bad a finding is.
pub fn severity(kind: &FindingKind) -> Severity {
    match kind {
        // The engine mends these by itself.
        FindingKind::MachineUnhealthy { .. } | FindingKind::AccessDrift { .. } => Severity::Info,
        FindingKind::QuorumLost
        | FindingKind::EtcdAlarm { .. }
        | FindingKind::ClusterSilent { .. }
        | FindingKind::BalancerFailed => Severity::Critical,
        FindingKind::ServerNotMade { .. }
        | FindingKind::DuplicateServers { .. }
        | FindingKind::DuplicatePorts { .. }
        | FindingKind::DuplicateBalancers { .. }
        | FindingKind::EtcdDegraded { .. }
        | FindingKind::EtcdStrangers { .. }
        | FindingKind::ControlPlaneDegraded { .. }
        | FindingKind::NoRoom { .. }
        | FindingKind::CredentialRefused
        | FindingKind::ReleaseUnusable { .. }
        | FindingKind::AddonUnhealthy
        | FindingKind::DiskFull
        | FindingKind::SpecImpossible { .. }
        | FindingKind::Leftovers { .. }
        | FindingKind::Overdue { .. } => Severity::Warning,
    }
}

/// How bad a cause is, whatever was found so far.
pub fn severity_of_cause(kind: CauseKind) -> Severity {
    match kind {
        CauseKind::Zone | CauseKind::Network | CauseKind::Storage => Severity::Critical,
        CauseKind::Hypervisor
        | CauseKind::Image
        | CauseKind::Version
        | CauseKind::Balancer
        | CauseKind::Quota
        | CauseKind::Credential
        | CauseKind::CloudService => Severity::Warning,
        CauseKind::Cluster | CauseKind::Machine => Severity::Info,
    }
}

/// Groups findings by the cause that they share. The same finding of the same object counts once, and a wait that is overdue
/// only where nothing else was found.
pub fn group<'a>(found: &'a [Located], around: &Surroundings, policy: &Policy) -> Vec<Group<'a>> {
    let found = distinct(found);
    let shared = Shared::of(&found);
    let mut first: Vec<(Cause, &Located)> =
        found.into_iter().map(|one| (cause(one, &shared, around, policy), one)).collect();
    noisy_clusters(&mut first);
    let mut groups: BTreeMap<Cause, Vec<&Located>> = BTreeMap::new();
    for (cause, one) in first {
        groups.entry(cause).or_default().push(one);
    }
    groups.into_iter().map(|(cause, members)| Group { cause, members }).collect()
}

fn distinct(found: &[Located]) -> Vec<&Located> {
    let key = |one: &Located| one.finding.object.to_string();
    let is_overdue = |one: &Located| matches!(one.finding.kind, FindingKind::Overdue { .. });
    let named: BTreeSet<String> = found.iter().filter(|one| !is_overdue(one)).map(key).collect();
    let mut seen = BTreeSet::new();
    found
        .iter()
        .filter(|one| !is_overdue(one) || !named.contains(&key(one)))
        .filter(|one| seen.insert((one.finding.kind.reason(), key(one))))
        .collect()
}

/// What more than one cluster's findings have in common.
struct Shared<'a> {
    /// The machines that fail on each hypervisor: what is found about their clusters besides is about them.
    hosts: BTreeMap<&'a str, BTreeSet<String>>,
    images: BTreeMap<&'a str, BTreeSet<&'a str>>,
    providers: BTreeMap<&'a str, BTreeSet<&'a str>>,
    storages: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// The clusters whose storage credential is refused.
    refused: BTreeSet<&'a str>,
}

impl<'a> Shared<'a> {
    fn of(found: &[&'a Located]) -> Self {
        let mut shared = Self {
            hosts: BTreeMap::new(),
            images: BTreeMap::new(),
            providers: BTreeMap::new(),
            storages: BTreeMap::new(),
            refused: BTreeSet::new(),
        };
        for one in found {
            let place = &one.place;
            let cluster = place.cluster.as_deref().unwrap_or_default();
            if one.finding.kind == FindingKind::CredentialRefused {
                shared.refused.extend(place.credential.as_deref());
            }
            let object = &one.finding.object;
            if let Some(host) = place.host.as_deref().filter(|_| object.kind == "Machine") {
                shared.hosts.entry(host).or_default().insert(object.to_string());
            }
            let places = [
                (place.image.as_deref().filter(|_| is_about_image(one)), &mut shared.images),
                (place.provider.as_deref(), &mut shared.providers),
                (place.storage.as_deref(), &mut shared.storages),
            ];
            for (name, clusters) in places {
                if let Some(name) = name {
                    clusters.entry(name).or_default().insert(cluster);
                }
            }
        }
        shared
    }
}

/// Whether an image could explain it: servers that never came up.
fn is_about_image(one: &Located) -> bool {
    match &one.finding.kind {
        FindingKind::ServerNotMade { .. } => true,
        FindingKind::MachineUnhealthy { evidence } => evidence.contains(&Evidence::NeverJoined),
        _ => false,
    }
}

fn cause(one: &Located, shared: &Shared<'_>, around: &Surroundings, policy: &Policy) -> Cause {
    let place = &one.place;
    let named = |kind, name: &Option<String>| name.as_ref().map(|name| Cause { kind, name: name.clone() });
    let out = |groups: &[GroupHealth], name: &Option<String>| {
        groups.iter().any(|group| Some(&group.name) == name.as_ref() && safety::is_out(group, policy))
    };
    let many = |of: &BTreeMap<&str, BTreeSet<&str>>, name: &Option<String>| {
        name.as_deref().and_then(|name| of.get(name)).is_some_and(|clusters| clusters.len() >= SHARED)
    };
    let is_down = |host: &String| around.host_is_up(host) == Some(false);
    let crowd = |host: &String| shared.hosts.get(host.as_str()).is_some_and(|failing| failing.len() >= NOISY);
    let is_refused = |credential: &String| shared.refused.contains(credential.as_str());
    let wide = if place.credential.as_ref().is_some_and(is_refused) {
        named(CauseKind::Credential, &place.credential)
    } else if out(&around.zones, &place.zone) {
        named(CauseKind::Zone, &place.zone)
    } else if out(&around.networks, &place.network) {
        named(CauseKind::Network, &place.network)
    } else if place.host.as_ref().is_some_and(|host| is_down(host) || crowd(host)) {
        named(CauseKind::Hypervisor, &place.host)
    } else if is_about_image(one) && many(&shared.images, &place.image) {
        named(CauseKind::Image, &place.image)
    } else if many(&shared.providers, &place.provider) {
        named(CauseKind::Balancer, &place.provider)
    } else if many(&shared.storages, &place.storage) {
        named(CauseKind::Storage, &place.storage)
    } else {
        None
    };
    wide.unwrap_or_else(|| narrow(one))
}

/// The cause for lack of anything wider.
fn narrow(one: &Located) -> Cause {
    let object = &one.finding.object;
    let own = object
        .namespace
        .as_ref()
        .map_or_else(|| object.name.clone(), |tenant| format!("{tenant}/{}", object.name));
    let cluster = one.place.cluster.clone();
    match (object.kind.as_str(), &one.finding.kind) {
        (_, FindingKind::NoRoom { .. }) => Cause { kind: CauseKind::Quota, name: cluster.unwrap_or(own) },
        ("Machine", _) => Cause { kind: CauseKind::Machine, name: own },
        ("Release", _) => Cause { kind: CauseKind::Version, name: own },
        _ => Cause { kind: CauseKind::Cluster, name: cluster.unwrap_or(own) },
    }
}

/// Where many things of one cluster fail, each for itself as far as is known, the cluster is the cause.
fn noisy_clusters(found: &mut [(Cause, &Located)]) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let is_narrow = |cause: &Cause| matches!(cause.kind, CauseKind::Machine | CauseKind::Cluster);
    for (cause, one) in found.iter() {
        if let (true, Some(cluster)) = (is_narrow(cause), &one.place.cluster) {
            *counts.entry(cluster.clone()).or_default() += 1;
        }
    }
    for (cause, one) in found {
        if let (CauseKind::Machine, Some(cluster)) = (cause.kind, &one.place.cluster)
            && counts.get(cluster).is_some_and(|count| *count >= NOISY)
        {
            *cause = Cause { kind: CauseKind::Cluster, name: cluster.clone() };
        }
    }
}
