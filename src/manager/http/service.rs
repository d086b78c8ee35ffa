//! The tower service behind the `kube::Client` of this process.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};

use super::answer::answer;
use super::body::AnswerBody;
use crate::manager::kernel::Kernel;
use crate::manager::lifecycle::keeper::Keeper;

/// Answers requests of this process. It keeps the manager alive.
#[derive(Clone, Debug)]
pub struct InProcess {
    kernel: Arc<Kernel>,
    _keeper: Arc<Keeper>,
}

impl InProcess {
    /// The service of a manager.
    pub fn new(kernel: Arc<Kernel>, keeper: Arc<Keeper>) -> Self {
        Self { kernel, _keeper: keeper }
    }
}

impl tower::Service<Request<kube::client::Body>> for InProcess {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<kube::client::Body>) -> Self::Future {
        answer(Arc::clone(&self.kernel), request).map(Ok).boxed()
    }
}
