//! Security groups (Neutron).

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{Call, Service};
use super::cloud::{As, OpenStack};
use super::pages::{Listed, Paging};
use crate::cloud::provider::Answer;
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{
    IngressRule, NewSecurityGroup, Protocol, RuleSource, SecurityGroup, SecurityGroupId,
};

/// The group that Neutron makes for each project, and keeps when the project is gone.
pub(super) const DEFAULT: &str = "default";

/// What a group's name ends with until it has its rules.
pub(super) const UNFINISHED: &str = " (unfinished)";

#[derive(Deserialize)]
struct Shown {
    id: String,
    project_id: String,
    name: String,
    #[serde(default)]
    security_group_rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    direction: String,
    ethertype: String,
    protocol: Option<String>,
    port_range_min: Option<u16>,
    port_range_max: Option<u16>,
    remote_group_id: Option<String>,
    remote_ip_prefix: Option<String>,
}

#[derive(Deserialize)]
struct One {
    security_group: Shown,
}

impl Listed for Shown {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Shown {
    fn group(self) -> SecurityGroup {
        let rules = self.security_group_rules.iter().filter_map(|rule| rule.ingress(&self.id));
        let rules = rules.collect();
        let (id, project) = (SecurityGroupId::new(self.id), ProjectId::new(self.project_id));
        SecurityGroup { id, project, name: self.name, rules }
    }
}

impl Rule {
    fn ingress(&self, own: &str) -> Option<IngressRule> {
        if self.direction != "ingress" || self.ethertype != "IPv4" {
            return None;
        }
        let protocol = match self.protocol.as_deref() {
            None => None,
            Some("tcp" | "6") => Some(Protocol::Tcp),
            Some("udp" | "17") => Some(Protocol::Udp),
            Some("icmp" | "1") => Some(Protocol::Icmp),
            Some(_) => return None,
        };
        let from = match (&self.remote_group_id, &self.remote_ip_prefix) {
            (Some(group), _) if group == own => RuleSource::Members,
            (Some(_), _) => return None,
            (None, Some(range)) => RuleSource::Range(range.clone()),
            (None, None) => RuleSource::Range("0.0.0.0/0".to_owned()),
        };
        let ports = self.port_range_min.zip(self.port_range_max);
        Some(IngressRule { protocol, ports, from })
    }
}

impl OpenStack {
    pub(super) async fn list_firewalls(&self, project: &ProjectId) -> Answer<Vec<SecurityGroup>> {
        let about = ("list security groups", project.as_str());
        let call = Call::new(about, (Service::Network, Method::GET), &["security-groups"]);
        let call = call.query("project_id", project.as_str());
        let found = self.all::<Shown>(As::Reader, call, "security_groups", Paging::Marker).await?;
        Ok(found.into_iter().map(Shown::group).collect())
    }

    /// Makes a group. It gets its name when it has its rules, so that one of that name always lets in what it should; what an
    /// earlier attempt left unfinished goes first.
    pub(super) async fn make_firewall(&self, wanted: &NewSecurityGroup) -> Answer<SecurityGroup> {
        let (about, project) = (("create security group", wanted.name.as_str()), &wanted.project);
        let unfinished = format!("{}{UNFINISHED}", wanted.name);
        for group in self.list_firewalls(project).await?.into_iter().filter(|one| one.name == unfinished) {
            self.remove_firewall(project, &group.id).await?;
        }
        let call = Call::new(about, (Service::Network, Method::POST), &["security-groups"]);
        let body = json!({ "name": unfinished, "description": wanted.tags.join(" ") });
        let call = call.body(json!({ "security_group": body }));
        let made = self.fetch::<One>(As::Member(project), &call).await?.security_group.group();
        if !wanted.rules.is_empty() {
            let rules: Vec<Value> = wanted.rules.iter().map(|rule| written(&made.id, rule)).collect();
            let call = Call::new(about, (Service::Network, Method::POST), &["security-group-rules"]);
            self.send(As::Member(project), &call.body(json!({ "security_group_rules": rules }))).await?;
        }
        let call = Call::new(about, (Service::Network, Method::PUT), &["security-groups", made.id.as_str()]);
        let call = call.body(json!({ "security_group": { "name": wanted.name } }));
        self.send(As::Member(project), &call).await?;
        Ok(SecurityGroup { name: wanted.name.clone(), rules: wanted.rules.clone(), ..made })
    }

    pub(super) async fn remove_firewall(&self, project: &ProjectId, id: &SecurityGroupId) -> Answer<()> {
        let path = ["security-groups", id.as_str()];
        let about = ("delete security group", id.as_str());
        let call = Call::new(about, (Service::Network, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }
}

fn written(group: &SecurityGroupId, rule: &IngressRule) -> Value {
    let mut written = json!({
        "security_group_id": group.as_str(),
        "direction": "ingress",
        "ethertype": "IPv4",
    });
    if let Some(protocol) = rule.protocol {
        let word = match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Icmp => "icmp",
        };
        written["protocol"] = word.into();
    }
    if let Some((first, last)) = rule.ports {
        written["port_range_min"] = first.into();
        written["port_range_max"] = last.into();
    }
    match &rule.from {
        RuleSource::Members => written["remote_group_id"] = group.as_str().into(),
        RuleSource::Range(range) => written["remote_ip_prefix"] = range.as_str().into(),
    }
    written
}
