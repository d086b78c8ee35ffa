//! What a schema cannot say: rules that need two values, or another object, to judge a spec.
//!
//! Everything here is pure. The engine turns the findings into the condition `SpecValid`.

use std::fmt;
use std::net::IpAddr;

use chrono::NaiveDate;

use super::cidr::Cidr;
use super::cluster::{ClusterNetwork, KubernetesClusterSpec};
use super::condition::{Condition, ConditionStatus};
use super::conditions;
use super::names::SYSTEM_NAMESPACE;
use super::operation::OperationSpec;
use super::pool::REPLICAS_MAX;
use super::release::ReleaseSpec;
use super::tenant::{TenantQuota, TenantUsage};
use super::time::Time;
use super::version::Version;

/// How many addresses of the pods' range a node takes, as the length of its prefix, for IPv4.
const NODE_PREFIX_V4: u8 = 24;

/// The same for IPv6.
const NODE_PREFIX_V6: u8 = 64;

/// The longest prefix of a range for services: 16 addresses, of which Kubernetes takes one and DNS another.
const SERVICES_LONGEST_V4: u8 = 28;

/// The shortest prefix of an IPv6 range for services: Kubernetes refuses more than 2^20 addresses.
const SERVICES_SHORTEST_V6: u8 = 108;

/// Why a spec cannot work. The word is the reason of the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingReason {
    /// Two ranges of addresses have addresses in common.
    OverlappingRanges,
    /// A range of addresses is too small or too large for what it is for.
    RangeSize,
    /// Ranges that must be of one address family are not.
    MixedAddressFamilies,
    /// There is no Release of this name.
    UnknownRelease,
    /// The Release cannot be used today.
    ReleaseNotUsable,
    /// The move leaves a minor version out.
    SkipsMinorVersion,
    /// The move leads to a lower version.
    Downgrade,
    /// The Release has no addon of this name.
    UnknownAddon,
    /// The tenant may not use so much.
    QuotaExceeded,
    /// All pools together have more machines than a cluster can.
    TooManyMachines,
    /// The cloud has no network of this name.
    UnknownNetwork,
    /// The cloud has no flavor of this name.
    UnknownFlavor,
    /// The image of the Release needs more than the flavor has.
    FlavorTooSmall,
    /// An object with the name that would be made belongs to somebody else.
    NameTaken,
    /// An Operation is in another namespace than its target.
    WrongNamespace,
}

/// One thing that is wrong with a spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The field that is to blame, as Kubernetes writes paths: `spec.network.podCidr`.
    pub field: String,
    /// Why, as one word.
    pub reason: FindingReason,
    /// Why, as a sentence.
    pub message: String,
}

impl Finding {
    fn new(field: impl Into<String>, reason: FindingReason, message: impl Into<String>) -> Self {
        Self { field: field.into(), reason, message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.field, self.message)
    }
}

/// The condition `SpecValid` of an object: `False` with the first finding's reason and all their fields and
/// sentences, or `True`.
pub fn spec_valid(findings: &[Finding], generation: Option<i64>, now: Time) -> Condition {
    let (status, reason) = match findings.first() {
        None => (ConditionStatus::True, conditions::REASON_AS_WANTED.to_owned()),
        Some(first) => (ConditionStatus::False, format!("{:?}", first.reason)),
    };
    let sentences: Vec<String> = findings.iter().map(Finding::to_string).collect();
    Condition {
        type_: conditions::SPEC_VALID.to_owned(),
        status,
        observed_generation: generation,
        last_transition_time: now,
        reason,
        message: sentences.join("; "),
    }
}

/// What is wrong with the networks of a cluster. `backend` are the ranges of the backend network's subnets, as
/// far as they are known, and `machines` the most nodes that the cluster may have.
pub fn network(network: &ClusterNetwork, backend: &[Cidr], machines: u32) -> Vec<Finding> {
    let ClusterNetwork { pod_cidr: pods, service_cidr: services, .. } = network;
    let mut findings = Vec::new();
    if pods.first().is_ipv4() != services.first().is_ipv4() {
        let message = format!("{services} is of another address family than the pods' range {pods}");
        findings.push(Finding::new("spec.network.serviceCidr", FindingReason::MixedAddressFamilies, message));
    }
    if pods.overlaps(*services) {
        let message = format!("{services} overlaps the pods' range {pods}");
        findings.push(Finding::new("spec.network.serviceCidr", FindingReason::OverlappingRanges, message));
    }
    for (field, range) in [("podCidr", pods), ("serviceCidr", services)] {
        for taken in backend.iter().filter(|taken| taken.overlaps(*range)) {
            let message = format!("{range} overlaps {taken} of the backend network {}", network.backend);
            findings.push(Finding::new(
                format!("spec.network.{field}"),
                FindingReason::OverlappingRanges,
                message,
            ));
        }
    }
    findings.extend(pods_size(*pods, machines));
    findings.extend(services_size(*services));
    findings
}

fn pods_size(pods: Cidr, machines: u32) -> Option<Finding> {
    let each = match pods.first() {
        IpAddr::V4(_) => NODE_PREFIX_V4,
        IpAddr::V6(_) => NODE_PREFIX_V6,
    };
    let nodes = pods.subnets(each);
    let message =
        format!("{pods} has room for {nodes} nodes of a /{each} each, and the cluster may have {machines}");
    (nodes < machines).then(|| Finding::new("spec.network.podCidr", FindingReason::RangeSize, message))
}

fn services_size(services: Cidr) -> Option<Finding> {
    let message = match services.first() {
        IpAddr::V4(_) if services.prefix() > SERVICES_LONGEST_V4 => {
            format!("{services} is too small: the prefix may have at most {SERVICES_LONGEST_V4} bits")
        }
        IpAddr::V6(_) if services.prefix() < SERVICES_SHORTEST_V6 => {
            format!("{services} is too large: the prefix must have at least {SERVICES_SHORTEST_V6} bits")
        }
        IpAddr::V4(_) | IpAddr::V6(_) => return None,
    };
    Some(Finding::new("spec.network.serviceCidr", FindingReason::RangeSize, message))
}

/// What is wrong with the Release that a cluster names, and with its addons. `release` is the Release of that
/// name, if there is one, and `running` the lowest version that the cluster runs, if it runs.
pub fn release(
    spec: &KubernetesClusterSpec,
    release: Option<&ReleaseSpec>,
    running: Option<Version>,
    today: NaiveDate,
) -> Vec<Finding> {
    let Some(release) = release else {
        let message = format!("there is no Release {}", spec.release);
        return vec![Finding::new("spec.release", FindingReason::UnknownRelease, message)];
    };
    let mut findings = Vec::new();
    if let Some(running) = running {
        findings.extend(step(running, release.version));
    }
    if running != Some(release.version) {
        findings.extend(supported(release, today));
    }
    for addon in &spec.addons {
        if !release.addons.iter().any(|offered| offered.name == addon.name) {
            let field = format!("spec.addons[name={}]", addon.name);
            let message = format!("the Release {} has no addon {}", spec.release, addon.name);
            findings.push(Finding::new(field, FindingReason::UnknownAddon, message));
        }
    }
    findings
}

/// What is wrong with moving from one version to another: at most one minor version up, and none down.
pub fn step(from: Version, to: Version) -> Option<Finding> {
    let finding = |reason, message| Some(Finding::new("spec.release", reason, message));
    if to < from {
        return finding(
            FindingReason::Downgrade,
            format!("{to} is lower than {from}, which the cluster runs"),
        );
    }
    match from.minors_to(to) {
        Some(0 | 1) => None,
        Some(_) | None => finding(
            FindingReason::SkipsMinorVersion,
            format!("from {from} to {to} takes more than one minor version: go through each between them"),
        ),
    }
}

fn supported(release: &ReleaseSpec, today: NaiveDate) -> Option<Finding> {
    let message = match (release.since, release.until) {
        (Some(since), _) if today < since => format!("the Release may be used from {since} on"),
        (_, Some(until)) if until < today => format!("the Release is not supported since {until}"),
        _ => return None,
    };
    Some(Finding::new("spec.release", FindingReason::ReleaseNotUsable, message))
}

/// The most machines that a cluster may come to have, with `open` for the pools whose count its spec leaves to
/// their MachineDeployments.
pub fn machines_at_most(spec: &KubernetesClusterSpec, open: u32) -> u32 {
    let pools = spec
        .workers
        .iter()
        .map(|pool| pool.autoscale.map(|bounds| bounds.max).or(pool.replicas).unwrap_or(0));
    let ingress = spec.ingress.as_ref().and_then(|pool| pool.replicas).unwrap_or(0);
    let fixed = u32::from(spec.etcd.replicas.get()) + u32::from(spec.control_plane.replicas.get());
    pools.fold(fixed + ingress + open, u32::saturating_add)
}

/// Whether a cluster may become so large: Kubernetes holds 5,000 nodes.
pub fn size(machines: u32) -> Option<Finding> {
    let message = format!("{machines} machines are more than the {REPLICAS_MAX} that a cluster can have");
    (machines > REPLICAS_MAX).then(|| Finding::new("spec.workers", FindingReason::TooManyMachines, message))
}

/// Whether a tenant may use what its clusters want together, with the one that is judged among them.
pub fn quota(quota: &TenantQuota, wanted: &TenantUsage) -> Vec<Finding> {
    let judged = [
        ("metadata.name", "clusters", quota.clusters.map(u64::from), u64::from(wanted.clusters)),
        ("spec.workers", "machines", quota.machines.map(u64::from), u64::from(wanted.machines)),
        ("spec.storage.quotaGiB", "GiB for volumes", quota.volumes_gib, wanted.volumes_gib),
    ];
    let exceeded = judged.into_iter().filter_map(|(field, what, allowed, wanted)| {
        let allowed = allowed.filter(|allowed| *allowed < wanted)?;
        let message =
            format!("the tenant's clusters would have {wanted} {what} together, and may have {allowed}");
        Some(Finding::new(field, FindingReason::QuotaExceeded, message))
    });
    exceeded.collect()
}

/// Whether an Operation is where it must be: in the namespace of its target, so that who may not see a tenant
/// cannot act on it; what is about no tenant is in the namespace of the system.
pub fn operation(spec: &OperationSpec, namespace: &str) -> Option<Finding> {
    let about = spec.target.as_ref().and_then(|target| target.namespace.as_deref());
    if namespace == SYSTEM_NAMESPACE || about == Some(namespace) {
        return None;
    }
    let message = match about {
        Some(about) => format!("an Operation on an object in {about} must be in {about}, not in {namespace}"),
        None => format!("an Operation on what belongs to no tenant must be in {SYSTEM_NAMESPACE}"),
    };
    Some(Finding::new("spec.target.namespace", FindingReason::WrongNamespace, message))
}
