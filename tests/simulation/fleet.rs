//! The small fleets that plays are about.

use std::fmt;

use kaasboard::simulation::fleet::{self, Drawn};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

/// The only version that plays know.
pub const VERSION: &str = "v1.34.2";
/// Its image.
pub const IMAGE: &str = "ubuntu-24.04-kube-v1.34.2";
/// The namespace of all clusters.
pub const TENANT: &str = "shop";

/// A few small clusters.
#[derive(Clone, Debug)]
pub struct Small {
    /// For each cluster: members of etcd, workers, ingress nodes.
    pub clusters: Vec<(u32, u32, u32)>,
    /// Where volumes live.
    pub storage: &'static str,
}

impl fmt::Display for Small {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "clusters (etcd, workers, ingress): {:?}, on {}", self.clusters, self.storage)
    }
}

impl Small {
    /// The fleet of a seed.
    pub fn drawn(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let etcd = if random.random_bool(0.3) { 3 } else { 1 };
        let mut clusters = vec![(etcd, random.random_range(1..4), random.random_range(1..3))];
        if random.random_bool(0.3) {
            clusters.push((1, 1, 1));
        }
        Self { clusters, storage: if random.random_bool(0.5) { "array" } else { "cinder" } }
    }

    /// The same on storage without an access list, so that nothing but a server's own end fences it.
    pub fn without_fences(self) -> Self {
        Self { storage: "cinder", ..self }
    }

    /// The names of its clusters.
    pub fn names(&self) -> Vec<String> {
        (0..self.clusters.len()).map(|index| format!("c{}", index + 1)).collect()
    }

    /// Its objects.
    pub fn draw(&self) -> Drawn {
        assert_eq!(fleet::image(VERSION), IMAGE);
        let addons =
            ["cni", "ccm", "csi", "ingress-proxy"].map(|name| json!({ "name": name, "version": "1" }));
        let release = json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Release", "metadata": { "name": VERSION },
            "spec": { "version": VERSION, "image": IMAGE, "etcdVersion": "v3.6.5", "addons": addons },
        });
        let tenant = json!({
            "apiVersion": "kaasboard.dev/v1alpha1", "kind": "Tenant", "metadata": { "name": TENANT },
            "spec": { "displayName": "Shop", "contacts": ["shop@example.net"], "tier": "standard" },
        });
        let clusters = self.names().into_iter().zip(&self.clusters).map(|(name, size)| {
            let (etcd, workers, ingress) = *size;
            let object = json!({
                "apiVersion": "kaasboard.dev/v1alpha1", "kind": "KubernetesCluster",
                "metadata": { "name": name, "namespace": TENANT },
                "spec": {
                    "release": VERSION,
                    "etcd": { "replicas": etcd, "flavor": "m1.kube.small" },
                    "controlPlane": { "replicas": 1, "flavor": "m1.kube.small" },
                    "workers": [{ "name": "general", "replicas": workers, "flavor": "m1.kube.small" }],
                    "ingress": { "replicas": ingress, "flavor": "m1.kube.small" },
                    "network": { "backend": "backend" },
                    "storage": { "backend": self.storage, "quotaGiB": 100 },
                },
            });
            serde_json::from_value(object).unwrap()
        });
        Drawn {
            releases: vec![serde_json::from_value(release).unwrap()],
            tenants: vec![serde_json::from_value(tenant).unwrap()],
            clusters: clusters.collect(),
        }
    }
}
