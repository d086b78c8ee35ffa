//! What belongs to an object, what people asked for about it, and the Incidents that reach it.

use kube::Client;
use serde_json::Value;

use super::evidence::is_usual;
use super::run::Told;
use crate::api::names::LABEL_CLUSTER;
use crate::api::reference::ObjectReference;
use crate::cli::failure::Failure;
use crate::cli::target::Target;
use crate::cli::{kinds, objects};

/// How many parts are named.
pub(super) const SHOWN: usize = 12;

/// What belongs to a cluster, beside what is in it.
const PARTS: [&str; 7] =
    ["etcds", "controlplanes", "machinedeployments", "loadbalancers", "storagetenants", "addons", "machines"];

impl Told {
    /// What belongs to the object and is not as it should be.
    pub(super) async fn parts(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
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
    pub(super) fn trouble(&self, part: &Target) -> Option<String> {
        let conditions = part.object["status"]["conditions"].as_array()?;
        let condition = conditions.iter().find(|condition| !is_usual(condition))?;
        let text = |field: &str| condition[field].as_str().unwrap_or_default();
        let since = self.since(text("lastTransitionTime"));
        let why = [text("reason"), text("message")].join(": ");
        Some(format!("! {part}: {} is {} {since}: {why}", text("type"), text("status")))
    }

    /// Operations about the object that have not ended, and brakes that may hold it.
    pub(super) async fn operations(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
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
    pub(super) async fn incidents(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
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
