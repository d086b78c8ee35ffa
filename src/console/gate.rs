//! The one gate that everything passes that changes something outside the console.

use chrono::{DateTime, Utc};

use super::effect::{Effect, Write};
use crate::settings::context::Writing;

/// A write that was permitted. Only this module makes one.
#[derive(Debug)]
pub struct Permitted(Write);

impl Permitted {
    /// What was permitted.
    pub fn into_write(self) -> Write {
        self.0
    }
}

/// Why something may not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The context forbids all changes.
    #[error("this context is read-only for good: write = \"never\" in config.toml")]
    Never,
    /// Nobody allowed changes.
    #[error("read-only: type :write 15m REASON to allow changes")]
    NotArmed,
    /// It was allowed, and the time is over.
    #[error("read-only again, the time is over: type :write 15m REASON")]
    Over,
}

/// Somebody allowed changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Armed {
    /// Until when.
    pub until: DateTime<Utc>,
    /// Why, which Operations take over as their reason.
    pub reason: String,
}

/// Whether changes are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// What the context says.
    pub writing: Writing,
    /// What a person said.
    pub armed: Option<Armed>,
}

impl Gate {
    /// Whether changes are allowed now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match (self.writing, &self.armed) {
            (Writing::Never, _) => Err(Refusal::Never),
            (Writing::Always, _) => Ok(()),
            (Writing::Armed, None) => Err(Refusal::NotArmed),
            (Writing::Armed, Some(armed)) if armed.until <= now => Err(Refusal::Over),
            (Writing::Armed, Some(_)) => Ok(()),
        }
    }

    /// Lets a write through, or says why not.
    ///
    /// # Errors
    /// Why not.
    pub fn permit(&self, write: Write, now: DateTime<Utc>) -> Result<Effect, Refusal> {
        self.check(now).map(|()| Effect::Write(Permitted(write)))
    }

    /// The reason that was given for allowing changes.
    pub fn reason(&self) -> &str {
        self.armed.as_ref().map_or("", |armed| &armed.reason)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn the_gate_opens_only_where_and_while_it_may() {
        let now = DateTime::<Utc>::default();
        let armed = |minutes| Some(Armed { until: now + TimeDelta::minutes(minutes), reason: String::new() });
        for (writing, armed, expected) in [
            (Writing::Never, armed(15), Err(Refusal::Never)),
            (Writing::Armed, None, Err(Refusal::NotArmed)),
            (Writing::Armed, armed(0), Err(Refusal::Over)),
            (Writing::Armed, armed(15), Ok(())),
            (Writing::Always, None, Ok(())),
        ] {
            assert_eq!(Gate { writing, armed }.check(now), expected, "{writing:?}");
        }
    }
}
