//! The objects: realistic in size and shape, the same every time.

use serde_json::{Value, json};

/// Machines of the fleet that the goals are for.
const MACHINES: f64 = 41_735.0;
/// Other objects.
const OTHERS: f64 = 20_000.0;
/// Machines of a cluster, on average.
const PER_CLUSTER: usize = 35;
/// Clusters of a tenant, which is a namespace.
const PER_TENANT: usize = 10;

/// How many objects there are of each sort.
pub struct Fleet {
    pub machines: usize,
    pub others: usize,
}

impl Fleet {
    /// The fleet that the goals are for, so many times as large.
    pub fn scaled(scale: f64) -> Self {
        Self::of((MACHINES * scale) as usize, (OTHERS * scale) as usize)
    }

    pub fn of(machines: usize, others: usize) -> Self {
        Self { machines, others }
    }

    /// The namespaces.
    pub fn namespaces(&self) -> impl Iterator<Item = String> + use<> {
        let most = self.machines.max(self.others).max(1) - 1;
        (0..=most / (PER_CLUSTER * PER_TENANT)).map(|tenant| format!("tenant-{tenant:03}"))
    }
}

/// The namespace of an object.
pub fn namespace(index: usize) -> String {
    format!("tenant-{:03}", index / (PER_CLUSTER * PER_TENANT))
}

fn uid(index: usize) -> String {
    format!("{index:08x}-6f1c-4c5e-9d0a-2b7f{index:08x}")
}

/// The name of a Machine.
pub fn name(index: usize) -> String {
    format!("c{:04}-worker-{index:06x}", index / PER_CLUSTER)
}

/// A Machine as it is created.
pub fn machine(index: usize) -> Value {
    let cluster = format!("c{:04}", index / PER_CLUSTER);
    json!({
        "apiVersion": "kaasboard.dev/v1alpha1",
        "kind": "Machine",
        "metadata": {
            "name": name(index),
            "namespace": namespace(index),
            "labels": {
                "kaasboard.dev/tenant": namespace(index), "kaasboard.dev/cluster": cluster,
                "kaasboard.dev/role": "worker", "kaasboard.dev/pool": "general",
                "kaasboard.dev/template-hash": "6d5f8c7b9d4e2a10",
            },
            "ownerReferences": [{
                "apiVersion": "kaasboard.dev/v1alpha1", "kind": "MachineDeployment", "name": format!("{cluster}-general"),
                "uid": uid(index / PER_CLUSTER), "controller": true, "blockOwnerDeletion": true,
            }],
            "finalizers": ["kaasboard.dev/engine"],
        },
        "spec": {
            "clusterName": cluster, "role": "worker", "pool": "general", "failureDomain": format!("az{}", index % 3 + 1),
            "template": {
                "release": "v1.34.2-2", "flavor": "m1.kube.large", "rootVolumeGiB": 80,
                "reserved": {"cpu": "500m", "memory": "1Gi", "ephemeralStorage": "10Gi"},
                "labels": {"example.com/team": "shop"},
            },
        },
    })
}

/// The status of a Machine that lives, after so many changes.
pub fn status(index: usize, change: usize) -> Value {
    let condition = |kind: &str| {
        json!({
            "type": kind, "status": "True", "reason": "AsWanted", "message": "", "observedGeneration": 1,
            "lastTransitionTime": "2026-11-20T08:10:00Z",
        })
    };
    let kinds =
        ["Ready", "Available", "InfrastructureReady", "NodeHealthy", "HealthCheckSucceeded", "UpToDate"];
    json!({
        "observedGeneration": 1, "phase": "Running", "portId": uid(index), "serverId": uid(index + 7),
        "serverStatus": "ACTIVE", "hostIP": format!("10.{}.{}.{}", index >> 16, (index >> 8) & 255, index & 255),
        "host": format!("compute-{:03}", index % 900), "zone": format!("az{}", index % 3 + 1),
        "nodeName": format!("c{:04}-worker-{index:08x}", index / PER_CLUSTER), "version": "v1.34.2",
        "initiator": format!("iqn.2026-11.dev.kaasboard:{}", uid(index)), "attempts": change,
        "conditions": kinds.map(condition),
    })
}

/// One of the other objects: Secrets, ConfigMaps and Leases.
pub fn other(index: usize) -> (&'static str, Value) {
    let (name, namespace) = (format!("o{index:06}"), namespace(index));
    let metadata =
        json!({"name": name, "namespace": namespace, "labels": {"kaasboard.dev/tenant": namespace}});
    match index % 3 {
        0 => ("secrets", json!({"metadata": metadata, "data": {"tls.key": "YWJj".repeat(400)}})),
        1 => {
            ("configmaps", json!({"metadata": metadata, "data": {"values.yaml": "replicas: 3\n".repeat(60)}}))
        }
        _ => (
            "leases",
            json!({"metadata": metadata, "spec": {
                "holderIdentity": format!("node-{index}"), "leaseDurationSeconds": 40,
                "renewTime": "2026-11-20T08:10:00.000000Z",
            }}),
        ),
    }
}
