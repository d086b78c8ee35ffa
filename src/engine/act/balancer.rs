//! Steps on balancers and their names. A balancer that was made is read at once, for the address that it got; one that was
//! changed is taken to be changing until a listing shows that it is not.

use super::cloud::gone;
use super::error::ActError;
use crate::api::load_balancer::LoadBalancer;
use crate::clock;
use crate::cloud::types::balancer::{BalancerId, NewBalancer, Provisioning};
use crate::cloud::types::identity::ProjectId;
use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::engine::key::Key;
use crate::engine::projects::Part;
use crate::engine::write;
use crate::planning::balancer_report;
use crate::planning::step_cloud::CloudStep;

const OCTAVIA: Service = Service::LoadBalancer;

/// Does a step on a balancer or a name; other steps are not for here.
///
/// # Errors
/// When the cloud does not.
pub async fn act(engine: &Engine, key: &Key, step: &CloudStep) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    match step {
        CloudStep::CreateBalancer(wanted) => create(engine, wanted).await,
        CloudStep::FailOverBalancer { balancer, done, .. } => {
            budget.call(OCTAVIA, cloud.fail_over_balancer(balancer)).await?;
            write::change_status::<LoadBalancer>(engine, &key.namespace, &key.name, |status, generation| {
                balancer_report::failed_over(status, *done, generation, clock::now());
            })
            .await?;
            engine.inventory.changed_balancer(balancer, Provisioning::PendingUpdate);
            Ok(())
        }
        CloudStep::DeleteBalancer { project, balancer, .. } => {
            let answer = gone(budget.call(OCTAVIA, cloud.delete_balancer(project, balancer)).await);
            engine.inventory.changed_balancer(balancer, Provisioning::PendingDelete);
            answer
        }
        CloudStep::AddPoolMembers { project, balancer, pool, addresses, port } => {
            let call = cloud.add_pool_members(project, balancer, pool, addresses, *port);
            let answer = budget.call(OCTAVIA, call).await;
            engine.inventory.changed_balancer(balancer, Provisioning::PendingUpdate);
            answer.map_err(ActError::from)
        }
        CloudStep::RemovePoolMember { project, balancer, pool, member, .. } => {
            let call = cloud.remove_pool_member(project, balancer, pool, member);
            let answer = gone(budget.call(OCTAVIA, call).await);
            engine.inventory.changed_balancer(balancer, Provisioning::PendingUpdate);
            answer
        }
        CloudStep::CreateRecord { project, name, address } => {
            // One name is there once: the service refuses a second, and the next look finds the first.
            let answer = budget.call(Service::Dns, cloud.create_record(project, name, *address)).await;
            engine.projects.changed(project, Part::Names);
            answer.map(|_| ()).map_err(ActError::from)
        }
        CloudStep::DeleteRecord { project, record, .. } => {
            gone(budget.call(Service::Dns, cloud.delete_record(project, record)).await)?;
            engine.projects.changed(project, Part::Names);
            Ok(())
        }
        other => Err(ActError::missing(format!("a way to {other} here"))),
    }
}

async fn create(engine: &Engine, wanted: &NewBalancer) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let tag = wanted.tags.first().ok_or_else(|| ActError::missing("the tag of the balancer"))?;
    let there = budget.call(OCTAVIA, cloud.balancers_tagged(&wanted.project, tag)).await?;
    if let Some(found) = there.into_iter().find(|balancer| balancer.name == wanted.name) {
        let what = format!("balancer {} is there", found.name);
        engine.inventory.saw_balancer(found);
        return Err(ActError::LookAgain { what });
    }
    let signed = NewBalancer { tags: engine.signed(&wanted.tags), ..wanted.clone() };
    let id = budget.call(OCTAVIA, cloud.create_balancer(&signed)).await?;
    look(engine, &wanted.project, &id).await
}

async fn look(engine: &Engine, project: &ProjectId, id: &BalancerId) -> Result<(), ActError> {
    match engine.budget.call(OCTAVIA, engine.cloud.balancer(project, id)).await {
        Ok(balancer) => engine.inventory.saw_balancer(balancer),
        Err(error) if error.is_not_found() => engine.inventory.lost_balancer(id),
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
