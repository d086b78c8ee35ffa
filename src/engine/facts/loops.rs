//! The turns of the loops as JSON: what was found, what is waited for, what was done, and when the record is looked at next.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::engine::context::Engine;
use crate::engine::key::{Key, Kind};
use crate::engine::trace::LoopRecord;
use crate::planning::waiting::Owner;

/// The most turns in one answer: more than anybody reads, and a few megabytes.
const MOST: usize = 5000;

/// The turns of an engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loops {
    /// The name under which the engine holds the Lease.
    pub identity: String,
    /// Whether it holds it.
    pub leader: bool,
    /// Now, by its clock.
    pub now: String,
    /// What waits for its turn, by kind.
    pub queue: Vec<Queued>,
    /// How many turns were left out because there are too many.
    pub left_out: usize,
    /// The last turn of each record that was asked for.
    pub items: Vec<Turn>,
}

/// What a kind has in the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Queued {
    /// The kind.
    pub kind: String,
    /// Records whose turn is due.
    pub due: usize,
    /// Records that are looked at again later.
    pub later: usize,
    /// Turns that are being taken.
    pub running: usize,
    /// Records whose last turn failed.
    pub failing: usize,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// The kind of the record.
    pub kind: String,
    /// Its tenant; empty for kinds without.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// When the turn began.
    pub at: String,
    /// How long it took.
    pub took_seconds: f64,
    /// What was not as it should be.
    pub findings: Vec<Found>,
    /// What was not done, and why.
    pub waiting: Vec<Wait>,
    /// What was done.
    pub steps: Vec<Done>,
    /// How many more steps wait for the next turn.
    pub left: usize,
    /// Why there was no plan, if there was none.
    pub failure: Option<String>,
    /// How many turns failed, one after the other.
    pub failures: u32,
    /// When the record is looked at next.
    pub next: String,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// One word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// What it is about.
    pub object: String,
    /// Since when.
    pub since: String,
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// One word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// What waits.
    pub object: String,
    /// Since when.
    pub since: String,
    /// Until when it is expected to be over.
    pub deadline: String,
    /// Who can end it.
    pub owner: String,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    /// Its id.
    pub id: String,
    /// What it does.
    pub what: String,
    /// Whether it only wrote down what was observed.
    pub reports: bool,
    /// What went wrong, if something did.
    pub failure: Option<String>,
}

/// Which turns are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Of this kind alone.
    pub kind: Option<String>,
    /// Of this tenant alone.
    pub namespace: Option<String>,
    /// Of the record of this name alone.
    pub name: Option<String>,
    /// Those of records too that are as they should be.
    pub all: bool,
}

impl Asked {
    /// Reads the query of a request.
    pub fn parse(query: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "kind" => asked.kind = Some(value.into_owned()),
                "namespace" => asked.namespace = Some(value.into_owned()),
                "name" => asked.name = Some(value.into_owned()),
                "all" => asked.all = value != "false",
                _ => {}
            }
        }
        asked
    }

    fn wants(&self, record: &LoopRecord) -> bool {
        let key = &record.key;
        let is_asked =
            |asked: &Option<String>, value: &str| asked.as_ref().is_none_or(|asked| asked == value);
        let named = is_asked(&self.kind, key.kind.name())
            && is_asked(&self.namespace, &key.namespace)
            && is_asked(&self.name, &key.name);
        let tells = record.tells() || !record.findings.is_empty() || !record.waiting.is_empty();
        named && (self.all || self.name.is_some() || tells)
    }
}

/// The turns that are asked for: failing ones first, then those that find something, then the slowest.
pub fn loops(engine: &Engine, identity: &str, asked: &Asked) -> Loops {
    let mut records: Vec<_> = engine.trace.all();
    records.retain(|record| asked.wants(record));
    records.sort_by_key(|record| {
        let fails = record.failure.is_some() || record.steps.iter().any(|step| step.failure.is_some());
        (!fails, record.findings.is_empty(), std::cmp::Reverse(record.took), record.key.clone())
    });
    let left_out = records.len().saturating_sub(MOST);
    records.truncate(MOST);
    Loops {
        identity: identity.to_owned(),
        leader: engine.leadership.may_write(),
        now: time(clock::now()),
        queue: Kind::ALL.iter().map(|kind| queued(engine, *kind)).collect(),
        left_out,
        items: records.iter().map(|record| turn(engine, record)).collect(),
    }
}

fn queued(engine: &Engine, kind: Kind) -> Queued {
    let load = engine.queue.load(kind);
    Queued {
        kind: kind.name().to_owned(),
        due: load.due,
        later: load.later,
        running: load.running,
        failing: load.failing,
    }
}

fn turn(engine: &Engine, record: &LoopRecord) -> Turn {
    let Key { kind, namespace, name } = &record.key;
    let findings = record.findings.iter().map(|finding| Found {
        reason: finding.kind.reason().to_owned(),
        message: finding.kind.to_string(),
        object: finding.object.to_string(),
        since: time(finding.since),
    });
    let waiting = record.waiting.iter().map(|wait| Wait {
        reason: wait.on.reason(),
        message: wait.on.to_string(),
        object: wait.object.to_string(),
        since: time(wait.since),
        deadline: time(wait.deadline),
        owner: owner(wait.owner()).to_owned(),
    });
    let steps = record.steps.iter().map(|step| Done {
        id: step.id.clone(),
        what: step.what.clone(),
        reports: step.reports,
        failure: step.failure.clone(),
    });
    Turn {
        kind: kind.name().to_owned(),
        namespace: namespace.clone(),
        name: name.clone(),
        at: time(record.at),
        took_seconds: record.took.as_secs_f64(),
        findings: findings.collect(),
        waiting: waiting.collect(),
        steps: steps.collect(),
        left: record.left,
        failure: record.failure.clone(),
        failures: engine.queue.failures(&record.key),
        next: time(record.next),
    }
}

fn owner(owner: Owner) -> &'static str {
    match owner {
        Owner::Engine => "engine",
        Owner::Cloud => "cloud",
        Owner::UserCluster => "user cluster",
        Owner::Tenant => "tenant",
        Owner::Operator => "operator",
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
