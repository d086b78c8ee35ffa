//! The cells of a Node.

use super::look::{Look, NONE, UNKNOWN, items, listed, or, text};

const ROLE_LABEL: &str = "node-role.kubernetes.io/";
const OLD_ROLE_LABEL: &str = "kubernetes.io/role";

/// `Ready`, `NotReady`, `Unknown`, and whether it takes new pods.
pub fn status(look: &Look<'_>) -> String {
    let ready = match look.condition("Ready") {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    };
    let closed = look.truth("/spec/unschedulable").then_some("SchedulingDisabled");
    listed(std::iter::once(ready).chain(closed))
}

/// The roles that its labels give it.
pub fn roles(look: &Look<'_>) -> String {
    let labels = look.map("/metadata/labels").into_iter().flatten();
    let role = |(label, value): (&String, &serde_json::Value)| match label.strip_prefix(ROLE_LABEL) {
        Some(role) => Some(role.to_owned()),
        None if label == OLD_ROLE_LABEL => value.as_str().map(str::to_owned),
        None => None,
    };
    let mut roles: Vec<String> = labels.filter_map(role).filter(|role| !role.is_empty()).collect();
    roles.sort_unstable();
    roles.dedup();
    or(listed(roles), NONE)
}

/// Its address inside the cluster's network.
pub fn internal_ip(look: &Look<'_>) -> String {
    address(look, "InternalIP")
}

/// Its address outside of it.
pub fn external_ip(look: &Look<'_>) -> String {
    address(look, "ExternalIP")
}

/// Its kernel and architecture.
pub fn kernel(look: &Look<'_>) -> String {
    let version = look.text("/status/nodeInfo/kernelVersion").unwrap_or(UNKNOWN);
    match look.text("/status/nodeInfo/architecture") {
        Some(architecture) => format!("{version} ({architecture})"),
        None => version.to_owned(),
    }
}

fn address(look: &Look<'_>, kind: &str) -> String {
    let addresses = items(look.object, "/status/addresses");
    let found = addresses.iter().find(|address| address["type"] == kind);
    found.and_then(|address| text(address, "/address")).unwrap_or(NONE).to_owned()
}
