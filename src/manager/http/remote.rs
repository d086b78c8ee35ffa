//! The tower service for requests that come over the network: the same answers, and not too many at once.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio::sync::Semaphore;

use super::answer::{answer, refusal};
use super::body::AnswerBody;
use super::limits;
use crate::manager::server::Manager;
use crate::manager::status::{ApiError, Reason};

/// Answers requests of other processes. Clones share the places for requests.
#[derive(Clone, Debug)]
pub struct Remote {
    manager: Manager,
    places: Arc<Semaphore>,
}

impl Remote {
    /// The service of a manager.
    pub(in crate::manager) fn new(manager: Manager) -> Self {
        Self { manager, places: Arc::new(Semaphore::new(limits::REQUESTS)) }
    }
}

impl tower::Service<Request<Incoming>> for Remote {
    type Response = Response<AnswerBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            let message = "Too many requests, please try again later.";
            let refused = refusal(&ApiError::new(Reason::TooManyRequests, message).retry_after(1));
            return std::future::ready(Ok(refused)).boxed();
        };
        let answered = answer(Arc::clone(&self.manager.kernel), request);
        let done = answered.map(move |response| {
            drop(place);
            Ok(response)
        });
        done.boxed()
    }
}
