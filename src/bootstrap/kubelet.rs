//! How kubelet runs on every node: `KubeletConfiguration` of `kubelet.config.k8s.io/v1beta1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most pods on one node. Kubernetes' own limit ("Considerations for large clusters"); operators advise 100.
const MOST_PODS: u32 = 110;

/// A container's log is rotated at this size, so that a noisy container cannot fill the node's disk.
const LOG_SIZE: &str = "10Mi";
/// So many rotated logs are kept for each container.
const LOG_FILES: u32 = 3;

/// kubelet's configuration, as far as it differs from its defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KubeletConfiguration {
    /// The group and version of this document.
    pub api_version: String,
    /// The kind of this document.
    pub kind: String,
    /// systemd is what the images boot with, and two managers of control groups fight.
    pub cgroup_driver: String,
    /// The most pods on one node.
    pub max_pods: u32,
    /// What kubelet and the container runtime keep for themselves.
    pub kube_reserved: BTreeMap<String, String>,
    /// What the operating system keeps for itself.
    pub system_reserved: BTreeMap<String, String>,
    /// Below this, pods are evicted, before the kernel kills at random.
    pub eviction_hard: BTreeMap<String, String>,
    /// kubelet renews its own client certificate.
    pub rotate_certificates: bool,
    /// At which size a container's log is rotated.
    pub container_log_max_size: String,
    /// How many rotated logs are kept for each container.
    pub container_log_max_files: u32,
    /// How long a node that shuts down waits for its pods, in all.
    pub shutdown_grace_period: String,
    /// How much of that is kept for critical pods.
    pub shutdown_grace_period_critical_pods: String,
}

impl KubeletConfiguration {
    /// The configuration of all our nodes.
    pub fn ours() -> Self {
        let quantities = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self {
            api_version: "kubelet.config.k8s.io/v1beta1".to_owned(),
            kind: "KubeletConfiguration".to_owned(),
            cgroup_driver: "systemd".to_owned(),
            max_pods: MOST_PODS,
            kube_reserved: quantities(&[("cpu", "100m"), ("memory", "512Mi"), ("ephemeral-storage", "1Gi")]),
            system_reserved: quantities(&[
                ("cpu", "100m"),
                ("memory", "256Mi"),
                ("ephemeral-storage", "1Gi"),
            ]),
            eviction_hard: quantities(&[
                ("memory.available", "200Mi"),
                ("nodefs.available", "10%"),
                ("nodefs.inodesFree", "5%"),
                ("imagefs.available", "15%"),
            ]),
            rotate_certificates: true,
            container_log_max_size: LOG_SIZE.to_owned(),
            container_log_max_files: LOG_FILES,
            shutdown_grace_period: "60s".to_owned(),
            shutdown_grace_period_critical_pods: "20s".to_owned(),
        }
    }
}
