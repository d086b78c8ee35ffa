//! The acts of the engine.

use std::fmt;

use super::step_cloud::CloudStep;
use super::step_edit::EditStep;
use super::step_inside::InsideStep;
use super::step_record::RecordStep;
use crate::api::operation_status::Risk;

/// One act. The executor has no choices left: all that it needs to know is in the step.
///
/// Every step can be repeated: an executor that dies in the middle is followed by one that plans again. Before a step
/// that creates, the executor lists by tag, past every cache, and adopts what it finds instead of creating. Before a step
/// that takes the finalizer off a machine it lists as well, and deletes what it finds instead.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// On the cloud.
    Cloud(Box<CloudStep>),
    /// Inside a user cluster.
    Inside(InsideStep),
    /// On our own records.
    Record(Box<RecordStep>),
    /// On a spec, on behalf of an Operation.
    Edit(Box<EditStep>),
}

/// What is to be known of an act beside what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nature {
    /// How much it can break.
    pub risk: Risk,
    /// Whether it can be undone.
    pub reversible: bool,
    /// How many calls of the cloud's API it makes that change something.
    pub calls: u32,
}

impl Nature {
    /// Makes something: nothing that runs notices, and it can be taken away again.
    pub const MAKES: Self = Self { risk: Risk::None, reversible: true, calls: 0 };
    /// Moves what runs, or lets it be less than it was.
    pub const DISTURBS: Self = Self { risk: Risk::Disturbs, reversible: true, calls: 0 };
    /// Something is gone afterwards.
    pub const DESTROYS: Self = Self { risk: Risk::Destroys, reversible: false, calls: 0 };

    /// The same, with one call to the cloud.
    pub const fn by_call(self) -> Self {
        Self { calls: 1, ..self }
    }
}

impl Step {
    /// The step's id: the act and what it is about. The same act on the same object has the same id in each plan, so
    /// that loops, timeline and previews name it alike.
    pub fn id(&self) -> String {
        let (act, about) = self.name();
        format!("{act}/{about}")
    }

    /// How much it can break.
    pub fn risk(&self) -> Risk {
        self.nature().risk
    }

    /// Whether it can be undone.
    pub fn reversible(&self) -> bool {
        self.nature().reversible
    }

    /// What is to be known of it.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Cloud(step) => step.nature(),
            Self::Inside(step) => step.nature(),
            Self::Record(step) => step.nature(),
            Self::Edit(step) => step.nature(),
        }
    }

    /// Whether it only writes down what was observed. Objects that are paused get these steps too.
    pub fn only_reports(&self) -> bool {
        matches!(self, Self::Record(step) if matches!(**step, RecordStep::SetStatus { .. }))
    }

    fn name(&self) -> (&'static str, String) {
        match self {
            Self::Cloud(step) => step.name(),
            Self::Inside(step) => step.name(),
            Self::Record(step) => step.name(),
            Self::Edit(step) => step.name(),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cloud(step) => step.fmt(out),
            Self::Inside(step) => step.fmt(out),
            Self::Record(step) => step.fmt(out),
            Self::Edit(step) => step.fmt(out),
        }
    }
}

impl From<CloudStep> for Step {
    fn from(step: CloudStep) -> Self {
        Self::Cloud(Box::new(step))
    }
}

impl From<InsideStep> for Step {
    fn from(step: InsideStep) -> Self {
        Self::Inside(step)
    }
}

impl From<RecordStep> for Step {
    fn from(step: RecordStep) -> Self {
        Self::Record(Box::new(step))
    }
}

impl From<EditStep> for Step {
    fn from(step: EditStep) -> Self {
        Self::Edit(Box::new(step))
    }
}
