//! The acts inside a user cluster.

use std::fmt;

use super::step::Nature;

/// A pod, as an act names it. The uid keeps a pod of the same name that came later from being hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
}

impl fmt::Display for PodName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

/// An act inside a user cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields name the object that the variant is about")]
pub enum InsideStep {
    /// No new pods come to the node. The executor marks the node, so that nobody else's cordon is ever taken off.
    Cordon { node: String },
    /// Pods come to the node again.
    Uncordon { node: String },
    /// Asks a pod to leave; its budget may refuse.
    EvictPod { node: String, pod: PodName },
    /// Deletes a pod past its budget, because the drain's time is up and the policy says so. `at_once` does not wait for its
    /// kubelet to say that it ended.
    DeletePod { node: String, pod: PodName, at_once: bool },
    /// Says that a fenced node is out of service, so that its volumes become free.
    TaintOutOfService { node: String },
    /// Lets the first pods come to a node that is in access list and balancer.
    RemoveStartTaint { node: String },
    /// Removes the node from the cluster.
    RemoveNode { node: String },
    /// Applies the bundle of an addon by server-side apply.
    ApplyAddon { addon: String, version: String, hash: String },
    /// Takes the objects of an addon away.
    RemoveAddon { addon: String },
    /// Puts the storage credential of this generation into the cluster for its CSI driver.
    StoreCredential { generation: u32 },
    /// Lets a namespace get no new claims and balancers, by a quota: operators and controllers would make them again.
    CloseNamespace { namespace: String },
    /// Deletes a Service of type LoadBalancer, so that its balancer goes with it.
    DeleteService { namespace: String, name: String },
    /// Deletes a StatefulSet that makes claims, so that it does not make them again.
    DeleteSet { namespace: String, name: String },
    /// Deletes a claim, so that its volume goes the way its reclaim policy says.
    DeleteClaim { namespace: String, name: String },
}

impl InsideStep {
    /// The act, and what it is about.
    pub fn name(&self) -> (&'static str, String) {
        match self {
            Self::Cordon { node } => ("cordon", node.clone()),
            Self::Uncordon { node } => ("uncordon", node.clone()),
            Self::EvictPod { pod, .. } => ("evict-pod", pod.to_string()),
            Self::DeletePod { pod, .. } => ("delete-pod", pod.to_string()),
            Self::TaintOutOfService { node } => ("taint-out-of-service", node.clone()),
            Self::RemoveStartTaint { node } => ("remove-start-taint", node.clone()),
            Self::RemoveNode { node } => ("remove-node", node.clone()),
            Self::ApplyAddon { addon, version, .. } => ("apply-addon", format!("{addon}-{version}")),
            Self::RemoveAddon { addon } => ("remove-addon", addon.clone()),
            Self::StoreCredential { generation } => ("store-credential", generation.to_string()),
            Self::CloseNamespace { namespace } => ("close-namespace", namespace.clone()),
            Self::DeleteService { namespace, name } => ("delete-service", format!("{namespace}/{name}")),
            Self::DeleteSet { namespace, name } => ("delete-set", format!("{namespace}/{name}")),
            Self::DeleteClaim { namespace, name } => ("delete-claim", format!("{namespace}/{name}")),
        }
    }

    /// How much it can break.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Uncordon { .. }
            | Self::RemoveStartTaint { .. }
            | Self::ApplyAddon { .. }
            | Self::StoreCredential { .. }
            | Self::Cordon { .. } => Nature::MAKES,
            Self::EvictPod { .. } | Self::DeletePod { .. } => {
                Nature { reversible: false, ..Nature::DISTURBS }
            }
            Self::TaintOutOfService { .. } | Self::CloseNamespace { .. } => Nature::DISTURBS,
            Self::RemoveNode { .. }
            | Self::RemoveAddon { .. }
            | Self::DeleteService { .. }
            | Self::DeleteSet { .. }
            | Self::DeleteClaim { .. } => Nature::DESTROYS,
        }
    }
}

impl fmt::Display for InsideStep {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cordon { node } => write!(out, "cordon node {node}"),
            Self::Uncordon { node } => write!(out, "uncordon node {node}"),
            Self::EvictPod { node, pod } => write!(out, "evict pod {pod} from {node}"),
            Self::DeletePod { node, pod, .. } => {
                write!(out, "delete pod {pod} on {node} past its budget")
            }
            Self::TaintOutOfService { node } => write!(out, "taint node {node} out of service"),
            Self::RemoveStartTaint { node } => write!(out, "take the start-up taint off node {node}"),
            Self::RemoveNode { node } => write!(out, "remove node {node}"),
            Self::ApplyAddon { addon, version, .. } => write!(out, "apply addon {addon} {version}"),
            Self::RemoveAddon { addon } => write!(out, "remove addon {addon}"),
            Self::StoreCredential { generation } => {
                write!(out, "store credential {generation} in the cluster")
            }
            Self::CloseNamespace { namespace } => {
                write!(out, "let namespace {namespace} get no new claims and balancers")
            }
            Self::DeleteService { namespace, name } => write!(out, "delete service {namespace}/{name}"),
            Self::DeleteSet { namespace, name } => write!(out, "delete StatefulSet {namespace}/{name}"),
            Self::DeleteClaim { namespace, name } => write!(out, "delete claim {namespace}/{name}"),
        }
    }
}
