//! Destroying what belongs to nobody, after a person approved it.

use std::fmt::Debug;

use kube::Api;
use kube::api::ListParams;
use serde::de::DeserializeOwned;

use super::cloud::gone;
use super::error::ActError;
use crate::api::cluster::KubernetesCluster;
use crate::api::machine::Machine;
use crate::api::names::Tag;
use crate::cloud::types::balancer::BalancerId;
use crate::cloud::types::belonging::BelongingSort;
use crate::cloud::types::compute::{ServerGroupId, ServerId};
use crate::cloud::types::identity::{CredentialId, ProjectId};
use crate::cloud::types::network::{PortId, RecordId, SecurityGroupId};
use crate::cloud::types::storage::VolumeId;
use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::planning::leak::{Missing, Sort, Suspect};

/// Destroys a leak, if its record is still missing when the API server is asked past every cache.
///
/// # Errors
/// When there is a record after all, or cloud or API server do not answer.
pub async fn destroy(engine: &Engine, suspect: &Suspect) -> Result<(), ActError> {
    assert_no_record(engine, suspect).await?;
    let (cloud, budget, thing) = (&engine.cloud, &engine.budget, &suspect.thing);
    let (project, id) = (ProjectId::new(thing.project.as_str()), thing.id.as_str());
    match thing.sort {
        Sort::Server => {
            let server = ServerId::new(id);
            gone(budget.call(Service::Compute, cloud.delete_server(&project, &server)).await)?;
            engine.inventory.lost_server(&server);
        }
        Sort::Port => {
            let port = PortId::new(id);
            gone(budget.call(Service::Network, cloud.delete_port(&project, &port)).await)?;
            engine.inventory.lost_port(&port);
        }
        Sort::Balancer => {
            let balancer = BalancerId::new(id);
            gone(budget.call(Service::LoadBalancer, cloud.delete_balancer(&project, &balancer)).await)?;
            engine.inventory.lost_balancer(&balancer);
        }
        Sort::Volume => {
            let volume = VolumeId::new(id);
            gone(budget.call(Service::Storage, cloud.delete_volume(&project, &volume)).await)?;
        }
        Sort::Belonging(BelongingSort::Project) => {
            gone(budget.call(Service::Identity, cloud.delete_project(&project)).await)?;
        }
        Sort::Belonging(BelongingSort::SecurityGroup) => {
            let group = SecurityGroupId::new(id);
            gone(budget.call(Service::Network, cloud.delete_security_group(&project, &group)).await)?;
        }
        Sort::Belonging(BelongingSort::ServerGroup) => {
            let group = ServerGroupId::new(id);
            gone(budget.call(Service::Compute, cloud.delete_server_group(&project, &group)).await)?;
        }
        Sort::Belonging(BelongingSort::Record) => {
            gone(budget.call(Service::Dns, cloud.delete_record(&project, &RecordId::new(id))).await)?;
        }
        Sort::Belonging(BelongingSort::Credential) => {
            let credential = CredentialId::new(id);
            gone(budget.call(Service::Identity, cloud.revoke_credential(&project, &credential)).await)?;
        }
    }
    // Should it be there still at the next look, it is a suspect anew.
    engine.leaks.forget(suspect);
    Ok(())
}

async fn assert_no_record(engine: &Engine, suspect: &Suspect) -> Result<(), ActError> {
    let client = || engine.client.clone();
    let is_there = match &suspect.missing {
        Missing::Cluster(uid) => is_recorded(Api::<KubernetesCluster>::all(client()), uid).await?,
        Missing::Machine(uid) => is_recorded(Api::<Machine>::all(client()), uid).await?,
        Missing::Unsigned(_) | Missing::Project | Missing::Nowhere => true,
    };
    let is_signed = suspect.thing.tags.contains(&Tag::ManagerUid(engine.manager.clone()).to_string());
    if is_there || !is_signed {
        return Err(ActError::missing("the proof that the leak is one"));
    }
    Ok(())
}

async fn is_recorded<K>(records: Api<K>, uid: &str) -> Result<bool, ActError>
where
    K: Clone + DeserializeOwned + Debug,
{
    let all = records.list_metadata(&ListParams::default()).await;
    let all = all.map_err(|source| ActError::Inside {
        act: "look for the record of a leak",
        source: Box::new(source),
    })?;
    Ok(all.items.iter().any(|one| one.metadata.uid.as_deref() == Some(uid)))
}
