//! The nodes of a user cluster: how they register, what they say while they live, and what is said of them after.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::body::{Body, NodeState, Shown};
use super::join::JoinError;
use super::kube::{Kube, Place, Refused};
use super::node_object;
use super::start::{ApiServer, Registration};
use crate::simulation::world::ground::GroundServer;
use crate::workload::objects::NODE_LEASES;

/// How long nothing may be heard of a node before it is `Unknown` (`--node-monitor-grace-period` before 1.32).
const GRACE: TimeDelta = TimeDelta::seconds(40);
/// From a node's first second, or the CNI's, to a network on the node.
const NETWORK_STARTS: TimeDelta = TimeDelta::seconds(5);

/// Nodes in the API.
pub(super) const NODES: Place<'static> = Place { version: "api/v1", plural: "nodes", namespace: "" };
const LEASES: Place<'static> =
    Place { version: "apis/coordination.k8s.io/v1", plural: "leases", namespace: NODE_LEASES };

/// Registers the node of a server.
///
/// # Errors
/// When there is one of that name already.
pub(super) async fn register(
    kube: &Kube,
    body: &mut Body,
    registration: &Registration,
    server: Option<ApiServer>,
    version: &str,
    joined: DateTime<Utc>,
) -> Result<(), JoinError> {
    let refused = |error: Refused| JoinError::Refused { why: error.to_string() };
    let node = node_object::node(&body.server, registration, server.is_some(), version, joined);
    let created = match has_joined(kube, &body.server, registration) {
        Some(node) => node,
        None => kube.create(NODES, &node).await.map_err(refused)?,
    };
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {
            "name": registration.name, "namespace": NODE_LEASES,
            "ownerReferences": [{
                "apiVersion": "v1", "kind": "Node", "name": registration.name,
                "uid": created["metadata"]["uid"],
            }],
        },
        "spec": {
            "holderIdentity": registration.name, "leaseDurationSeconds": 40, "renewTime": micros(joined),
        },
    });
    // A Lease that an earlier node of the same name left behind is taken over by the next renewal.
    let _ = kube.create(LEASES, &lease).await;
    body.node = Some(NodeState {
        name: registration.name.clone(),
        joined,
        since: joined,
        server,
        is_listed: true,
        shown: Shown::NoNetwork,
        full: false,
        network: None,
        revision: 0,
        renewed: joined,
    });
    Ok(())
}

/// The Node of a server that joined before it was started again: what it joined with stays on its disk.
pub(super) fn has_joined(kube: &Kube, server: &GroundServer, registration: &Registration) -> Option<Value> {
    let node = kube.get("nodes", "", &registration.name)?;
    (node["spec"]["providerID"] == node_object::provider_id(server)).then_some(node)
}

/// Brings the Node object of a server to what is to be seen of it. Says when that changes by itself.
pub(super) async fn keep(
    kube: &Kube,
    body: &mut Body,
    up: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let (running, silent) = (body.kubelet_since(), body.silent_since());
    let (disk_full, behind) = (body.server.disk_full, body.server.behind);
    let node = body.node.as_mut().filter(|node| node.is_listed)?;
    let Some(entry) = kube.entry("nodes", "", &node.name) else {
        node.is_listed = false;
        return None;
    };
    let (shown, since, next) = match (running, silent) {
        (Some(running), _) => lively(running.max(node.joined), node.network, now),
        (None, Some(silent)) => {
            let lost = (silent + GRACE).max(up);
            match now >= lost {
                true => (Shown::Unknown, lost, None),
                false => (node.shown, now, Some(lost)),
            }
        }
        (None, None) => (node.shown, now, None),
    };
    if let Some(silent) = silent {
        renew(kube, node, silent, behind).await;
    }
    // Only a kubelet that runs sees its disk.
    let full = if running.is_some() { disk_full } else { disk_full.filter(|_| node.full) };
    if shown != node.shown || full.is_some() != node.full {
        let heard = if shown == Shown::Unknown { silent.unwrap_or(now) } else { now } - behind;
        // A change of the disk is none of the rest.
        let since = if shown == node.shown { node.since } else { since };
        let conditions = node_object::conditions(shown, since, heard, full);
        let patch = json!({ "status": { "conditions": conditions } });
        if kube.merge(NODES, &format!("{}/status", node.name), &patch).await.is_ok() {
            (node.shown, node.since, node.full) = (shown, since, full.is_some());
        }
    } else if entry.revision() == node.revision {
        return next;
    }
    keep_taints(kube, node).await;
    next
}

/// Writes down when a node's kubelet last renewed its Lease by a time until which it ran.
/// A clock that is behind writes what it shows.
pub(super) async fn renew(kube: &Kube, node: &mut NodeState, until: DateTime<Utc>, behind: TimeDelta) {
    let renewed = node.last_renewal(until) - behind;
    if renewed == node.renewed {
        return;
    }
    let patch = json!({ "spec": { "renewTime": micros(renewed) } });
    if kube.merge(LEASES, &node.name, &patch).await.is_ok() {
        node.renewed = renewed;
    }
}

/// What a node whose kubelet runs says of itself, since when, and when that changes.
fn lively(
    running: DateTime<Utc>,
    network: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> (Shown, DateTime<Utc>, Option<DateTime<Utc>>) {
    let Some(network) = network else { return (Shown::NoNetwork, running, None) };
    let ready = running.max(network) + NETWORK_STARTS;
    if now >= ready { (Shown::Ready, ready, None) } else { (Shown::NoNetwork, running, Some(ready)) }
}

/// The taints that follow from a node's state. Whoever changes the node meanwhile makes the next look.
async fn keep_taints(kube: &Kube, node: &mut NodeState) {
    let Some(entry) = kube.entry("nodes", "", &node.name) else { return };
    let Ok(object) = entry.value() else { return };
    node.revision = entry.revision();
    let Some(taints) = node_object::taints(&object, node.shown, node.full) else { return };
    let version = &object["metadata"]["resourceVersion"];
    let patch = json!({ "metadata": { "resourceVersion": version }, "spec": { "taints": taints } });
    let written = kube.merge(NODES, &node.name, &patch).await;
    let revision = |object: Value| object["metadata"]["resourceVersion"].as_str()?.parse().ok();
    node.revision = written.ok().and_then(revision).unwrap_or_default();
}

/// A time as `metav1.MicroTime` has it.
fn micros(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
