//! Which record a turn is about.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::api::reference::ObjectReference;

/// The kinds that have a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are those of the kinds")]
pub enum Kind {
    Tenant,
    Release,
    KubernetesCluster,
    StorageTenant,
    LoadBalancer,
    Etcd,
    ControlPlane,
    MachineDeployment,
    Addon,
    Machine,
    Operation,
    Incident,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Tenant,
        Self::Release,
        Self::KubernetesCluster,
        Self::StorageTenant,
        Self::LoadBalancer,
        Self::Etcd,
        Self::ControlPlane,
        Self::MachineDeployment,
        Self::Addon,
        Self::Machine,
        Self::Operation,
        Self::Incident,
    ];

    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenant => "Tenant",
            Self::Release => "Release",
            Self::KubernetesCluster => "KubernetesCluster",
            Self::StorageTenant => "StorageTenant",
            Self::LoadBalancer => "LoadBalancer",
            Self::Etcd => "Etcd",
            Self::ControlPlane => "ControlPlane",
            Self::MachineDeployment => "MachineDeployment",
            Self::Addon => "Addon",
            Self::Machine => "Machine",
            Self::Operation => "Operation",
            Self::Incident => "Incident",
        }
    }

    /// The kind of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl Key {
    /// Names a record.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// The record that a step or finding names; nothing if it is of no kind of ours.
    pub fn of(object: &ObjectReference) -> Option<Self> {
        let namespace = object.namespace.clone().unwrap_or_default();
        Some(Self::new(Kind::named(&object.kind)?, namespace, object.name.clone()))
    }
}

impl fmt::Display for Key {
    /// As commands name it: `machine/shop/web-worker-x`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/", self.kind.name().to_lowercase())?;
        if !self.namespace.is_empty() {
            write!(out, "{}/", self.namespace)?;
        }
        out.write_str(&self.name)
    }
}
