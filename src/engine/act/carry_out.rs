//! The steps of a plan, one after the other, until one fails.

use super::error::{ActError, in_full};
use super::{cloud, edit, inside, record};
use crate::engine::context::Engine;
use crate::engine::hold;
use crate::engine::key::Key;
use crate::engine::observe::context::Scene;
use crate::engine::trace::Taken;
use crate::planning::step::Step;

/// The most steps of one turn, so that none acts for long on what it saw at its beginning. A pool of a thousand machines
/// is walked once for so many of its new ones.
const STEPS: usize = 64;

/// How a plan's steps went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The steps that were taken; the last may have failed.
    pub steps: Vec<Taken>,
    /// How many were not taken.
    pub left: usize,
    /// Whether the last failed in earnest, so that the next turn comes after a pause.
    pub failed: bool,
    /// Whether something was done, or what was seen is out of date: the next turn comes at once.
    pub again: bool,
}

/// Takes the steps of a plan.
pub async fn carry_out(engine: &Engine, key: &Key, scene: Option<&Scene>, steps: Vec<Step>) -> Outcome {
    let mut outcome = Outcome { left: steps.len(), ..Outcome::default() };
    for step in steps.into_iter().take(STEPS) {
        // The next turn reports what holds it.
        if !step.only_reports() && scene.is_some_and(|scene| hold::is_held(engine, key, scene)) {
            outcome.again = true;
            break;
        }
        let result = if engine.leadership.may_write() {
            take(engine, key, scene, &step).await
        } else {
            Err(ActError::NotLeading)
        };
        outcome.left -= 1;
        let failure = result.as_ref().err().map(|error| in_full(error));
        let reports = step.only_reports();
        if let Some(why) = &failure {
            tracing::debug!(record = %key, step = %step, why, "a step was not done");
        } else if !reports {
            tracing::info!(record = %key, step = %step, "done");
            outcome.again = true;
        }
        outcome.steps.push(Taken { id: step.id(), what: step.to_string(), reports, failure });
        if let Err(error) = result {
            outcome.failed = !error.is_stale();
            outcome.again =
                matches!(error, ActError::LookAgain { .. } | ActError::Write(_)) && !outcome.failed;
            break;
        }
    }
    outcome.again |= outcome.left > 0 && !outcome.failed && outcome.steps.len() == STEPS;
    outcome
}

async fn take(engine: &Engine, key: &Key, scene: Option<&Scene>, step: &Step) -> Result<(), ActError> {
    match step {
        Step::Cloud(step) => cloud::act(engine, key, scene, step).await,
        Step::Inside(step) => inside::act(engine, scene, step).await,
        Step::Record(step) => record::act(engine, key, scene, step).await,
        Step::Edit(step) => edit::act(engine, step).await,
    }
}
