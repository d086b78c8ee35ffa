//! FleetRollout: one Release for many clusters, in waves.

use std::collections::BTreeMap;

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::duration::Duration;
use super::int_or_percent::IntOrPercent;
use super::labels::Labels;
use super::rules;
use super::text::{CLUSTER_NAME_MAX, DnsLabel, TenantName};
use super::time::Time;
use super::version::ReleaseName;

/// The most waves of a rollout.
const WAVES_MAX: usize = 16;

/// The most tenants or tiers that a selector names.
const NAMES_MAX: usize = 256;

/// The most clusters whose state is listed. Those that have nothing to report yet are only counted.
const CLUSTERS_MAX: usize = 3000;

/// The shares of the fleet that are upgraded wave after wave if nothing else is said; one cluster goes before
/// them, and the rest comes after them.
const SHARES: [IntOrPercent; 4] =
    [IntOrPercent::Count(1), IntOrPercent::Percent(1), IntOrPercent::Percent(10), IntOrPercent::Percent(30)];

/// One Release for many clusters, as it is wanted.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "kaasboard.dev",
    version = "v1alpha1",
    kind = "FleetRollout",
    status = "FleetRolloutStatus",
    derive = "PartialEq",
    category = "kaasboard",
    shortname = "kfr",
    doc = "One Release for many clusters, in waves that stop by themselves.",
    validation = rules::object_name(CLUSTER_NAME_MAX),
    selectable = ".spec.release",
    selectable = ".status.phase",
    printcolumn(name = "Release", type_ = "string", json_path = ".spec.release"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Wave", type_ = "string", json_path = ".status.wave.summary"),
    printcolumn(name = "Done", type_ = "integer", json_path = ".status.counts.done"),
    printcolumn(name = "Failed", type_ = "integer", json_path = ".status.counts.failed"),
    printcolumn(name = "Total", type_ = "integer", json_path = ".status.counts.total"),
    printcolumn(name = "Budget", type_ = "integer", json_path = ".status.budgetLeft"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Running", type_ = "integer", json_path = ".status.counts.running", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [
    rules::immutable_at("release", "a rollout goes to one Release: make a new one for another"),
    rules::immutable_at("selector", "the clusters of a rollout are chosen once: make a new one for others"),
    rules::forbidden_at(".aborted", "self.aborted || !oldSelf.aborted",
        "a rollout that was aborted is not taken up again: make a new one"),
]))]
pub struct FleetRolloutSpec {
    /// The Release that the clusters are to run. Clusters on a newer one are left alone.
    pub release: ReleaseName,
    /// Which clusters. Without any condition: all.
    #[serde(default)]
    pub selector: ClusterSelector,
    /// How many clusters, or which share of them, are upgraded when each wave is done, in rising order. What is
    /// left after the last is a wave of its own.
    #[serde(default = "default_waves")]
    #[schemars(length(min = 1, max = WAVES_MAX), extend("x-kubernetes-list-type" = "atomic"))]
    pub waves: Vec<IntOrPercent>,
    /// How long a wave must be well before the next one begins.
    #[serde(default = "default_soak")]
    pub soak: Duration,
    /// How many clusters, or which share of a wave, may fail before no more are admitted. At least one may.
    #[serde(default = "default_budget")]
    pub budget: IntOrPercent,
    /// How many clusters are upgraded at a time at most.
    #[serde(default = "default_parallel")]
    #[schemars(range(min = 1, max = 500))]
    pub max_parallel: u32,
    /// No more clusters are admitted; those that run go on.
    #[serde(default)]
    pub paused: bool,
    /// No more clusters are admitted, and those that run stop at a safe point. It cannot be taken back.
    #[serde(default)]
    pub aborted: bool,
}

fn default_waves() -> Vec<IntOrPercent> {
    SHARES.to_vec()
}

fn default_soak() -> Duration {
    Duration::hours(1)
}

fn default_budget() -> IntOrPercent {
    IntOrPercent::Percent(1)
}

fn default_parallel() -> u32 {
    20
}

/// Which clusters. All conditions must hold; one that is empty always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct ClusterSelector {
    /// Labels that the KubernetesCluster has.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub match_labels: Labels,
    /// Tenants that it belongs to one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = NAMES_MAX), extend("x-kubernetes-list-type" = "set"))]
    pub tenants: Vec<TenantName>,
    /// Tiers that its tenant is of one of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub tiers: Vec<DnsLabel<20>>,
}

/// Where a rollout is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum RolloutPhase {
    /// Clusters were not chosen yet.
    Pending,
    /// A wave is being upgraded.
    Running,
    /// A wave is done and is being watched.
    Soaking,
    /// No more clusters are admitted, by a person.
    Paused,
    /// No more clusters are admitted, because too many failed.
    Halted,
    /// All clusters run the Release.
    Done,
    /// It was given up.
    Aborted,
}

/// How one cluster fares in a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ClusterRolloutState {
    /// Chosen, and not admitted yet.
    Waiting,
    /// Being upgraded.
    Running,
    /// Runs the Release and is Available.
    Done,
    /// Took too long, failed too often, or is not Available.
    Failed,
    /// Left out: it runs something newer, or is gone.
    Skipped,
}

/// What is known of a rollout.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetRolloutStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the rollout is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<RolloutPhase>,
    /// The wave that is upgraded or watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<WaveStatus>,
    /// How many clusters are in which state.
    #[serde(default)]
    pub counts: RolloutCounts,
    /// How many more clusters of the wave may fail before it halts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget_left: Option<u32>,
    /// Each cluster as tenant/name, from when it was admitted.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = CLUSTERS_MAX))]
    pub clusters: BTreeMap<String, ClusterRollout>,
    /// When it is likely to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_end: Option<Time>,
    /// What is true of the rollout.
    #[serde(default)]
    pub conditions: Conditions,
}

/// The wave of a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct WaveStatus {
    /// The wave's number, from 0.
    pub index: u32,
    /// For people: 2/5.
    #[schemars(length(max = 32))]
    pub summary: String,
    /// How many clusters are in it.
    pub clusters: u32,
    /// When its first cluster was admitted.
    pub since: Time,
    /// When it was done and began to be watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soaking_since: Option<Time>,
}

/// How many clusters of a rollout are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct RolloutCounts {
    /// All that were chosen.
    pub total: u32,
    /// Not admitted yet.
    pub waiting: u32,
    /// Being upgraded.
    pub running: u32,
    /// Upgraded and well.
    pub done: u32,
    /// Failed.
    pub failed: u32,
    /// Left out.
    pub skipped: u32,
}

/// One cluster in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct ClusterRollout {
    /// How it fares.
    pub state: ClusterRolloutState,
    /// Since when.
    pub since: Time,
    /// Why it waits or failed, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub why: Option<String>,
}
