//! Conditions, as the planners write them.

use chrono::{DateTime, Utc};

use super::observation::meta::Meta;
use super::plan::Plan;
use super::step_record::{RecordStep, Status};
use crate::api::condition::{Condition, ConditionStatus, Conditions};
use crate::api::conditions::REASON_AS_WANTED;
use crate::cloud::types::observed::Observed;

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, as one word.
    pub reason: String,
    /// Why, as a sentence.
    pub message: String,
}

impl Word {
    /// It holds, as it should.
    pub fn yes() -> Self {
        Self { status: ConditionStatus::True, reason: REASON_AS_WANTED.to_owned(), message: String::new() }
    }

    /// It does not hold.
    pub fn no(reason: &str, message: impl Into<String>) -> Self {
        Self { status: ConditionStatus::False, reason: reason.to_owned(), message: message.into() }
    }

    /// Whether something is going on. `False` is the usual state, and has the reason.
    pub fn flag(on: bool, reason: &str) -> Self {
        if on { Self::yes() } else { Self::no(reason, "") }
    }

    /// It could not be found out.
    pub fn unknown(reason: &str, message: impl Into<String>) -> Self {
        Self { status: ConditionStatus::Unknown, reason: reason.to_owned(), message: message.into() }
    }

    /// What an observation says: contact lost is unknown, never false.
    pub fn of(observed: &Observed<bool>, reason: &str, message: &str) -> Self {
        match observed {
            Observed::Known { value: true, .. } => Self::yes(),
            Observed::Known { value: false, .. } => Self::no(reason, message),
            Observed::Unknown { why } => {
                Self::unknown(crate::api::conditions::REASON_CONTACT_LOST, why.clone())
            }
        }
    }
}

/// Sets a condition.
pub fn set(all: &mut Conditions, type_: &str, word: Word, generation: i64, now: DateTime<Utc>) {
    all.set(Condition {
        type_: type_.to_owned(),
        status: word.status,
        observed_generation: Some(generation),
        last_transition_time: now.into(),
        reason: word.reason,
        message: word.message,
    });
}

/// Adds the step that writes a status, if it differs from what is written.
pub fn write<T: PartialEq>(plan: &mut Plan, meta: &Meta, before: &T, after: T, wrap: fn(T) -> Status) {
    if *before != after {
        plan.step(RecordStep::SetStatus { object: meta.as_seen(), status: wrap(after) });
    }
}
