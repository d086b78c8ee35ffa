//! Making the port and the server of a machine, once each.
//!
//! The order keeps a crash or a lost reply from making two: the record says that something is asked for before it is asked
//! for; whenever it said so before, what it asked for is looked for by its tag, past every cache, and what is found is
//! adopted. An outcome that is not known stays written down, and the planner asks no second time until listings stayed empty
//! for long enough. The first time there is nothing to be found: the API server takes the announcement only if the record is
//! still one that never asked, so nobody can have.

use k8s_openapi::api::core::v1::Node;
use kube::Api;

use super::cloud::gone;
use super::error::ActError;
use super::user_data;
use crate::api::machine::Machine;
use crate::api::machine_status::{Failure, FailureCause, MachineStatus};
use crate::api::names::{self, Tag};
use crate::clock;
use crate::cloud::errors::{CloudError, CloudErrorKind};
use crate::cloud::types::compute::{NewServer, Server, ServerId, ServerStatus};
use crate::cloud::types::identity::ProjectId;
use crate::cloud::types::network::{NewPort, Port};
use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::engine::key::Key;
use crate::engine::observe::context::Scene;
use crate::engine::write;
use crate::planning::backoff;
use crate::planning::step_cloud::{ServerGoes, ServerOrder};

/// The longest message that a status keeps, in characters.
const MESSAGE: usize = 500;

/// Makes a machine's port, or adopts the one that is there.
///
/// # Errors
/// When the cloud or the API server does not.
pub async fn create_port(engine: &Engine, key: &Key, wanted: &NewPort) -> Result<(), ActError> {
    let tag = tag(&wanted.tags, |tag| matches!(tag, Tag::MachineUid(_)))?;
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let machine = write::find::<Machine>(engine, &key.namespace, &key.name, None)?;
    let had_one = machine.status.as_ref().is_some_and(|status| status.port_id.is_some());
    if had_one || has_asked(&machine) {
        let there = budget.call(Service::Network, cloud.ports_tagged(&wanted.project, &tag)).await?;
        if !there.is_empty() {
            return Err(found_ports(engine, there));
        }
    }
    announce(engine, &machine, "a port was asked for", false).await?;
    let signed = NewPort { tags: engine.signed(&wanted.tags), ..wanted.clone() };
    match budget.call(Service::Network, cloud.create_port(&signed)).await {
        Ok(port) => {
            let id = port.id.to_string();
            engine.inventory.made_port(port);
            note(engine, key, |status| (status.port_id, status.last_failure) = (Some(id), None)).await
        }
        Err(error) => Err(note_failure(engine, key, error).await?),
    }
}

/// Makes the port of a slot of etcd, or adopts the one that is there. Its record is the port itself: it is found by its tags.
///
/// # Errors
/// When the cloud does not.
pub async fn create_slot_port(engine: &Engine, wanted: &NewPort) -> Result<(), ActError> {
    let tag = tag(&wanted.tags, |tag| matches!(tag, Tag::ClusterUid(_)))?;
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let there = budget.call(Service::Network, cloud.ports_tagged(&wanted.project, &tag)).await?;
    let same: Vec<Port> =
        there.into_iter().filter(|port| wanted.tags.iter().all(|tag| port.tags.contains(tag))).collect();
    if !same.is_empty() {
        return Err(found_ports(engine, same));
    }
    let signed = NewPort { tags: engine.signed(&wanted.tags), ..wanted.clone() };
    let port = budget.call(Service::Network, cloud.create_port(&signed)).await?;
    engine.inventory.made_port(port);
    Ok(())
}

fn found_ports(engine: &Engine, ports: Vec<Port>) -> ActError {
    let what = format!("{} ports are there", ports.len());
    ports.into_iter().for_each(|port| engine.inventory.made_port(port));
    ActError::LookAgain { what }
}

/// Makes a machine's server, or adopts the one that is there.
///
/// # Errors
/// When the cloud or the API server does not, or the user data cannot be made.
pub async fn create_server(
    engine: &Engine,
    key: &Key,
    scene: Option<&Scene>,
    order: &ServerOrder,
) -> Result<(), ActError> {
    let scene = scene.ok_or_else(|| ActError::missing("the cluster"))?;
    let tag = tag(&order.tags, |tag| matches!(tag, Tag::MachineUid(_)))?;
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let machine = write::find::<Machine>(engine, &key.namespace, &key.name, None)?;
    if has_asked(&machine) {
        let there = budget.call(Service::Compute, cloud.servers_tagged(&order.project, &tag)).await?;
        if !there.is_empty() {
            return Err(found_servers(engine, there));
        }
    }
    let user_data = user_data::of(engine, scene, order).await?;
    announce(engine, &machine, "a server was asked for", true).await?;
    let wanted = NewServer {
        project: order.project.clone(),
        name: order.name.clone(),
        flavor: order.flavor.clone(),
        image: order.image.clone(),
        port: order.port.clone(),
        zone: order.zone.clone(),
        group: order.group.clone(),
        user_data: user_data.into_bytes(),
        tags: engine.signed(&order.tags),
    };
    match budget.call(Service::Compute, cloud.create_server(&wanted)).await {
        Ok(id) => {
            let text = id.to_string();
            note(engine, key, |status| (status.server_id, status.last_failure) = (Some(text), None)).await?;
            engine.inventory.made_server(begun(id, wanted));
            Ok(())
        }
        Err(error) => Err(note_failure(engine, key, error).await?),
    }
}

/// A server as it is at first. The reply names its id alone; what else becomes of it is in the next listing.
fn begun(id: ServerId, wanted: NewServer) -> Server {
    let now = clock::now();
    Server {
        id,
        project: wanted.project,
        name: wanted.name,
        status: ServerStatus::Build,
        task: None,
        fault: None,
        tags: wanted.tags,
        zone: wanted.zone,
        host: None,
        host_id: None,
        created: now,
        updated: now,
    }
}

fn found_servers(engine: &Engine, servers: Vec<Server>) -> ActError {
    let what = format!("{} servers are there", servers.len());
    servers.into_iter().for_each(|server| engine.inventory.made_server(server));
    ActError::LookAgain { what }
}

/// Deletes a server. One that came up in ERROR leaves behind why, so that the next one is made after the right pause.
///
/// # Errors
/// When the cloud or the API server does not.
pub async fn delete_server(
    engine: &Engine,
    key: &Key,
    project: &ProjectId,
    id: &ServerId,
    why: ServerGoes,
) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    if why == ServerGoes::CameUpBroken {
        match budget.call(Service::Compute, cloud.server(project, id)).await {
            Ok(server) => {
                let fault = server.fault.as_ref();
                let message =
                    fault.map_or_else(|| "it came up in ERROR".to_owned(), |fault| fault.message.clone());
                let cause = backoff::cause_of(fault);
                fail(engine, key, cause, message, None).await?;
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
    }
    gone(budget.call(Service::Compute, cloud.delete_server(project, id)).await)?;
    look(engine, project, id).await
}

/// Whether nothing of a machine is left in the cloud and in its cluster, asked past every cache.
///
/// # Errors
/// When something is left, or the cloud or the cluster's API does not answer.
pub async fn assert_nothing_left(engine: &Engine, scene: &Scene, machine: &Machine) -> Result<(), ActError> {
    assert_no_node(scene, machine).await?;
    let Some(project) = &scene.facts.project else { return Ok(()) };
    let uid = machine.metadata.uid.clone().unwrap_or_default();
    let tag = Tag::MachineUid(uid).to_string();
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let servers = budget.call(Service::Compute, cloud.servers_tagged(project, &tag)).await?;
    if !servers.is_empty() {
        return Err(found_servers(engine, servers));
    }
    let ports = budget.call(Service::Network, cloud.ports_tagged(project, &tag)).await?;
    if !ports.is_empty() {
        return Err(found_ports(engine, ports));
    }
    Ok(())
}

/// A kubelet can register while its server is being deleted: nobody would remove its node any more, and what is to run on
/// each node would never be complete. With the whole cluster its nodes go too.
async fn assert_no_node(scene: &Scene, machine: &Machine) -> Result<(), ActError> {
    let stays = scene.object.metadata.deletion_timestamp.is_none() && machine.spec.role.has_node();
    let Some(contact) = scene.contact.as_ref().filter(|_| stays) else { return Ok(()) };
    let uid = machine.metadata.uid.as_deref().unwrap_or_default();
    let name = names::server(&machine.spec.cluster_name, machine.spec.role, uid);
    let nodes: Api<Node> = Api::all(contact.client.clone());
    let found = nodes.get_opt(&name).await;
    let found =
        found.map_err(|source| ActError::Inside { act: "look for the node", source: Box::new(source) })?;
    let Some(node) = found else { return Ok(()) };
    contact.wrote(&name, Some(node));
    Err(ActError::LookAgain { what: format!("node {name} is there") })
}

async fn look(engine: &Engine, project: &ProjectId, id: &ServerId) -> Result<(), ActError> {
    match engine.budget.call(Service::Compute, engine.cloud.server(project, id)).await {
        Ok(server) => engine.inventory.made_server(server),
        Err(error) if error.is_not_found() => engine.inventory.lost_server(id),
        // It is in the next listing.
        Err(error) => tracing::debug!(%error, server = %id, "a server could not be looked at"),
    }
    Ok(())
}

fn tag(tags: &[String], is_it: impl Fn(&Tag) -> bool) -> Result<String, ActError> {
    let found = tags.iter().find(|tag| Tag::parse(tag).is_some_and(|tag| is_it(&tag)));
    found.cloned().ok_or_else(|| ActError::missing("the tag of what is to be made"))
}

/// Whether a machine's record shows any trace of an attempt: then something may be there that is not in it.
fn has_asked(machine: &Machine) -> bool {
    let Some(status) = &machine.status else { return false };
    status.attempts > 0 || status.server_id.is_some() || status.last_failure.is_some()
}

/// Writes down that something is about to be asked for, of which nobody knows yet what becomes. The record must still be as
/// it was seen.
async fn announce(engine: &Engine, seen: &Machine, what: &str, is_attempt: bool) -> Result<(), ActError> {
    let now = clock::now();
    let failure = Failure {
        cause: FailureCause::OutcomeUnknown,
        at: now.into(),
        retry_at: Some((now + engine.policy.settle.to_chrono()).into()),
        message: what.to_owned(),
        request_id: None,
    };
    let mut status = seen.status.clone().unwrap_or_default();
    status.attempts = status.attempts.saturating_add(u32::from(is_attempt));
    status.last_failure = Some(failure);
    write::set_status(engine, seen, status).await?;
    Ok(())
}

async fn note(engine: &Engine, key: &Key, change: impl FnOnce(&mut MachineStatus)) -> Result<(), ActError> {
    let machine = write::find::<Machine>(engine, &key.namespace, &key.name, None)?;
    let mut status = machine.status.clone().unwrap_or_default();
    change(&mut status);
    write::set_status(engine, &*machine, status).await?;
    Ok(())
}

/// Writes down why a creation failed. What may have been carried out stays unknown.
async fn note_failure(engine: &Engine, key: &Key, error: CloudError) -> Result<ActError, ActError> {
    let cause = match &error.kind {
        CloudErrorKind::OutcomeUnknown(_) => return Ok(error.into()),
        CloudErrorKind::Quota(_) => FailureCause::Quota,
        CloudErrorKind::Invalid(_) => FailureCause::Invalid,
        CloudErrorKind::Transient
        | CloudErrorKind::Throttled { .. }
        | CloudErrorKind::Conflict(_)
        | CloudErrorKind::NotFound
        | CloudErrorKind::Denied(_) => FailureCause::Cloud,
    };
    // The request's id differs each time, and stands in a field of its own.
    fail(engine, key, cause, error.lasting(), error.request_id.clone()).await?;
    Ok(error.into())
}

async fn fail(
    engine: &Engine,
    key: &Key,
    cause: FailureCause,
    message: String,
    request_id: Option<String>,
) -> Result<(), ActError> {
    let machine = write::find::<Machine>(engine, &key.namespace, &key.name, None)?;
    let mut status = machine.status.clone().unwrap_or_default();
    let now = clock::now();
    let uid = machine.metadata.uid.as_deref().unwrap_or_default();
    let retry_at = backoff::retry_at(cause, uid, status.attempts, now, &engine.policy);
    status.last_failure = Some(Failure {
        cause,
        at: now.into(),
        retry_at: retry_at.map(Into::into),
        message: message.chars().take(MESSAGE).collect(),
        request_id,
    });
    write::set_status(engine, &*machine, status).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(change: impl FnOnce(&mut MachineStatus)) -> bool {
        let spec = serde_json::from_value(serde_json::json!({
            "clusterName": "shop", "role": "worker", "template": { "release": "v1.34.2-1", "flavor": "m1" },
        }));
        let mut machine = Machine::new("w", spec.unwrap());
        let mut status = MachineStatus::default();
        change(&mut status);
        machine.status = Some(status);
        has_asked(&machine)
    }

    /// Only a record that shows no trace of an attempt is one in whose name nothing can be there.
    #[test]
    fn every_trace_of_an_attempt_makes_it_look_first() {
        assert!(!after(|_| {}));
        assert!(!after(|status| status.port_id = Some("p".to_owned())), "a port is not made in vain");
        assert!(after(|status| status.attempts = 1));
        assert!(after(|status| status.server_id = Some("s".to_owned())));
        assert!(after(|status| {
            status.last_failure = Some(Failure {
                cause: FailureCause::OutcomeUnknown,
                at: clock::now().into(),
                retry_at: None,
                message: "a port was asked for".to_owned(),
                request_id: None,
            });
        }));
    }
}
