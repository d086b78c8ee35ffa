//! References from one object to another.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names one of our objects as it was at a moment, so that what is done to it later can be refused if it is
/// no longer that object or that state.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ObjectReference {
    /// The kind: KubernetesCluster, Machine, ...
    #[schemars(length(min = 1, max = 63))]
    pub kind: String,
    /// The namespace, which is the tenant's name. Left out for kinds without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub namespace: Option<String>,
    /// The name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// The uid, which differs after the object was deleted and made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 36))]
    pub uid: Option<String>,
    /// The resourceVersion that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub resource_version: Option<String>,
}

impl fmt::Display for ObjectReference {
    /// As commands name it: `machine/shop/web-worker-x`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/", self.kind.to_lowercase())?;
        match &self.namespace {
            Some(namespace) => write!(out, "{namespace}/{}", self.name),
            None => out.write_str(&self.name),
        }
    }
}
