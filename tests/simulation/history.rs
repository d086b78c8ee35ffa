//! What happened in a play, line by line, for people.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use kaasboard::clock;
use kaasboard::engine::trace::LoopRecord;

/// What happened in a play.
#[derive(Clone, Debug)]
pub struct History {
    began: DateTime<Utc>,
    pub lines: Vec<String>,
}

impl History {
    pub fn new(began: DateTime<Utc>) -> Self {
        Self { began, lines: Vec::new() }
    }

    /// Something happened.
    pub fn say(&mut self, what: impl fmt::Display) {
        let time = (clock::now() - self.began).num_milliseconds();
        let (minutes, seconds, millis) = (time / 60_000, time / 1000 % 60, time % 1000);
        self.lines.push(format!("{minutes:3}:{seconds:02}.{millis:03} {what}"));
    }

    /// A turn was taken. Those that only reported are not told.
    pub fn turn(&mut self, record: &Arc<LoopRecord>) {
        if let Some(why) = &record.failure {
            self.say(format_args!("{}: no plan: {why}", record.key));
        }
        for step in &record.steps {
            let failed = step.failure.as_ref().map(|why| format!(" -- failed: {why}"));
            if !step.reports || failed.is_some() {
                self.say(format_args!("{}: {}{}", record.key, step.what, failed.unwrap_or_default()));
            }
        }
    }
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lines.iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}
