//! A cluster, as the turns of its parts need it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use kube::ResourceExt;

use super::stored::stored;
use crate::api::cluster::KubernetesCluster;
use crate::api::conditions::DNS_READY;
use crate::api::machine::Machine;
use crate::api::role::{BalancerRole, Role};
use crate::api::version::ReleaseName;
use crate::bootstrap::authority::{Subject, Usage};
use crate::bootstrap::pki::ClusterPki;
use crate::clock;
use crate::engine::contact::{self, Contact};
use crate::engine::context::Engine;
use crate::engine::turn::TurnError;
use crate::planning::observation::cluster::{ClusterFacts, Related};
use crate::planning::observation::operation::ClusterRecord;
use crate::workload::access::{Access, ClientKeys};

/// The name under which the engine is known in user clusters, and the group that may do everything there
/// (Kubernetes' documentation, "Using RBAC Authorization").
const IDENTITY: &str = "kaasboard-engine";
const MASTERS: &str = "system:masters";

/// A cluster, as the turns of its parts need it.
#[derive(Debug)]
pub struct Scene {
    /// The object.
    pub object: Arc<KubernetesCluster>,
    /// The record.
    pub record: ClusterRecord,
    /// What planners of parts know of it.
    pub facts: ClusterFacts,
    /// Its machines, those that are being taken down too.
    pub machines: Vec<Arc<Machine>>,
    /// The inside, once its API has an address and its keys are made.
    pub contact: Option<Arc<Contact>>,
}

impl Scene {
    /// Reads a cluster. Nothing if there is none.
    ///
    /// # Errors
    /// When a record cannot be read, or the keys cannot.
    pub async fn read(engine: &Arc<Engine>, namespace: &str, name: &str) -> Result<Option<Self>, TurnError> {
        let records = &engine.records;
        let Some(object) = records.clusters.get(namespace, name) else { return Ok(None) };
        let record = stored("KubernetesCluster", &*object)?;
        let machines = records.machines.of_cluster(namespace, name);
        let api = api_address(engine, namespace, name);
        let facts = ClusterFacts::read(&record, related(engine, &record, &machines, api))?;
        let contact = contact(engine, &object, api).await?;
        Ok(Some(Self { object, record, facts, machines, contact }))
    }

    /// The machines of a role.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Arc<Machine>> {
        self.machines.iter().filter(move |machine| machine.spec.role == role)
    }
}

/// The address of the API's balancer: of use once the name points to it, where there are names.
fn api_address(engine: &Engine, namespace: &str, cluster: &str) -> Option<IpAddr> {
    let balancers = engine.records.balancers.of_cluster(namespace, cluster);
    let api = balancers.iter().find(|balancer| balancer.spec.role == BalancerRole::Api)?;
    let status = api.status.as_ref()?;
    if engine.site.zone.is_some() && !status.conditions.is_true(DNS_READY) {
        return None;
    }
    status.vip.as_ref()?.parse().ok()
}

fn related(
    engine: &Engine,
    cluster: &ClusterRecord,
    machines: &[Arc<Machine>],
    api: Option<IpAddr>,
) -> Related {
    let mut counts: BTreeMap<Role, usize> = BTreeMap::new();
    let mut images = BTreeMap::new();
    let wanted = machines.iter().map(|machine| machine.spec.template.release);
    let wanted: BTreeSet<ReleaseName> = wanted.chain([cluster.spec.release]).collect();
    for release in wanted.iter().map(ToString::to_string) {
        if let Some(found) = engine.records.releases.get("", &release) {
            images.insert(release, found.spec.image.to_string());
        }
    }
    for machine in machines {
        *counts.entry(machine.spec.role).or_default() += 1;
    }
    let tenants = engine.records.storage.of_cluster(&cluster.meta.namespace, &cluster.meta.name);
    let generation =
        tenants.iter().filter_map(|one| one.status.as_ref()).map(|status| status.credential_generation);
    Related {
        own_project: engine.site.own_projects(),
        images,
        api,
        machines: counts,
        has_credential: generation.max().unwrap_or(0) > 0,
    }
}

/// The inside of a cluster. It is reached as soon as its API has an address and its keys are made.
async fn contact(
    engine: &Arc<Engine>,
    cluster: &Arc<KubernetesCluster>,
    api: Option<IpAddr>,
) -> Result<Option<Arc<Contact>>, TurnError> {
    let uid = cluster.uid().unwrap_or_default();
    let known = engine.contacts.known(&uid);
    let Some(vip) = api else { return Ok(known) };
    if let Some(known) = known.filter(|known| known.access.vip == vip) {
        return Ok(Some(known));
    }
    let Some(pki) = engine.keys.of(&engine.client, cluster).await? else { return Ok(None) };
    let namespace = cluster.namespace().unwrap_or_default();
    let name = cluster.name_any();
    let access = Access {
        uid,
        cluster: format!("{namespace}/{name}"),
        vip,
        kubernetes: client_keys(&pki, true)?,
        etcd: client_keys(&pki, false)?,
    };
    // The watch must not keep the engine alive.
    let engine_of_watch = Arc::downgrade(engine);
    let tell = move |node: &str| {
        let Some(engine) = engine_of_watch.upgrade() else { return };
        let machines = engine.records.machines.of_cluster(&namespace, &name);
        if let Some(key) = contact::machine_of(&namespace, &machines, node) {
            engine.queue.ask(key);
        }
    };
    Ok(Some(engine.contacts.make(access, tell).await?))
}

fn client_keys(pki: &ClusterPki, of_kubernetes: bool) -> Result<ClientKeys, TurnError> {
    let authority = if of_kubernetes { &pki.kubernetes } else { &pki.etcd };
    let subject = Subject {
        common_name: IDENTITY.to_owned(),
        organizations: if of_kubernetes { vec![MASTERS.to_owned()] } else { Vec::new() },
        names: Vec::new(),
        addresses: Vec::new(),
        usage: Usage::Client,
    };
    let pair = authority.issue(&subject, clock::now()).map_err(crate::engine::keys::KeysError::from)?;
    Ok(ClientKeys {
        authority: authority.certificate().to_owned(),
        certificate: pair.certificate,
        key: pair.key,
    })
}
