//! Ports (Neutron).
//!
//! A port can be made with tags only where the service has an extension for it, and elsewhere gets them by a second call.
//! So that no port of ours is ever without, its description has them from the start, and is read like tags.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::{Call, Service};
use super::choices::Choice;
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::api::names::Tag;
use crate::clock;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::provider::Answer;
use crate::cloud::types::compute::ServerId;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{NewPort, Port, PortId};
use crate::cloud::types::observed::Listing;

/// What is read of a port.
const FIELDS: [&str; 10] = [
    "id",
    "project_id",
    "name",
    "network_id",
    "fixed_ips",
    "device_id",
    "device_owner",
    "tags",
    "description",
    "created_at",
];
/// How the owner of a port begins that a server has.
const COMPUTE: &str = "compute:";

#[derive(Deserialize)]
struct Shown {
    id: String,
    project_id: String,
    name: String,
    network_id: String,
    #[serde(default)]
    fixed_ips: Vec<Fixed>,
    #[serde(default)]
    device_id: String,
    #[serde(default)]
    device_owner: String,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    description: Option<String>,
    created_at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Fixed {
    ip_address: IpAddr,
    subnet_id: Option<String>,
}

/// The subnets that the addresses of projects' ports are of, as far as ports were seen.
#[derive(Debug, Default)]
pub(super) struct Subnets(Mutex<HashMap<(String, IpAddr), String>>);

impl Subnets {
    /// The subnet of an address: a balancer that has none of it on its own reaches a member only if it is told.
    pub(super) fn of(&self, project: &ProjectId, address: IpAddr) -> Option<String> {
        self.all().get(&(project.as_str().to_owned(), address)).cloned()
    }

    fn saw(&self, port: &Shown) {
        for fixed in &port.fixed_ips {
            if let Some(subnet) = &fixed.subnet_id {
                self.all().insert((port.project_id.clone(), fixed.ip_address), subnet.clone());
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(String, IpAddr), String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct One {
    port: Shown,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl OpenStack {
    pub(super) async fn list_ports(&self) -> Answer<Listing<Port>> {
        let as_of = clock::now();
        let call = Call::new(("list ports", "all"), (Service::Network, Method::GET), &["ports"]);
        let found = self.all::<Shown>(As::Reader, fields(call), "ports", Paging::Marker).await?;
        let strange = found.iter().any(|port| self.choices.name(Choice::Network, &port.network_id).is_none());
        if strange {
            self.look_at(Choice::Network).await?;
        }
        self.subnets.all().clear();
        Ok(Listing { items: found.into_iter().map(|port| self.port(port)).collect(), as_of })
    }

    /// All ports of the project are asked for, because a port that has its tags in its description only is found by no
    /// other question.
    pub(super) async fn list_ports_tagged(&self, project: &ProjectId, tag: &str) -> Answer<Vec<Port>> {
        let call = Call::new(("list ports", tag), (Service::Network, Method::GET), &["ports"]);
        let call = fields(call).query("project_id", project.as_str());
        let found = self.all::<Shown>(As::Reader, call, "ports", Paging::Marker).await?;
        let ours = found.into_iter().map(|port| self.port(port));
        Ok(ours.filter(|port| port.tags.iter().any(|known| known == tag)).collect())
    }

    pub(super) async fn make_port(&self, wanted: &NewPort) -> Answer<Port> {
        let call = Call::new(("create port", &wanted.name), (Service::Network, Method::POST), &["ports"]);
        let network = self.id_of(&call, Choice::Network, &wanted.network).await?;
        let guards: Vec<&str> = wanted.security_groups.iter().map(|group| group.as_str()).collect();
        let mut body = json!({ "port": {
            "name": wanted.name,
            "network_id": network,
            "description": wanted.tags.join(" "),
        }});
        if !guards.is_empty() {
            body["port"]["security_groups"] = json!(guards);
        }
        let call = call.body(body);
        let made = self.fetch::<One>(As::Member(&wanted.project), &call).await.map_err(|mut error| {
            if error.is_not_found() {
                error.kind = CloudErrorKind::Invalid("a security group or network is not there".to_owned());
                self.choices.forget(Choice::Network);
            }
            error
        })?;
        let port = self.port(made.port);
        self.tag_port(wanted, &port).await?;
        Ok(port)
    }

    /// Gives a port its tags. One that cannot get them is taken back.
    async fn tag_port(&self, wanted: &NewPort, port: &Port) -> Answer<()> {
        if wanted.tags.is_empty() {
            return Ok(());
        }
        let path = ["ports", port.id.as_str(), "tags"];
        let call = Call::new(("tag port", &wanted.name), (Service::Network, Method::PUT), &path);
        let call = call.body(json!({ "tags": wanted.tags }));
        if let Err(error) = self.send(As::Member(&wanted.project), &call).await {
            self.remove_port(&wanted.project, &port.id).await?;
            return Err(error);
        }
        Ok(())
    }

    pub(super) async fn remove_port(&self, project: &ProjectId, id: &PortId) -> Answer<()> {
        let path = ["ports", id.as_str()];
        let call = Call::new(("delete port", id.as_str()), (Service::Network, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }

    fn port(&self, shown: Shown) -> Port {
        self.subnets.saw(&shown);
        let name = self.choices.name(Choice::Network, &shown.network_id);
        let has_server = shown.device_owner.starts_with(COMPUTE) && !shown.device_id.is_empty();
        let mut tags = shown.tags;
        let described = shown.description.unwrap_or_default();
        let more: Vec<&str> = described.split(' ').filter(|word| Tag::parse(word).is_some()).collect();
        for tag in more {
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
        tags.sort();
        Port {
            id: PortId::new(shown.id),
            project: ProjectId::new(shown.project_id),
            name: shown.name,
            network: name.unwrap_or(shown.network_id),
            addresses: shown.fixed_ips.into_iter().map(|fixed| fixed.ip_address).collect(),
            server: has_server.then(|| ServerId::new(shown.device_id)),
            tags,
            created: shown.created_at.unwrap_or_default(),
        }
    }
}

fn fields(call: Call) -> Call {
    FIELDS.iter().fold(call, |call, field| call.query("fields", *field))
}
