//! Rows of incidents and of what people asked for, and of what the engine knows that is no object.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::cell::{Cell, State};
use super::objects::{Shown, age, blank, kind_of, text};
use super::row::{Links, Row, Target};
use super::subject::Subject;
use super::words::Words;
use crate::api::incident::{Incident, Severity};
use crate::api::operation::{BrakeScope, Operation};
use crate::api::operation_status::OperationPhase;
use crate::api::request::{Request, word};
use crate::console::text as screen_text;
use crate::engine::budget::{Service, Spent};
use crate::engine::facts::leaks::Leak;
use crate::engine::glance::VolumeFact;
use crate::engine::key::Kind;
use crate::engine::trace::LoopRecord;
use crate::planning::waiting::Owner;

impl Shown for Incident {
    const SUBJECT: Subject = Subject::Incident;

    fn row(&self, words: &mut Words) -> Row {
        let status = self.status.clone().unwrap_or_default();
        let over = status.until.is_some();
        let (state, word) = match (over, status.severity) {
            (true, _) => (State::Off, "over"),
            (false, Some(Severity::Critical)) => (State::Crit, "critical"),
            (false, Some(Severity::Warning)) => (State::Warn, "warning"),
            (false, Some(Severity::Info) | None) => (State::Busy, "info"),
        };
        let cause = status.cause.as_ref().map(|cause| {
            let kind = format!("{:?}", cause.kind).to_lowercase();
            format!("{kind} {}", cause.name)
        });
        let trend = status.trend.map(|trend| format!("{trend:?}").to_lowercase());
        let reach = if over { status.worst } else { status.reach };
        let cells = vec![
            Cell::State(state, words.word(word)),
            text(words, Some(&status.what)),
            text(words, cause.as_deref()),
            status.since.map_or(Cell::None, |since| Cell::Since(since.at())),
            Cell::Number(reach.clusters.into()),
            Cell::Number(reach.tenants.into()),
            Cell::Number(reach.nodes.into()),
            // The share of the fleet is filled in by whoever knows the fleet.
            Cell::None,
            Cell::Number(reach.vips.into()),
            text(words, trend.as_deref().filter(|_| !over)),
            text(words, self.spec.acknowledged_by.as_deref()),
            text(words, status.doing.as_deref()),
        ];
        let mut row = blank(self, words, cells);
        row.state = state;
        row.since = status.since.map(|since| since.at());
        row
    }
}

impl Shown for Operation {
    const SUBJECT: Subject = Subject::Operation;

    fn row(&self, words: &mut Words) -> Row {
        let status = self.status.clone().unwrap_or_default();
        let phase = status.phase.unwrap_or(OperationPhase::Proposed);
        let state = match phase {
            // What was only to be looked at waits for nobody, and holds nothing.
            OperationPhase::Proposed | OperationPhase::Planned if self.spec.plan_only => State::Off,
            OperationPhase::Proposed | OperationPhase::Planned => State::Unknown,
            OperationPhase::Approved | OperationPhase::Running => State::Busy,
            OperationPhase::Done => State::Ok,
            OperationPhase::Failed => State::Crit,
            OperationPhase::Cancelled => State::Off,
        };
        let is_planned = matches!(phase, OperationPhase::Proposed | OperationPhase::Planned);
        let vetoes = status.plan.iter().flat_map(|plan| &plan.vetoes);
        let held = vetoes.map(|veto| format!("held by a veto: {}", veto.message));
        let held = held.take(usize::from(is_planned && self.spec.approved.is_some())).next();
        // What was approved waits for nobody's word, and for what speaks against it.
        let state = if held.is_some() { State::Warn } else { state };
        let outcome = status.outcome.as_ref().map(|outcome| outcome.message.clone()).or(held);
        let now = status.progress.as_ref().and_then(|progress| progress.now.clone());
        let progress = status.progress.as_ref().map(|progress| progress.summary.clone());
        let cells = vec![
            age(&self.metadata),
            text(words, Some(&word(self.spec.verb))),
            text(words, Some(&aim(self))),
            Cell::State(state, words.word(&format!("{phase:?}"))),
            text(words, progress.as_deref()),
            text(words, Some(&self.spec.requester)),
            text(words, Some(&self.spec.reason)),
            text(words, outcome.or(now).as_deref()),
            text(words, self.metadata.name.as_deref()),
            Cell::Text(screen_text::clean(&Request::of(&self.spec).to_string()).into()),
        ];
        let mut row = blank(self, words, cells);
        row.state = state;
        if let Some(target) = &self.spec.target
            && target.kind == "KubernetesCluster"
        {
            row.links.cluster = Some(words.word(&target.name));
        }
        row
    }
}

/// What an Operation is about, for people.
fn aim(operation: &Operation) -> String {
    let arguments = &operation.spec.arguments;
    match (&operation.spec.target, arguments.scope, &arguments.zone, &arguments.host) {
        (Some(target), ..) => match arguments.replicas {
            Some(replicas) => format!("{target} to {replicas}"),
            None => target.to_string(),
        },
        (None, Some(BrakeScope::Zone), Some(zone), _) => format!("zone {zone}"),
        (None, _, _, Some(host)) => format!("host {host}"),
        (None, ..) => "everything".to_owned(),
    }
}

/// A kind in a word that a column has room for.
pub const fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::KubernetesCluster => "Cluster",
        Kind::StorageTenant => "Storage",
        Kind::LoadBalancer => "Balancer",
        Kind::ControlPlane => "Control",
        Kind::MachineDeployment => "Pool",
        other => other.name(),
    }
}

/// The row of a turn. A record has one row: that of its last turn.
pub fn turn(record: &LoopRecord, failures: u32, words: &mut Words) -> Row {
    let acted = record.steps.iter().rfind(|step| !step.reports);
    let broke =
        record.failure.as_deref().or_else(|| record.steps.iter().find_map(|step| step.failure.as_deref()));
    let blocked = record.waiting.iter().any(|wait| wait.owner() == Owner::Operator);
    let (state, word) = match (broke, acted) {
        (Some(_), _) => (State::Crit, "failed"),
        (None, Some(_)) => (State::Busy, "acted"),
        (None, None) if blocked => (State::Warn, "needs you"),
        (None, None) if !record.waiting.is_empty() => (State::Unknown, "waits"),
        (None, None) => (State::Ok, "settled"),
    };
    let step = broke
        .map(str::to_owned)
        .or_else(|| acted.map(|step| step.what.clone()))
        .or_else(|| record.waiting.first().map(|wait| wait.on.to_string()));
    let difference = record.findings.first().map(|finding| finding.kind.to_string());
    let took = i64::try_from(record.took.as_millis()).unwrap_or(i64::MAX);
    let next = (record.next - record.at).num_seconds().max(0);
    let key = &record.key;
    let cells = vec![
        Cell::Since(record.at),
        Cell::Text(words.word(short(key.kind))),
        Cell::Text(screen_text::clean(&named(&key.namespace, &key.name)).into()),
        Cell::State(state, words.word(word)),
        text(words, step.as_deref()),
        text(words, difference.as_deref()),
        Cell::Number(took),
        Cell::Text(words.word(&format!("{next}s"))),
        if failures == 0 { Cell::None } else { Cell::Number(failures.into()) },
    ];
    let namespace = words.word(&key.namespace);
    Row {
        id: key.to_string().into(),
        subject: Subject::Loop,
        target: Some(Target {
            kind: key.kind.name(),
            namespace: namespace.clone(),
            name: key.name.as_str().into(),
        }),
        version: "".into(),
        links: Links { tenant: (!namespace.is_empty()).then_some(namespace), ..Links::default() },
        state,
        since: None,
        cells: cells.into(),
        labels: None,
    }
}

fn named(namespace: &str, name: &str) -> String {
    if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }
}

/// The row of a service of the cloud.
pub fn service(service: Service, spent: &Spent, now: DateTime<Utc>, words: &mut Words) -> Row {
    let resting = spent.resting_until.filter(|until| *until > now);
    let failed: u64 = spent.failed.values().sum();
    let throttled = spent.failed.get("throttled").copied().unwrap_or(0);
    let (state, word) = match (resting, spent.waiting) {
        (Some(until), _) => (State::Warn, format!("rests {}s", (until - now).num_seconds())),
        (None, 0) => (State::Ok, "open".to_owned()),
        (None, _) => (State::Busy, "at its limit".to_owned()),
    };
    let failures: Vec<String> = spent.failed.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let count = |value: u64| Cell::Number(i64::try_from(value).unwrap_or(i64::MAX));
    let name: Arc<str> = words.word(&format!("{service:?}"));
    let cells = vec![
        Cell::Text(name.clone()),
        Cell::State(state, words.word(&word)),
        count(spent.succeeded),
        count(throttled),
        count(failed),
        count(spent.in_flight as u64),
        count(spent.waiting as u64),
        text(words, Some(&failures.join(", "))),
    ];
    Row {
        id: name,
        subject: Subject::Service,
        target: None,
        version: "".into(),
        links: Links::default(),
        state,
        since: None,
        cells: cells.into(),
        labels: None,
    }
}

/// The row of a volume. Its owner is the machine that it is attached to; whose it is, its project tells as well.
pub fn volume(volume: &VolumeFact, owner: Option<&Row>, words: &mut Words) -> Row {
    let state = match volume.status.as_str() {
        "in-use" | "available" => State::Ok,
        status if status.starts_with("error") => State::Crit,
        _ => State::Busy,
    };
    let size = i64::try_from(volume.size_gib).unwrap_or(i64::MAX);
    let mut links = owner.map(|row| row.links.clone()).unwrap_or_default();
    let mut owned = |known: Option<Arc<str>>, name: &Option<String>| {
        known.or_else(|| name.as_deref().map(|name| words.word(name)))
    };
    links.tenant = owned(links.tenant.take(), &volume.tenant);
    links.cluster = owned(links.cluster.take(), &volume.cluster);
    let word = |value: &Option<Arc<str>>| value.clone().map_or(Cell::None, Cell::Text);
    let cells = vec![
        Cell::Text(screen_text::clean(&volume.name).into()),
        Cell::State(state, words.word(&volume.status)),
        Cell::Number(size),
        text(words, volume.claim.as_deref()),
        owner.map_or(Cell::None, |row| Cell::Text(row.name().into())),
        word(&links.cluster),
        word(&links.tenant),
        text(words, Some(&volume.project)),
        Cell::Since(volume.created),
    ];
    Row {
        id: volume.id.as_str().into(),
        subject: Subject::Volume,
        target: None,
        version: "".into(),
        links: Links { server: volume.server.as_deref().map(Into::into), ..links },
        state,
        since: None,
        cells: cells.into(),
        labels: None,
    }
}

/// The row of something in the cloud that no record names.
pub fn leak(leak: &Leak, words: &mut Words) -> Row {
    let (state, word) = if leak.confirmed { (State::Warn, "leak") } else { (State::Unknown, "suspect") };
    let since: Option<DateTime<Utc>> = leak.since.parse().ok();
    let [tenant, cluster] =
        [&leak.tenant, &leak.cluster].map(|name| name.as_deref().map(|name| words.word(name)));
    let name = if leak.name.is_empty() { &leak.id } else { &leak.name };
    let cells = vec![
        Cell::Text(screen_text::clean(name).into()),
        Cell::State(state, words.word(word)),
        text(words, Some(&leak.kind)),
        since.map_or(Cell::None, Cell::Since),
        text(words, leak.cluster.as_deref()),
        text(words, leak.tenant.as_deref()),
        text(words, Some(&leak.why)),
        text(words, Some(&leak.project)),
        Cell::Text(screen_text::clean(&leak.id).into()),
    ];
    let id: Arc<str> = format!("{}/{}", leak.kind, leak.id).into();
    Row {
        id: id.clone(),
        subject: Subject::Leak,
        // It is no object of the manager, and has a place of its own to be looked at.
        target: Some(Target {
            kind: kind_of(Subject::Leak),
            namespace: "".into(),
            name: leak.id.as_str().into(),
        }),
        version: "".into(),
        links: Links { tenant, cluster, ..Links::default() },
        state,
        since,
        cells: cells.into(),
        labels: None,
    }
}
