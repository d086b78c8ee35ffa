//! What a cluster needs of the cloud and of its tenant's quota, and what of it cannot be had.

use super::cluster::Case;
use crate::api::cidr::Cidr;
use crate::api::cluster::KubernetesClusterSpec;
use crate::api::text::CloudName;
use crate::api::validation::{self, Finding, FindingReason};
use crate::cloud::types::compute::Flavor;
use crate::cloud::types::identity::Quota;

/// The ports of a cluster beside those of machines: two balancers' addresses, and room for Services of type LoadBalancer.
const PORTS_BESIDE: u32 = 20;

/// Balancers: two of our own, and room for Services of type LoadBalancer.
const BALANCERS: u32 = 10;

/// The most volumes of a machine's pods, on average: the usual limit of a virtual machine is about 26.
const VOLUMES_EACH: u32 = 26;

/// What was found out about a cluster's needs.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// What cannot be had: a person must change something.
    pub impossible: Vec<Finding>,
    /// What could not be found out.
    pub unreadable: Vec<String>,
    /// What its project must be allowed to use, if all flavors are known.
    pub quota: Option<Quota>,
}

/// Checks Release, networks, size, quota, flavors, image and names.
pub fn check(case: &Case<'_>) -> Needs {
    let view = case.view;
    let (spec, status) = (&view.record.spec, &view.record.status);
    let machines = machines(case);
    let release = view.release.as_ref();
    let today = case.now.date_naive();
    let mut needs = Needs::default();
    let running = status.initialization.control_plane_initialized.then_some(status.version).flatten();
    needs.impossible.extend(validation::release(spec, release.map(|one| &one.spec), running, today));
    // One that runs goes on with what it has.
    if let (Some(release), None) = (release, running)
        && !release.status.usable
        && release.status.observed_generation.is_some()
        && needs.impossible.is_empty()
    {
        let message = format!("the Release {} cannot be used now", spec.release);
        needs.impossible.push(finding("spec.release", FindingReason::ReleaseNotUsable, message));
    }
    needs.impossible.extend(validation::size(machines));
    if let Some(quota) = &view.tenant_quota {
        needs.impossible.extend(validation::quota(quota, &view.tenant_wants));
    }
    network(case, machines, &mut needs);
    flavors(case, &mut needs);
    for stranger in &view.strangers {
        let message = format!("{stranger} belongs to somebody else");
        needs.impossible.push(finding("metadata.name", FindingReason::NameTaken, message));
    }
    needs
}

/// A quota that is not below what is used.
pub fn at_least(wanted: Quota, used: Quota) -> Quota {
    Quota {
        servers: wanted.servers.max(used.servers),
        cores: wanted.cores.max(used.cores),
        memory_mib: wanted.memory_mib.max(used.memory_mib),
        ports: wanted.ports.max(used.ports),
        balancers: wanted.balancers.max(used.balancers),
        volumes: wanted.volumes.max(used.volumes),
        volume_gib: wanted.volume_gib.max(used.volume_gib),
    }
}

/// The most machines that it may come to have.
fn machines(case: &Case<'_>) -> u32 {
    let view = case.view;
    let open =
        view.children.pools.iter().filter(|pool| count_in_spec(case, pool.spec.pool.as_str()).is_none());
    validation::machines_at_most(&view.record.spec, open.map(|pool| pool.spec.replicas).sum())
}

fn count_in_spec(case: &Case<'_>, pool: &str) -> Option<u32> {
    let spec = &case.view.record.spec;
    let worker = spec.workers.iter().find(|worker| worker.name.as_str() == pool);
    worker.map_or_else(|| spec.ingress.as_ref()?.replicas, |worker| worker.replicas)
}

fn finding(field: &str, reason: FindingReason, message: String) -> Finding {
    Finding { field: field.to_owned(), reason, message }
}

fn network(case: &Case<'_>, machines: u32, needs: &mut Needs) {
    let spec = &case.view.record.spec;
    let Some(networks) = case.view.offer.networks.value() else {
        return needs.unreadable.push("the networks could not be listed".to_owned());
    };
    let ranges: &[Cidr] = match networks.iter().find(|(name, _)| name == spec.network.backend.as_str()) {
        Some((_, ranges)) => ranges,
        None => {
            let message = format!("the cloud has no network {}", spec.network.backend);
            return needs.impossible.push(finding(
                "spec.network.backend",
                FindingReason::UnknownNetwork,
                message,
            ));
        }
    };
    needs.impossible.extend(validation::network(&spec.network, ranges, machines));
}

/// The flavors of all roles with the fields that name them, and how many machines of each there may be. `open` tells how
/// large a pool is whose size the cluster leaves to others.
pub fn wanted<'a>(
    spec: &'a KubernetesClusterSpec,
    open: &dyn Fn(&str) -> Option<u32>,
) -> Vec<(String, &'a CloudName, u32)> {
    let count = |name: &str, fixed: Option<u32>| fixed.or_else(|| open(name)).unwrap_or(0);
    let mut all = vec![
        ("spec.etcd.flavor".to_owned(), &spec.etcd.flavor, u32::from(spec.etcd.replicas.get()) + 1),
        (
            "spec.controlPlane.flavor".to_owned(),
            &spec.control_plane.flavor,
            u32::from(spec.control_plane.replicas.get()) + 1,
        ),
    ];
    all.extend(spec.workers.iter().map(|pool| {
        let most = pool.autoscale.map(|bounds| bounds.max).or(pool.replicas);
        let field = format!("spec.workers[name={}].flavor", pool.name);
        (field, &pool.flavor, count(pool.name.as_str(), most))
    }));
    all.extend(
        spec.ingress
            .iter()
            .map(|pool| ("spec.ingress.flavor".to_owned(), &pool.flavor, count("ingress", pool.replicas))),
    );
    all
}

/// What a cluster's machines may come to use, with headroom in percent; the flavors that the cloud does not have, with
/// the fields that name them, count nothing.
pub fn demand<'a>(
    spec: &'a KubernetesClusterSpec,
    open: &dyn Fn(&str) -> Option<u32>,
    flavors: &[Flavor],
    headroom: u8,
) -> (Quota, Vec<(String, &'a CloudName)>) {
    let mut quota = Quota {
        servers: 0,
        cores: 0,
        memory_mib: 0,
        ports: PORTS_BESIDE,
        balancers: BALANCERS,
        volumes: 0,
        volume_gib: spec.storage.quota_gib,
    };
    let mut unknown = Vec::new();
    for (field, name, count) in wanted(spec, open) {
        match flavors.iter().find(|flavor| flavor.name == name.as_str()) {
            Some(flavor) => add(&mut quota, flavor, with_headroom(count, headroom)),
            None => unknown.push((field, name)),
        }
    }
    (quota, unknown)
}

fn flavors(case: &Case<'_>, needs: &mut Needs) {
    let Some(flavors) = case.view.offer.flavors.value() else {
        return needs.unreadable.push("the flavors could not be listed".to_owned());
    };
    let spec = &case.view.record.spec;
    let pools = &case.view.children.pools;
    let open =
        |name: &str| pools.iter().find(|pool| pool.spec.pool.as_str() == name).map(|pool| pool.spec.replicas);
    for (field, name, _) in wanted(spec, &open) {
        let known = flavors.iter().find(|flavor| flavor.name == name.as_str());
        needs.impossible.extend(known.and_then(|flavor| too_small(case, &field, flavor)));
    }
    let (quota, unknown) = demand(spec, &open, flavors, case.policy.quota_headroom_percent);
    needs.impossible.extend(unknown.iter().map(|(field, name)| {
        finding(field, FindingReason::UnknownFlavor, format!("the cloud has no flavor {name}"))
    }));
    needs.quota = unknown.is_empty().then_some(quota);
}

/// Room for a surge, and for a server that is still going.
fn with_headroom(count: u32, percent: u8) -> u32 {
    let more = (u64::from(count) * u64::from(percent)).div_ceil(100).max(1);
    count.saturating_add(u32::try_from(more).unwrap_or(u32::MAX))
}

fn add(quota: &mut Quota, flavor: &Flavor, count: u32) {
    quota.servers = quota.servers.saturating_add(count);
    quota.ports = quota.ports.saturating_add(count);
    quota.cores = quota.cores.saturating_add(flavor.cores.saturating_mul(count));
    quota.memory_mib = quota.memory_mib.saturating_add(flavor.memory_mib.saturating_mul(u64::from(count)));
    quota.volumes = quota.volumes.saturating_add(VOLUMES_EACH.saturating_mul(count));
}

/// Whether the Release's image does not fit into a flavor.
fn too_small(case: &Case<'_>, field: &str, flavor: &Flavor) -> Option<Finding> {
    let release = case.view.release.as_ref()?;
    let image = release.spec.image.as_str();
    let image = case.view.offer.images.value()?.iter().find(|known| known.name == image)?;
    let message = format!("the image {} does not fit into {}", image.name, flavor.name);
    let fits = image.min_memory_mib <= flavor.memory_mib
        && (flavor.disk_gib == 0 || image.min_disk_gib <= flavor.disk_gib);
    (!fits).then(|| finding(field, FindingReason::FlavorTooSmall, message))
}
