//! The parts of a cluster: etcd, control plane, pools, storage tenant, addons.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::core::DynamicObject;
use kube::{Api, ResourceExt};

use super::context::Scene;
use super::machine::{self, slot_ports};
use super::stored::stored;
use crate::api::addon::Addon;
use crate::api::control_plane::{Certificate, ControlPlane};
use crate::api::etcd::{Etcd, EtcdAlarm, EtcdMember};
use crate::api::machine_deployment::MachineDeployment;
use crate::api::names;
use crate::api::role::Role;
use crate::api::storage_tenant::{StorageBackend, StorageTenant};
use crate::clock;
use crate::cloud::types::identity::CredentialId;
use crate::cloud::types::observed::Observed;
use crate::engine::act;
use crate::engine::act::storage::generation_of;
use crate::engine::addons::{self, Rendered};
use crate::engine::context::Engine;
use crate::engine::keys;
use crate::engine::turn::TurnError;
use crate::planning::observation::addon::{AddonInside, AddonView};
use crate::planning::observation::control_plane::ControlPlaneView;
use crate::planning::observation::etcd::EtcdView;
use crate::planning::observation::pool::DeploymentView;
use crate::planning::observation::storage::StorageView;
use crate::workload::etcd::ListedMember;
use crate::workload::objects::{ADDON_HASH, ADDON_VERSION};

/// An Etcd with all that is known of it.
///
/// # Errors
/// When a record lacks what every stored object has.
pub async fn etcd(engine: &Engine, scene: &Scene, object: &Etcd) -> Result<EtcdView, TurnError> {
    Ok(EtcdView {
        record: stored("Etcd", object)?,
        ports: slot_ports(engine, scene),
        machines: machine::views(engine, scene, scene.of(Role::Etcd), false).await?,
        members: members(engine, scene).await,
    })
}

/// The members as etcd lists them, each asked by its own address. Unknown as long as none answers.
async fn members(engine: &Engine, scene: &Scene) -> Observed<Vec<EtcdMember>> {
    let Some(contact) = &scene.contact else {
        return Observed::unknown("the cluster's API has no address yet");
    };
    let ports = slot_ports(engine, scene);
    let mut answers = BTreeMap::new();
    let mut listed: Vec<ListedMember> = Vec::new();
    let mut silence = "no slot has a port yet".to_owned();
    for address in ports.value().into_iter().flatten().filter_map(|port| port.addresses.first()) {
        match engine.contacts.workloads().etcd(&contact.access, *address).await {
            Ok(answer) => {
                if listed.is_empty() {
                    listed.clone_from(&answer.members);
                }
                answers.insert(answer.id, answer);
            }
            Err(error) => silence = error.to_string(),
        }
    }
    if listed.is_empty() {
        return Observed::unknown(silence);
    }
    let member = |entry: ListedMember| {
        let own = answers.get(&entry.id);
        EtcdMember {
            id: format!("{:x}", entry.id),
            name: (!entry.name.is_empty()).then_some(entry.name),
            voter: !entry.learner,
            healthy: Some(own.is_some_and(|own| own.leader.is_some())),
            leader: own.is_some_and(|own| own.leader == Some(entry.id)),
            db_size: own.map(|own| own.db_bytes),
            version: None,
            alarms: own.into_iter().flat_map(|own| &own.alarms).filter_map(|word| alarm(word)).collect(),
        }
    };
    Observed::known(listed.into_iter().map(member).collect(), clock::now())
}

/// An alarm by etcd's own word.
fn alarm(word: &str) -> Option<EtcdAlarm> {
    match word {
        "NOSPACE" => Some(EtcdAlarm::NoSpace),
        "CORRUPT" => Some(EtcdAlarm::Corrupt),
        _ => None,
    }
}

/// A control plane with its machines.
///
/// # Errors
/// When a record lacks what every stored object has, or the keys cannot be read.
pub async fn control_plane(
    engine: &Engine,
    scene: &Scene,
    object: &ControlPlane,
) -> Result<ControlPlaneView, TurnError> {
    let version = match &scene.contact {
        Some(contact) if contact.answers().await.value().is_some() => {
            let told = contact.client.apiserver_version().await.ok();
            told.and_then(|told| told.git_version.parse().ok())
        }
        Some(_) | None => None,
    };
    let pki = engine.keys.of(&engine.client, &scene.object).await?;
    let expires = pki.and_then(|pki| pki.expires().ok());
    let certificate = |at| Certificate { name: "authorities".to_owned(), expires_at: at };
    Ok(ControlPlaneView {
        record: stored("ControlPlane", object)?,
        machines: machine::views(engine, scene, scene.of(Role::ControlPlane), false).await?,
        version,
        certificates: expires.map(|at| certificate(at.into())).into_iter().collect(),
    })
}

/// A pool with its machines. What is on the nodes is read only while some have to go.
///
/// # Errors
/// When a record lacks what every stored object has.
pub async fn pool(
    engine: &Engine,
    scene: &Scene,
    object: &MachineDeployment,
) -> Result<DeploymentView, TurnError> {
    let record = stored("MachineDeployment", object)?;
    let name = record.meta.name.as_str();
    let own: Vec<_> = scene
        .machines
        .iter()
        .filter(|machine| machine.owner_references().iter().any(|owner| owner.name == name))
        .cloned()
        .collect();
    let wanted = usize::try_from(record.spec.replicas).unwrap_or(usize::MAX);
    let loads = own.iter().filter(|machine| machine.metadata.deletion_timestamp.is_none()).count() > wanted;
    let machines = machine::views(engine, scene, own.iter(), loads).await?;
    Ok(DeploymentView { meta: record.meta, spec: record.spec, status: record.status, machines })
}

/// A storage tenant with all that is known of it.
///
/// # Errors
/// When a record lacks what every stored object has, or the Secrets cannot be listed.
pub async fn storage(
    engine: &Engine,
    scene: &Scene,
    object: &StorageTenant,
) -> Result<StorageView, TurnError> {
    let record = stored("StorageTenant", object)?;
    let silent = || "the cluster has no project yet";
    let project = scene.facts.project.as_ref();
    let quota = match project {
        Some(project) => engine.projects.quota(engine, project).await,
        None => Observed::unknown(silent()),
    };
    let rules = match project {
        Some(project) if record.spec.backend != StorageBackend::Cinder => {
            engine.projects.rules_now(engine, project).await.map(|rules| rules.to_vec())
        }
        _ => Observed::known(Vec::new(), clock::now()),
    };
    let volumes = engine.inventory.volumes().map(|all| {
        all.into_iter().filter(|volume| project.is_some_and(|own| volume.project == *own)).collect()
    });
    let (kept, current) = kept(engine, scene, record.spec.credential_generation).await?;
    let power = match (project.filter(|_| scene.facts.own_project), current) {
        (Some(project), Some(id)) => engine.projects.power(engine, project, &id).await,
        (None, _) | (_, None) => Observed::unknown("there is no credential yet"),
    };
    Ok(StorageView {
        quota,
        kept,
        power,
        inside: inside_credential(scene).await,
        rules,
        volumes,
        machines: machine::views(engine, scene, scene.machines.iter(), false).await?,
        record,
    })
}

/// The generations of credentials that are kept as Secrets beside the cluster's record, and the credential of the wanted one.
async fn kept(
    engine: &Engine,
    scene: &Scene,
    wanted: u32,
) -> Result<(Vec<u32>, Option<CredentialId>), TurnError> {
    let api = keys::secrets(&engine.client, &scene.object);
    let labelled = kube::api::ListParams::default().labels(&format!(
        "{}={}",
        names::LABEL_CLUSTER,
        scene.record.meta.name
    ));
    let secrets = api.list(&labelled).await.map_err(|source| TurnError::read("the credentials", source))?;
    let name = scene.record.meta.name.as_str();
    let generation = |secret: &Secret| generation_of(name, &secret.name_any());
    let kept = secrets.items.iter().filter_map(generation).collect();
    let current = secrets.items.into_iter().find(|secret| generation(secret) == Some(wanted));
    let id = current.and_then(|secret| String::from_utf8(secret.data?.remove(act::storage::ID)?.0).ok());
    Ok((kept, id.map(CredentialId::new)))
}

async fn inside_credential(scene: &Scene) -> Observed<Option<u32>> {
    let Some(contact) = &scene.contact else {
        return Observed::unknown("the cluster's API has no address yet");
    };
    if let Observed::Unknown { why } = contact.answers().await {
        return Observed::unknown(why);
    }
    let api: Api<Secret> = Api::namespaced(contact.client.clone(), addons::NAMESPACE);
    match api.get_opt(addons::CREDENTIAL).await {
        Ok(secret) => {
            let generation = secret.and_then(|secret| secret.data?.remove("generation"));
            let text = generation.and_then(|bytes| String::from_utf8(bytes.0).ok());
            Observed::known(text.and_then(|text| text.parse().ok()), clock::now())
        }
        Err(error) => Observed::unknown(error.to_string()),
    }
}

/// An addon: its bundle, and what of it is in the cluster.
///
/// # Errors
/// When the record lacks what every stored object has.
pub async fn addon(scene: &Scene, object: &Addon) -> Result<AddonView, TurnError> {
    let record = stored("Addon", object)?;
    let rendered = addons::render(&record.spec);
    let inside = match (&rendered, &scene.contact) {
        (Err(_), _) => Observed::known(AddonInside::default(), clock::now()),
        (Ok(_), None) => Observed::unknown("the cluster's API has no address yet"),
        (Ok(rendered), Some(contact)) => match contact.answers().await {
            Observed::Unknown { why } => Observed::unknown(why),
            Observed::Known { .. } => match inside_addon(&contact.client, rendered).await {
                Ok(inside) => Observed::known(inside, clock::now()),
                Err(error) => Observed::unknown(error.to_string()),
            },
        },
    };
    Ok(AddonView { record, bundle: rendered.map(|rendered| rendered.summary()), inside })
}

async fn inside_addon(client: &kube::Client, rendered: &Rendered) -> Result<AddonInside, kube::Error> {
    let mut inside = AddonInside::default();
    let mut hashes: Vec<Option<String>> = Vec::new();
    for wanted in &rendered.objects {
        let name = wanted["metadata"]["name"].as_str().unwrap_or_default();
        let kind = wanted["kind"].as_str().unwrap_or_default();
        let Some(found) = api_of(client, wanted).get_opt(name).await? else {
            hashes.push(None);
            inside.drifted.push(format!("{kind} {name}"));
            continue;
        };
        inside.objects += 1;
        hashes.push(found.annotations().get(ADDON_HASH).cloned());
        inside.version = found.annotations().get(ADDON_VERSION).cloned();
        if !addons::is_healthy(&found) {
            inside.unhealthy.push(format!("{kind} {name}"));
        }
        let found = serde_json::to_value(&found).unwrap_or_default();
        if !addons::is_within(wanted, &found) {
            inside.drifted.push(format!("{kind} {name}"));
        }
    }
    if inside.objects == 0 {
        inside.drifted.clear();
    }
    let first = hashes.first().cloned().flatten();
    inside.hash = first.filter(|hash| hashes.iter().all(|other| other.as_ref() == Some(hash)));
    Ok(inside)
}

/// The API of an object of a bundle.
pub fn api_of(client: &kube::Client, object: &serde_json::Value) -> Api<DynamicObject> {
    let resource = addons::resource(object);
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    }
}
