//! Pauses after failures, by their cause.

use chrono::{DateTime, Utc};

use super::naming;
use super::policy::Policy;
use crate::api::machine_status::FailureCause;
use crate::cloud::types::compute::ServerFault;

/// How often a pause doubles at most, so that the arithmetic stays small.
const DOUBLINGS_MAX: u32 = 16;

/// The pause is made longer by up to this share of it, in percent, so that machines that failed together do not try again
/// together.
const JITTER_PERCENT: u64 = 20;

/// When the making of a server is tried again; nothing if a person must change what is wanted first.
///
/// The jitter follows from the machine's uid and the count of attempts, so that a plan can be made again.
pub fn retry_at(
    cause: FailureCause,
    uid: &str,
    attempts: u32,
    at: DateTime<Utc>,
    policy: &Policy,
) -> Option<DateTime<Utc>> {
    let pause = match cause {
        FailureCause::Invalid => return None,
        FailureCause::OutcomeUnknown => return Some(at + policy.settle.to_chrono()),
        FailureCause::Quota | FailureCause::NoValidHost | FailureCause::Cloud | FailureCause::NeverJoined => {
            let doubled =
                u64::from(policy.first_pause.as_seconds()) << attempts.saturating_sub(1).min(DOUBLINGS_MAX);
            doubled.min(u64::from(policy.longest_pause.as_seconds()))
        }
    };
    let share = naming::number(&[uid, &attempts.to_string()]) % (JITTER_PERCENT + 1);
    let seconds = i64::try_from(pause + pause * share / 100).unwrap_or(i64::MAX);
    at.checked_add_signed(chrono::TimeDelta::try_seconds(seconds)?)
}

/// Why a server came up in ERROR, as far as the compute service says. It says so only in prose.
pub fn cause_of(fault: Option<&ServerFault>) -> FailureCause {
    let message = fault.map(|fault| fault.message.to_lowercase()).unwrap_or_default();
    if message.contains("no valid host") {
        FailureCause::NoValidHost
    } else if message.contains("quota") {
        FailureCause::Quota
    } else if message.contains("image") || message.contains("flavor") {
        FailureCause::Invalid
    } else {
        FailureCause::Cloud
    }
}
