//! Names (Designate).
//!
//! A zone belongs to one project, the home account's, and so do all records in it. Whose cluster a record is for stands in
//! its description.

use std::net::IpAddr;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::choices::Choice;
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{Record, RecordId, RecordState};

/// How the description of a record begins that is ours.
pub(super) const OF: &str = "kaasboard:project=";
/// What stands in a record's id between the zone's and its own.
pub(super) const WITHIN: char = '/';
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
        let call = Call::new(about, (Service::Dns, Method::GET), &["zones", &zone, "recordsets"]);
        let call = call.query("description", format!("{OF}{}", project.as_str()));
        let found = self.heard(self.all::<Shown>(As::Home, call, "recordsets", Paging::Marker).await)?;
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
        let path = ["zones", &zone, "recordsets"];
        let call = Call::new(about, (Service::Dns, Method::POST), &path).body(json!({
            "name": name,
            "type": if address.is_ipv4() { "A" } else { "AAAA" },
            "records": [address],
            "ttl": TTL,
            "description": format!("{OF}{}", project.as_str()),
        }));
        let made = self.heard(self.fetch::<Shown>(As::Home, &call).await)?;
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

    /// The id of the zone that a name lies in, as the zones were last listed; they are listed anew when none is around it.
    async fn zone_of(&self, call: &Call, name: &str) -> Answer<Option<String>> {
        if let Some(zone) = self.choices.zone_around(name) {
            return Ok(Some(zone));
        }
        self.name_zones(call.like(Method::GET, &["zones"])).await?;
        Ok(self.choices.zone_around(name))
    }

    /// The names of the zones that records can be made in.
    ///
    /// # Errors
    /// When the service does not answer.
    pub async fn dns_zones(&self) -> Answer<Vec<String>> {
        self.name_zones(Call::new(("list zones", "all"), (Service::Dns, Method::GET), &["zones"])).await
    }

    async fn name_zones(&self, call: Call) -> Answer<Vec<String>> {
        let zones = self.all::<Zone>(As::Home, call, "zones", Paging::Marker).await?;
        let ids = zones.iter().map(|zone| (zone.name.clone(), zone.id.clone()));
        self.choices.keep(Choice::Zone, ids.collect());
        Ok(zones.into_iter().map(|zone| zone.name).collect())
    }

    /// A zone that is gone is not where names are made any more.
    fn heard<T>(&self, answer: Answer<T>) -> Answer<T> {
        if answer.as_ref().is_err_and(|error| error.is_not_found()) {
            self.choices.forget(Choice::Zone);
        }
        answer
    }
}
