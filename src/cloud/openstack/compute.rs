//! Servers, their zones and hypervisors (Nova).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::choices::Choice;
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::compute::{
    Hypervisor, NewServer, Server, ServerFault, ServerId, ServerStatus, Zone,
};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::observed::Listing;

/// The zone in which Nova keeps its own services.
const INTERNAL: &str = "internal";

#[derive(Deserialize)]
struct Shown {
    id: String,
    tenant_id: String,
    name: String,
    status: String,
    #[serde(rename = "OS-EXT-STS:task_state")]
    task: Option<String>,
    fault: Option<Fault>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(rename = "OS-EXT-AZ:availability_zone")]
    zone: Option<String>,
    #[serde(rename = "OS-EXT-SRV-ATTR:host")]
    host: Option<String>,
    #[serde(rename = "hostId")]
    host_id: Option<String>,
    created: DateTime<Utc>,
    updated: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Fault {
    code: u16,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct One {
    server: Shown,
}

#[derive(Deserialize)]
struct Made {
    server: MadeServer,
}

#[derive(Deserialize)]
struct MadeServer {
    id: String,
}

#[derive(Deserialize)]
struct Output {
    output: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShownZones {
    availability_zone_info: Vec<ShownZone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShownZone {
    zone_name: String,
    zone_state: ZoneState,
}

#[derive(Deserialize)]
struct ZoneState {
    available: bool,
}

#[derive(Deserialize)]
struct Hosts {
    services: Vec<Host>,
}

#[derive(Deserialize)]
struct Host {
    host: String,
    zone: String,
    status: String,
    state: String,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl From<Shown> for Server {
    fn from(shown: Shown) -> Self {
        let known = |text: Option<String>| text.filter(|text| !text.is_empty());
        let fault = shown.fault.map(|fault| ServerFault { code: fault.code, message: fault.message });
        let status = status(shown.status);
        Self {
            id: ServerId::new(shown.id),
            project: ProjectId::new(shown.tenant_id),
            name: shown.name,
            fault: fault.filter(|_| status == ServerStatus::Error),
            status,
            task: known(shown.task),
            tags: shown.tags,
            zone: known(shown.zone),
            host: known(shown.host),
            host_id: known(shown.host_id),
            created: shown.created,
            updated: shown.updated,
        }
    }
}

fn status(word: String) -> ServerStatus {
    match word.as_str() {
        "BUILD" => ServerStatus::Build,
        "ACTIVE" => ServerStatus::Active,
        "SHUTOFF" => ServerStatus::ShutOff,
        "ERROR" => ServerStatus::Error,
        "REBOOT" | "HARD_REBOOT" => ServerStatus::Reboot,
        "DELETED" | "SOFT_DELETED" => ServerStatus::Deleted,
        _ => ServerStatus::Other(word),
    }
}

impl OpenStack {
    pub(super) async fn list_servers(&self, since: Option<DateTime<Utc>>) -> Answer<Listing<Server>> {
        let call =
            Call::new(("list servers", "all"), (Service::Compute, Method::GET), &["servers", "detail"]);
        let call = self.everywhere(call);
        let call = match since {
            // By the service's clock, which answers to the second.
            Some(since) => {
                let since = self.by_their_clock(since) - TimeDelta::seconds(1);
                call.query("changes-since", since.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
            None => call,
        };
        let as_of = clock::now();
        let listed = self.listing::<Shown>(As::Reader, call, "servers", Paging::Marker).await?;
        if let Some(date) = listed.date {
            self.keep_skew(date - clock::now());
        }
        Ok(Listing { items: listed.items.into_iter().map(Server::from).collect(), as_of })
    }

    pub(super) async fn list_servers_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Server>> {
        let call = Call::new(("list servers", tag), (Service::Compute, Method::GET), &["servers", "detail"]);
        let call = self.everywhere(call).query("tags", tag);
        let call = if self.has_admin() { call.query("project_id", project.as_str()) } else { call };
        let found = self.all::<Shown>(As::Reader, call, "servers", Paging::Marker).await?;
        let there = found.into_iter().map(Server::from);
        let ours =
            there.filter(|server| server.project == *project && server.status != ServerStatus::Deleted);
        Ok(ours.collect())
    }

    pub(super) async fn show_server(&self, project: &ProjectId, id: &ServerId) -> Answer<Server> {
        let path = ["servers", id.as_str()];
        let call = Call::new(("show server", id.as_str()), (Service::Compute, Method::GET), &path);
        let shown = self.fetch::<One>(As::Reader, &call).await?;
        let server = Server::from(shown.server);
        let is_ours = server.project == *project && server.status != ServerStatus::Deleted;
        if is_ours { Ok(server) } else { Err(call.failed(CloudErrorKind::NotFound)) }
    }

    pub(super) async fn make_server(&self, wanted: &NewServer) -> Answer<ServerId> {
        let call = Call::new(("create server", &wanted.name), (Service::Compute, Method::POST), &["servers"]);
        let flavor = self.id_of(&call, Choice::Flavor, &wanted.flavor).await?;
        let image = self.id_of(&call, Choice::Image, &wanted.image).await?;
        let mut body = json!({ "server": {
            "name": wanted.name,
            "flavorRef": flavor,
            "imageRef": image,
            "networks": [{ "port": wanted.port.as_str() }],
            "user_data": STANDARD.encode(&wanted.user_data),
            "tags": wanted.tags,
        }});
        if let Some(zone) = &wanted.zone {
            body["server"]["availability_zone"] = zone.as_str().into();
        }
        if let Some(group) = &wanted.group {
            body["os:scheduler_hints"] = json!({ "group": group.as_str() });
        }
        match self.fetch::<Made>(As::Member(&wanted.project), &call.body(body)).await {
            Ok(made) => Ok(ServerId::new(made.server.id)),
            Err(error) => {
                // An image or flavor may have been made anew under its name.
                if matches!(error.kind, CloudErrorKind::Invalid(_)) {
                    self.choices.forget(Choice::Flavor);
                    self.choices.forget(Choice::Image);
                }
                Err(error)
            }
        }
    }

    pub(super) async fn remove_server(&self, project: &ProjectId, id: &ServerId) -> Answer<()> {
        let path = ["servers", id.as_str()];
        let call = Call::new(("delete server", id.as_str()), (Service::Compute, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }

    pub(super) async fn read_console(
        &self,
        project: &ProjectId,
        id: &ServerId,
        lines: u32,
    ) -> Answer<String> {
        let path = ["servers", id.as_str(), "action"];
        let call = Call::new(("read console", id.as_str()), (Service::Compute, Method::POST), &path);
        let call = call.body(json!({ "os-getConsoleOutput": { "length": lines } }));
        Ok(self.fetch::<Output>(As::Member(project), &call).await?.output)
    }

    pub(super) async fn list_zones(&self) -> Answer<Vec<Zone>> {
        let call =
            Call::new(("list zones", "all"), (Service::Compute, Method::GET), &["os-availability-zone"]);
        let zones = self.fetch::<ShownZones>(As::Home, &call).await?.availability_zone_info;
        let own = zones.into_iter().filter(|zone| zone.zone_name != INTERNAL);
        Ok(own.map(|zone| Zone { name: zone.zone_name, available: zone.zone_state.available }).collect())
    }

    pub(super) async fn list_hypervisors(&self) -> Answer<Vec<Hypervisor>> {
        let call = Call::new(("list hypervisors", "all"), (Service::Compute, Method::GET), &["os-services"]);
        let hosts = self.fetch::<Hosts>(As::Reader, &call.query("binary", "nova-compute")).await?;
        let hosts = hosts.services.into_iter().map(|host| Hypervisor {
            up: host.state == "up",
            enabled: host.status == "enabled",
            host: host.host,
            zone: host.zone,
        });
        Ok(hosts.collect())
    }
}
