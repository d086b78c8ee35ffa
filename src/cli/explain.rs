//! `kaasboard explain`: why something is as it is, as a chain of evidence from what the objects and the engine say.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kube::Client;
use serde_json::Value;

use super::connect::Manager;
use super::failure::Failure;
use super::kinds;
use super::loops::{self, Query, time};
use super::objects;
use super::target::{self, Target};
use super::{leader, output};
use crate::api::names::LABEL_CLUSTER;
use crate::api::reference::ObjectReference;
use crate::engine::facts::loops::{Found, Turn, Wait};
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;
use crate::startup;

/// How many owners there are above an object at most; it guards against objects that own each other.
const OWNERS: usize = 8;

/// How many parts are named.
const SHOWN: usize = 12;

/// What belongs to a cluster, beside what is in it.
const PARTS: [&str; 7] =
    ["etcds", "controlplanes", "machinedeployments", "loadbalancers", "storagetenants", "addons", "machines"];

/// The arguments of `kaasboard explain`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard explain machine/team-001/c0001-worker-bdrqshmq
  kaasboard explain cluster/c0001

Everything is read from the objects of the manager; what the engine found and waits for is asked of the engine, if it can \
be reached from here.")]
pub struct Arguments {
    /// kind/tenant/name, or kind/name where that is unique
    #[arg(value_name = "TARGET")]
    target: String,
    #[command(flatten)]
    manager: Manager,
}

/// Does what was asked.
///
/// # Errors
/// When there is no such object, or the manager does not answer.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let target = target::find(&client, &arguments.target).await?;
        let mut told = Told { now: leader::now(&client).await?, lines: Vec::new() };
        told.head(&target);
        told.owners(&client, &target).await?;
        told.ground(&target);
        told.conditions(&target);
        told.turn(&client, &target).await;
        told.parts(&client, &target).await?;
        told.operations(&client, &target).await?;
        told.incidents(&client, &target).await?;
        output::result(&(told.lines.join("\n") + "\n"))
    })
}

/// What is told so far, and the time by which ages are counted.
struct Told {
    now: DateTime<Utc>,
    lines: Vec<String>,
}

impl Told {
    fn line(&mut self, text: &str) {
        self.lines.push(printable(text));
    }

    fn heading(&mut self, text: &str) {
        self.lines.push(String::new());
        self.line(text);
    }

    /// `since 12:03:04 (5m)`.
    fn since(&self, at: &str) -> String {
        let when = time(at);
        format!("since {} ({})", when.format("%H:%M:%S"), self.ago(when))
    }

    fn ago(&self, when: DateTime<Utc>) -> String {
        human((self.now - when).max(TimeDelta::zero()))
    }

    fn head(&mut self, target: &Target) {
        let (object, status) = (&target.object, &target.object["status"]);
        let mut said = vec![target.to_string()];
        said.extend(status["phase"].as_str().map(|phase| format!("phase {phase}")));
        said.extend(
            object["metadata"]["creationTimestamp"].as_str().map(|at| format!("there {}", self.since(at))),
        );
        if let Some(at) = object["metadata"]["deletionTimestamp"].as_str() {
            said.push(format!("being taken down {}", self.since(at)));
        }
        if object["spec"]["paused"] == Value::Bool(true) {
            said.push("paused by its own spec".to_owned());
        }
        self.line(&said.join(", "));
    }

    /// The chain of owners, from the tenant down to the object.
    async fn owners(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let mut chain = vec![target.to_string()];
        let mut object = target.object.clone();
        let tenant = object["metadata"]["namespace"].as_str().map(str::to_owned);
        for _ in 0..OWNERS {
            let owners = object["metadata"]["ownerReferences"].as_array();
            let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == Value::Bool(true));
            let Some((kind, name)) =
                owner.and_then(|owner| Some((owner["kind"].as_str()?, owner["name"].as_str()?)))
            else {
                break;
            };
            let Ok(kind) = kinds::find(kind) else { break };
            let found = objects::with_name(client, &kind, tenant.as_deref(), name).await?.into_iter().next();
            match found {
                Some(found) => {
                    let owner = Target { kind, object: found };
                    let paused = owner.object["spec"]["paused"] == Value::Bool(true);
                    chain.push(format!("{owner}{}", if paused { " (paused)" } else { "" }));
                    object = owner.object;
                }
                None => {
                    chain.push(format!("{}/{name} (which is gone)", kind.kind.to_lowercase()));
                    break;
                }
            }
        }
        chain.extend(
            tenant.filter(|_| chain.len() > 1 || target.kind.namespaced).map(|name| format!("tenant/{name}")),
        );
        chain.reverse();
        if chain.len() > 1 {
            self.line(&format!("belongs to: {}", chain.join(" > ")));
        }
        Ok(())
    }

    /// What the object stands on in the cloud.
    fn ground(&mut self, target: &Target) {
        let status = &target.object["status"];
        let words = [
            ("serverId", "server"),
            ("portId", "port"),
            ("hostIP", "address"),
            ("host", "hypervisor"),
            ("zone", "zone"),
            ("nodeName", "node"),
            ("projectId", "project"),
            ("vip", "address"),
            ("dnsName", "name"),
            ("provisioningStatus", "balancer is"),
        ];
        let all: Vec<String> = words
            .iter()
            .filter_map(|(field, word)| Some(format!("{word} {}", status[*field].as_str()?)))
            .collect();
        if !all.is_empty() {
            self.line(&format!("stands on: {}", all.join(", ")));
        }
        if let Some(failure) = status["lastFailure"].as_object() {
            let text =
                |field: &str| failure.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            self.line(&format!("last failure: {} at {}: {}", text("cause"), text("at"), text("message")));
        }
        if let Some(at) = status["remediation"]["since"].as_str() {
            let by = status["remediation"]["replacement"].as_str().unwrap_or("nobody yet");
            let line = format!("being replaced {}, by {by}", self.since(at));
            self.line(&line);
        }
    }

    /// What is true of the object, what is not as it should be first.
    fn conditions(&mut self, target: &Target) {
        let mut all: Vec<Value> =
            target.object["status"]["conditions"].as_array().cloned().unwrap_or_default();
        if all.is_empty() {
            self.heading("nothing was written down about it yet");
            return;
        }
        all.sort_by_key(is_usual);
        self.heading("what is true");
        for condition in &all {
            let text = |field: &str| condition[field].as_str().unwrap_or_default();
            let mark = if is_usual(condition) { ' ' } else { '!' };
            let why = match (text("reason"), text("message")) {
                ("AsWanted", "") => String::new(),
                (reason, "") => format!("  {reason}"),
                (reason, message) => format!("  {reason}: {message}"),
            };
            let since = self.since(text("lastTransitionTime"));
            self.line(&format!("{mark} {:<24} {:<8} {since}{why}", text("type"), text("status")));
        }
    }

    /// What the engine's last turn came to.
    async fn turn(&mut self, client: &Client, target: &Target) {
        let object = target.reference();
        let query =
            Query { kind: Some(&object.kind), tenant: object.namespace.as_deref(), name: Some(&object.name) };
        match loops::ask(client, &query).await {
            Ok(loops) => {
                self.now = self.now.max(time(&loops.now));
                match loops.items.first() {
                    Some(turn) => self.whole_turn(turn),
                    None => self.heading("the engine took no turn for it yet"),
                }
            }
            Err(failure) => {
                self.heading("what the engine does about it is not known here:");
                for line in failure.to_string().lines() {
                    self.line(&format!("  {}", line.trim()));
                }
            }
        }
    }

    fn whole_turn(&mut self, turn: &Turn) {
        let took = turn.took_seconds * 1000.0;
        let next = human((time(&turn.next) - self.now).max(TimeDelta::zero()));
        let at = time(&turn.at);
        let when = format!("at {} ({} ago)", at.format("%H:%M:%S"), self.ago(at));
        self.heading(&format!("the engine's last turn {when}, {took:.0} ms; the next in {next}"));
        if let Some(failure) = &turn.failure {
            self.line(&format!("! it came to no plan, {} times in a row: {failure}", turn.failures));
        }
        for Found { reason, message, since, .. } in &turn.findings {
            let since = self.since(since);
            self.line(&format!("! found {reason} {since}: {message}"));
        }
        for step in &turn.steps {
            match &step.failure {
                Some(failure) => self.line(&format!("! tried to {}: {failure}", step.what)),
                None if !step.reports => self.line(&format!("  did: {}", step.what)),
                None => {}
            }
        }
        for Wait { reason, message, since, deadline, owner, .. } in &turn.waiting {
            let (since, late) = (self.since(since), time(deadline) < self.now);
            let mark = if late { '!' } else { ' ' };
            let until = time(deadline).format("%H:%M:%S");
            let limit =
                if late { format!("was to end by {until}") } else { format!("until {until} at most") };
            self.line(&format!("{mark} waits: {message}"));
            self.line(&format!("      {reason}, {since}, {limit}; who can end it: {owner}"));
        }
        let silent = turn.findings.is_empty() && turn.waiting.is_empty() && turn.failure.is_none();
        if silent && turn.steps.iter().all(|step| step.reports) {
            self.line("  nothing is to be done");
        }
    }

    /// What belongs to the object and is not as it should be.
    async fn parts(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let own = target.reference();
        let (label, kinds): (_, &[&str]) = match own.kind.as_str() {
            "KubernetesCluster" => (&own.name, &PARTS),
            "MachineDeployment" | "Etcd" | "ControlPlane" => {
                (&target.object["spec"]["clusterName"].as_str().unwrap_or_default().to_owned(), &["machines"])
            }
            _ => return Ok(()),
        };
        let selector = format!("{LABEL_CLUSTER}={label}");
        let mut lines = Vec::new();
        for kind in kinds {
            let kind = kinds::find(kind)?;
            let query = [("labelSelector", selector.as_str())];
            for part in objects::items(client, &kind, own.namespace.as_deref(), &query).await? {
                let owner = &part["metadata"]["ownerReferences"][0]["uid"];
                if *kinds != PARTS && owner.as_str() != own.uid.as_deref() {
                    continue;
                }
                lines.extend(self.trouble(&Target { kind: kind.clone(), object: part }));
            }
        }
        if !lines.is_empty() {
            self.heading("what belongs to it and is not as it should be");
            lines.iter().take(SHOWN).for_each(|line| self.line(line));
            if lines.len() > SHOWN {
                self.line(&format!("  and {} more", lines.len() - SHOWN));
            }
        }
        Ok(())
    }

    /// The first condition of a part that is not as usual.
    fn trouble(&self, part: &Target) -> Option<String> {
        let conditions = part.object["status"]["conditions"].as_array()?;
        let condition = conditions.iter().find(|condition| !is_usual(condition))?;
        let text = |field: &str| condition[field].as_str().unwrap_or_default();
        let since = self.since(text("lastTransitionTime"));
        let why = [text("reason"), text("message")].join(": ");
        Some(format!("! {part}: {} is {} {since}: {why}", text("type"), text("status")))
    }

    /// Operations about the object that have not ended, and brakes that may hold it.
    async fn operations(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let kind = kinds::find("operations")?;
        let all = objects::items(client, &kind, None, &[]).await?;
        let own = target.reference();
        let open = all.iter().filter(|one| {
            let ended = matches!(one["status"]["phase"].as_str(), Some("Done" | "Failed" | "Cancelled"));
            let about = &one["spec"]["target"];
            let is_own = about["kind"] == own.kind.as_str() && about["name"] == own.name.as_str();
            let is_here = about["namespace"].as_str() == own.namespace.as_deref();
            !ended && ((is_own && is_here) || one["spec"]["verb"] == "brake")
        });
        let mut lines = Vec::new();
        for one in open {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let (spec, meta) = (&one["spec"], &one["metadata"]);
            let progress = one["status"]["progress"]["now"].as_str().unwrap_or_default();
            lines.push(format!(
                "  {} {}/{} of {}, {}, {}: {progress}",
                text(&spec["verb"]),
                text(&meta["namespace"]),
                text(&meta["name"]),
                text(&spec["requester"]),
                one["status"]["phase"].as_str().unwrap_or("Proposed"),
                self.since(&text(&meta["creationTimestamp"])),
            ));
        }
        if !lines.is_empty() {
            self.heading("Operations under way, and brakes");
            lines.iter().for_each(|line| self.line(line));
        }
        Ok(())
    }

    /// Open Incidents that name the object, or what owns it or stands in its place.
    async fn incidents(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let kind = kinds::find("incidents")?;
        let all = objects::items(client, &kind, None, &[]).await?;
        let open = all.iter().filter(|one| one["status"]["until"].is_null() && reaches(one, target));
        let mut lines = Vec::new();
        for one in open {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let status = &one["status"];
            let cause = format!("{} {}", text(&status["cause"]["kind"]), text(&status["cause"]["name"]));
            let since = self.since(&text(&status["since"]));
            lines.push(format!("! {} {since}: {}", text(&one["metadata"]["name"]), text(&status["what"])));
            lines.push(format!(
                "      cause: {cause}; {}",
                status["doing"].as_str().unwrap_or("nothing is done about it")
            ));
        }
        if lines.is_empty() {
            self.heading("no open Incident reaches it");
        } else {
            self.heading("open Incidents that reach it");
            lines.iter().for_each(|line| self.line(line));
        }
        Ok(())
    }
}

/// Whether a condition says what it says of an object that is well: those about a change are usually `False`.
fn is_usual(condition: &Value) -> bool {
    let usually_false = ["Deleting", "Paused", "RollingOut", "ScalingUp", "ScalingDown", "Remediating"];
    let wanted = match condition["type"].as_str() {
        Some(type_) if usually_false.contains(&type_) => "False",
        _ => "True",
    };
    condition["status"] == wanted
}

/// Whether an Incident is about an object: it names it or its cluster, or their cause is where it is.
fn reaches(incident: &Value, target: &Target) -> bool {
    let own = target.reference();
    let labels = &target.object["metadata"]["labels"];
    let cluster = labels[LABEL_CLUSTER].as_str();
    let objects = incident["status"]["objects"].as_array().into_iter().flatten();
    let named = objects.filter_map(|object| serde_json::from_value::<ObjectReference>(object.clone()).ok());
    let mut about = named.filter(|object| object.namespace == own.namespace);
    if about.any(|object| {
        let is_own = object.kind == own.kind && object.name == own.name;
        let is_part = own.kind == "KubernetesCluster" && object.name.starts_with(&format!("{}-", own.name));
        is_own || is_part || (object.kind == "KubernetesCluster" && cluster == Some(object.name.as_str()))
    }) {
        return true;
    }
    let (cause, status) = (&incident["status"]["cause"], &target.object["status"]);
    match cause["kind"].as_str() {
        Some("Zone") => !cause["name"].is_null() && cause["name"] == status["zone"],
        Some("Hypervisor") => !cause["name"].is_null() && cause["name"] == status["host"],
        _ => false,
    }
}
