//! How a play has to end: all is as wanted (I14), every wait was told (I13), and then nothing is done any more (I15).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::{DateTime, Utc};
use kaasboard::api::cluster::KubernetesCluster;
use kaasboard::api::condition::ConditionStatus;
use kaasboard::api::conditions::{AVAILABLE, READY};
use kaasboard::api::machine::Machine;
use kaasboard::api::role::Role;
use kaasboard::clock;
use kaasboard::cloud::types::balancer::{Balancer, Provisioning};
use kaasboard::engine::key::Kind;
use kube::ResourceExt;

use crate::book::longer_than;
use crate::play::Play;

/// What each cluster may be asked about in ten minutes at rest, in calls: its quota, groups, names and rules, once each.
const LOOKS: u32 = 8;
/// How long a loop may take to say why something is not as it should be, in seconds: a service that is throttled is left
/// alone for two minutes.
const SPEAKS: i64 = 300;

/// What is not as wanted, by the world and the records.
pub fn missing(play: &Play) -> Vec<String> {
    let ledger = &play.stage.witness.ledger;
    let clusters = ledger.clusters();
    let mut missing: Vec<String> = clusters.iter().flat_map(|cluster| of_cluster(play, cluster)).collect();
    let projects = ledger.cloud.world().list_projects().len();
    if projects != clusters.len() + 1 {
        missing.push(format!("{projects} projects, one of them of others, for {} clusters", clusters.len()));
    }
    missing
}

fn of_cluster(play: &Play, cluster: &KubernetesCluster) -> Vec<String> {
    let (ledger, name, spec) = (&play.stage.witness.ledger, cluster.name_any(), &cluster.spec);
    let mut missing = Vec::new();
    if cluster.metadata.deletion_timestamp.is_some() {
        return vec![format!("{name} is still there")];
    }
    let available = cluster.status.as_ref().and_then(|status| status.conditions.get(AVAILABLE));
    if available.is_none_or(|available| available.status != ConditionStatus::True) {
        let why = available.map(|available| format!(": {} {}", available.reason, available.message));
        missing.push(format!("{name} is not Available{}", why.unwrap_or_default()));
    }
    let machines = ledger.machines();
    let of = |role: Role| -> Vec<&Machine> {
        let ours = |one: &&Machine| one.spec.role == role && one.spec.cluster_name.as_str() == name;
        machines.iter().map(AsRef::as_ref).filter(ours).collect()
    };
    let workers: u32 = spec.workers.iter().filter_map(|pool| pool.replicas).sum();
    let ingress = spec.ingress.as_ref().and_then(|pool| pool.replicas).unwrap_or(0);
    let wanted = [
        (Role::Etcd, u32::from(spec.etcd.replicas.get())),
        (Role::ControlPlane, u32::from(spec.control_plane.replicas.get())),
        (Role::Worker, workers),
        (Role::Ingress, ingress),
    ];
    for (role, count) in wanted {
        let there = of(role);
        if there.len() != count as usize {
            missing.push(format!("{name} has {} machines of role {role}, and wants {count}", there.len()));
        }
        missing.extend(there.iter().filter_map(|machine| of_machine(play, machine)));
    }
    for (role, members) in [("api", of(Role::ControlPlane)), ("ingress", of(Role::Ingress))] {
        missing.extend(of_balancer(play, &format!("{name}-{role}"), &members));
    }
    missing
}

fn of_machine(play: &Play, machine: &Machine) -> Option<String> {
    let (ledger, name) = (&play.stage.witness.ledger, machine.name_any());
    let Some(server) = ledger.server_of(machine) else { return Some(format!("{name} has no server")) };
    let is_ready = machine.status.as_ref().is_some_and(|status| status.conditions.is_true(READY));
    if !ledger.runs(&server) {
        Some(format!("the server of {name} is {:?}", server.status))
    } else if machine.metadata.deletion_timestamp.is_some() {
        Some(format!("{name} is being taken down"))
    } else if !is_ready {
        Some(format!("{name} is not Ready"))
    } else {
        None
    }
}

fn of_balancer(play: &Play, name: &str, members: &[&Machine]) -> Option<String> {
    let balancers = play.stage.cloud.world().list_balancers();
    let named: Vec<&Balancer> = balancers.iter().filter(|one| one.name == name).collect();
    let [balancer] = named.as_slice() else { return Some(format!("{} balancers {name}", named.len())) };
    let address = |one: &&Machine| one.status.as_ref()?.host_ip.as_ref()?.parse().ok();
    let wanted: BTreeSet<IpAddr> = members.iter().filter_map(address).collect();
    let is_synced = |pool: &kaasboard::cloud::types::balancer::Pool| {
        pool.members.iter().map(|member| member.address).collect::<BTreeSet<_>>() == wanted
    };
    let is_well = balancer.provisioning == Provisioning::Active && balancer.pools.iter().all(is_synced);
    (!is_well).then(|| format!("balancer {name} is {:?}, or has other members", balancer.provisioning))
}

/// What the loops wait for, for whoever wants to know why something is missing.
pub fn waits(play: &Play) -> String {
    let told = play.process.as_ref().map(|process| process.engine.trace.all()).unwrap_or_default();
    let mut waits: Vec<String> = Vec::new();
    for record in told {
        let on = record.waiting.iter().map(|wait| wait.on.to_string()).chain(record.failure.clone());
        waits.extend(on.map(|on| format!("{}: {on}", record.key)));
    }
    waits.sort();
    waits.join("; ")
}

/// Machines that lack something although no loop says why, each since when (I13).
#[derive(Default)]
pub struct Silence(BTreeMap<String, (DateTime<Utc>, u32)>);

impl Silence {
    /// Listens. A loop has to speak in time, unless its process was not there.
    pub fn listen(&mut self, play: &Play) {
        let (now, life) = (clock::now(), play.book.pages().deaths);
        let silent = unexplained(play);
        self.0.retain(|what, (_, lived)| silent.contains(what) && *lived == life);
        for what in silent {
            let (since, _) = *self.0.entry(what.clone()).or_insert((now, life));
            if longer_than(since, SPEAKS) {
                let said = waits(play);
                play.book.violate("I13", format_args!("{what}, and no loop says why; they say: {said}"));
            }
        }
    }
}

fn unexplained(play: &Play) -> Vec<String> {
    // Until records and cloud were read once no loop has a turn.
    let Some(process) = play.process.as_ref().filter(|process| process.is_ready()) else { return Vec::new() };
    let told = process.engine.trace.all();
    // Of a machine that nobody can ask, its own condition says so, and why.
    let ready = |machine: &Machine| Some(machine.status.as_ref()?.conditions.get(READY)?.status);
    let lacks = |machine: &&std::sync::Arc<Machine>| {
        ready(machine) != Some(ConditionStatus::Unknown) && of_machine(play, machine).is_some()
    };
    let explains = |machine: &Machine| {
        let named = |name: &str| name == machine.name_any();
        told.iter().any(|record| {
            // Of a cluster whose API is silent the cluster says it, once for all its machines.
            let silent = record.key.kind == Kind::KubernetesCluster
                && record.key.name == machine.spec.cluster_name.as_str()
                && !(record.findings.is_empty() && record.waiting.is_empty());
            let own = named(&record.key.name);
            let busy = own && (record.failure.is_some() || record.steps.iter().any(|step| !step.reports));
            busy || silent
                || record.waiting.iter().any(|wait| named(&wait.object.name))
                || record.findings.iter().any(|finding| named(&finding.object.name))
        })
    };
    let machines = play.stage.witness.ledger.machines();
    let silent = machines.iter().filter(lacks).filter(|machine| !explains(machine));
    silent.filter_map(|machine| of_machine(play, machine)).collect()
}

/// What was done in a time of rest that should not have been, so many minutes long.
pub fn unrest(play: &Play, minutes: u32) -> Option<String> {
    let counts = play.book.pages().counts.clone();
    if !counts.changes.is_empty() {
        return Some(format!("something is changed at rest: {:?}", counts.changes));
    }
    let clusters = u32::try_from(play.stage.witness.ledger.clusters().len()).unwrap_or(u32::MAX);
    let (asked, most) = (counts.reads.values().sum::<u32>(), clusters * LOOKS * (minutes / 10 + 1));
    (asked > most).then(|| format!("{asked} calls beside the listings, of {most}: {:?}", counts.reads))
}
