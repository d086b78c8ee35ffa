//! The user data of a machine's server.

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};

use super::error::ActError;
use crate::api::labels::Taint;
use crate::api::machine::Machine;
use crate::api::names::{self, LABEL_CLUSTER, LABEL_POOL, LABEL_ROLE, TAINT_STARTING, Tag};
use crate::api::role::{BalancerRole, Role};
use crate::bootstrap::cloud_config::CloudConfig;
use crate::bootstrap::etcd::Start;
use crate::bootstrap::facts::{ClusterFacts, MachineFacts, NodeTaint, Slot};
use crate::bootstrap::roles::{self, BootstrapError, ControlPlaneStart};
use crate::bootstrap::token::JoinToken;
use crate::clock;
use crate::cloud::types::network::Port;
use crate::engine::context::Engine;
use crate::engine::observe::context::Scene;
use crate::engine::observe::machine::slot_ports;
use crate::engine::write;
use crate::planning::step_cloud::ServerOrder;

/// Where join tokens are kept inside a cluster, and their Secrets' type (Kubernetes' documentation, "Authenticating with
/// Bootstrap Tokens").
const TOKENS: &str = "kube-system";
const TOKEN_TYPE: &str = "bootstrap.kubernetes.io/token";

/// The user data of the server that is ordered.
///
/// # Errors
/// When something that it is made of is missing.
pub async fn of(engine: &Engine, scene: &Scene, order: &ServerOrder) -> Result<String, ActError> {
    let namespace = &scene.record.meta.namespace;
    let machine = write::find::<Machine>(engine, namespace, &order.machine, None)?;
    let cluster = cluster_facts(engine, scene, &machine).await?;
    let port = port(engine, scene, &machine, order)?;
    let address =
        port.addresses.first().copied().ok_or_else(|| ActError::missing("the address of its port"))?;
    let facts = machine_facts(&scene.record.meta.name, &machine, &order.name, address);
    let document = match machine.spec.role {
        Role::Etcd => etcd_member(engine, scene, &cluster, &machine, &facts)?,
        Role::ControlPlane => {
            let start = if scene.facts.initialization.control_plane_initialized {
                ControlPlaneStart::Join(token(engine, scene).await?)
            } else {
                ControlPlaneStart::First
            };
            roles::control_plane(&cluster, &facts, &start, clock::now())?
        }
        Role::Worker | Role::Ingress => {
            roles::node_that_joins(&cluster, &facts, &token(engine, scene).await?)?
        }
    };
    Ok(document.render().map_err(BootstrapError::from)?)
}

fn port(engine: &Engine, scene: &Scene, machine: &Machine, order: &ServerOrder) -> Result<Port, ActError> {
    let ports = match machine.spec.slot {
        Some(_) => slot_ports(engine, scene),
        None => {
            let uid = machine.metadata.uid.clone().unwrap_or_default();
            engine.inventory.ports(&Tag::MachineUid(uid).to_string(), |_| true)
        }
    };
    let own = ports.value().and_then(|ports| ports.iter().find(|port| port.id == order.port));
    own.cloned().ok_or_else(|| ActError::missing("its port"))
}

async fn cluster_facts(engine: &Engine, scene: &Scene, machine: &Machine) -> Result<ClusterFacts, ActError> {
    let (meta, spec) = (&scene.record.meta, &scene.record.spec);
    let release = engine.records.releases.get("", &machine.spec.template.release.to_string());
    let release =
        release.ok_or_else(|| ActError::missing(format!("Release {}", machine.spec.template.release)))?;
    let vip = scene.facts.api.ok_or_else(|| ActError::missing("the address of the API's balancer"))?;
    let pki = engine.keys.of(&engine.client, &scene.object).await?;
    let pki = pki.ok_or_else(|| ActError::missing("the keys of the cluster"))?;
    let balancer = names::balancer(&scene.facts.name, BalancerRole::Api);
    let dns = engine.site.dns_name(&meta.namespace, &balancer);
    Ok(ClusterFacts {
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        version: release.spec.version.to_string(),
        endpoint: dns.map_or_else(|| vip.to_string(), |name| name.trim_end_matches('.').to_owned()),
        vip,
        pod_cidr: spec.network.pod_cidr.to_string(),
        service_cidr: spec.network.service_cidr.to_string(),
        slots: slots(engine, scene),
        pki: (*pki).clone(),
    })
}

/// All slots of the cluster's etcd, in order.
fn slots(engine: &Engine, scene: &Scene) -> Vec<Slot> {
    let ports = slot_ports(engine, scene);
    let mut slots: Vec<(u8, Slot)> = ports
        .value()
        .into_iter()
        .flatten()
        .filter_map(|port| {
            let number = port.tags.iter().find_map(|tag| match Tag::parse(tag) {
                Some(Tag::Slot(number)) => Some(number),
                _ => None,
            })?;
            let name = names::etcd_slot(&scene.facts.name, number);
            Some((number, Slot { name, address: *port.addresses.first()? }))
        })
        .collect();
    slots.sort_by_key(|(number, _)| *number);
    slots.into_iter().map(|(_, slot)| slot).collect()
}

/// The first members are those of the first slots, whether their machines were made yet or not: all of them have to be told of
/// the same members.
fn etcd_member(
    engine: &Engine,
    scene: &Scene,
    cluster: &ClusterFacts,
    machine: &Machine,
    facts: &MachineFacts,
) -> Result<CloudConfig, ActError> {
    if scene.facts.initialization.etcd_bootstrapped {
        return Err(ActError::missing("a way to add a member to an etcd that runs; it comes later"));
    }
    let name = |number: u8| names::etcd_slot(&scene.facts.name, number);
    let meta = &scene.record.meta;
    let etcd = engine.records.etcds.of_cluster(&meta.namespace, &meta.name);
    let etcd = etcd.first().ok_or_else(|| ActError::missing("the record of etcd"))?;
    let first: Vec<String> = (0..etcd.spec.replicas.get()).map(name).collect();
    let members: Vec<Slot> =
        cluster.slots.iter().filter(|slot| first.contains(&slot.name)).cloned().collect();
    if members.len() != first.len() {
        return Err(ActError::missing("one port for each slot"));
    }
    let own = machine.spec.slot.map(name);
    let slot = cluster.slots.iter().find(|slot| Some(&slot.name) == own.as_ref());
    let slot = slot.ok_or_else(|| ActError::missing("the port of its slot"))?;
    Ok(roles::etcd_member(cluster, facts, slot, &Start::Static { members }, clock::now())?)
}

/// The facts of a machine of a cluster, whose server has this name and address.
pub fn machine_facts(
    cluster: &str,
    machine: &Machine,
    name: &str,
    address: std::net::IpAddr,
) -> MachineFacts {
    let spec = &machine.spec;
    let mut labels: std::collections::BTreeMap<String, String> = spec.template.labels.0.clone();
    labels.insert(LABEL_CLUSTER.to_owned(), cluster.to_owned());
    labels.insert(LABEL_ROLE.to_owned(), spec.role.to_string());
    labels.extend(spec.pool.as_ref().map(|pool| (LABEL_POOL.to_owned(), pool.to_string())));
    let mut taints: Vec<NodeTaint> = spec.template.taints.0.iter().map(taint).collect();
    let mut closed = |key: &str, value: &str| {
        let (key, value, effect) = (key.to_owned(), value.to_owned(), "NoSchedule".to_owned());
        taints.push(NodeTaint { key, value, effect });
    };
    if matches!(spec.role, Role::Worker | Role::Ingress) {
        closed(TAINT_STARTING, "");
    }
    if spec.role == Role::Ingress {
        // What clients reach passes here: the tenant's own pods are not to take its room.
        closed(LABEL_ROLE, spec.role.as_str());
    }
    MachineFacts {
        name: name.to_owned(),
        uid: machine.metadata.uid.clone().unwrap_or_default(),
        address,
        labels,
        taints,
    }
}

fn taint(taint: &Taint) -> NodeTaint {
    NodeTaint {
        key: taint.key.to_string(),
        value: taint.value.to_string(),
        effect: format!("{:?}", taint.effect),
    }
}

/// The token that new machines of the cluster join with.
async fn token(engine: &Engine, scene: &Scene) -> Result<JoinToken, ActError> {
    let contact = scene.contact.as_ref().ok_or_else(|| ActError::missing("the cluster's API"))?;
    contact
        .token(async || {
            let token = engine.draw(|random| JoinToken::create(random, clock::now()));
            let data = token.secret_data().into_iter();
            let secret = Secret {
                metadata: ObjectMeta { name: Some(token.secret_name()), ..ObjectMeta::default() },
                type_: Some(TOKEN_TYPE.to_owned()),
                data: Some(data.map(|(key, value)| (key, ByteString(value.into_bytes()))).collect()),
                ..Secret::default()
            };
            let api: Api<Secret> = Api::namespaced(contact.client.clone(), TOKENS);
            let made = api.create(&PostParams::default(), &secret).await;
            made.map_err(|source| ActError::Inside { act: "make a join token", source: Box::new(source) })?;
            Ok(token)
        })
        .await
}
