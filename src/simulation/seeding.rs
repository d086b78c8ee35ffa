//! A fleet on its way into a manager: our definitions' objects, in the order in which they need each other.

use std::fmt::Debug;

use k8s_openapi::api::core::v1::Namespace;
use kube::api::PostParams;
use kube::{Api, Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fleet::Drawn;
use crate::api::cluster::KubernetesCluster;
use crate::api::names::{LABEL_TENANT, SYSTEM_NAMESPACE};
use crate::api::release::Release;
use crate::api::tenant::Tenant;

/// Why a fleet is not in the manager.
#[derive(Debug, thiserror::Error)]
#[error("{object} could not be made")]
pub struct SeedingError {
    /// Which object.
    pub object: String,
    /// What the API server said.
    #[source]
    pub source: Box<kube::Error>,
}

/// Makes the objects of a fleet, and the namespaces that they are in.
///
/// # Errors
/// When the API server refuses one.
pub async fn seed(client: &Client, drawn: &Drawn) -> Result<(), SeedingError> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    system(client).await?;
    for release in &drawn.releases {
        make::<Release>(&Api::all(client.clone()), release).await?;
    }
    for tenant in &drawn.tenants {
        let name = tenant.name_any();
        make(&namespaces, &namespace(&name, Some(&name))).await?;
        make::<Tenant>(&Api::all(client.clone()), tenant).await?;
    }
    for cluster in &drawn.clusters {
        let namespace = cluster.namespace().unwrap_or_default();
        make::<KubernetesCluster>(&Api::namespaced(client.clone(), &namespace), cluster).await?;
    }
    Ok(())
}

/// Makes the namespace of what belongs to no tenant.
///
/// # Errors
/// When the API server refuses.
pub async fn system(client: &Client) -> Result<(), SeedingError> {
    make(&Api::<Namespace>::all(client.clone()), &namespace(SYSTEM_NAMESPACE, None)).await
}

fn namespace(name: &str, tenant: Option<&str>) -> Namespace {
    let labels = tenant.map(|tenant| [(LABEL_TENANT.to_owned(), tenant.to_owned())].into());
    let mut namespace = Namespace::default();
    namespace.metadata.name = Some(name.to_owned());
    namespace.metadata.labels = labels;
    namespace
}

/// Makes an object; one that is there already stays.
async fn make<K>(api: &Api<K>, object: &K) -> Result<(), SeedingError>
where
    K: Resource<DynamicType = ()> + Clone + Debug + Serialize + DeserializeOwned,
{
    match api.create(&PostParams::default(), object).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(source) => {
            let object = format!("{} {}", K::kind(&()), object.name_any());
            Err(SeedingError { object, source: Box::new(source) })
        }
    }
}
