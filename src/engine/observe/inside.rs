//! What is inside a user cluster: nodes, what is on them, and what goes with the cluster.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, Pod, ResourceQuota, Service,
};
use k8s_openapi::api::storage::v1::VolumeAttachment;
use kube::api::ListParams;
use kube::{Api, ResourceExt};

use crate::api::time::Time;
use crate::clock;
use crate::cloud::types::observed::Observed;
use crate::engine::contact::Contact;
use crate::planning::observation::node::{Load, NodeView, PodView};
use crate::planning::observation::whole::{ClaimUser, Inside, Owned};
use crate::planning::step_inside::PodName;
use crate::workload::objects::{CLOSING_QUOTA, NODE_LEASES};

/// A node as planners see it. Its Lease is read only of a node that is not Ready.
pub async fn node(contact: &Contact, name: &str) -> Observed<Option<NodeView>> {
    match contact.node(name).await {
        Observed::Unknown { why } => Observed::unknown(why),
        Observed::Known { value: None, at } => Observed::known(None, at),
        Observed::Known { value: Some(mut node), at } => {
            if !node.is_ready() {
                let leases: Api<Lease> = Api::namespaced(contact.client.clone(), NODE_LEASES);
                node.lease_renewed = match leases.get_opt(name).await {
                    Ok(lease) => Observed::known(lease.and_then(|lease| renewed(&lease)), clock::now()),
                    Err(error) => Observed::unknown(error.to_string()),
                };
            }
            Observed::known(Some(node), at)
        }
    }
}

fn renewed(lease: &Lease) -> Option<DateTime<Utc>> {
    let time = lease.spec.as_ref()?.renew_time.as_ref()?;
    Some(Time::from(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(time.0)).at())
}

/// What is on a node: its pods, and the volumes that are attached to it.
pub async fn load(contact: &Contact, node: &str) -> Observed<Load> {
    match try_load(contact, node).await {
        Ok(load) => Observed::known(load, clock::now()),
        Err(error) => Observed::unknown(error.to_string()),
    }
}

async fn try_load(contact: &Contact, node: &str) -> Result<Load, kube::Error> {
    let pods: Api<Pod> = Api::all(contact.client.clone());
    let on_node = ListParams::default().fields(&format!("spec.nodeName={node}"));
    let pods = pods.list(&on_node).await?;
    let attachments: Api<VolumeAttachment> = Api::all(contact.client.clone());
    let attachments = attachments.list(&ListParams::default()).await?;
    let here = attachments.items.iter().filter(|attachment| attachment.spec.node_name == node);
    let volume = |attachment: &VolumeAttachment| {
        attachment.spec.source.persistent_volume_name.clone().unwrap_or_else(|| attachment.name_any())
    };
    Ok(Load {
        pods: pods.items.iter().map(|pod| pod_view(contact, pod)).collect(),
        volumes: here.map(volume).collect(),
    })
}

fn pod_view(contact: &Contact, pod: &Pod) -> PodView {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
    let mirrored = pod.annotations().contains_key("kubernetes.io/config.mirror");
    PodView {
        name: pod_name(pod),
        bound: mirrored || pod.owner_references().iter().any(|owner| owner.kind == "DaemonSet"),
        finished: matches!(phase, Some("Succeeded" | "Failed")),
        volumes: volumes.clone().any(|volume| volume.persistent_volume_claim.is_some()),
        deleting: deleting(pod),
        refused: contact.refused(&pod.uid().unwrap_or_default()),
    }
}

fn deleting(pod: &Pod) -> Option<DateTime<Utc>> {
    pod.metadata.deletion_timestamp.as_ref().map(|time| Time::from(time).at())
}

fn pod_name(pod: &Pod) -> PodName {
    PodName {
        namespace: pod.namespace().unwrap_or_default(),
        name: pod.name_any(),
        uid: pod.uid().unwrap_or_default(),
    }
}

/// What goes by the cluster's own controllers when the cluster is deleted.
pub async fn owned(contact: &Contact) -> Observed<Inside> {
    match try_owned(contact).await {
        Ok(inside) => Observed::known(inside, clock::now()),
        Err(error) => Observed::unknown(error.to_string()),
    }
}

async fn try_owned(contact: &Contact) -> Result<Inside, kube::Error> {
    let everything = ListParams::default();
    let services: Api<Service> = Api::all(contact.client.clone());
    let services = services.list(&everything).await?;
    let claims: Api<PersistentVolumeClaim> = Api::all(contact.client.clone());
    let claims = claims.list(&everything).await?;
    let volumes: Api<PersistentVolume> = Api::all(contact.client.clone());
    let volumes = volumes.list(&everything).await?;
    let sets: Api<StatefulSet> = Api::all(contact.client.clone());
    let sets = sets.list(&everything).await?;
    let makes_claims = |set: &&StatefulSet| {
        let templates = set.spec.volume_claim_templates.as_ref();
        // One that something else keeps up would come back.
        let is_kept_up = set.owner_references().iter().any(|owner| owner.controller == Some(true));
        templates.is_some_and(|templates| !templates.is_empty()) && !is_kept_up
    };
    let quotas: Api<ResourceQuota> = Api::all(contact.client.clone());
    let quotas = quotas.list(&everything.clone().fields(&format!("metadata.name={CLOSING_QUOTA}"))).await?;
    let pods = if claims.items.is_empty() {
        Vec::new()
    } else {
        Api::<Pod>::all(contact.client.clone()).list(&everything).await?.items
    };
    let balanced = services.items.iter().filter(|service| {
        service.spec.as_ref().and_then(|spec| spec.type_.as_deref()) == Some("LoadBalancer")
    });
    Ok(Inside {
        services: balanced.map(|service| entry(service, Vec::new())).collect(),
        sets: sets.items.iter().filter(makes_claims).map(|set| entry(set, Vec::new())).collect(),
        claims: claims.items.iter().map(|claim| entry(claim, users(claim, &pods))).collect(),
        volumes: volumes
            .items
            .iter()
            .filter(|volume| goes_with_claim(volume))
            .map(ResourceExt::name_any)
            .collect(),
        closed: quotas.items.iter().filter_map(ResourceExt::namespace).collect(),
    })
}

/// Whether a volume was made or taken for a claim, and is deleted after it.
fn goes_with_claim(volume: &PersistentVolume) -> bool {
    let policy =
        |spec: &PersistentVolumeSpec| spec.persistent_volume_reclaim_policy.as_deref() == Some("Delete");
    volume.spec.as_ref().is_some_and(|spec| spec.claim_ref.is_some() && policy(spec))
}

fn entry<K: ResourceExt>(object: &K, pods: Vec<ClaimUser>) -> Owned {
    Owned {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        going: object.meta().deletion_timestamp.is_some(),
        pods,
    }
}

/// The pods on nodes that use a claim, by its name or as the one that it was made for.
fn users(claim: &PersistentVolumeClaim, pods: &[Pod]) -> Vec<ClaimUser> {
    let name = claim.name_any();
    let uses = |pod: &&Pod| {
        let volumes = pod.spec.iter().flat_map(|spec| spec.volumes.iter().flatten());
        let claims: BTreeSet<&str> = volumes
            .filter_map(|volume| volume.persistent_volume_claim.as_ref())
            .map(|source| source.claim_name.as_str())
            .collect();
        let is_made_for =
            claim.owner_references().iter().any(|owner| Some(&owner.uid) == pod.metadata.uid.as_ref());
        pod.namespace() == claim.namespace() && (is_made_for || claims.contains(name.as_str()))
    };
    let user = |pod: &Pod| {
        let node = pod.spec.as_ref()?.node_name.clone()?;
        Some(ClaimUser { node, pod: pod_name(pod), deleting: deleting(pod) })
    };
    pods.iter().filter(uses).filter_map(user).collect()
}
