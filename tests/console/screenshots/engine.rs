//! What an engine would know beside the objects that are kept, made of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use kaasboard::api::reference::ObjectReference;
use kaasboard::engine::budget::{Service, Spent};
use kaasboard::engine::glance::{Facts, Question, Turn, VolumeFact};
use kaasboard::engine::key::{Key, Kind};
use kaasboard::engine::queue::Load;
use kaasboard::engine::trace::{LoopRecord, Taken};
use kaasboard::planning::finding::{Finding, FindingKind};
use kaasboard::planning::health::Evidence;
use serde_json::Value;

use super::night::Night;

/// What the engine knows that night of what is asked.
pub fn facts(night: &Night, question: &Question) -> Facts {
    let of = |kind: Kind| night.objects.iter().filter(move |object| object["kind"] == kind.name());
    let turns: Vec<Turn> = Kind::ALL
        .into_iter()
        .flat_map(of)
        .enumerate()
        .map(|(index, object)| Turn { record: Arc::new(turn(night, object, index)), failures: 0 })
        .collect();
    let mut turns = turns;
    let asked = |key: &Key| {
        let (namespace, name) = question.about.as_ref()?;
        let rest = key.name.strip_prefix(name.as_str()).filter(|_| key.namespace == *namespace)?;
        (rest.is_empty() || rest.starts_with('-')).then_some(())
    };
    let about = turns.iter().filter(|turn| asked(&turn.record.key).is_some());
    let about = about.map(|turn| turn.record.clone()).collect();
    turns.sort_by_key(|turn| std::cmp::Reverse(turn.record.at));
    let load = |kind: Kind| {
        let running = usize::from(kind == Kind::Machine);
        Load { running, later: of(kind).count().saturating_sub(running), ..Load::default() }
    };
    Facts {
        at: night.now,
        leads: true,
        holder: None,
        taken: 4806,
        loads: Kind::ALL.into_iter().map(|kind| (kind, load(kind))).collect(),
        services: services(night),
        about,
        turns,
        volumes: Some(Ok(volumes(night))),
        leaks: Some(Ok(Vec::new())),
    }
}

/// The last turn of an object: what does not hold is what it found.
fn turn(night: &Night, object: &Value, index: usize) -> LoopRecord {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kind = Kind::named(&text(&object["kind"])).unwrap();
    let (namespace, name) = (text(&object["metadata"]["namespace"]), text(&object["metadata"]["name"]));
    let replaced = object["status"]["remediation"].is_object();
    let finding = replaced.then(|| Finding {
        kind: FindingKind::MachineUnhealthy { evidence: vec![Evidence::NodeSilent] },
        object: ObjectReference {
            kind: kind.name().to_owned(),
            namespace: Some(namespace.clone()),
            name: name.clone(),
            uid: None,
            resource_version: None,
        },
        since: night.now - TimeDelta::minutes(6),
    });
    let young = object["kind"] == "Machine" && object["status"]["phase"] == "Provisioned";
    let step =
        |what: &str| Taken { id: what.to_owned(), what: what.to_owned(), reports: false, failure: None };
    LoopRecord {
        key: Key::new(kind, namespace, name.clone()),
        at: night.now - TimeDelta::seconds(4 + 7 * index as i64),
        findings: finding.into_iter().collect(),
        waiting: Vec::new(),
        steps: if young { vec![step(&format!("create server {name}"))] } else { Vec::new() },
        left: 0,
        failure: None,
        took: Duration::from_millis(3 + index as u64 % 11),
        next: night.now + TimeDelta::minutes(9),
    }
}

fn services(night: &Night) -> Vec<(Service, Spent)> {
    let spent = |succeeded: u64| Spent { succeeded, ..Spent::default() };
    let failed = BTreeMap::from([("throttled".into(), 3), ("conflict".into(), 17)]);
    let resting_until = Some(night.now + TimeDelta::seconds(8));
    vec![
        (Service::Compute, spent(685)),
        (Service::Network, spent(242)),
        (Service::LoadBalancer, Spent { failed, resting_until, waiting: 4, ..spent(164) }),
        (Service::Dns, spent(138)),
        (Service::Identity, spent(76)),
        (Service::Storage, spent(3)),
    ]
}

fn volumes(night: &Night) -> Vec<VolumeFact> {
    let machines = night.objects.iter().filter(|object| object["kind"] == "Machine");
    let workers = machines.filter(|object| object["spec"]["role"] == "worker").take(6).enumerate();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    workers
        .map(|(index, worker)| VolumeFact {
            id: format!("volume-{index}"),
            name: format!("pvc-0{index}5c1e7a"),
            tenant: text(&worker["metadata"]["namespace"]),
            cluster: text(&worker["spec"]["clusterName"]),
            claim: Some(format!("shop/data-{index}")),
            machine: text(&worker["metadata"]["name"]),
            size_gib: 20 * (1 + index as u64),
            status: "in-use".to_owned(),
            server: text(&worker["status"]["serverId"]),
            project: "kaas-shop".to_owned(),
            created: night.now - TimeDelta::days(3),
        })
        .collect()
}
