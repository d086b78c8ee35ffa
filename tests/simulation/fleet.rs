//! The small fleets that plays are about.

use kaasboard::simulation::fleet::{self, Drawn};
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
}

impl Small {
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
                    "storage": { "quotaGiB": 100 },
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
