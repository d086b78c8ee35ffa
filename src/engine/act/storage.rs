//! Steps on a cluster's storage: credentials, kept as Secrets beside the record, and the access list.

use std::collections::BTreeMap;

use kube::api::{DeleteParams, PostParams};

use super::cloud::gone;
use super::error::ActError;
use crate::api::names::ENGINE;
use crate::cloud::errors::CloudErrorKind;
use crate::cloud::types::identity::{Credential, CredentialId, ProjectId};
use crate::engine::budget::Service;
use crate::engine::context::Engine;
use crate::engine::keys::{self, KeysError};
use crate::engine::observe::context::Scene;
use crate::engine::projects::Part;
use crate::planning::step_cloud::CloudStep;

/// What the name of a credential's Secret has between the cluster's name and the generation.
const MIDDLE: &str = "-storage-";
/// How many credentials may get lost on the way, before a person has to look.
const MOST_LOST: u32 = 32;
/// The keys of such a Secret.
pub const ID: &str = "id";
/// The same.
pub const SECRET: &str = "secret";

/// The name of the Secret of a generation.
pub fn secret_name(cluster: &str, generation: u32) -> String {
    format!("{cluster}{MIDDLE}{generation}")
}

/// The generation of the credential that a Secret of this name holds.
pub fn generation_of(cluster: &str, secret: &str) -> Option<u32> {
    secret.strip_prefix(cluster)?.strip_prefix(MIDDLE)?.parse().ok()
}

/// Does a step on the storage; other steps are not for here.
///
/// # Errors
/// When the cloud or the API server does not.
pub async fn act(engine: &Engine, scene: Option<&Scene>, step: &CloudStep) -> Result<(), ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let scene = scene.ok_or_else(|| ActError::missing("the cluster"))?;
    match step {
        CloudStep::CreateCredential { project, generation } => {
            let name = secret_name(&scene.record.meta.name, *generation);
            let api = keys::secrets(&engine.client, &scene.object);
            if api.get_opt(&name).await.map_err(|source| failed(&name, "read", source))?.is_some() {
                return Ok(());
            }
            let made = create_credential(engine, project, &name).await?;
            let data =
                BTreeMap::from([(ID.to_owned(), made.id.to_string()), (SECRET.to_owned(), made.secret)]);
            let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
            let secret = keys::secret(&scene.object, name.clone(), data);
            match api.create(&who, &secret).await {
                Ok(_) => {
                    engine.projects.changed(project, Part::Power);
                    Ok(())
                }
                Err(source) => {
                    // Its secret is shown once: a credential that is not kept is of no use to anybody. Where nobody knows
                    // whether it was kept, the next turn looks.
                    if !is_refusal(&source) {
                        return Err(failed(&name, "made", source).into());
                    }
                    gone(budget.call(Service::Identity, cloud.revoke_credential(project, &made.id)).await)?;
                    Err(failed(&name, "made", source).into())
                }
            }
        }
        CloudStep::RevokeCredential { project, generation } => {
            let name = secret_name(&scene.record.meta.name, *generation);
            let api = keys::secrets(&engine.client, &scene.object);
            let secret = api.get_opt(&name).await.map_err(|source| failed(&name, "read", source))?;
            let Some(secret) = secret else { return Ok(()) };
            let id = secret.data.and_then(|mut data| data.remove(ID)).map(|bytes| bytes.0);
            if let Some(id) = id.and_then(|bytes| String::from_utf8(bytes).ok()) {
                let id = CredentialId::new(id);
                gone(budget.call(Service::Identity, cloud.revoke_credential(project, &id)).await)?;
            }
            match api.delete(&name, &DeleteParams::default()).await {
                Ok(_) => Ok(()),
                Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
                Err(source) => Err(failed(&name, "deleted", source).into()),
            }
        }
        CloudStep::GrantAccess { project, initiator } => {
            budget.call(Service::Storage, cloud.grant_access(project, initiator)).await?;
            engine.projects.changed(project, Part::Rules);
            Ok(())
        }
        CloudStep::RevokeAccess { project, rule, .. } => {
            gone(budget.call(Service::Storage, cloud.revoke_access(project, rule)).await)?;
            engine.projects.changed(project, Part::Rules);
            Ok(())
        }
        other => Err(ActError::missing(format!("a way to {other} here"))),
    }
}

/// Makes a credential. One of its name that is there already was made when its secret got lost on the way, to nobody; names are
/// taken for ever, so that the next one has a number.
async fn create_credential(engine: &Engine, project: &ProjectId, name: &str) -> Result<Credential, ActError> {
    let (cloud, budget) = (&engine.cloud, &engine.budget);
    let mut answer = budget.call(Service::Identity, cloud.create_credential(project, name)).await;
    for number in 2..=MOST_LOST {
        match &answer {
            Err(error) if matches!(error.kind, CloudErrorKind::Conflict(_)) => {}
            Ok(_) | Err(_) => break,
        }
        let numbered = format!("{name}-{number}");
        answer = budget.call(Service::Identity, cloud.create_credential(project, &numbered)).await;
    }
    Ok(answer?)
}

/// Whether the API server certainly did not do what it was asked.
fn is_refusal(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if (400..500).contains(&status.code))
}

fn failed(name: &str, act: &'static str, source: kube::Error) -> KeysError {
    KeysError::Api { name: name.to_owned(), act, source: Box::new(source) }
}
