//! The server of `/metrics`, `/healthz`, `/readyz`, `/loops`, `/volumes`, `/leaks` and `/glance`: for probes, for a
//! collector of metrics, for the command line and for consoles. It only tells, and tells no secret.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::glance;
use super::leaks::leaks;
use super::loops::{Asked, loops};
use super::metrics;
use super::volumes::volumes;
use crate::engine::context::Engine;

/// Connections at a time: a collector, some probes, some people.
const CONNECTIONS: usize = 64;
/// For a connection, from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(30);
/// After the system refused a connection.
const PAUSE: Duration = Duration::from_millis(100);

/// What there is, for those who ask for something else.
const PATHS: &str = "there are /metrics, /healthz, /readyz, /loops, /volumes, /leaks and /glance\n";

/// What is told, and as what.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// A server that listens and has not accepted anything yet.
#[derive(Debug)]
pub struct Facts {
    listener: TcpListener,
    address: SocketAddr,
}

impl Facts {
    /// Listens.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it is reached.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped.
    pub async fn serve(self, engine: Arc<Engine>, identity: String) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let identity: Arc<str> = identity.into();
        let mut tasks = JoinSet::new();
        loop {
            // The semaphore is never closed.
            let Ok(slot) = room.clone().acquire_owned().await else { return };
            let stream = match self.listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    sleep(PAUSE).await;
                    continue;
                }
            };
            let (engine, identity) = (engine.clone(), identity.clone());
            tasks.spawn(async move {
                let service = service_fn(move |request| {
                    let answer = answer(&engine, &identity, &request);
                    async move { Ok::<_, Infallible>(answer) }
                });
                let mut server = http1::Builder::new();
                server.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
                // Who leaves in the middle has what it wanted.
                let _ = timeout(PATIENCE, server.serve_connection(TokioIo::new(stream), service)).await;
                drop(slot);
            });
            while tasks.try_join_next().is_some() {}
        }
    }
}

fn answer(engine: &Engine, identity: &str, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return told(StatusCode::METHOD_NOT_ALLOWED, TEXT, "only GET\n".to_owned());
    }
    match request.uri().path() {
        "/healthz" | "/livez" => told(StatusCode::OK, TEXT, "ok\n".to_owned()),
        "/readyz" => readiness(engine),
        "/metrics" => match metrics::text(engine) {
            Ok(text) => told(StatusCode::OK, METRICS, text),
            Err(error) => told(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
        },
        "/loops" => {
            let asked = Asked::parse(request.uri().query().unwrap_or_default());
            json(&loops(engine, identity, &asked))
        }
        "/glance" => {
            let question = glance::parse(request.uri().query().unwrap_or_default());
            json(&glance::told(engine, identity, &question))
        }
        "/leaks" => json(&leaks(engine, identity)),
        "/volumes" => json(&volumes(engine, identity)),
        _ => told(StatusCode::NOT_FOUND, TEXT, PATHS.to_owned()),
    }
}

fn json(facts: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_string(facts) {
        Ok(text) => told(StatusCode::OK, JSON, text),
        Err(error) => told(StatusCode::INTERNAL_SERVER_ERROR, TEXT, format!("{error}\n")),
    }
}

/// Ready is who knows all records and the cloud: a leader acts, and another one could take over at once.
fn readiness(engine: &Engine) -> Response<Full<Bytes>> {
    if !engine.records.are_complete() {
        let missing = "the records were not all read yet\n".to_owned();
        return told(StatusCode::SERVICE_UNAVAILABLE, TEXT, missing);
    }
    match (engine.inventory.missing(), &engine.inventory.choices().blind) {
        (Some(missing), _) => {
            let missing = format!("the cloud was not read yet: {missing}\n");
            told(StatusCode::SERVICE_UNAVAILABLE, TEXT, missing)
        }
        (None, Some(why)) => {
            let blind = format!("ok, but it is not known which zones and hypervisors are out: {why}\n");
            told(StatusCode::OK, TEXT, blind)
        }
        (None, None) => told(StatusCode::OK, TEXT, "ok\n".to_owned()),
    }
}

fn told(status: StatusCode, kind: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}
