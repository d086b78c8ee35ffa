//! What was found, told line by line as it is found, or as one JSON object at the end.

use std::fmt::Write as _;

use chrono::TimeDelta;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::output;
use crate::settings::words::printable;

/// The width of what is looked at.
const SUBJECT: usize = 30;

/// In which form it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A line for each check, as it ends
    Table,
    /// One JSON object with `items`
    Json,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, but something will be missed.
    Warning,
    /// Something will not work.
    Failed,
    /// It could not be looked at.
    NotChecked,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "FAILED",
            Self::NotChecked => "-",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was looked at.
    pub subject: String,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

impl Check {
    /// All is well.
    pub fn ok(subject: impl Into<String>, found: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict: Verdict::Ok, found: found.into(), fix: None }
    }

    /// It works, but.
    pub fn warning(subject: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, fix: Some(fix.into()), ..Self::ok(subject, found) }
    }

    /// It does not work.
    pub fn failed(subject: impl Into<String>, found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, fix: Some(fix.into()), ..Self::ok(subject, found) }
    }

    /// It was not looked at, and why.
    pub fn skipped(subject: impl Into<String>, why: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotChecked, ..Self::ok(subject, why) }
    }

    fn told(&self) -> String {
        let mut text = format!(
            "{:<8} {:<SUBJECT$} {}\n",
            self.verdict.word(),
            printable(&self.subject),
            printable(&self.found)
        );
        if let Some(fix) = &self.fix {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:<8} {:<SUBJECT$} do: {}", "", "", printable(fix));
        }
        text
    }
}

/// All checks so far.
#[derive(Debug)]
pub struct Report {
    form: Form,
    checks: Vec<Check>,
}

impl Report {
    /// Nothing was looked at yet.
    pub fn new(form: Form) -> Self {
        Self { form, checks: Vec::new() }
    }

    /// Adds checks, and tells them at once where a person reads along.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn add(&mut self, checks: impl IntoIterator<Item = Check>) -> Result<(), Failure> {
        for check in checks {
            if self.form == Form::Table {
                output::result(&check.told())?;
            }
            self.checks.push(check);
        }
        Ok(())
    }

    /// How many ended so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }

    /// Tells the end of it.
    ///
    /// # Errors
    /// When nothing can be written.
    pub fn end(&self) -> Result<(), Failure> {
        match self.form {
            Form::Json => output::result(&format!("{:#}\n", json!({ "items": self.checks }))),
            Form::Table => output::result(&format!(
                "{} checks: {} failed, {} warnings, {} not checked\n",
                self.checks.len(),
                self.count(Verdict::Failed),
                self.count(Verdict::Warning),
                self.count(Verdict::NotChecked),
            )),
        }
    }
}

/// What a difference of clocks means. A `Date` header is cut to whole seconds, and an answer takes its time, so that up to
/// two seconds are none.
pub fn clock(subject: &str, ahead: Option<TimeDelta>) -> Check {
    const NONE: TimeDelta = TimeDelta::seconds(2);
    const MUCH: TimeDelta = TimeDelta::seconds(30);
    let subject = format!("{subject} clock");
    let fix = "let NTP set the clocks here and there: certificates, Leases and ages are judged by them";
    match ahead {
        None => Check::skipped(subject, "its answers carry no date"),
        Some(ahead) if ahead.abs() <= NONE => Check::ok(subject, "as ours"),
        Some(ahead) => {
            let way = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
            let found = format!("{} s {way} ours", ahead.num_seconds().abs());
            let check = if ahead.abs() > MUCH { Check::failed } else { Check::warning };
            check(subject, found, fix.to_owned())
        }
    }
}
