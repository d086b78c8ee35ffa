//! Where the records of each kind are: in which API and in which cache.

use kube::Api;

use super::cache::Cache;
use super::context::Engine;
use super::write::Record;
use crate::api::addon::Addon;
use crate::api::cluster::KubernetesCluster;
use crate::api::control_plane::ControlPlane;
use crate::api::etcd::Etcd;
use crate::api::incident::Incident;
use crate::api::load_balancer::LoadBalancer;
use crate::api::machine::Machine;
use crate::api::machine_deployment::MachineDeployment;
use crate::api::operation::Operation;
use crate::api::release::Release;
use crate::api::storage_tenant::StorageTenant;
use crate::api::tenant::Tenant;

impl Record for Tenant {
    fn api(engine: &Engine, _: &str) -> Api<Self> {
        Api::all(engine.client.clone())
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.tenants
    }
}

impl Record for Release {
    fn api(engine: &Engine, _: &str) -> Api<Self> {
        Api::all(engine.client.clone())
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.releases
    }
}

impl Record for KubernetesCluster {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.clusters
    }
}

impl Record for StorageTenant {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.storage
    }
}

impl Record for LoadBalancer {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.balancers
    }
}

impl Record for Etcd {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.etcds
    }
}

impl Record for ControlPlane {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.control_planes
    }
}

impl Record for MachineDeployment {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.pools
    }
}

impl Record for Addon {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.addons
    }
}

impl Record for Machine {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.machines
    }
}

impl Record for Operation {
    fn api(engine: &Engine, namespace: &str) -> Api<Self> {
        Api::namespaced(engine.client.clone(), namespace)
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.operations
    }
}

impl Record for Incident {
    fn api(engine: &Engine, _: &str) -> Api<Self> {
        Api::all(engine.client.clone())
    }

    fn cache(engine: &Engine) -> &Cache<Self> {
        &engine.records.incidents
    }
}
