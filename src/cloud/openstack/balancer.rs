//! Load balancers (Octavia), asked for with all their listeners by one call.

use std::net::IpAddr;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::balancer_tree::Shown;
use super::call::{Call, Service};
use super::choices::Choice;
use super::cloud::{As, OpenStack};
use crate::cloud::provider::Answer;
use crate::cloud::types::balancer::{BalancerId, Monitor, NewBalancer, NewListener, PoolId, PoolMemberId};
use crate::cloud::types::identity::ProjectId;

/// How often members are checked, how long an answer may take, and how many checks in a row decide.
const CHECK_EVERY_SECONDS: u32 = 5;
const CHECK_WAITS_SECONDS: u32 = 3;
const CHECKS: u32 = 3;
/// New connections go to the members in turn: connections to API servers live long, and their number says little.
const ALGORITHM: &str = "ROUND_ROBIN";

#[derive(Deserialize)]
struct One {
    loadbalancer: Made,
}

#[derive(Deserialize)]
struct Made {
    id: String,
}

impl OpenStack {
    pub(super) async fn make_balancer(&self, wanted: &NewBalancer) -> Answer<BalancerId> {
        let about = ("create balancer", wanted.name.as_str());
        let call = Call::new(about, (Service::Balancer, Method::POST), &["lbaas", "loadbalancers"]);
        let network = self.id_of(&call, Choice::Network, &wanted.network).await?;
        let listeners: Vec<Value> = wanted.listeners.iter().map(|one| listener(&wanted.name, one)).collect();
        let mut body = json!({ "loadbalancer": {
            "name": wanted.name,
            "vip_network_id": network,
            "provider": wanted.provider,
            "tags": wanted.tags,
            "listeners": listeners,
        }});
        if let Some(flavor) = &wanted.flavor {
            body["loadbalancer"]["flavor_id"] =
                self.id_of(&call, Choice::BalancerFlavor, flavor).await?.into();
        }
        let made = self.fetch::<One>(As::Member(&wanted.project), &call.body(body)).await?;
        Ok(BalancerId::new(made.loadbalancer.id))
    }

    /// Octavia's batch update of members, told to leave alone whom it does not name (`additive_only`, API 2.11). Octavia
    /// answers 501 where a provider's driver has none.
    pub(super) async fn make_members(
        &self,
        project: &ProjectId,
        pool: &PoolId,
        addresses: &[IpAddr],
        port: u16,
    ) -> Answer<()> {
        let path = ["lbaas", "pools", pool.as_str(), "members"];
        let about = match addresses {
            [address] => format!("{address} port {port}"),
            several => format!("{} addresses port {port}", several.len()),
        };
        let call = Call::new(("add pool members", &about), (Service::Balancer, Method::PUT), &path);
        let member = |address: &IpAddr| {
            let mut member = json!({ "address": address, "protocol_port": port });
            if let Some(subnet) = self.subnets.of(project, *address) {
                member["subnet_id"] = subnet.into();
            }
            member
        };
        let members: Vec<Value> = addresses.iter().map(member).collect();
        let call = call.query("additive_only", "true").body(json!({ "members": members }));
        self.send(As::Member(project), &call).await.map(|_| ())
    }

    pub(super) async fn remove_member(
        &self,
        project: &ProjectId,
        pool: &PoolId,
        member: &PoolMemberId,
    ) -> Answer<()> {
        let path = ["lbaas", "pools", pool.as_str(), "members", member.as_str()];
        let about = ("remove pool member", member.as_str());
        let call = Call::new(about, (Service::Balancer, Method::DELETE), &path);
        self.send(As::Member(project), &call).await.map(|_| ())
    }

    pub(super) async fn fail_over(&self, id: &BalancerId) -> Answer<()> {
        let path = ["lbaas", "loadbalancers", id.as_str(), "failover"];
        let call = Call::new(("fail over balancer", id.as_str()), (Service::Balancer, Method::PUT), &path);
        self.send(As::Reader, &call).await.map(|_| ())
    }

    pub(super) async fn remove_balancer(&self, project: &ProjectId, id: &BalancerId) -> Answer<()> {
        let path = ["lbaas", "loadbalancers", id.as_str()];
        let call = Call::new(("delete balancer", id.as_str()), (Service::Balancer, Method::DELETE), &path);
        self.send(As::Member(project), &call.query("cascade", "true")).await.map(|_| ())
    }

    /// One balancer without its pools.
    pub(super) async fn show_shell(&self, project: &ProjectId, id: &BalancerId) -> Answer<Shown> {
        #[derive(Deserialize)]
        struct Whole {
            loadbalancer: Shown,
        }
        let path = ["lbaas", "loadbalancers", id.as_str()];
        let call = Call::new(("show balancer", id.as_str()), (Service::Balancer, Method::GET), &path);
        let shown = self.fetch::<Whole>(As::Reader, &call).await?.loadbalancer;
        if shown.belongs_to(project) && shown.is_there() { Ok(shown) } else { Err(call.absent()) }
    }
}

fn listener(balancer: &str, wanted: &NewListener) -> Value {
    let name = format!("{balancer}-{}", wanted.listens);
    let mut monitor = json!({
        "name": name,
        "delay": CHECK_EVERY_SECONDS,
        "timeout": CHECK_WAITS_SECONDS,
        "max_retries": CHECKS,
    });
    match &wanted.monitor {
        Monitor::Tcp => monitor["type"] = "TCP".into(),
        Monitor::Https(path) => {
            monitor["type"] = "HTTPS".into();
            monitor["url_path"] = path.as_str().into();
            monitor["expected_codes"] = "200".into();
        }
    }
    json!({
        "name": name,
        "protocol": "TCP",
        "protocol_port": wanted.listens,
        "default_pool": {
            "name": name,
            "protocol": "TCP",
            "lb_algorithm": ALGORITHM,
            "healthmonitor": monitor,
        },
    })
}
