//! What is true of an object, and what its loop came to.

use chrono::TimeDelta;
use kube::Client;
use serde_json::Value;

use super::run::Told;
use crate::cli::loops::{self, Query, time};
use crate::cli::target::Target;
use crate::engine::facts::loops::{Found, Turn, Wait};
use crate::manager::people::table::duration::human;

impl Told {
    /// What the object stands on in the cloud.
    pub(super) fn ground(&mut self, target: &Target) {
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
    pub(super) fn conditions(&mut self, target: &Target) {
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
    pub(super) async fn turn(&mut self, client: &Client, target: &Target) {
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

    pub(super) fn whole_turn(&mut self, turn: &Turn) {
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
}

/// Whether a condition says what it says of an object that is well: those about a change are usually `False`.
pub(super) fn is_usual(condition: &Value) -> bool {
    let usually_false = ["Deleting", "Paused", "RollingOut", "ScalingUp", "ScalingDown", "Remediating"];
    let wanted = match condition["type"].as_str() {
        Some(type_) if usually_false.contains(&type_) => "False",
        _ => "True",
    };
    condition["status"] == wanted
}
