//! What pools share: counts, how demand moves them, how a rollout and a drain go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::int_or_percent::IntOrPercent;
use super::rules;

/// The most machines of one pool; a cluster of Kubernetes holds 5,000 nodes.
pub const REPLICAS_MAX: u32 = 5000;

/// Between which counts demand moves a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [rules::invalid_at(
    ".max", "self.min <= self.max", "max must not be less than min"
)]))]
pub struct Autoscale {
    /// The fewest machines of the pool.
    #[schemars(range(min = 0, max = REPLICAS_MAX))]
    pub min: u32,
    /// The most machines of the pool.
    #[schemars(range(min = 1, max = REPLICAS_MAX))]
    pub max: u32,
}

/// How many machines a rollout adds and takes away at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [surge_or_unavailable()]))]
pub struct RolloutStrategy {
    /// How many machines, or which share of the pool, may exist beyond the wanted count. Shares are rounded up.
    pub max_surge: IntOrPercent,
    /// How many machines, or which share of the pool, may be missing from the wanted count. Shares are rounded
    /// down.
    pub max_unavailable: IntOrPercent,
}

impl Default for RolloutStrategy {
    fn default() -> Self {
        Self { max_surge: IntOrPercent::Count(1), max_unavailable: IntOrPercent::Count(0) }
    }
}

/// The rule that a rollout can move at all.
pub fn surge_or_unavailable() -> serde_json::Value {
    rules::invalid_at(
        ".maxUnavailable",
        "!(string(self.maxSurge) in ['0', '0%'] && string(self.maxUnavailable) in ['0', '0%'])",
        "maxSurge and maxUnavailable must not both be 0, because no machine could ever be replaced",
    )
}

/// What happens when a node's pods do not leave in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum DrainTimeout {
    /// The engine goes on waiting, and says for whom.
    #[default]
    Wait,
    /// The pods are deleted past their budgets.
    Force,
}

/// How pods are moved away from a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct DrainPolicy {
    /// How long pods have to leave a node.
    pub timeout: Duration,
    /// How long to wait before an eviction that was refused is tried again.
    pub retry_after: Duration,
    /// What happens when the time is up.
    pub on_timeout: DrainTimeout,
}

impl Default for DrainPolicy {
    fn default() -> Self {
        Self {
            timeout: Duration::hours(1),
            retry_after: Duration::seconds(20),
            on_timeout: DrainTimeout::Wait,
        }
    }
}

/// The replicas of etcd and of a control plane: an odd count.
///
/// A fourth member outvotes no more failures than three do, and adds one that can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct OddReplicas(u8);

/// A count that is not 1, 3, 5 or 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{count} is none of 1, 3, 5 and 7")]
pub struct OddReplicasError {
    /// The count.
    pub count: u8,
}

impl OddReplicas {
    /// Three: the fewest that outlive the loss of one.
    pub const THREE: Self = Self(3);

    /// The count.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for OddReplicas {
    type Error = OddReplicasError;

    fn try_from(count: u8) -> Result<Self, OddReplicasError> {
        if matches!(count, 1 | 3 | 5 | 7) { Ok(Self(count)) } else { Err(OddReplicasError { count }) }
    }
}

impl From<OddReplicas> for u8 {
    fn from(replicas: OddReplicas) -> Self {
        replicas.0
    }
}

impl Default for OddReplicas {
    fn default() -> Self {
        Self::THREE
    }
}

impl JsonSchema for OddReplicas {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OddReplicas".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer", "format": "int32", "minimum": 1, "maximum": 7,
            "x-kubernetes-validations": [rules::invalid(
                "self % 2 == 1",
                "must be odd (1, 3, 5 or 7): an even count outlives no more failures than the odd one below it",
            )],
        })
    }
}
