//! The status of an Operation: its plan, how far it is, and how it ended.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::condition::Conditions;
use super::reference::ObjectReference;
use super::rules;
use super::time::Time;

/// The most steps that a plan lists. A bulk beyond it is several Operations; the totals count all steps.
const STEPS_MAX: usize = 500;

/// The most vetoes that a plan lists.
const VETOES_MAX: usize = 100;

/// The longest sentence in a plan.
const SENTENCE_MAX: usize = 1024;

/// Where an Operation is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum OperationPhase {
    /// It was asked; nothing was planned yet.
    Proposed,
    /// The plan is there to be looked at.
    Planned,
    /// That plan was approved.
    Approved,
    /// Specs were changed, and the loops are at work.
    Running,
    /// What was asked is so.
    Done,
    /// It cannot be done, or not all of it was; the outcome says why.
    Failed,
    /// It was stopped at a safe point.
    Cancelled,
}

impl OperationPhase {
    /// Whether it is at its end, which it never leaves.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Done | Self::Failed | Self::Cancelled => true,
            Self::Proposed | Self::Planned | Self::Approved | Self::Running => false,
        }
    }
}

/// What is known of an Operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = [rules::forbidden_at(
    ".phase",
    "!has(oldSelf.phase) || !(oldSelf.phase in ['Done', 'Failed', 'Cancelled']) \
     || (has(self.phase) && self.phase == oldSelf.phase)",
    "an Operation that ended stays as it ended: make a new one",
)]))]
pub struct OperationStatus {
    /// The metadata.generation that this status describes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the Operation is on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<OperationPhase>,
    /// What would be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<OperationPlan>,
    /// How far it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// When the engine began to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
    /// What is true of the Operation.
    #[serde(default)]
    pub conditions: Conditions,
}

/// What would be done, and what speaks against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct OperationPlan {
    /// The hash of what the plan would do. An approval names it.
    #[schemars(length(min = 1, max = 80))]
    pub hash: String,
    /// When it was made.
    pub planned_at: Time,
    /// The steps in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = STEPS_MAX), extend("x-kubernetes-list-type" = "atomic"))]
    pub steps: Vec<PlannedStep>,
    /// Why it may not be done. While there is one, an approval changes nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = VETOES_MAX), extend("x-kubernetes-list-type" = "atomic"))]
    pub vetoes: Vec<Veto>,
    /// What it touches.
    #[serde(default)]
    pub touches: Touches,
    /// Whether all of it can be undone.
    #[serde(default)]
    pub reversible: bool,
    /// The command that undoes it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = SENTENCE_MAX))]
    pub undo: Option<String>,
}

/// How much a step can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Risk {
    /// Nothing that runs notices.
    None,
    /// Pods move.
    Disturbs,
    /// Something is gone afterwards.
    Destroys,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct PlannedStep {
    /// The step's id, by which loops and timeline name it too.
    #[schemars(length(max = 253))]
    pub id: String,
    /// What it does, as a sentence.
    #[schemars(length(max = SENTENCE_MAX))]
    pub text: String,
    /// The object that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectReference>,
    /// How much it can break.
    pub risk: Risk,
    /// Whether it can be undone.
    #[serde(default)]
    pub reversible: bool,
    /// Whether it is what later passes will do if nothing changes, rather than what the next one does.
    #[serde(default)]
    pub forecast: bool,
    /// How many calls of the cloud's API it makes.
    #[serde(default)]
    pub calls: u32,
}

/// Why something may not be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Veto {
    /// The reason, as one word for programs: QuorumAtRisk.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// The reason, as a sentence for people.
    #[schemars(length(max = SENTENCE_MAX))]
    pub message: String,
    /// The object that it protects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectReference>,
}

/// What a plan touches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Touches {
    /// Tenants.
    pub tenants: u32,
    /// Clusters.
    pub clusters: u32,
    /// Machines.
    pub machines: u32,
    /// Pods that move or go.
    pub pods: u32,
    /// Volumes that are detached or deleted.
    pub volumes: u32,
    /// Calls of the cloud's API.
    pub calls: u32,
}

/// How far an Operation is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(inline)]
pub struct Progress {
    /// Steps that are done.
    pub done: u32,
    /// Steps in all, as far as they can be foreseen.
    pub total: u32,
    /// Both for people: 3/7.
    #[schemars(length(max = 32))]
    pub summary: String,
    /// What is being done or waited for, as a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = SENTENCE_MAX))]
    pub now: Option<String>,
}

/// How an Operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Outcome {
    /// How, as one word for programs: Succeeded, TargetChanged, Vetoed.
    #[schemars(length(min = 1, max = 64))]
    pub reason: String,
    /// How, as a sentence for people.
    #[schemars(length(max = SENTENCE_MAX))]
    pub message: String,
}
