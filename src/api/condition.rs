//! Conditions: what is true of an object, since when, and why (`metav1.Condition`).

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::time::Time;

/// The most conditions of one object; it bounds the size of a status.
const CONDITIONS_MAX: usize = 32;

/// Whether something holds. What could not be found out is `Unknown`, never `False`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// It could not be found out.
    Unknown,
}

/// One thing that is true, false or unknown of an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct Condition {
    /// What the condition is about, in CamelCase.
    #[serde(rename = "type")]
    #[schemars(
        length(max = 316),
        regex(
            pattern = r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$"
        )
    )]
    pub type_: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// The metadata.generation that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0))]
    pub observed_generation: Option<i64>,
    /// When the status changed last.
    pub last_transition_time: Time,
    /// Why, as one word for programs.
    #[schemars(length(min = 1, max = 1024), regex(pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"))]
    pub reason: String,
    /// Why, as a sentence for people. It may be empty.
    #[schemars(length(max = 32768))]
    pub message: String,
}

/// The conditions of an object, at most one of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

impl Conditions {
    /// The condition of a type, if there is one.
    pub fn get(&self, type_: &str) -> Option<&Condition> {
        self.0.iter().find(|condition| condition.type_ == type_)
    }

    /// Whether the condition of a type is there and `True`.
    pub fn is_true(&self, type_: &str) -> bool {
        self.get(type_).is_some_and(|condition| condition.status == ConditionStatus::True)
    }

    /// Adds or replaces the condition of the same type. The time of the last transition stays what it was
    /// unless the status differs. Answers whether anything but that time and the generation changed.
    pub fn set(&mut self, mut condition: Condition) -> bool {
        let Some(before) = self.0.iter_mut().find(|before| before.type_ == condition.type_) else {
            self.0.push(condition);
            return true;
        };
        if before.status == condition.status {
            condition.last_transition_time = before.last_transition_time;
        }
        let said_before = (before.status, before.reason.as_str(), before.message.as_str());
        let changed = said_before != (condition.status, &condition.reason, &condition.message);
        *before = condition;
        changed
    }

    /// Takes the condition of a type away; answers whether there was one.
    pub fn remove(&mut self, type_: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|condition| condition.type_ != type_);
        self.0.len() < before
    }

    /// All conditions, in the order in which they were first set.
    pub fn iter(&self) -> std::slice::Iter<'_, Condition> {
        self.0.iter()
    }
}

impl JsonSchema for Conditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array", "maxItems": CONDITIONS_MAX, "items": generator.subschema_for::<Condition>(),
            "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
        })
    }
}

impl From<Condition> for meta::Condition {
    fn from(condition: Condition) -> Self {
        Self {
            type_: condition.type_,
            status: format!("{:?}", condition.status),
            observed_generation: condition.observed_generation,
            last_transition_time: condition.last_transition_time.into(),
            reason: condition.reason,
            message: condition.message,
        }
    }
}

impl From<meta::Condition> for Condition {
    fn from(condition: meta::Condition) -> Self {
        let status = match condition.status.as_str() {
            "True" => ConditionStatus::True,
            "False" => ConditionStatus::False,
            _ => ConditionStatus::Unknown,
        };
        Self {
            type_: condition.type_,
            status,
            observed_generation: condition.observed_generation,
            last_transition_time: Time::from(&condition.last_transition_time),
            reason: condition.reason,
            message: condition.message,
        }
    }
}
