//! An Incident: what many objects share, how far it reaches, and each of them.

use kube::Client;
use serde_json::Value;

use super::around::SHOWN;
use super::run::Told;
use crate::api::incident::{Incident, Reach};
use crate::api::reference::ObjectReference;
use crate::cli::failure::{Exit, Failure};
use crate::cli::target::Target;
use crate::cli::{kinds, objects};
use crate::console::text;

impl Told {
    /// What an Incident is, what its objects share, and how each of them is.
    ///
    /// # Errors
    /// When the manager does not answer, or the object is no Incident as our kind says.
    pub(super) async fn incident(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let incident: Incident = serde_json::from_value(target.object.clone()).map_err(|error| {
            Failure::new(Exit::Failed, "the Incident cannot be read").on(target).because(error)
        })?;
        let status = incident.status.unwrap_or_default();
        self.line(&status.what);
        self.heading("what is known");
        if let Some(cause) = &status.cause {
            let kind = format!("{:?}", cause.kind).to_lowercase();
            self.line(&format!("  cause     {kind} {}, which all of it shares", cause.name));
        }
        if let Some(severity) = status.severity {
            self.line(&format!("  severity  {}", format!("{severity:?}").to_lowercase()));
        }
        if let Some(since) = status.since {
            let since = self.since(&since.to_string());
            self.line(&format!("  begun     {since}"));
        }
        match status.until {
            Some(until) => {
                let over = self.since(&until.to_string());
                self.line(&format!("  over      {over}"));
                self.line(&format!("  reached   {}, at worst", reached(status.worst)));
            }
            None => {
                let trend =
                    status.trend.map(|trend| format!(", {trend:?}").to_lowercase()).unwrap_or_default();
                self.line(&format!("  reaches   {}{trend}", reached(status.reach)));
                self.line(&format!("  at worst  {}", reached(status.worst)));
                self.line(&format!("  engine    {}", status.doing.as_deref().unwrap_or("nothing yet")));
            }
        }
        let who = incident.spec.acknowledged_by.as_deref();
        self.line(&format!("  who       {}", who.unwrap_or("nobody said that they are on it")));
        if let Some(note) = &incident.spec.note {
            self.line(&format!("  note      {note}"));
        }
        self.objects(client, &status.objects).await
    }

    /// The objects of an Incident, each with what is wrong with it now.
    async fn objects(&mut self, client: &Client, objects: &[ObjectReference]) -> Result<(), Failure> {
        self.heading(&format!("the objects that it names: {}", objects.len()));
        for object in objects.iter().take(SHOWN) {
            let kind = kinds::find(&object.kind)?;
            let found = objects::with_name(client, &kind, object.namespace.as_deref(), &object.name).await?;
            let own = |found: &Value| {
                object.uid.is_none() || found["metadata"]["uid"].as_str() == object.uid.as_deref()
            };
            self.lines.push(match found.into_iter().find(own) {
                Some(found) => {
                    let part = Target { kind, object: found };
                    let told = self.trouble(&part);
                    told.unwrap_or_else(|| format!("  {part}: nothing is wrong with it any more"))
                }
                None => format!("  {object}: it is gone"),
            });
        }
        if objects.len() > SHOWN {
            self.line(&format!("  and {} more: kaasboard get incident NAME -o yaml", objects.len() - SHOWN));
        }
        if !objects.is_empty() {
            self.heading("each of them is told in full by `kaasboard explain`");
        }
        Ok(())
    }
}

/// How far an Incident reaches, in words.
fn reached(reach: Reach) -> String {
    text::counted(&[
        (reach.clusters, "cluster"),
        (reach.tenants, "tenant"),
        (reach.nodes, "node"),
        (reach.vips, "VIP"),
    ])
}
