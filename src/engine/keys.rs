//! The keys of clusters: made once, kept as Secrets beside the cluster's record, read once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{DeleteParams, ObjectMeta, PostParams};
use kube::{Api, Client, Resource};

use crate::api::cluster::KubernetesCluster;
use crate::api::names::{ENGINE, LABEL_CLUSTER};
use crate::bootstrap::authority::PkiError;
use crate::bootstrap::pki::{ClusterPki, Part};
use crate::clock;

/// Why the keys of a cluster are not at hand.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The API server did not answer, or refused.
    #[error("the Secret {name} could not be {act}")]
    Api {
        /// Which Secret.
        name: String,
        /// What was asked: `read`, `made`, `deleted`.
        act: &'static str,
        /// What it said.
        #[source]
        source: Box<kube::Error>,
    },
    /// The keys cannot be made or understood.
    #[error(transparent)]
    Pki(#[from] PkiError),
}

/// The keys of clusters that were read, by the cluster's uid.
#[derive(Debug, Default)]
pub struct Keys {
    known: Mutex<HashMap<String, Arc<ClusterPki>>>,
}

impl Keys {
    /// The keys of a cluster, or nothing if they were not all made yet.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn of(
        &self,
        client: &Client,
        cluster: &KubernetesCluster,
    ) -> Result<Option<Arc<ClusterPki>>, KeysError> {
        let uid = cluster.metadata.uid.clone().unwrap_or_default();
        if let Some(pki) = self.known().get(&uid) {
            return Ok(Some(pki.clone()));
        }
        let api = secrets(client, cluster);
        let name = cluster.metadata.name.as_deref().unwrap_or_default();
        let mut found: BTreeMap<Part, BTreeMap<String, String>> = BTreeMap::new();
        for part in Part::ALL {
            let secret = part.secret_name(name);
            match api.get_opt(&secret).await.map_err(|source| failed(&secret, "read", source))? {
                Some(stored) => found.insert(part, text_of(stored)),
                None => return Ok(None),
            };
        }
        let pki = Arc::new(ClusterPki::from_secrets(|part| found.remove(&part))?);
        self.known().insert(uid, pki.clone());
        Ok(Some(pki))
    }

    /// Makes the keys of a cluster. Secrets that are there already stay: an authority is never replaced by another.
    ///
    /// # Errors
    /// When they cannot be made or kept.
    pub async fn make(&self, client: &Client, cluster: &KubernetesCluster) -> Result<(), KeysError> {
        let pki = ClusterPki::create(clock::now())?;
        let api = secrets(client, cluster);
        let name = cluster.metadata.name.as_deref().unwrap_or_default();
        let who = PostParams { field_manager: Some(ENGINE.to_owned()), ..PostParams::default() };
        for part in Part::ALL {
            let secret = secret(cluster, part.secret_name(name), pki.secret(part));
            match api.create(&who, &secret).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.is_already_exists() => {}
                Err(source) => return Err(failed(&part.secret_name(name), "made", source)),
            }
        }
        Ok(())
    }

    /// Deletes the keys of a cluster that is no more.
    ///
    /// # Errors
    /// When the API server does not.
    pub async fn delete(&self, client: &Client, cluster: &KubernetesCluster) -> Result<(), KeysError> {
        let api = secrets(client, cluster);
        let name = cluster.metadata.name.as_deref().unwrap_or_default();
        for part in Part::ALL {
            let secret = part.secret_name(name);
            match api.delete(&secret, &DeleteParams::default()).await {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                Err(source) => return Err(failed(&secret, "deleted", source)),
            }
        }
        self.known().remove(cluster.metadata.uid.as_deref().unwrap_or_default());
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, HashMap<String, Arc<ClusterPki>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The Secrets beside a cluster's record.
pub fn secrets(client: &Client, cluster: &KubernetesCluster) -> Api<Secret> {
    Api::namespaced(client.clone(), cluster.metadata.namespace.as_deref().unwrap_or_default())
}

/// A Secret that goes when the cluster's record goes.
pub fn secret(cluster: &KubernetesCluster, name: String, data: BTreeMap<String, String>) -> Secret {
    let owner: Vec<OwnerReference> = cluster.owner_ref(&()).into_iter().collect();
    let own_name = cluster.metadata.name.clone().unwrap_or_default();
    Secret {
        metadata: ObjectMeta {
            name: Some(name),
            namespace: cluster.metadata.namespace.clone(),
            labels: Some(BTreeMap::from([(LABEL_CLUSTER.to_owned(), own_name)])),
            owner_references: Some(owner),
            ..ObjectMeta::default()
        },
        data: Some(data.into_iter().map(|(key, value)| (key, ByteString(value.into_bytes()))).collect()),
        ..Secret::default()
    }
}

fn text_of(secret: Secret) -> BTreeMap<String, String> {
    let data = secret.data.unwrap_or_default().into_iter();
    data.map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned())).collect()
}

fn failed(name: &str, act: &'static str, source: kube::Error) -> KeysError {
    KeysError::Api { name: name.to_owned(), act, source: Box::new(source) }
}
