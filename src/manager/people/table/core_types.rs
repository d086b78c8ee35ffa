//! The columns of the types of the core group that run no pods and hold no volumes.

use super::columns::{AGE, Cell, Column, NAME, number, text, wide};
use super::look::{Look, NONE};
use super::{event, network, node, pod};

const NAMESPACE: &[Column] = &[NAME, text("Status", Cell::Text("/status/phase", "")), AGE];

const NODE: &[Column] = &[
    NAME,
    text("Status", Cell::Made(node::status)),
    text("Roles", Cell::Made(node::roles)),
    AGE,
    text("Version", Cell::Text("/status/nodeInfo/kubeletVersion", "")),
    wide("Internal-IP", Cell::Made(node::internal_ip)),
    wide("External-IP", Cell::Made(node::external_ip)),
    wide("OS-Image", Cell::Text("/status/nodeInfo/osImage", "<unknown>")),
    wide("Kernel-Version", Cell::Made(node::kernel)),
    wide("Container-Runtime", Cell::Text("/status/nodeInfo/containerRuntimeVersion", "<unknown>")),
];

const POD: &[Column] = &[
    NAME,
    text("Ready", Cell::Made(pod::ready)),
    text("Status", Cell::Made(pod::status)),
    text("Restarts", Cell::Made(pod::restarts)),
    AGE,
    wide("IP", Cell::Text("/status/podIPs/0/ip", NONE)),
    wide("Node", Cell::Text("/spec/nodeName", NONE)),
    wide("Nominated Node", Cell::Text("/status/nominatedNodeName", NONE)),
    wide("Readiness Gates", Cell::Made(pod::gates)),
];

const SERVICE: &[Column] = &[
    NAME,
    text("Type", Cell::Text("/spec/type", "")),
    text("Cluster-IP", Cell::Text("/spec/clusterIPs/0", NONE)),
    text("External-IP", Cell::Made(network::external_ip)),
    text("Port(s)", Cell::Made(network::service_ports)),
    AGE,
    wide("Selector", Cell::Made(network::service_selector)),
];

const ENDPOINTS: &[Column] = &[NAME, text("Endpoints", Cell::Made(network::endpoints)), AGE];

const EVENT: &[Column] = &[
    text("Last Seen", Cell::Made(event::last_seen)),
    text("Type", Cell::Text("/type", "")),
    text("Reason", Cell::Text("/reason", "")),
    text("Object", Cell::Made(event::object)),
    wide("Subobject", Cell::Text("/involvedObject/fieldPath", "")),
    wide("Source", Cell::Made(event::source)),
    text("Message", Cell::Made(event::message)),
    wide("First Seen", Cell::Made(event::first_seen)),
    wide("Count", Cell::Counted(event::count)),
    Column { priority: 1, ..NAME },
];

const CONFIG_MAP: &[Column] = &[NAME, text("Data", Cell::Counted(entries_of_data)), AGE];

const SECRET: &[Column] =
    &[NAME, text("Type", Cell::Text("/type", "")), text("Data", Cell::Entries("/data")), AGE];

const SERVICE_ACCOUNT: &[Column] = &[NAME, AGE];

const RESOURCE_QUOTA: &[Column] =
    &[NAME, text("Request", Cell::Made(quota_requests)), text("Limit", Cell::Made(quota_limits)), AGE];

const REPLICATION_CONTROLLER: &[Column] = &[
    NAME,
    number("Desired", Cell::Count("/spec/replicas")),
    number("Current", Cell::Count("/status/replicas")),
    number("Ready", Cell::Count("/status/readyReplicas")),
    AGE,
    wide("Containers", Cell::Made(super::workloads::containers)),
    wide("Images", Cell::Made(super::workloads::images)),
    wide("Selector", Cell::Made(network::service_selector)),
];

const POD_TEMPLATE: &[Column] = &[
    NAME,
    text("Containers", Cell::Made(template_containers)),
    text("Images", Cell::Made(template_images)),
    text("Pod Labels", Cell::Made(template_labels)),
];

/// The columns of a type of this part of the table.
pub fn of(group: &str, kind: &str) -> Option<&'static [Column]> {
    Some(match (group, kind) {
        ("", "Namespace") => NAMESPACE,
        ("", "Node") => NODE,
        ("", "Pod") => POD,
        ("", "Service") => SERVICE,
        ("", "Endpoints") => ENDPOINTS,
        ("" | "events.k8s.io", "Event") => EVENT,
        ("", "ConfigMap") => CONFIG_MAP,
        ("", "Secret") => SECRET,
        ("", "ServiceAccount") => SERVICE_ACCOUNT,
        ("", "ResourceQuota") => RESOURCE_QUOTA,
        ("", "ReplicationController") => REPLICATION_CONTROLLER,
        ("", "PodTemplate") => POD_TEMPLATE,
        _ => return None,
    })
}

fn entries_of_data(look: &Look<'_>) -> i64 {
    let many = |path: &str| look.map(path).map_or(0, serde_json::Map::len);
    i64::try_from(many("/data") + many("/binaryData")).unwrap_or(i64::MAX)
}

fn template_containers(look: &Look<'_>) -> String {
    super::workloads::each_container(look, "/template/spec/containers", "/name")
}

fn template_images(look: &Look<'_>) -> String {
    super::workloads::each_container(look, "/template/spec/containers", "/image")
}

fn template_labels(look: &Look<'_>) -> String {
    super::look::labels(look.map("/template/metadata/labels"))
}

fn quota_requests(look: &Look<'_>) -> String {
    quota(look, |name| !name.starts_with("limits."))
}

fn quota_limits(look: &Look<'_>) -> String {
    quota(look, |name| name.starts_with("limits."))
}

/// `cpu: 1/4, pods: 3/10`, of the resources that are to be shown.
fn quota(look: &Look<'_>, shown: impl Fn(&str) -> bool) -> String {
    let used = look.map("/status/used");
    let amount = |name: &str| used.and_then(|used| used.get(name)).map_or("0".to_owned(), super::look::plain);
    let hard = look.map("/status/hard").into_iter().flatten().filter(|(name, _)| shown(name));
    let mut parts: Vec<String> =
        hard.map(|(name, hard)| format!("{name}: {}/{}", amount(name), super::look::plain(hard))).collect();
    parts.sort_unstable();
    parts.join(", ")
}
