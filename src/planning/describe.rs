//! Plans as text, for people, previews and golden tests.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

use super::plan::Plan;

impl fmt::Display for Plan {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(out, "do: {step}")?;
        }
        for finding in &self.findings {
            writeln!(out, "found: {}: {} since {}", finding.object, finding.kind, clock(finding.since))?;
        }
        for wait in &self.waiting {
            let (object, on, owner) = (&wait.object, &wait.on, wait.owner());
            writeln!(out, "waits: {object}: {on} ({owner:?}, by {})", clock(wait.deadline))?;
        }
        write!(out, "next look: {}", clock(self.next_look))
    }
}

fn clock(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
