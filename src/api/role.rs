//! What machines and balancers are for.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no role: use etcd, control-plane, worker or ingress")]
pub struct RoleError {
    /// The word.
    pub text: String,
}

/// What a machine is for. Its words appear in labels, in names of servers and in tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum Role {
    /// Holds a member of the cluster's etcd, and nothing else.
    Etcd,
    /// Runs the API server, the scheduler and the controller manager.
    ControlPlane,
    /// Runs the tenant's pods.
    Worker,
    /// Runs the ingress proxy.
    Ingress,
}

impl Role {
    /// All roles, in the order in which a cluster is built.
    pub const ALL: [Self; 4] = [Self::Etcd, Self::ControlPlane, Self::Worker, Self::Ingress];

    /// The role's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ControlPlane => "control-plane",
            Self::Worker => "worker",
            Self::Ingress => "ingress",
        }
    }

    /// Whether a machine of this role runs a kubelet and so appears as a node in its cluster.
    pub const fn has_node(self) -> bool {
        match self {
            Self::Etcd => false,
            Self::ControlPlane | Self::Worker | Self::Ingress => true,
        }
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| RoleError { text: text.to_owned() })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// What the machines of a MachineDeployment are for: the two roles of which there may be any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum PoolRole {
    /// Runs the tenant's pods.
    Worker,
    /// Runs the ingress proxy.
    Ingress,
}

impl From<PoolRole> for Role {
    fn from(role: PoolRole) -> Self {
        match role {
            PoolRole::Worker => Self::Worker,
            PoolRole::Ingress => Self::Ingress,
        }
    }
}

/// What a balancer stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum BalancerRole {
    /// The API servers of the control plane.
    Api,
    /// The ingress nodes.
    Ingress,
}

impl BalancerRole {
    /// The role's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Ingress => "ingress",
        }
    }

    /// The role of the machines that are its pool members.
    pub const fn members(self) -> Role {
        match self {
            Self::Api => Role::ControlPlane,
            Self::Ingress => Role::Ingress,
        }
    }
}
