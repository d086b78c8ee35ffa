//! Releases and tenants: what runs them, counted from the records.

use std::collections::BTreeSet;

use super::stored::stored;
use crate::api::cluster::KubernetesCluster;
use crate::api::release::{Release, ReleaseUse};
use crate::api::tenant::{Tenant, TenantUsage};
use crate::engine::addons;
use crate::engine::context::Engine;
use crate::engine::turn::TurnError;
use crate::planning::observation::release::ReleaseView;
use crate::planning::observation::tenant::TenantView;

/// A Release with all that is known of it.
///
/// # Errors
/// When the record lacks what every stored object has.
pub fn release(engine: &Engine, object: &Release) -> Result<ReleaseView, TurnError> {
    let record = stored("Release", object)?;
    let name = record.meta.name.as_str();
    let machines = engine.records.machines.all();
    let running: Vec<_> =
        machines.iter().filter(|machine| machine.spec.template.release.to_string() == name).collect();
    let mut clusters: BTreeSet<(String, String)> = engine
        .records
        .clusters
        .all()
        .iter()
        .filter(|cluster| cluster.spec.release.to_string() == name)
        .map(|cluster| {
            (
                cluster.metadata.namespace.clone().unwrap_or_default(),
                cluster.metadata.name.clone().unwrap_or_default(),
            )
        })
        .collect();
    clusters.extend(running.iter().map(|machine| {
        (machine.metadata.namespace.clone().unwrap_or_default(), machine.spec.cluster_name.to_string())
    }));
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let unknown =
        record.spec.addons.iter().filter(|addon| !addons::is_known(addon.name.as_str(), &addon.version));
    Ok(ReleaseView {
        images: engine.inventory.choices().images.clone(),
        unknown_bundles: unknown.map(|addon| format!("{} {}", addon.name, addon.version)).collect(),
        used_by: ReleaseUse { clusters: count(clusters.len()), machines: count(running.len()) },
        record,
    })
}

/// A tenant with all that is known of it.
///
/// # Errors
/// When the record lacks what every stored object has.
pub fn tenant(engine: &Engine, object: &Tenant) -> Result<TenantView, TurnError> {
    let record = stored("Tenant", object)?;
    let clusters = engine.records.clusters.in_namespace(&record.meta.name);
    let machines = engine.records.machines.in_namespace(&record.meta.name).len();
    let usage = TenantUsage {
        clusters: u32::try_from(clusters.len()).unwrap_or(u32::MAX),
        machines: u32::try_from(machines).unwrap_or(u32::MAX),
        volumes_gib: clusters.iter().map(|cluster| cluster.spec.storage.quota_gib).sum(),
    };
    Ok(TenantView { record, usage })
}

/// What the clusters of a tenant want together. A count that a pool holds itself is that of the pool.
pub fn wants(engine: &Engine, namespace: &str) -> TenantUsage {
    let clusters = engine.records.clusters.in_namespace(namespace);
    let machines = clusters.iter().map(|cluster| machines_of(engine, namespace, cluster)).sum();
    TenantUsage {
        clusters: u32::try_from(clusters.len()).unwrap_or(u32::MAX),
        machines,
        volumes_gib: clusters.iter().map(|cluster| cluster.spec.storage.quota_gib).sum(),
    }
}

fn machines_of(engine: &Engine, namespace: &str, cluster: &KubernetesCluster) -> u32 {
    let spec = &cluster.spec;
    let name = cluster.metadata.name.as_deref().unwrap_or_default();
    let pools = engine.records.pools.of_cluster(namespace, name);
    let held = |pool: &str| {
        let own = pools.iter().find(|one| one.spec.pool.as_str() == pool);
        own.map_or(0, |one| one.spec.replicas)
    };
    let workers: u32 =
        spec.workers.iter().map(|pool| pool.replicas.unwrap_or_else(|| held(pool.name.as_str()))).sum();
    let ingress = spec.ingress.as_ref().map_or(0, |pool| pool.replicas.unwrap_or_else(|| held("ingress")));
    u32::from(spec.etcd.replicas.get()) + u32::from(spec.control_plane.replicas.get()) + workers + ingress
}
