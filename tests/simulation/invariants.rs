//! What is to hold at any time, whatever happens: looked at whenever something changed.

use std::collections::{BTreeMap, BTreeSet};

use kaasboard::api::names::Tag;
use kaasboard::clock;
use kaasboard::engine::trace::LoopRecord;
use kaasboard::planning::finding::FindingKind;
use kube::ResourceExt;

use crate::book::{Book, longer_than};
use crate::stage::Stage;

/// How long a second port of a slot may be there, in seconds: until the next whole listing, and a turn after that.
const SETTLES: i64 = 900;

/// Looks at the world and at the records (I1, I2, I3).
pub fn look(stage: &Stage) {
    let (ledger, book) = (&stage.witness.ledger, &stage.book);
    let machines: BTreeSet<String> = ledger.machines().iter().filter_map(|one| one.uid()).collect();
    let clusters: BTreeSet<String> = ledger.clusters().iter().filter_map(|one| one.uid()).collect();
    let (servers, ports, balancers, projects) = {
        let world = ledger.cloud.world();
        (world.list_servers(None), world.list_ports(), world.list_balancers(), world.list_projects())
    };
    let ours = projects.iter().filter(|project| project.name != "others").map(|project| &project.id);
    let ours: BTreeSet<_> = ours.collect();
    let mut seen: BTreeMap<(&str, String), u32> = BTreeMap::new();
    let servers = servers.iter().map(|one| ("server", &one.project, &one.name, &one.tags));
    let ports = ports.iter().map(|one| ("port", &one.project, &one.name, &one.tags));
    let balancers = balancers.iter().map(|one| ("balancer", &one.project, &one.name, &one.tags));
    for (sort, project, name, tags) in servers.chain(ports).chain(balancers) {
        if !ours.contains(project) {
            continue;
        }
        let owner = owner(tags).unwrap_or_else(|| name.clone());
        *seen.entry((sort, owner)).or_default() += 1;
        let is_owned = tags.iter().filter_map(|tag| Tag::parse(tag)).all(|tag| match tag {
            Tag::ClusterUid(uid) => clusters.contains(&uid),
            Tag::MachineUid(uid) => machines.contains(&uid),
            Tag::Slot(_) | Tag::ManagerUid(_) => true,
        });
        if tags.is_empty() || !is_owned {
            book.violate("I2", format_args!("{sort} {name} is nobody's"));
        }
    }
    let doubles = seen.iter().filter(|((sort, _), count)| **count > 1 && *sort != "balancer");
    let doubles: Vec<(String, String)> = doubles
        .map(|((sort, owner), count)| (owner.clone(), format!("{count} {sort}s of {owner}")))
        .collect();
    let mut memory = stage.witness.memory();
    memory.doubles.retain(|owner, _| doubles.iter().any(|(double, _)| double == owner));
    for (owner, what) in &doubles {
        let since = *memory.doubles.entry(owner.clone()).or_insert(clock::now());
        let settles = if owner.contains("slot") { SETTLES } else { -1 };
        if longer_than(since, settles) {
            book.violate("I1", what);
        }
    }
    drop(memory);
    for project in projects.iter().filter(|project| project.name != "others") {
        let is_owned =
            clusters.iter().any(|uid| project.tags.contains(&Tag::ClusterUid(uid.clone()).to_string()));
        if !is_owned {
            book.violate("I2", format_args!("project {} is nobody's", project.name));
        }
    }
    if !stage.strangers_are_well() {
        book.violate("I3", "what belongs to others was touched");
    }
}

/// What something in the cloud is for, of which there may be one: a machine, or a slot.
fn owner(tags: &[String]) -> Option<String> {
    let parsed: Vec<Tag> = tags.iter().filter_map(|tag| Tag::parse(tag)).collect();
    let machine = parsed.iter().any(|tag| matches!(tag, Tag::MachineUid(_)));
    let slot = parsed.iter().any(|tag| matches!(tag, Tag::Slot(_)));
    (machine || slot).then(|| tags.join(" "))
}

/// Looks at a turn: each wait says why, until when, and whose it is; one that is overdue is found (I13).
pub fn turn(book: &Book, record: &LoopRecord) {
    for wait in &record.waiting {
        let is_found = record.findings.iter().any(|finding| {
            finding.object == wait.object
                && matches!(&finding.kind, FindingKind::Overdue { what } if *what == wait.on.to_string())
        });
        if wait.on.to_string().trim().is_empty() || (wait.deadline - wait.since).num_days() > 7 {
            book.violate("I13", format_args!("{}: a wait without reason or end: {wait:?}", record.key));
        }
        if wait.is_overdue(record.at) && !is_found {
            book.violate("I13", format_args!("{}: overdue and not found: {}", record.key, wait.on));
        }
    }
}
