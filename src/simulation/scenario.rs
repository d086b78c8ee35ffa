//! A story that a sandbox plays: what goes wrong and what people do, when, what has to come of it, and what is told
//! meanwhile. One file format for training, for walkthroughs and for tests.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault_entry::{EntryError, FaultEntry};
use super::fleet::{Fleet, FleetError};
use crate::api::condition::ConditionStatus;
use crate::api::duration::Duration;

/// How long something is waited for that names no time.
const WITHIN: Duration = Duration::minutes(30);
/// The most steps of a story.
const STEPS_MAX: usize = 500;

/// A story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called.
    pub title: String,
    /// What those see and learn who play it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// The fleet that it is about, of a walkthrough.
    #[serde(default, skip_serializing)]
    pub fleet: Option<Fleet>,
    /// The team that looks on, of a walkthrough: what belongs to others is masked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Its steps, in order.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

/// One step. Each of its parts can be left out; they are done in the order in which they stand here.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// When: so long after the story began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Duration>,
    /// When: so long after the step before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
    /// What is told to those who look on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub say: Option<String>,
    /// The pane or object that is pointed at, of a walkthrough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    /// What goes wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<FaultEntry>,
    /// Which fault is taken away: its name, or `all`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// What somebody changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// The keys that are pressed on the screen, as keymaps write them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub press: Option<String>,
    /// What is typed then, letter by letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<String>,
    /// What the screen has to show before the story goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub see: Option<See>,
    /// What has to come of it before the story goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<Wait>,
}

/// Something that has to be on the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct See {
    /// The text.
    pub text: String,
    /// For how long it is waited at most.
    #[serde(default = "within")]
    pub within: Duration,
}

/// A change of an object, or its deletion.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The object, as `kind/tenant/name` or `kind/name`.
    pub object: String,
    /// What is written over it: a merge patch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Value>,
    /// Whether it is deleted instead.
    #[serde(default)]
    pub delete: bool,
}

/// Something that has to come true.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    /// The objects: `kind/tenant/name`, `kind/name`, or `kind` for all of a kind.
    #[serde(rename = "for")]
    pub object: String,
    /// The condition that has to have a status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The status that it has to have.
    #[serde(default = "yes")]
    pub status: ConditionStatus,
    /// Whether they have to be gone instead.
    #[serde(default)]
    pub gone: bool,
    /// How many there have to be instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// For how long it is waited at most.
    #[serde(default = "within")]
    pub within: Duration,
}

fn yes() -> ConditionStatus {
    ConditionStatus::True
}

fn within() -> Duration {
    WITHIN
}

/// Why a file is no story.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// It is no TOML, or has other fields. The text says where.
    #[error("{0}")]
    Toml(Box<toml::de::Error>),
    /// Its fleet cannot be.
    #[error(transparent)]
    Fleet(FleetError),
    /// A step makes no sense.
    #[error("step {number}: {why}")]
    Step {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A step's fault is none.
    #[error("step {number}")]
    Fault {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        #[source]
        source: EntryError,
    },
}

impl Scenario {
    /// Reads a story.
    ///
    /// # Errors
    /// When it is none; the error says where.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(|error| ScenarioError::Toml(Box::new(error)))?;
        if let Some(fleet) = &scenario.fleet {
            fleet.check().map_err(ScenarioError::Fleet)?;
        }
        if scenario.steps.len() > STEPS_MAX {
            let why = format!("a story has {STEPS_MAX} steps at most");
            return Err(ScenarioError::Step { number: STEPS_MAX + 1, why });
        }
        for (index, step) in scenario.steps.iter().enumerate() {
            let number = index + 1;
            if let Some(why) = step.wrong() {
                return Err(ScenarioError::Step { number, why: why.to_owned() });
            }
            if let Some(fault) = &step.fault {
                fault.check().map_err(|source| ScenarioError::Fault { number, source })?;
            }
        }
        Ok(scenario)
    }
}

impl Step {
    fn wrong(&self) -> Option<&'static str> {
        if self.at.is_some() && self.after.is_some() {
            return Some("`at` and `after` are two times; write one");
        }
        if let Some(change) = &self.change
            && change.delete == change.patch.is_some()
        {
            return Some("a change is either a `patch` or `delete = true`");
        }
        let wait = self.wait.as_ref()?;
        let wanted = [wait.condition.is_some(), wait.gone, wait.count.is_some()];
        let one = wanted.iter().filter(|is| **is).count() == 1;
        (!one).then_some("wait for one of `condition`, `gone = true` and `count`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_is_read_and_a_wrong_one_told_where() {
        let story = "title = \"t\"\n[[step]]\nsay = \"look\"\n[[step]]\nafter = \"30s\"\n\
                     fault = { kind = \"zone-down\", target = \"az1\", for = \"10m\" }\n\
                     wait = { for = \"cluster/c0001\", condition = \"Available\" }\n";
        let read = Scenario::parse(story).unwrap();
        assert_eq!(read.steps.len(), 2);
        assert_eq!(read.steps[1].wait.as_ref().unwrap().within, WITHIN);
        for (wrong, told) in [
            ("titel = \"t\"\n", "unknown field"),
            ("title = \"t\"\n[[step]]\nat = \"1s\"\nafter = \"1s\"\n", "step 1: `at` and `after`"),
            ("title = \"t\"\n[[step]]\nwait = { for = \"cluster\" }\n", "step 1: wait for one of"),
            ("title = \"t\"\n[[step]]\nfault = { kind = \"zone-down\" }\n", "step 1"),
            ("title = \"t\"\n[[step]]\nchange = { object = \"a/b\" }\n", "step 1: a change is"),
            ("title = \"t\"\n[[step]]\nfault = { kind = \"zonedown\" }\n", "unknown variant"),
        ] {
            let error = Scenario::parse(wrong).unwrap_err().to_string();
            assert!(error.contains(told), "{wrong:?}: {error}");
        }
    }
}
