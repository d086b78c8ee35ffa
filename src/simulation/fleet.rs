//! A fleet from a few numbers: how many tenants, clusters and machines, and how they are shared out.
//!
//! A fleet file says how much there is; which tenant has which cluster of which size is drawn from its seed, so that
//! the same file is the same fleet every time. The number of machines is met exactly.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::cluster::KubernetesCluster;
use crate::api::release::Release;
use crate::api::tenant::Tenant;
use crate::api::version::Version;

/// The fleet of the first start: small enough to be looked at as a whole.
const SMALL: &str = include_str!("fleet_small.toml");

/// The fewest ingress nodes of a cluster: one can be replaced while the other works.
const FEWEST_INGRESS: u32 = 2;
/// The most clusters in one file, so that a slip of the finger does not fill the memory.
const MOST_CLUSTERS: u32 = 100_000;

/// The most claims of an application: a worker's share of the usual quota.
const MOST_CLAIMS: u32 = 26;

/// A fleet file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// What everything else is drawn from.
    pub seed: u64,
    /// How many tenants.
    pub tenants: u32,
    /// How many clusters.
    pub clusters: u32,
    /// How many machines of all roles together.
    pub machines: u32,
    /// How many zones.
    pub availability_zones: u32,
    /// How many hypervisors.
    pub hypervisors: u32,
    /// Which share of the clusters has how many etcd members.
    pub etcd_members: BTreeMap<String, f64>,
    /// Which share of the machines has which role.
    pub role_share: RoleShare,
    /// How many pods there are.
    pub pods: Pods,
    /// Which share of the clusters runs which version.
    pub versions: BTreeMap<String, f64>,
    /// The share of clusters whose balancers are hardware; left out, none.
    #[serde(default)]
    pub hardware_share: f64,
    /// What tenants keep on the storage; left out, nothing.
    #[serde(default)]
    pub claims: Claims,
}

/// What tenants keep on the storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// The share of clusters whose tenant brings an application with data.
    pub cluster_share: f64,
    /// How many claims such an application has.
    pub each: u32,
}

/// Which share of the machines has which role.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleShare {
    /// Control plane.
    pub control_plane: f64,
    /// Workers.
    pub worker: f64,
    /// Ingress nodes.
    pub ingress: f64,
    /// Etcd members.
    pub etcd: f64,
}

/// How many pods there are.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pods {
    /// On each machine, in the mean.
    pub per_machine_mean: f64,
}

/// Why a fleet file makes no fleet.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// It is no TOML, or lacks something, or has something unknown.
    #[error("the fleet file cannot be read: {0}")]
    Read(String),
    /// What it says cannot be.
    #[error("the fleet file's {field} cannot be: {why}")]
    Impossible {
        /// The field.
        field: &'static str,
        /// Why not.
        why: String,
    },
    /// What was drawn is no object that the schema takes. It is a fault of ours.
    #[error("the fleet cannot be drawn")]
    Draw(#[from] serde_json::Error),
}

/// A fleet as objects.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The releases that its clusters run.
    pub releases: Vec<Release>,
    /// Its tenants.
    pub tenants: Vec<Tenant>,
    /// Its clusters, each in its tenant's namespace.
    pub clusters: Vec<KubernetesCluster>,
}

impl Fleet {
    /// The fleet of the first start.
    ///
    /// # Errors
    /// Never, unless the file that is compiled in is broken.
    pub fn small() -> Result<Self, FleetError> {
        Self::parse(SMALL)
    }

    /// Reads a fleet file.
    ///
    /// # Errors
    /// When it cannot be read, with line and column, or what it says cannot be.
    pub fn parse(text: &str) -> Result<Self, FleetError> {
        let fleet: Self = toml::from_str(text).map_err(|error| FleetError::Read(error.to_string()))?;
        fleet.check()?;
        Ok(fleet)
    }

    /// Draws the objects of the fleet.
    ///
    /// # Errors
    /// Never, unless the drawing is at odds with the kinds.
    pub fn draw(&self) -> Result<Drawn, FleetError> {
        let mut random = StdRng::seed_from_u64(self.seed);
        let sizes = Sizes::draw(self, &mut random);
        let releases = self.versions.keys().map(|version| release(version)).collect::<Result<_, _>>()?;
        let tenants = (0..self.tenants).map(tenant).collect::<Result<_, _>>()?;
        let mut clusters = Vec::new();
        for (index, size) in (0..self.clusters).zip(sizes.0) {
            // The first clusters go to one tenant each, so that no tenant has none.
            let owner = if index < self.tenants { index } else { random.random_range(0..self.tenants) };
            let version = pick(&self.versions, &mut random);
            let mut cluster = cluster(index, owner, version, size);
            // Nothing is drawn where there is no hardware, so that such a fleet is the one that it always was.
            if self.hardware_share > 0.0 && random.random::<f64>() < self.hardware_share {
                let hardware = json!({ "provider": "hardware" });
                cluster["spec"]["loadBalancers"] = json!({ "api": hardware, "ingress": hardware });
            }
            clusters.push(serde_json::from_value(cluster)?);
        }
        Ok(Drawn { releases, tenants, clusters })
    }

    /// Whether such a fleet can be.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), FleetError> {
        let refuse = |field, why: String| Err(FleetError::Impossible { field, why });
        if self.clusters == 0 || self.clusters > MOST_CLUSTERS {
            return refuse(
                "clusters",
                format!("there are {}, and from 1 to {MOST_CLUSTERS} can be", self.clusters),
            );
        }
        if self.tenants == 0 || self.tenants > self.clusters {
            return refuse(
                "tenants",
                format!("{} tenants do not share {} clusters", self.tenants, self.clusters),
            );
        }
        if self.availability_zones == 0 || self.hypervisors < self.availability_zones {
            return refuse("hypervisors", "each zone needs one".to_owned());
        }
        // An etcd member, a control plane node, the ingress nodes and one worker are the least of a cluster.
        let least = self.clusters * (5 + 1 + FEWEST_INGRESS + 1);
        if self.machines < least {
            let why =
                format!("{} clusters need at least {least}, there are {}", self.clusters, self.machines);
            return refuse("machines", why);
        }
        let share = self.role_share;
        let roles = [share.control_plane, share.worker, share.ingress, share.etcd];
        check_shares("role_share", roles.into_iter())?;
        if !(0.0..=1.0).contains(&self.hardware_share) {
            return refuse("hardware_share", "it goes from 0 to 1".to_owned());
        }
        if !(0.0..=1.0).contains(&self.claims.cluster_share) {
            return refuse("claims", "cluster_share goes from 0 to 1".to_owned());
        }
        if self.claims.each > MOST_CLAIMS {
            return refuse(
                "claims",
                format!("there are {} each, and {MOST_CLAIMS} can be", self.claims.each),
            );
        }
        check_shares("etcd_members", self.etcd_members.values().copied())?;
        check_shares("versions", self.versions.values().copied())?;
        let odd = |count: &&String| !matches!(count.as_str(), "1" | "3" | "5");
        if let Some(count) = self.etcd_members.keys().find(odd) {
            return refuse("etcd_members", format!("{count} is none of 1, 3 and 5"));
        }
        match self.versions.keys().find(|version| version.parse::<Version>().is_err()) {
            Some(version) => refuse("versions", format!("{version:?} is no version, such as v1.34.2")),
            None => Ok(()),
        }
    }
}

fn check_shares(field: &'static str, shares: impl Iterator<Item = f64>) -> Result<(), FleetError> {
    let shares: Vec<f64> = shares.collect();
    let sum: f64 = shares.iter().sum();
    let right = !shares.is_empty() && shares.iter().all(|share| (0.0..=1.0).contains(share));
    if right && (sum - 1.0).abs() < 0.001 {
        return Ok(());
    }
    Err(FleetError::Impossible { field, why: format!("its shares make {sum:.3}, and have to make 1") })
}

/// How many machines of each role a cluster has.
#[derive(Clone, Copy, Debug, Default)]
struct Size {
    etcd: u32,
    control_plane: u32,
    ingress: u32,
    workers: u32,
}

/// The sizes of all clusters.
struct Sizes(Vec<Size>);

impl Sizes {
    /// A few clusters are large and most are small, as a Pareto distribution has it; each role's total is met.
    fn draw(fleet: &Fleet, random: &mut StdRng) -> Self {
        let count = usize::try_from(fleet.clusters).unwrap_or(usize::MAX);
        let weights: Vec<f64> = (0..count).map(|_| (1.0 - random.random::<f64>()).powf(-0.6)).collect();
        let total = |share: f64| (f64::from(fleet.machines) * share).round() as u32;
        let mut sizes: Vec<Size> = Vec::with_capacity(count);
        let few = (total(fleet.role_share.control_plane).saturating_sub(fleet.clusters) / 2) as usize;
        for index in 0..count {
            let etcd = pick(&fleet.etcd_members, random).parse().unwrap_or(1);
            let control_plane = if index < few { 3 } else { 1 };
            sizes.push(Size { etcd, control_plane, ..Size::default() });
        }
        let ingress = apportion(
            total(fleet.role_share.ingress).max(fleet.clusters * FEWEST_INGRESS),
            FEWEST_INGRESS,
            &weights,
        );
        let taken: u32 = sizes.iter().map(|size| size.etcd + size.control_plane).sum::<u32>()
            + ingress.iter().sum::<u32>();
        let workers = apportion(fleet.machines.saturating_sub(taken), 1, &weights);
        for ((size, ingress), workers) in sizes.iter_mut().zip(ingress).zip(workers) {
            (size.ingress, size.workers) = (ingress, workers);
        }
        Self(sizes)
    }
}

/// Shares a total out by weights, with at least so many for each, and nothing left over.
fn apportion(total: u32, least: u32, weights: &[f64]) -> Vec<u32> {
    let count = u32::try_from(weights.len()).unwrap_or(u32::MAX);
    let rest = f64::from(total.saturating_sub(least * count));
    let sum: f64 = weights.iter().sum();
    let (mut given, mut reached) = (0.0, 0.0);
    let share = |weight: &f64| {
        // Rounding the running sum, not each share, leaves nothing over.
        reached += rest * weight / sum;
        let part = (reached.round() - given) as u32;
        given += f64::from(part);
        least + part
    };
    weights.iter().map(share).collect()
}

/// One of several, by their shares.
fn pick<'a>(shares: &'a BTreeMap<String, f64>, random: &mut StdRng) -> &'a str {
    let mut drawn: f64 = random.random();
    for (name, share) in shares {
        drawn -= share;
        if drawn < 0.0 {
            return name;
        }
    }
    shares.keys().next_back().map_or("", String::as_str)
}

fn release(version: &str) -> Result<Release, FleetError> {
    let addons = ["cni", "ccm", "csi", "ingress-proxy"].map(|name| json!({ "name": name, "version": "1" }));
    let object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Release", "metadata": { "name": version },
        "spec": {
            "version": version, "image": image(version), "etcdVersion": "v3.6.5",
            "addons": addons,
        },
    });
    Ok(serde_json::from_value(object)?)
}

/// The name of the image of a version.
pub fn image(version: &str) -> String {
    format!("ubuntu-24.04-kube-{version}")
}

fn tenant(index: u32) -> Result<Tenant, FleetError> {
    let name = tenant_name(index);
    let tier = ["critical", "standard", "standard", "standard"][index as usize % 4];
    let object = json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Tenant", "metadata": { "name": name },
        "spec": { "displayName": format!("Team {}", index + 1), "contacts": [format!("{name}@example.net")], "tier": tier },
    });
    Ok(serde_json::from_value(object)?)
}

fn tenant_name(index: u32) -> String {
    format!("team-{:03}", index + 1)
}

fn cluster(index: u32, owner: u32, version: &str, size: Size) -> Value {
    let flavor = "m1.kube.medium";
    // The default range of pods has room for 256 nodes, and some clusters are larger.
    let machines = size.etcd + size.control_plane + size.ingress + size.workers;
    let pods = if machines > 256 { "10.128.0.0/11" } else { "10.244.0.0/16" };
    json!({
        "apiVersion": "kaasboard.dev/v1alpha1", "kind": "KubernetesCluster",
        "metadata": { "name": format!("c{:04}", index + 1), "namespace": tenant_name(owner) },
        "spec": {
            "release": version,
            "etcd": { "replicas": size.etcd, "flavor": flavor },
            "controlPlane": { "replicas": size.control_plane, "flavor": flavor },
            "workers": [{ "name": "general", "replicas": size.workers, "flavor": "m1.kube.large" }],
            "ingress": { "replicas": size.ingress, "flavor": "m1.kube.small" },
            "network": { "backend": "backend", "podCidr": pods },
            "storage": { "quotaGiB": 500 },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::validation;

    fn machines(cluster: &KubernetesCluster) -> u32 {
        let spec = &cluster.spec;
        let workers: u32 = spec.workers.iter().filter_map(|pool| pool.replicas).sum();
        let ingress = spec.ingress.as_ref().and_then(|pool| pool.replicas).unwrap_or_default();
        u32::from(spec.etcd.replicas.get()) + u32::from(spec.control_plane.replicas.get()) + workers + ingress
    }

    #[test]
    fn a_fleet_has_exactly_what_its_file_says_and_is_the_same_every_time() {
        let large = SMALL.replace("tenants = 6", "tenants = 110").replace("clusters = 12", "clusters = 860");
        let large = large
            .replace("machines = 150", "machines = 27900")
            .replace("hypervisors = 15", "hypervisors = 2328");
        for text in [SMALL.to_owned(), large] {
            let fleet = Fleet::parse(&text).unwrap();
            let drawn = fleet.draw().unwrap();
            assert_eq!(drawn.clusters.len(), fleet.clusters as usize);
            assert_eq!(drawn.clusters.iter().map(machines).sum::<u32>(), fleet.machines);
            let owners: std::collections::BTreeSet<_> =
                drawn.clusters.iter().filter_map(|cluster| cluster.metadata.namespace.clone()).collect();
            assert_eq!(owners.len(), fleet.tenants as usize, "each tenant has a cluster");
            for spec in drawn.clusters.iter().map(|cluster| &cluster.spec) {
                let found = validation::network(&spec.network, &[], validation::machines_at_most(spec, 0));
                assert_eq!(found, Vec::new(), "no cluster is impossible");
            }
            let again = fleet.draw().unwrap();
            let specs =
                |drawn: &Drawn| drawn.clusters.iter().map(|cluster| cluster.spec.clone()).collect::<Vec<_>>();
            assert_eq!(specs(&again), specs(&drawn));
        }
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_field_and_the_reason() {
        let check = |from: &str, to: &str| Fleet::parse(&SMALL.replace(from, to)).unwrap_err().to_string();
        insta::assert_snapshot!(check("machines = 150", "machines = 50"), @"the fleet file's machines cannot be: 12 clusters need at least 108, there are 50");
        insta::assert_snapshot!(check("tenants = 6", "tenants = 13"), @"the fleet file's tenants cannot be: 13 tenants do not share 12 clusters");
        insta::assert_snapshot!(check("3 = 0.65", "4 = 0.65"), @"the fleet file's etcd_members cannot be: 4 is none of 1, 3 and 5");
        insta::assert_snapshot!(check("worker = 0.706", "worker = 0.9"), @"the fleet file's role_share cannot be: its shares make 1.194, and have to make 1");
        let unknown = check("seed = 1", "sed = 1");
        assert!(unknown.contains("line 3") && unknown.contains("unknown field `sed`"), "{unknown}");
    }
}
