//! `kaasboard bootstrap-data`: the user data of a machine's server, as the engine makes it from the objects.

use std::net::IpAddr;

use clap::Args;
use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client, ResourceExt};
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::connect::Manager;
use super::failure::{Exit, Failure};
use super::objects::unanswered;
use super::target::{self, Target};
use super::{leader, output};
use crate::api::cluster::KubernetesCluster;
use crate::api::etcd::Etcd;
use crate::api::machine::Machine;
use crate::api::names;
use crate::api::release::Release;
use crate::api::role::Role;
use crate::bootstrap::cloud_config::CloudConfig;
use crate::bootstrap::etcd::Start;
use crate::bootstrap::facts::{ClusterFacts, Slot};
use crate::bootstrap::pki::{ClusterPki, Part};
use crate::bootstrap::roles::{self, BootstrapError, ControlPlaneStart};
use crate::bootstrap::token::JoinToken;
use crate::engine::act::user_data::machine_facts;
use crate::startup;

/// What stands in place of a token: each server gets a new one, which is known to its cluster alone.
const TOKEN: &str = "(made when the server is made)";

/// The arguments of `kaasboard bootstrap-data`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard bootstrap-data machine/team-001/c0001-worker-bdrqshmq
  kaasboard bootstrap-data machine/c0001-etcd-mhfffnlr --reveal > user-data.yaml

It is made from the objects as the engine would make it now: certificates are issued anew, and in place of the join token \
stands where it comes from. Secrets are masked unless --reveal is given.")]
pub struct Arguments {
    /// machine/tenant/name, or machine/name where that is unique
    #[arg(value_name = "MACHINE")]
    machine: String,
    /// Show secrets too: whoever sees the user data of a control plane can do everything in its cluster
    #[arg(long)]
    reveal: bool,
    #[command(flatten)]
    manager: Manager,
}

/// Does what was asked.
///
/// # Errors
/// When there is no such machine, or something that its user data is made of is missing.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let text = &arguments.machine;
        let text = if text.contains('/') { text.clone() } else { format!("machine/{text}") };
        let target = target::find(&client, &text).await?;
        if target.kind.kind != "Machine" {
            let failure = Failure::new(Exit::Usage, "only machines have user data").on(&target);
            return Err(failure.remedy("name one: kaasboard get machines"));
        }
        let (document, token) = document(&client, &target).await?;
        let shown = if arguments.reveal { document } else { document.masked() };
        let text = shown.render().map_err(|error| failed(&target, error.into()))?;
        output::result(&text.replace(&token, TOKEN))
    })
}

fn failed(target: &Target, why: color_eyre::Report) -> Failure {
    Failure::new(Exit::Failed, "the user data cannot be made").on(target).because(why)
}

fn missing(target: &Target, what: &str) -> Failure {
    Failure::new(Exit::Failed, format!("{what} is not there yet"))
        .on(target)
        .remedy(format!("run `kaasboard explain {target}` to see how far it is"))
}

/// The user data, and the token in it that is none.
async fn document(client: &Client, target: &Target) -> Result<(CloudConfig, String), Failure> {
    let machine: Machine =
        serde_json::from_value(target.object.clone()).map_err(|error| failed(target, error.into()))?;
    let tenant = machine.namespace().unwrap_or_default();
    let name = machine.spec.cluster_name.to_string();
    let clusters: Api<KubernetesCluster> = Api::namespaced(client.clone(), &tenant);
    let cluster = clusters.get(&name).await.map_err(|error| unanswered(error.into()).on(&name))?;
    let now = leader::now(client).await?;
    let facts = cluster_facts(client, target, &machine, &cluster).await?;
    let address = machine.status.as_ref().and_then(|status| status.host_ip.as_ref());
    let address: Option<IpAddr> = address.and_then(|address| address.to_string().parse().ok());
    let address = address.ok_or_else(|| missing(target, "the address of its port"))?;
    let uid = machine.uid().unwrap_or_default();
    let server = names::server(&machine.spec.cluster_name, machine.spec.role, &uid);
    let own = machine_facts(&name, &machine, &server, address);
    let token = JoinToken::create(&mut StdRng::from_seed([0; 32]), now);
    let made: Result<CloudConfig, BootstrapError> = match machine.spec.role {
        Role::Worker | Role::Ingress => roles::node_that_joins(&facts, &own, &token),
        Role::ControlPlane => {
            let join = ControlPlaneStart::Join(token.clone());
            roles::control_plane(&facts, &own, &join, now)
        }
        Role::Etcd => {
            let number = machine.spec.slot.unwrap_or_default();
            let slot = names::etcd_slot(&machine.spec.cluster_name, number);
            let slot = facts.slots.iter().find(|one| one.name == slot);
            let slot = slot.ok_or_else(|| missing(target, "the address of its slot"))?;
            let members = facts.slots.clone();
            roles::etcd_member(&facts, &own, slot, &Start::Static { members }, now)
        }
    };
    Ok((made.map_err(|error| failed(target, error.into()))?, token.reveal()))
}

async fn cluster_facts(
    client: &Client,
    target: &Target,
    machine: &Machine,
    cluster: &KubernetesCluster,
) -> Result<ClusterFacts, Failure> {
    let name = cluster.name_any();
    let tenant = cluster.namespace().unwrap_or_default();
    let release = machine.spec.template.release.to_string();
    let releases: Api<Release> = Api::all(client.clone());
    let release = releases.get(&release).await.map_err(|error| unanswered(error.into()).on(&release))?;
    let endpoint = cluster.status.as_ref().and_then(|status| status.endpoints.api.clone());
    let endpoint = endpoint.ok_or_else(|| missing(target, "the address of the cluster's API"))?;
    let vip: IpAddr = endpoint.address.parse().map_err(|_| missing(target, "the address of the API"))?;
    let etcds: Api<Etcd> = Api::namespaced(client.clone(), &tenant);
    let etcd = etcds.get_opt(&name).await.map_err(|error| unanswered(error.into()).on(&name))?;
    let slots = etcd.and_then(|etcd| etcd.status).map(|status| status.slots).unwrap_or_default();
    let slots = slots.into_iter().filter_map(|slot| {
        let address = slot.address.as_ref()?.to_string().parse().ok()?;
        Some(Slot { name: names::etcd_slot(&machine.spec.cluster_name, slot.index), address })
    });
    let spec = &cluster.spec;
    Ok(ClusterFacts {
        uid: cluster.uid().unwrap_or_default(),
        version: release.spec.version.to_string(),
        endpoint: endpoint.host.unwrap_or_else(|| vip.to_string()).trim_end_matches('.').to_owned(),
        vip,
        pod_cidr: spec.network.pod_cidr.to_string(),
        service_cidr: spec.network.service_cidr.to_string(),
        slots: slots.collect(),
        pki: pki(client, target, &tenant, &name).await?,
        name,
    })
}

async fn pki(client: &Client, target: &Target, tenant: &str, cluster: &str) -> Result<ClusterPki, Failure> {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), tenant);
    let mut found = std::collections::BTreeMap::new();
    for part in Part::ALL {
        let name = part.secret_name(cluster);
        let secret = secrets.get_opt(&name).await.map_err(|error| unanswered(error.into()).on(&name))?;
        let data =
            secret.and_then(|secret| secret.data).ok_or_else(|| missing(target, "the cluster's keys"))?;
        let text = data.into_iter().map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned()));
        found.insert(part, text.collect());
    }
    ClusterPki::from_secrets(|part| found.remove(&part)).map_err(|error| failed(target, error.into()))
}
