//! Names (Designate).
//!
//! A zone belongs to one project, the home account's, and so do all records in it. Whose cluster a record is for stands in
//! its description.

use std::net::IpAddr;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{Record, RecordId, RecordState};

/// How the description of a record begins that is ours.
const OF: &str = "kaasboard:project=";
/// What stands in a record's id between the zone's and its own.
const WITHIN: char = '/';
/// How long a resolver may keep an answer, in seconds: an address changes when a balancer is made anew.
const TTL: u32 = 60;

#[derive(Deserialize)]
struct Zone {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Shown {
    id: String,
    zone_id: String,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    records: Vec<String>,
    description: Option<String>,
    status: String,
    action: String,
}

impl Listed for Zone {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Shown {
    fn is_of(&self, project: &ProjectId) -> bool {
        let owner = self.description.as_ref().and_then(|text| text.strip_prefix(OF));
        owner == Some(project.as_str()) && self.action != "DELETE"
    }

    fn record(self) -> Option<Record> {
        if !matches!(self.kind.as_str(), "A" | "AAAA") {
            return None;
        }
        let address = self.records.first()?.parse().ok()?;
        let state = match self.status.as_str() {
            "ACTIVE" => RecordState::Active,
            "ERROR" => RecordState::Error,
            _ => RecordState::Pending,
        };
        let id = RecordId::new(format!("{}{WITHIN}{}", self.zone_id, self.id));
        Some(Record { id, name: self.name, address, state })
    }
}

impl OpenStack {
    pub(super) async fn list_records(&self, project: &ProjectId, suffix: &str) -> Answer<Vec<Record>> {
        let about = ("list records", suffix);
        let call = Call::new(about, (Service::Dns, Method::GET), &[]);
        let Some(zone) = self.zone_of(&call, suffix).await? else { return Ok(Vec::new()) };
        let call = Call::new(about, (Service::Dns, Method::GET), &["zones", &zone.id, "recordsets"]);
        let call = call.query("description", format!("{OF}{}", project.as_str()));
        let found = self.all::<Shown>(As::Home, call, "recordsets", Paging::Marker).await?;
        let ours = found.into_iter().filter(|shown| shown.is_of(project) && shown.name.ends_with(suffix));
        Ok(ours.filter_map(Shown::record).collect())
    }

    pub(super) async fn make_record(
        &self,
        project: &ProjectId,
        name: &str,
        address: IpAddr,
    ) -> Answer<Record> {
        let about = ("create record", name);
        let call = Call::new(about, (Service::Dns, Method::POST), &[]);
        let zone = self.zone_of(&call, name).await?;
        let missing = || CloudErrorKind::Invalid(format!("there is no zone for {name}"));
        let zone = zone.ok_or_else(|| call.failed(missing()))?;
        let path = ["zones", &zone.id, "recordsets"];
        let call = Call::new(about, (Service::Dns, Method::POST), &path).body(json!({
            "name": name,
            "type": if address.is_ipv4() { "A" } else { "AAAA" },
            "records": [address],
            "ttl": TTL,
            "description": format!("{OF}{}", project.as_str()),
        }));
        let made = self.fetch::<Shown>(As::Home, &call).await?;
        let strange = || CloudErrorKind::OutcomeUnknown("the record that was made has no address".to_owned());
        made.record().ok_or_else(|| call.failed(strange()))
    }

    /// Takes a record away that belongs to the project.
    pub(super) async fn remove_record(&self, project: &ProjectId, id: &RecordId) -> Answer<()> {
        let (zone, record) = id.as_str().split_once(WITHIN).unwrap_or(("-", "-"));
        let path = ["zones", zone, "recordsets", record];
        let call = Call::new(("delete record", id.as_str()), (Service::Dns, Method::GET), &path);
        let shown = self.fetch::<Shown>(As::Home, &call).await?;
        if !shown.is_of(project) {
            return Err(call.absent());
        }
        let call = Call::new(("delete record", id.as_str()), (Service::Dns, Method::DELETE), &path);
        self.send(As::Home, &call).await.map(|_| ())
    }

    /// The zone that a name lies in: the longest of those that are its end.
    async fn zone_of(&self, call: &Call, name: &str) -> Answer<Option<Zone>> {
        let zones = call.like(Method::GET, &["zones"]);
        let zones = self.all::<Zone>(As::Home, zones, "zones", Paging::Marker).await?;
        let around = zones.into_iter().filter(|zone| {
            name.strip_suffix(zone.name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        });
        Ok(around.max_by_key(|zone| zone.name.len()))
    }

    /// The names of the zones that records can be made in.
    ///
    /// # Errors
    /// When the service does not answer.
    pub async fn dns_zones(&self) -> Answer<Vec<String>> {
        let call = Call::new(("list zones", "all"), (Service::Dns, Method::GET), &["zones"]);
        let zones = self.all::<Zone>(As::Home, call, "zones", Paging::Marker).await?;
        Ok(zones.into_iter().map(|zone| zone.name).collect())
    }
}
