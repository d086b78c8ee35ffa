//! The Kubernetes API of one user cluster, for its own controllers and kubelets.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::manager::http::service::InProcess;
use crate::manager::resource::{Key, ResourceId};
use crate::manager::server::{Manager, Options};
use crate::manager::store::entry::Entry;
use crate::manager::store::handle::Store;
use crate::manager::store::limits::Limits;
use crate::manager::store::query::ListQuery;

/// Thousands of user clusters exist at once, and each has few clients: the history is just long enough for them to
/// come back to after a reconnect.
const LIMITS: Limits = Limits {
    history_time: Duration::from_secs(300),
    history_changes: 128,
    history_bytes: 16 * 1024,
    plain_bytes: 8 * 1024,
    writes_in_flight: 64,
};

const JSON: &str = "application/json";

/// A write that the API refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refused {
    pub(super) code: u16,
    message: String,
}

/// The API of one cluster.
#[derive(Clone, Debug)]
pub(super) struct Kube {
    store: Store,
    manager: Manager,
}

/// An object's place in the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// `api/v1`, or `apis/GROUP/VERSION`.
    pub(super) version: &'a str,
    pub(super) plural: &'a str,
    /// Empty for objects of the cluster.
    pub(super) namespace: &'a str,
}

impl Place<'_> {
    fn path(&self, rest: &str) -> String {
        let Self { version, plural, namespace } = self;
        if namespace.is_empty() {
            format!("/{version}/{plural}{rest}")
        } else {
            format!("/{version}/namespaces/{namespace}/{plural}{rest}")
        }
    }
}

impl Kube {
    /// An API with the objects that its file has, if it has one, or none. Without a file that can be used they live as long
    /// as the process.
    pub(super) async fn start(seed: u64, file: Option<&Path>) -> Self {
        let in_memory = || Store::in_memory(LIMITS);
        let store = file.map_or_else(in_memory, |file| {
            Store::open_file(file, LIMITS).unwrap_or_else(|error| {
                tracing::error!(%error, file = %file.display(), "the objects of a cluster are not kept");
                in_memory()
            })
        });
        let manager = Manager::start(Options { store: store.clone(), seed }).await;
        Self { store, manager }
    }

    /// The service that answers requests.
    pub(super) fn service(&self) -> InProcess {
        self.manager.in_process()
    }

    /// The number of its last change.
    pub(super) fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// How many bytes its objects and their past take.
    pub(super) fn bytes(&self) -> usize {
        let size = self.store.size();
        size.object_bytes + size.change_bytes
    }

    /// The stored object of a name.
    pub(super) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.entry(resource, namespace, name).and_then(|entry| entry.value().ok())
    }

    /// The stored object of a name, unread.
    pub(super) fn entry(&self, resource: &str, namespace: &str, name: &str) -> Option<Arc<Entry>> {
        self.store.get(&Key::new(ResourceId::from(resource), namespace, name))
    }

    /// All stored objects of a type, in the order of their names.
    pub(super) fn list(&self, resource: &str) -> Vec<Arc<Entry>> {
        let resource = ResourceId::from(resource);
        let query = ListQuery {
            resource: &resource,
            namespace: None,
            after: None,
            limit: None,
            at: None,
            filter: None,
        };
        self.store.list(&query).map(|page| page.entries).unwrap_or_default()
    }

    /// The newest revision of the objects of a type.
    pub(super) fn newest(&self, resource: &str) -> u64 {
        self.store.newest(&ResourceId::from(resource))
    }

    /// Creates an object.
    ///
    /// # Errors
    /// When the API refuses it.
    pub(super) async fn create(&self, place: Place<'_>, object: &Value) -> Result<Value, Refused> {
        self.send(Method::POST, &place.path(""), JSON, Some(object)).await
    }

    /// Changes an object, or one of its subresources (`NAME/status`), by a merge patch.
    ///
    /// # Errors
    /// When the API refuses it.
    pub(super) async fn merge(&self, place: Place<'_>, name: &str, patch: &Value) -> Result<Value, Refused> {
        let path = place.path(&format!("/{name}"));
        self.send(Method::PATCH, &path, "application/merge-patch+json", Some(patch)).await
    }

    /// Asks for an object's deletion; a pod may be given less time than it wants.
    ///
    /// # Errors
    /// When the API refuses it.
    pub(super) async fn delete(
        &self,
        place: Place<'_>,
        name: &str,
        grace: Option<u32>,
    ) -> Result<Value, Refused> {
        let options = grace.map(|seconds| json!({ "gracePeriodSeconds": seconds }));
        self.send(Method::DELETE, &place.path(&format!("/{name}")), JSON, options.as_ref()).await
    }

    /// Gives a pod to a node.
    ///
    /// # Errors
    /// When the API refuses it.
    pub(super) async fn bind(&self, namespace: &str, pod: &str, node: &str) -> Result<Value, Refused> {
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding", "metadata": { "name": pod },
            "target": { "apiVersion": "v1", "kind": "Node", "name": node },
        });
        let place = Place { version: "api/v1", plural: "pods", namespace };
        self.send(Method::POST, &place.path(&format!("/{pod}/binding")), JSON, Some(&binding)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        content_type: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refused> {
        let failed = |message: String| Refused { code: 500, message };
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::CONTENT_TYPE, content_type)
            .header(http::header::USER_AGENT, "kube-controller-manager")
            .body(kube::client::Body::from(body.into_bytes()))
            .map_err(|error| failed(error.to_string()))?;
        let response = match self.service().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let status = response.status();
        let bytes = match response.into_body().collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(never) => match never {},
        };
        let answer: Value = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
        if status >= StatusCode::BAD_REQUEST {
            let message = answer["message"].as_str().unwrap_or_default().to_owned();
            return Err(Refused { code: status.as_u16(), message });
        }
        Ok(answer)
    }
}
