//! Steps inside a user cluster.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, Pod, ResourceQuota, Secret, Service};
use kube::api::{DeleteParams, EvictParams, Patch, PatchParams, Preconditions};
use kube::core::NamespaceResourceScope;
use kube::{Api, Resource, ResourceExt};
use serde_json::{Value, json};

use super::error::ActError;
use super::storage::{self, secret_name};
use crate::api::addon::Addon;
use crate::api::names::{self, TAINT_STARTING};
use crate::api::text::AddonName;
use crate::engine::addons;
use crate::engine::contact::Contact;
use crate::engine::context::Engine;
use crate::engine::keys;
use crate::engine::observe::context::Scene;
use crate::engine::observe::parts::api_of;
use crate::engine::write;
use crate::planning::step_inside::{InsideStep, PodName};
use crate::workload::objects::{CLOSING_QUOTA, CORDONED_BY_US, FIELD_MANAGER, OUT_OF_SERVICE};

/// Does a step.
///
/// # Errors
/// When the cluster's API does not, or what the step needs is missing.
pub async fn act(engine: &Engine, scene: Option<&Scene>, step: &InsideStep) -> Result<(), ActError> {
    let scene = scene.ok_or_else(|| ActError::missing("the cluster"))?;
    let contact = scene.contact.as_ref().ok_or_else(|| ActError::missing("the cluster's API"))?;
    match step {
        InsideStep::Cordon { node } => cordon(contact, node, true).await,
        InsideStep::Uncordon { node } => cordon(contact, node, false).await,
        InsideStep::EvictPod { pod, .. } => evict(contact, pod).await,
        InsideStep::DeletePod { pod, at_once, .. } => delete_pod(contact, pod, *at_once).await,
        InsideStep::TaintOutOfService { node } => {
            let taint = json!({ "key": OUT_OF_SERVICE, "value": "nodeshutdown", "effect": "NoExecute" });
            taints(contact, node, |all| {
                if !all.iter().any(|one| one["key"] == OUT_OF_SERVICE) {
                    all.push(taint);
                }
            })
            .await
        }
        InsideStep::RemoveStartTaint { node } => {
            taints(contact, node, |all| all.retain(|one| one["key"] != TAINT_STARTING)).await
        }
        InsideStep::RemoveNode { node } => {
            let api: Api<Node> = Api::all(contact.client.clone());
            absent(api.delete(node, &DeleteParams::default()).await.map(|_| ()), "remove the node")?;
            contact.wrote(node, None);
            Ok(())
        }
        InsideStep::ApplyAddon { addon, .. } => apply_addon(engine, scene, contact, addon).await,
        InsideStep::RemoveAddon { addon } => remove_addon(engine, scene, contact, addon).await,
        InsideStep::StoreCredential { generation } => store(engine, scene, contact, *generation).await,
        InsideStep::CloseNamespace { namespace } => close(contact, namespace).await,
        InsideStep::DeleteService { namespace, name } => {
            remove::<Service>(contact, namespace, name, "delete the service").await
        }
        InsideStep::DeleteSet { namespace, name } => {
            remove::<StatefulSet>(contact, namespace, name, "delete the StatefulSet").await
        }
        InsideStep::DeleteClaim { namespace, name } => {
            remove::<PersistentVolumeClaim>(contact, namespace, name, "delete the claim").await
        }
    }
}

fn failed(act: &'static str) -> impl FnOnce(kube::Error) -> ActError {
    move |source| ActError::Inside { act, source: Box::new(source) }
}

/// What is gone already need not go.
fn absent(answer: Result<(), kube::Error>, act: &'static str) -> Result<(), ActError> {
    match answer {
        Ok(()) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(failed(act)(error)),
    }
}

async fn remove<K>(contact: &Contact, namespace: &str, name: &str, act: &'static str) -> Result<(), ActError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + serde::de::DeserializeOwned
        + std::fmt::Debug,
{
    let api: Api<K> = Api::namespaced(contact.client.clone(), namespace);
    absent(api.delete(name, &DeleteParams::default()).await.map(|_| ()), act)
}

/// A quota that has room for nothing that has something outside. What is there stays until it is deleted.
async fn close(contact: &Contact, namespace: &str) -> Result<(), ActError> {
    let wanted = json!({
        "apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": { "name": CLOSING_QUOTA, "namespace": namespace },
        "spec": { "hard": { "persistentvolumeclaims": "0", "services.loadbalancers": "0" } },
    });
    let api: Api<ResourceQuota> = Api::namespaced(contact.client.clone(), namespace);
    let how = PatchParams::apply(FIELD_MANAGER).force();
    let applied = api.patch(CLOSING_QUOTA, &how, &Patch::Apply(&wanted)).await;
    absent(applied.map(|_| ()), "close the namespace")
}

async fn cordon(contact: &Contact, name: &str, cordoned: bool) -> Result<(), ActError> {
    let mark = if cordoned { json!("true") } else { Value::Null };
    let change = json!({
        "metadata": { "annotations": { CORDONED_BY_US: mark } },
        "spec": { "unschedulable": cordoned },
    });
    let api: Api<Node> = Api::all(contact.client.clone());
    let node = api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await;
    contact.wrote(name, Some(node.map_err(failed("cordon or uncordon the node"))?));
    Ok(())
}

/// Changes a node's taints, if nobody else does at the same time.
async fn taints(contact: &Contact, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> Result<(), ActError> {
    let api: Api<Node> = Api::all(contact.client.clone());
    let Some(node) = api.get_opt(name).await.map_err(failed("read the node"))? else { return Ok(()) };
    let taints = node.spec.as_ref().and_then(|spec| spec.taints.clone()).unwrap_or_default();
    let mut all: Vec<Value> =
        taints.iter().map(|taint| serde_json::to_value(taint).unwrap_or_default()).collect();
    change(&mut all);
    let change = json!({
        "metadata": { "resourceVersion": node.resource_version() },
        "spec": { "taints": all },
    });
    let node = api.patch(name, &PatchParams::default(), &Patch::Merge(change)).await;
    contact.wrote(name, Some(node.map_err(failed("change the node's taints"))?));
    Ok(())
}

async fn evict(contact: &Contact, pod: &PodName) -> Result<(), ActError> {
    let api: Api<Pod> = Api::namespaced(contact.client.clone(), &pod.namespace);
    let only_this = Preconditions { uid: Some(pod.uid.clone()), resource_version: None };
    let options = DeleteParams { preconditions: Some(only_this), ..DeleteParams::default() };
    let how = EvictParams { delete_options: Some(options), ..EvictParams::default() };
    match api.evict(&pod.name, &how).await {
        Ok(_) => contact.refuses(&pod.uid, false),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => contact.refuses(&pod.uid, false),
        Err(kube::Error::Api(status)) if status.code == 429 => {
            contact.refuses(&pod.uid, true);
            return Err(ActError::Budget { pod: pod.to_string() });
        }
        Err(error) => return Err(failed("evict the pod")(error)),
    }
    Ok(())
}

async fn delete_pod(contact: &Contact, pod: &PodName, at_once: bool) -> Result<(), ActError> {
    let api: Api<Pod> = Api::namespaced(contact.client.clone(), &pod.namespace);
    let only_this = Preconditions { uid: Some(pod.uid.clone()), resource_version: None };
    let grace_period_seconds = at_once.then_some(0);
    let how =
        DeleteParams { preconditions: Some(only_this), grace_period_seconds, ..DeleteParams::default() };
    match api.delete(&pod.name, &how).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(()),
        Err(error) => Err(failed("delete the pod")(error)),
    }
}

fn rendered(engine: &Engine, scene: &Scene, addon: &str) -> Result<addons::Rendered, ActError> {
    let name =
        AddonName::try_from(addon.to_owned()).map_err(|_| ActError::missing("the name of the addon"))?;
    let record = names::addon(&scene.facts.name, &name);
    let object = write::find::<Addon>(engine, &scene.record.meta.namespace, &record, None)?;
    addons::render(&object.spec).map_err(ActError::missing)
}

async fn apply_addon(engine: &Engine, scene: &Scene, contact: &Contact, addon: &str) -> Result<(), ActError> {
    let how = PatchParams::apply(FIELD_MANAGER).force();
    for object in rendered(engine, scene, addon)?.objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let applied = api_of(&contact.client, &object).patch(name, &how, &Patch::Apply(&object)).await;
        applied.map_err(failed("apply an object of the addon"))?;
    }
    Ok(())
}

async fn remove_addon(
    engine: &Engine,
    scene: &Scene,
    contact: &Contact,
    addon: &str,
) -> Result<(), ActError> {
    for object in rendered(engine, scene, addon)?.objects.iter().rev() {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let deleted = api_of(&contact.client, object).delete(name, &DeleteParams::background()).await;
        absent(deleted.map(|_| ()), "delete an object of the addon")?;
    }
    Ok(())
}

/// Puts the storage's credential into the cluster, where the CSI driver reads it.
async fn store(engine: &Engine, scene: &Scene, contact: &Contact, generation: u32) -> Result<(), ActError> {
    let name = secret_name(&scene.record.meta.name, generation);
    let kept = keys::secrets(&engine.client, &scene.object);
    let kept = kept.get_opt(&name).await.map_err(failed("read the credential"))?;
    let mut data =
        kept.and_then(|secret| secret.data).ok_or_else(|| ActError::missing(format!("Secret {name}")))?;
    let mut text = |key: &str| data.remove(key).and_then(|bytes| String::from_utf8(bytes.0).ok());
    let wanted = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": { "name": addons::CREDENTIAL, "namespace": addons::NAMESPACE },
        "stringData": {
            "generation": generation.to_string(),
            "id": text(storage::ID).unwrap_or_default(),
            "secret": text(storage::SECRET).unwrap_or_default(),
        },
    });
    let api: Api<Secret> = Api::namespaced(contact.client.clone(), addons::NAMESPACE);
    let how = PatchParams::apply(FIELD_MANAGER).force();
    let stored = api.patch(addons::CREDENTIAL, &how, &Patch::Apply(&wanted)).await;
    stored.map_err(failed("store the credential"))?;
    Ok(())
}
