//! How a cluster is healed and upgraded: the policies in the spec of a KubernetesCluster.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::int_or_percent::IntOrPercent;
use super::pool::surge_or_unavailable;
use super::window::MaintenanceWindow;

/// When and how broken machines are replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct HealingPolicy {
    /// Whether broken machines are replaced; if not, they are only reported.
    pub enabled: bool,
    /// How long a node must be NotReady or Unknown to count as broken.
    pub unhealthy_after: Duration,
    /// How long a new machine has to join the cluster.
    pub join_timeout: Duration,
    /// If more machines of a pool than this count or share are broken, none of them is replaced, because
    /// something they share is the cause. In a small pool one may always be replaced.
    pub max_unhealthy: IntOrPercent,
    /// How many machines of a pool are replaced at a time.
    #[schemars(range(min = 1, max = 100))]
    pub max_in_flight: u32,
    /// How often the replacement of one machine is tried before the engine asks for help.
    #[schemars(range(min = 1, max = 20))]
    pub retries: u32,
}

impl Default for HealingPolicy {
    fn default() -> Self {
        Self {
            enabled: true,
            unhealthy_after: Duration::minutes(5),
            join_timeout: Duration::minutes(10),
            max_unhealthy: IntOrPercent::Percent(40),
            max_in_flight: 1,
            retries: 3,
        }
    }
}

/// How and when machines are replaced by those of another Release or template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
#[schemars(extend("x-kubernetes-validations" = [surge_or_unavailable()]))]
pub struct UpgradePolicy {
    /// How many machines, or which share of a pool, may exist beyond the wanted count. Shares are rounded up.
    pub max_surge: IntOrPercent,
    /// How many machines, or which share of a pool, may be missing from the wanted count. Shares are rounded
    /// down.
    pub max_unavailable: IntOrPercent,
    /// When an upgrade may begin and go on to the next machine. Left out: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<MaintenanceWindow>,
}

impl Default for UpgradePolicy {
    fn default() -> Self {
        Self { max_surge: IntOrPercent::Count(1), max_unavailable: IntOrPercent::Count(0), window: None }
    }
}
