//! What stands before the API of a user cluster: the way through its balancer, and the time that has passed since the
//! last request.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Method, Request, Response, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use super::all::Insides;
use super::cut::CutBody;
use super::one::Inside;
use crate::manager::http::body::AnswerBody;
use crate::workload::access::{Access, AccessError};

/// Requests of Leases begin so.
const LEASES: &str = "/apis/coordination.k8s.io/";

/// The API of a cluster, as it is reached with somebody's keys.
#[derive(Clone, Debug)]
pub(super) struct Front {
    insides: Insides,
    inside: Arc<Inside>,
    access: Arc<Access>,
}

impl Front {
    pub(super) fn new(insides: Insides, inside: Arc<Inside>, access: &Access) -> Self {
        Self { insides, inside, access: Arc::new(access.clone()) }
    }

    async fn answer(self, request: Request<kube::client::Body>) -> Result<Response<CutBody>, AccessError> {
        let losses = self.inside.losses();
        let api = self.inside.api(&self.access).await?;
        if request.uri().path().starts_with(LEASES) {
            self.inside.renew_leases().await;
        }
        let changes = request.method() != Method::GET;
        if changes && self.inside.has_no_space().await {
            return Ok(no_space().map(|body| CutBody::new(body, losses)));
        }
        let response = match api.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if changes {
            // Those who watch see what follows from the write.
            self.insides.advance(&self.access.uid, &self.inside).await;
        }
        Ok(response.map(|body| CutBody::new(body, losses)))
    }
}

/// What an API server answers whose etcd takes no writes, in etcd's words.
fn no_space() -> Response<AnswerBody> {
    let message = "etcdserver: mvcc: database space exceeded";
    let status = json!({
        "apiVersion": "v1", "kind": "Status", "status": "Failure", "message": message, "code": 500,
    });
    let mut response = Response::new(AnswerBody::whole(status.to_string().into()));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

impl tower::Service<Request<kube::client::Body>> for Front {
    type Response = Response<CutBody>;
    type Error = AccessError;
    type Future = BoxFuture<'static, Result<Self::Response, AccessError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), AccessError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        self.clone().answer(request).boxed()
    }
}
