//! A whole cluster: its record, what it needs of the cloud, and its children.

use std::collections::BTreeSet;

use kube::{Resource, ResourceExt};

use super::context::Scene;
use super::stored::stored;
use super::{inside, small};
use crate::api::names::{self, Tag};
use crate::api::reference::ObjectReference;
use crate::clock;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Observed;
use crate::engine::budget::Service;
use crate::engine::cache::Cache;
use crate::engine::context::Engine;
use crate::engine::site::Projects;
use crate::engine::turn::TurnError;
use crate::planning::cluster::project_name;
use crate::planning::observation::whole::{Children, ClusterView, Home, Inside, Offer};

/// A cluster with all that is known of it.
///
/// # Errors
/// When a record lacks what every stored object has, or the keys cannot be read.
pub async fn view(engine: &Engine, scene: &Scene) -> Result<ClusterView, TurnError> {
    let (records, meta) = (&engine.records, &scene.record.meta);
    let release = records.releases.get("", &scene.record.spec.release.to_string());
    let tenant = records.tenants.get("", &meta.namespace);
    let home = home(engine, scene).await;
    let project = match &home {
        // It went with the cluster that it was made for, and nobody can be asked about it any more.
        Home::Own(Observed::Known { value: None, .. }) if meta.deleting.is_some() => None,
        Home::Own(found) => {
            let found = found.value().and_then(|found| found.as_ref()).map(|found| found.id.clone());
            scene.facts.project.clone().or(found)
        }
        Home::Shared(shared) => scene.facts.project.clone().or_else(|| Some(shared.clone())),
    };
    let children = children(engine, scene)?;
    let connection = match &scene.contact {
        Some(contact) => contact.answers().await,
        None => Observed::unknown("the cluster's API has no address yet"),
    };
    let inside = match &scene.contact {
        Some(contact) if meta.deleting.is_some() => inside::owned(contact).await,
        Some(_) => Observed::known(Inside::default(), clock::now()),
        None => Observed::unknown("the cluster's API has no address yet"),
    };
    let is_last = children == Children::default();
    Ok(ClusterView {
        release: release.map(|release| stored("Release", &*release)).transpose()?,
        tenant_quota: tenant.map(|tenant| tenant.spec.quota),
        tenant_wants: small::wants(engine, &meta.namespace),
        offer: offer(engine),
        quota: match &project {
            Some(project) => engine.projects.quota(engine, project).await,
            None => Observed::unknown("the cluster has no project yet"),
        },
        security_groups: match &project {
            Some(project) => engine.projects.firewalls(engine, project).await,
            None => Observed::known(Vec::new(), clock::now()),
        },
        server_groups: match &project {
            Some(project) => engine.projects.spreads(engine, project).await,
            None => Observed::known(Vec::new(), clock::now()),
        },
        keys: engine.keys.of(&engine.client, &scene.object).await?.is_some(),
        strangers: strangers(engine, scene),
        leftovers: match &project {
            Some(project) if meta.deleting.is_some() && is_last => leftovers(engine, scene, project).await,
            _ => Observed::known(Vec::new(), clock::now()),
        },
        record: scene.record.clone(),
        home,
        children,
        inside,
        connection,
    })
}

fn offer(engine: &Engine) -> Offer {
    let choices = engine.inventory.choices();
    let networks = choices.networks.clone().map(|all| {
        let ranges = |ranges: Vec<String>| ranges.iter().filter_map(|range| range.parse().ok()).collect();
        all.into_iter().map(|network| (network.name, ranges(network.ranges))).collect()
    });
    Offer { flavors: choices.flavors.clone(), images: choices.images.clone(), networks }
}

async fn home(engine: &Engine, scene: &Scene) -> Home {
    match &engine.site.projects {
        Projects::Shared(project) => Home::Shared(project.clone()),
        Projects::Own => {
            let meta = &scene.record.meta;
            let name = project_name(&meta.namespace, &meta.name, &meta.uid);
            Home::Own(engine.projects.named(engine, &name).await)
        }
    }
}

fn children(engine: &Engine, scene: &Scene) -> Result<Children, TurnError> {
    let (records, meta) = (&engine.records, &scene.record.meta);
    let (namespace, name) = (meta.namespace.as_str(), meta.name.as_str());
    let is_own = |object: &dyn HasOwners| object.is_owned_by(&meta.uid);
    let etcds = records.etcds.of_cluster(namespace, name);
    let control_planes = records.control_planes.of_cluster(namespace, name);
    let tenants = records.storage.of_cluster(namespace, name);
    let pools = records.pools.of_cluster(namespace, name);
    let balancers = records.balancers.of_cluster(namespace, name);
    let addons = records.addons.of_cluster(namespace, name);
    Ok(Children {
        etcd: etcds.iter().find(|one| is_own(&***one)).map(|one| stored("Etcd", &**one)).transpose()?,
        control_plane: control_planes
            .iter()
            .find(|one| is_own(&***one))
            .map(|one| stored("ControlPlane", &**one))
            .transpose()?,
        storage: tenants
            .iter()
            .find(|one| is_own(&***one))
            .map(|one| stored("StorageTenant", &**one))
            .transpose()?,
        pools: pools
            .iter()
            .filter(|one| is_own(&***one))
            .map(|one| stored("MachineDeployment", &**one))
            .collect::<Result<_, _>>()?,
        balancers: balancers
            .iter()
            .filter(|one| is_own(&***one))
            .map(|one| stored("LoadBalancer", &**one))
            .collect::<Result<_, _>>()?,
        addons: addons
            .iter()
            .filter(|one| is_own(&***one))
            .map(|one| stored("Addon", &**one))
            .collect::<Result<_, _>>()?,
    })
}

trait HasOwners {
    fn is_owned_by(&self, uid: &str) -> bool;
}

impl<K: Resource> HasOwners for K {
    fn is_owned_by(&self, uid: &str) -> bool {
        self.owner_references().iter().any(|owner| owner.uid == uid)
    }
}

/// Records that have the name of a child of this cluster and belong to somebody else.
fn strangers(engine: &Engine, scene: &Scene) -> Vec<ObjectReference> {
    let (records, meta) = (&engine.records, &scene.record.meta);
    let name = &scene.facts.name;
    let spec = &scene.record.spec;
    let mut found = Vec::new();
    let own = [meta.name.clone()];
    let pools: Vec<String> = spec
        .workers
        .iter()
        .map(|pool| names::pool(name, &pool.name))
        .chain(spec.ingress.iter().map(|_| names::ingress(name)))
        .collect();
    let balancers = [crate::api::role::BalancerRole::Api, crate::api::role::BalancerRole::Ingress]
        .map(|role| names::balancer(name, role));
    foreign("Etcd", &records.etcds, &own, scene, &mut found);
    foreign("ControlPlane", &records.control_planes, &own, scene, &mut found);
    foreign("StorageTenant", &records.storage, &own, scene, &mut found);
    foreign("MachineDeployment", &records.pools, &pools, scene, &mut found);
    foreign("LoadBalancer", &records.balancers, &balancers, scene, &mut found);
    found
}

fn foreign<K: Resource<DynamicType = ()>>(
    kind: &str,
    cache: &Cache<K>,
    wanted: &[String],
    scene: &Scene,
    found: &mut Vec<ObjectReference>,
) {
    let meta = &scene.record.meta;
    let there = wanted.iter().filter_map(|name| cache.get(&meta.namespace, name));
    for object in there.filter(|object| !object.is_owned_by(&meta.uid)) {
        found.push(ObjectReference {
            kind: kind.to_owned(),
            namespace: object.namespace(),
            name: object.name_any(),
            uid: object.uid(),
            resource_version: None,
        });
    }
}

/// What carries the cluster's tag or is in its own project, asked past every cache.
async fn leftovers(engine: &Engine, scene: &Scene, project: &ProjectId) -> Observed<Vec<String>> {
    let tag = Tag::ClusterUid(scene.facts.uid.clone()).to_string();
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let servers = budget.call(Service::Compute, cloud.servers_tagged(project, &tag)).await;
    let ports = budget.call(Service::Network, cloud.ports_tagged(project, &tag)).await;
    let balancers = budget.call(Service::LoadBalancer, cloud.balancers_tagged(project, &tag)).await;
    let (servers, ports, balancers) = match (servers, ports, balancers) {
        (Ok(servers), Ok(ports), Ok(balancers)) => (servers, ports, balancers),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            return Observed::unknown(error.lasting());
        }
    };
    let mut left: BTreeSet<String> = BTreeSet::new();
    left.extend(servers.iter().map(|server| format!("server {}", server.name)));
    left.extend(ports.iter().map(|port| format!("port {}", port.name)));
    left.extend(balancers.iter().map(|balancer| format!("balancer {}", balancer.name)));
    if engine.site.own_projects() {
        match budget.call(Service::Storage, cloud.volumes_of(project)).await {
            Ok(volumes) => left.extend(volumes.iter().map(|volume| format!("volume {}", volume.name))),
            Err(error) => return Observed::unknown(error.lasting()),
        }
    }
    Observed::known(left.into_iter().collect(), clock::now())
}
