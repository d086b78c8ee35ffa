//! All records that the loops look at, each kind in a cache.

use futures::StreamExt;
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;

use super::cache::{Cache, Change};
use super::reopen::Pauses;
use crate::api::addon::Addon;
use crate::api::cluster::KubernetesCluster;
use crate::api::control_plane::ControlPlane;
use crate::api::etcd::Etcd;
use crate::api::incident::Incident;
use crate::api::lean::{self, Lean};
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::operation::Operation;
use crate::api::release::Release;
use crate::api::storage_tenant::StorageTenant;
use crate::api::tenant::Tenant;

/// All records.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "the names are those of the kinds")]
pub struct Records {
    pub tenants: Cache<Tenant>,
    pub releases: Cache<Release>,
    pub clusters: Cache<KubernetesCluster>,
    pub storage: Cache<StorageTenant>,
    pub balancers: Cache<LoadBalancer>,
    pub etcds: Cache<Etcd>,
    pub control_planes: Cache<ControlPlane>,
    pub pools: Cache<MachineDeployment>,
    pub addons: Cache<Addon>,
    pub machines: Cache<Machine>,
    pub operations: Cache<Operation>,
    pub incidents: Cache<Incident>,
}

impl Records {
    /// Whether every kind was listed once.
    pub fn are_complete(&self) -> bool {
        self.tenants.is_complete()
            && self.releases.is_complete()
            && self.clusters.is_complete()
            && self.storage.is_complete()
            && self.balancers.is_complete()
            && self.etcds.is_complete()
            && self.control_planes.is_complete()
            && self.pools.is_complete()
            && self.addons.is_complete()
            && self.machines.is_complete()
            && self.operations.is_complete()
            && self.incidents.is_complete()
    }
}

/// Keeps a cache as the API server has it, for ever, and tells of each change.
pub async fn follow<K>(
    client: Client,
    records: &Records,
    of: fn(&Records) -> &Cache<K>,
    tell: impl Fn(&Change<K>),
) where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + std::fmt::Debug + Send + 'static,
{
    let config = watcher::Config::default().streaming_lists();
    let mut events = std::pin::pin!(watcher(Api::<Lean<K>>::all(client), config).backoff(Pauses::default()));
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => of(records).heard(lean::event(event)).iter().for_each(&tell),
            Err(error) => {
                tracing::warn!(kind = %K::kind(&()), %error, "the watch broke, and is opened again")
            }
        }
    }
}
