//! The columns of the types of storage and network.

use super::columns::{AGE, Cell, Column, NAME, number, text, truth, wide};
use super::look::{Look, NONE, UNSET, listed, or, plain, text as text_at};
use super::{look, network, volume};

const VOLUME: &[Column] = &[
    NAME,
    text("Capacity", Cell::Made(volume::volume_capacity)),
    text("Access Modes", Cell::Made(volume::volume_modes)),
    text("Reclaim Policy", Cell::Text("/spec/persistentVolumeReclaimPolicy", "")),
    text("Status", Cell::Made(volume::phase)),
    text("Claim", Cell::Made(volume::claimed_by)),
    text("StorageClass", Cell::Made(volume::class)),
    text("VolumeAttributesClass", Cell::Text("/spec/volumeAttributesClassName", UNSET)),
    text("Reason", Cell::Text("/status/reason", "")),
    AGE,
    wide("VolumeMode", Cell::Made(volume::mode)),
];

const CLAIM: &[Column] = &[
    NAME,
    text("Status", Cell::Made(volume::phase)),
    text("Volume", Cell::Text("/spec/volumeName", "")),
    text("Capacity", Cell::Made(volume::claim_capacity)),
    text("Access Modes", Cell::Made(volume::claim_modes)),
    text("StorageClass", Cell::Made(volume::class)),
    text("VolumeAttributesClass", Cell::Text("/spec/volumeAttributesClassName", UNSET)),
    AGE,
    wide("VolumeMode", Cell::Made(volume::mode)),
];

const STORAGE_CLASS: &[Column] = &[
    Column { cell: Cell::Made(storage_class_name), ..NAME },
    text("Provisioner", Cell::Text("/provisioner", "")),
    text("ReclaimPolicy", Cell::Text("/reclaimPolicy", "Delete")),
    text("VolumeBindingMode", Cell::Text("/volumeBindingMode", "Immediate")),
    text("AllowVolumeExpansion", Cell::Truth("/allowVolumeExpansion", false)),
    AGE,
];

const ATTACHMENT: &[Column] = &[
    NAME,
    Column { format: "name", ..text("Attacher", Cell::Text("/spec/attacher", "")) },
    text("PV", Cell::Text("/spec/source/persistentVolumeName", "")),
    text("Node", Cell::Text("/spec/nodeName", "")),
    truth("Attached", Cell::Truth("/status/attached", false)),
    AGE,
];

const DRIVER: &[Column] = &[
    NAME,
    truth("AttachRequired", Cell::Truth("/spec/attachRequired", true)),
    truth("PodInfoOnMount", Cell::Truth("/spec/podInfoOnMount", false)),
    truth("StorageCapacity", Cell::Truth("/spec/storageCapacity", false)),
    text("TokenRequests", Cell::Made(token_requests)),
    truth("RequiresRepublish", Cell::Truth("/spec/requiresRepublish", false)),
    text("Modes", Cell::Made(driver_modes)),
    AGE,
];

const STORAGE_NODE: &[Column] = &[NAME, number("Drivers", Cell::Entries("/spec/drivers")), AGE];

const INGRESS: &[Column] = &[
    NAME,
    text("Class", Cell::Text("/spec/ingressClassName", NONE)),
    text("Hosts", Cell::Made(network::ingress_hosts)),
    text("Address", Cell::Made(network::ingress_address)),
    text("Ports", Cell::Made(network::ingress_ports)),
    AGE,
];

const INGRESS_CLASS: &[Column] = &[
    Column { cell: Cell::Made(ingress_class_name), ..NAME },
    text("Controller", Cell::Text("/spec/controller", "")),
    text("Parameters", Cell::Made(network::class_parameters)),
    AGE,
];

const NETWORK_POLICY: &[Column] = &[NAME, text("Pod-Selector", Cell::Made(policy_selector)), AGE];

const ENDPOINT_SLICE: &[Column] = &[
    NAME,
    text("AddressType", Cell::Text("/addressType", "")),
    text("Ports", Cell::Made(network::slice_ports)),
    text("Endpoints", Cell::Made(network::slice_endpoints)),
    AGE,
];

/// The columns of a type of this part of the table.
pub fn of(group: &str, kind: &str) -> Option<&'static [Column]> {
    Some(match (group, kind) {
        ("", "PersistentVolume") => VOLUME,
        ("", "PersistentVolumeClaim") => CLAIM,
        ("storage.k8s.io", "StorageClass") => STORAGE_CLASS,
        ("storage.k8s.io", "VolumeAttachment") => ATTACHMENT,
        ("storage.k8s.io", "CSIDriver") => DRIVER,
        ("storage.k8s.io", "CSINode") => STORAGE_NODE,
        ("networking.k8s.io", "Ingress") => INGRESS,
        ("networking.k8s.io", "IngressClass") => INGRESS_CLASS,
        ("networking.k8s.io", "NetworkPolicy") => NETWORK_POLICY,
        ("discovery.k8s.io", "EndpointSlice") => ENDPOINT_SLICE,
        _ => return None,
    })
}

fn storage_class_name(look: &Look<'_>) -> String {
    named(look, &["storageclass.kubernetes.io", "storageclass.beta.kubernetes.io"])
}

fn ingress_class_name(look: &Look<'_>) -> String {
    named(look, &["ingressclass.kubernetes.io"])
}

/// The name, and whether an annotation makes it the class that is taken where none is named.
fn named(look: &Look<'_>, prefixes: &[&str]) -> String {
    let name = look.text("/metadata/name").unwrap_or_default();
    let is_default = |prefix: &&str| {
        let path = format!("/metadata/annotations/{prefix}~1is-default-class");
        look.text(&path) == Some("true")
    };
    if prefixes.iter().any(is_default) { format!("{name} (default)") } else { name.to_owned() }
}

fn token_requests(look: &Look<'_>) -> String {
    if look.object.pointer("/spec/tokenRequests").is_none() {
        return UNSET.to_owned();
    }
    let requests = look.items("/spec/tokenRequests").iter();
    listed(requests.map(|request| text_at(request, "/audience").unwrap_or_default()))
}

fn driver_modes(look: &Look<'_>) -> String {
    or(listed(look.items("/spec/volumeLifecycleModes").iter().map(plain)), NONE)
}

fn policy_selector(look: &Look<'_>) -> String {
    or(look::selector(look.object.pointer("/spec/podSelector")), NONE)
}
