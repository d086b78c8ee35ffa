//! Whether the cloud has what the manager's objects ask for.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::{Api, ListParams};
use kube::{Client, ResourceExt};

use super::manager::chain;
use super::report::Check;
use crate::api::cluster::KubernetesCluster;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::release::Release;
use crate::cloud::openstack::cloud::OpenStack;
use crate::cloud::provider::Cloud;
use crate::cloud::types::compute::{Flavor, Image};
use crate::cloud::types::identity::{Quota, QuotaUse};
use crate::planning::cluster_needs;
use crate::planning::policy::Policy;
use crate::startup::real_cloud::Servers;

/// What the manager's objects ask of a cloud.
#[derive(Debug, Default)]
pub struct Plan {
    clusters: Vec<KubernetesCluster>,
    pools: Vec<MachineDeployment>,
    releases: Vec<Release>,
}

impl Plan {
    /// Reads it.
    ///
    /// # Errors
    /// When the manager does not answer, or does not know our kinds.
    pub async fn read(client: &Client) -> Result<Self, kube::Error> {
        let all = ListParams::default();
        Ok(Self {
            clusters: Api::all(client.clone()).list(&all).await?.items,
            pools: Api::all(client.clone()).list(&all).await?.items,
            releases: Api::all(client.clone()).list(&all).await?.items,
        })
    }

    /// How large a pool of a cluster is, where the cluster leaves it open.
    fn open(&self, cluster: &KubernetesCluster, pool: &str) -> Option<u32> {
        let own = self.pools.iter().filter(|one| one.namespace() == cluster.namespace());
        let mut own = own.filter(|one| one.spec.cluster_name.as_str() == cluster.name_any());
        own.find(|one| one.spec.pool.as_str() == pool).map(|one| one.spec.replicas)
    }
}

/// Looks whether a cloud has it all.
pub async fn checks(plan: &Plan, cloud: &OpenStack, at: &Servers) -> Vec<Check> {
    let mut all = vec![networks(plan, cloud, at).await, images(plan, cloud).await];
    match cloud.flavors().await {
        Ok(known) => {
            all.push(flavors(plan, &known));
            all.push(quota(plan, cloud, at, &known).await);
        }
        Err(error) => all.push(Check::failed("flavors", chain(error.into()), "tell the cloud's operators")),
    }
    all.push(names(cloud).await);
    all
}

async fn networks(plan: &Plan, cloud: &OpenStack, at: &Servers) -> Check {
    let known = match cloud.networks().await {
        Ok(known) => known,
        Err(error) => return Check::failed("networks", chain(error.into()), "tell the cloud's operators"),
    };
    let mut wanted: BTreeSet<&str> =
        plan.clusters.iter().map(|cluster| cluster.spec.network.backend.as_str()).collect();
    wanted.insert(at.frontend());
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|name| !known.iter().any(|network| network.name == *name)).collect();
    let others: Vec<&str> = known.iter().map(|network| network.name.as_str()).collect();
    if missing.is_empty() {
        return Check::ok("networks", Vec::from_iter(wanted).join(", "));
    }
    Check::failed(
        "networks",
        format!("not there: {}; there are: {}", missing.join(", "), others.join(", ")),
        format!(
            "let the cloud's operators make and share them: `{}` is for balancers' addresses (the context's cloud may \
             name another: `frontend`), the others are backends that clusters name",
            at.frontend(),
        ),
    )
}

async fn images(plan: &Plan, cloud: &OpenStack) -> Check {
    let known = match cloud.images().await {
        Ok(known) => known,
        Err(error) => return Check::failed("images", chain(error.into()), "tell the cloud's operators"),
    };
    let active = |name: &str| known.iter().any(|image: &Image| image.name == name && image.active);
    let wanted: BTreeMap<&str, String> =
        plan.releases.iter().map(|release| (release.spec.image.as_str(), release.name_any())).collect();
    let missing: Vec<String> = wanted
        .iter()
        .filter(|(image, _)| !active(image))
        .map(|(image, release)| format!("{image} of Release {release}"))
        .collect();
    if !missing.is_empty() {
        return Check::failed(
            "images",
            format!("not there, or not active: {}", missing.join(", ")),
            "upload them, or correct spec.image of the Releases",
        );
    }
    let usable = known.iter().filter(|image| image.active).count();
    if usable == 0 {
        return Check::failed("images", "there is none", "upload one; the README says what it must hold");
    }
    Check::ok("images", format!("all {} of the Releases; {usable} in all", wanted.len()))
}

fn flavors(plan: &Plan, known: &[Flavor]) -> Check {
    let mut missing = BTreeSet::new();
    for cluster in &plan.clusters {
        let open = |pool: &str| plan.open(cluster, pool);
        for (field, flavor, _) in cluster_needs::wanted(&cluster.spec, &open) {
            if !known.iter().any(|one| one.name == flavor.as_str()) {
                missing.insert(format!("{flavor} ({} {field})", cluster.name_any()));
            }
        }
    }
    let names: Vec<&str> = known.iter().map(|flavor| flavor.name.as_str()).collect();
    if missing.is_empty() {
        return Check::ok("flavors", names.join(", "));
    }
    Check::failed(
        "flavors",
        format!("not there: {}; there are: {}", Vec::from_iter(missing).join(", "), names.join(", ")),
        "let the cloud's operators make them, or name others in the clusters",
    )
}

/// Whether all clusters fit into the project that they share. Where each has its own, the engine sets its quota.
async fn quota(plan: &Plan, cloud: &OpenStack, at: &Servers, flavors: &[Flavor]) -> Check {
    if at.admin.is_some() {
        return Check::ok("quota", "the engine sets that of each cluster's own project");
    }
    let read = async { cloud.quota(&cloud.home_project().await?).await };
    let found = match read.await {
        Ok(found) => found,
        Err(error) => return Check::skipped("quota", chain(error.into())),
    };
    let headroom = Policy::default().quota_headroom_percent;
    let demands = plan.clusters.iter().map(|cluster| {
        let open = |pool: &str| plan.open(cluster, pool);
        cluster_needs::demand(&cluster.spec, &open, flavors, headroom).0
    });
    let short = shortages(&found, demands);
    if short.is_empty() {
        let clusters = plan.clusters.len();
        return Check::ok("quota", format!("enough for all {clusters} clusters that the manager knows"));
    }
    Check::failed(
        "quota",
        format!("too little for all clusters, with room to replace machines: {}", short.join(", ")),
        "ask the cloud's operators for more, or name an administrator's entry",
    )
}

/// What all demands together have too little of. Volumes are not made by us, so that theirs is a guess that decides nothing.
fn shortages(found: &QuotaUse, demands: impl Iterator<Item = Quota>) -> Vec<String> {
    let mut sum = [0_u64; 5];
    for demand in demands {
        for (sum, one) in sum.iter_mut().zip(amounts(&demand)) {
            *sum = sum.saturating_add(one);
        }
    }
    let limits = amounts(&found.limit);
    let names = ["servers", "cores", "MiB of memory", "ports", "load balancers"];
    let all = names.into_iter().zip(sum).zip(limits);
    all.filter(|((_, wanted), limit)| wanted > limit)
        .map(|((name, wanted), limit)| format!("{limit} {name} of {wanted}"))
        .collect()
}

fn amounts(quota: &Quota) -> [u64; 5] {
    [
        u64::from(quota.servers),
        u64::from(quota.cores),
        quota.memory_mib,
        u64::from(quota.ports),
        u64::from(quota.balancers),
    ]
}

async fn names(cloud: &OpenStack) -> Check {
    match cloud.dns_zones().await {
        Ok(zones) if zones.is_empty() => {
            let fix = "make one for this project: openstack zone create";
            Check::warning("DNS zones", "there is none: clusters have addresses and no names", fix)
        }
        Ok(zones) => Check::ok("DNS zones", zones.join(", ")),
        Err(error) => Check::skipped("DNS zones", chain(error.into())),
    }
}
