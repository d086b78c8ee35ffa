//! How long an API server may let somebody wait.
//!
//! kube leaves its clients without limits, because a limit would cut off what is open for long on purpose. So the limit
//! is put on each request that is no watch: a server that takes connections and says nothing holds up nobody for ever.

use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use kube::client::{Body, ClientBuilder};
use kube::{Client, Config};
use tokio::time::timeout;
use tower::{BoxError, Layer, Service};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request that is no watch may wait for the beginning of its answer. API servers end a request of their own
/// accord after 60 s (`--request-timeout`).
const ANSWER: Duration = Duration::from_secs(65);
/// How long a connection may be silent while something is to be read from it. A watch hears a bookmark about once a
/// minute.
const SILENCE: Duration = Duration::from_secs(150);

/// A client of an API server that never waits for ever: for `answer` at most until a request is answered.
///
/// # Errors
/// When the configuration makes no client.
pub fn client(mut config: Config, answer: Option<Duration>) -> kube::Result<Client> {
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    config.reset_reader_on_write = true;
    Ok(ClientBuilder::try_from(config)?.with_layer(&Limit(answer.unwrap_or(ANSWER))).build())
}

/// Puts a limit on each request.
#[derive(Clone, Copy, Debug)]
struct Limit(Duration);

impl<S> Layer<S> for Limit {
    type Service = Limited<S>;

    fn layer(&self, inner: S) -> Limited<S> {
        Limited { inner, limit: self.0 }
    }
}

/// A service whose requests have a limit.
#[derive(Clone, Debug)]
struct Limited<S> {
    inner: S,
    limit: Duration,
}

impl<S, B> Service<Request<Body>> for Limited<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let limit = self.limit;
        let is_watch = is_watch(request.uri());
        let answer = self.inner.call(request);
        if is_watch {
            return answer.boxed();
        }
        async move {
            let late = |_| Err(format!("no answer within {} s", limit.as_secs()).into());
            timeout(limit, answer).await.unwrap_or_else(late)
        }
        .boxed()
    }
}

fn is_watch(uri: &Uri) -> bool {
    let asked = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    asked.into_iter().any(|(key, value)| key == "watch" && matches!(&*value, "true" | "1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_is_known_by_its_query() {
        let is_watch = |uri: &str| is_watch(&uri.parse().unwrap());
        assert!(is_watch("/api/v1/nodes?watch=true"));
        assert!(is_watch("/api/v1/nodes?limit=1&watch=1"));
        assert!(!is_watch("/api/v1/nodes?watch=false"));
        assert!(!is_watch("/api/v1/nodes/watch"));
    }
}
