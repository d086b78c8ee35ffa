//! Steps on the cloud.

use super::error::ActError;
use super::{balancer, machine, storage};
use crate::cloud::errors::CloudError;
use crate::cloud::types::compute::SpreadPolicy;
use crate::cloud::types::identity::{NewProject, ProjectId};
use crate::cloud::types::network::NewSecurityGroup;
use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::engine::key::{Key, Kind};
use crate::engine::observe::context::Scene;
use crate::engine::projects::Part;
use crate::planning::step_cloud::CloudStep;

/// Does a step.
///
/// # Errors
/// When the cloud does not, or what the step needs is missing.
pub async fn act(
    engine: &Engine,
    key: &Key,
    scene: Option<&Scene>,
    step: &CloudStep,
) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    match step {
        CloudStep::CreateProject(wanted) => create_project(engine, wanted).await,
        CloudStep::DeleteProject { project } => {
            gone(budget.call(Service::Identity, cloud.delete_project(project)).await)?;
            engine.projects.gone(project);
            Ok(())
        }
        CloudStep::SetQuota { project, quota } => {
            budget.call(Service::Compute, cloud.set_quota(project, quota)).await?;
            engine.projects.changed(project, Part::Quota);
            Ok(())
        }
        CloudStep::CreateSecurityGroup(wanted) => create_security_group(engine, wanted).await,
        CloudStep::DeleteSecurityGroup { project, group, .. } => {
            let answer = budget.call(Service::Network, cloud.delete_security_group(project, group)).await;
            changed(engine, project, Part::Firewalls, answer)
        }
        CloudStep::CreateServerGroup { project, name, policy, .. } => {
            create_server_group(engine, project, name, *policy).await
        }
        CloudStep::DeleteServerGroup { project, group, .. } => {
            let answer = budget.call(Service::Compute, cloud.delete_server_group(project, group)).await;
            changed(engine, project, Part::Spreads, answer)
        }
        CloudStep::CreatePort(wanted) if key.kind == Kind::Machine => {
            machine::create_port(engine, key, wanted).await
        }
        CloudStep::CreatePort(wanted) => machine::create_slot_port(engine, wanted).await,
        CloudStep::DeletePort { project, port, .. } => {
            gone(budget.call(Service::Network, cloud.delete_port(project, port)).await)?;
            engine.inventory.lost_port(port);
            Ok(())
        }
        CloudStep::CreateServer(order) => machine::create_server(engine, key, scene, order).await,
        CloudStep::DeleteServer { project, server, why, .. } => {
            machine::delete_server(engine, key, project, server, *why).await
        }
        CloudStep::DeleteVolume { project, volume, .. } => {
            gone(budget.call(Service::Storage, cloud.delete_volume(project, volume)).await)
        }
        CloudStep::CreateBalancer(_)
        | CloudStep::FailOverBalancer { .. }
        | CloudStep::DeleteBalancer { .. }
        | CloudStep::AddPoolMembers { .. }
        | CloudStep::RemovePoolMember { .. }
        | CloudStep::CreateRecord { .. }
        | CloudStep::DeleteRecord { .. } => balancer::act(engine, key, step).await,
        CloudStep::CreateCredential { .. }
        | CloudStep::RevokeCredential { .. }
        | CloudStep::GrantAccess { .. }
        | CloudStep::RevokeAccess { .. } => storage::act(engine, scene, step).await,
    }
}

/// Something of a project was taken away.
fn changed(
    engine: &Engine,
    project: &ProjectId,
    part: Part,
    answer: Result<(), CloudError>,
) -> Result<(), ActError> {
    gone(answer)?;
    engine.projects.changed(project, part);
    Ok(())
}

/// What is gone already need not go.
///
/// # Errors
/// Any other failure.
pub fn gone(answer: Result<(), CloudError>) -> Result<(), ActError> {
    match answer {
        Err(error) if !error.is_not_found() => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn create_project(engine: &Engine, wanted: &NewProject) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let there: Option<ProjectId> =
        budget.call(Service::Identity, cloud.project_named(&wanted.name)).await?.map(|project| project.id);
    if there.is_none() {
        let signed = NewProject { tags: engine.signed(&wanted.tags), ..wanted.clone() };
        budget.call(Service::Identity, cloud.create_project(&signed)).await?;
    }
    Ok(())
}

async fn create_security_group(engine: &Engine, wanted: &NewSecurityGroup) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let there = budget.call(Service::Network, cloud.security_groups(&wanted.project)).await?;
    if !there.iter().any(|group| group.name == wanted.name) {
        budget.call(Service::Network, cloud.create_security_group(wanted)).await?;
    }
    engine.projects.changed(&wanted.project, Part::Firewalls);
    Ok(())
}

async fn create_server_group(
    engine: &Engine,
    project: &ProjectId,
    name: &str,
    policy: SpreadPolicy,
) -> Result<(), ActError> {
    // Should the reply be lost, the groups are read again before anybody wants another one.
    engine.projects.changed(project, Part::Spreads);
    let made =
        engine.budget.call(Service::Compute, engine.cloud.create_server_group(project, name, policy)).await;
    engine.projects.changed(project, Part::Spreads);
    made?;
    Ok(())
}
