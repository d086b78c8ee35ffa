//! Accepting connections, and serving each until it ends or the server stops.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::{Service, ServiceExt};

use super::certificate;
use super::error::ServeError;
use super::guard;
use super::kubeconfig;
use super::patient::Patient;
use super::token::Token;

/// Connections at a time. A client has one or two; beyond this the next one waits in the system's queue.
const MAX_CONNECTIONS: usize = 512;

/// Requests at a time on one HTTP/2 connection: what a real API server allows.
const MAX_STREAMS: u32 = 250;

/// For the TLS handshake, and for the head of an HTTP/1.1 request. Over loopback they take milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a silent HTTP/2 connection is asked whether somebody is still there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// The head of a request: a token, a path and a query with selectors need a fraction of it.
const MAX_HEAD_BYTES: u32 = 64 * 1024;

/// What one connection may have waiting to be sent on each stream; a slow reader's answers wait in the store instead.
const MAX_SEND_BYTES: usize = 256 * 1024;

/// For a client that takes nothing of what is sent to it. A watcher on a slow link takes something.
const STALLED: Duration = Duration::from_secs(30);

/// For the requests under way when the server stops. Watches never end by themselves, and are cut off then.
const GRACE: Duration = Duration::from_secs(2);

/// After the system refused a connection, as it does when it runs out of file descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// A server that listens and has not accepted anything yet.
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
    tls: TlsAcceptor,
    authority: String,
    token: Token,
}

impl Listener {
    /// Listens at `address`. Port 0 lets the system choose one.
    pub async fn bind(address: SocketAddr, token: Token) -> Result<Self, ServeError> {
        let listen = |source| ServeError::Listen { address, source };
        let tcp = TcpListener::bind(address).await.map_err(listen)?;
        let bound = tcp.local_addr().map_err(listen)?;
        let identity = certificate::make(address.ip())?;
        let tls = TlsAcceptor::from(identity.server);
        Ok(Self { tcp, address: bound, tls, authority: identity.authority, token })
    }

    /// Where clients on this machine find it.
    pub fn address(&self) -> SocketAddr {
        let ip = match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::from(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        SocketAddr::new(ip, self.address.port())
    }

    /// The kubeconfig that leads here.
    pub fn kubeconfig(&self) -> Result<String, ServeError> {
        kubeconfig::text(self.address(), &self.authority, &self.token)
    }

    /// Serves until `stop` comes true; then requests under way may end, and everything else is cut off.
    pub async fn serve<S, B>(self, service: S, stop: impl Future<Output = ()>)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&self.tcp, &places) => accepted,
            };
            match accepted {
                Ok((stream, place)) => {
                    let connection = Connection { tls: self.tls.clone(), token: self.token.clone(), place };
                    connections.spawn(connection.serve(stream, service.clone(), graceful.watcher()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was refused by the system");
                    sleep(PAUSE).await;
                }
            }
        }
        drop(self.tcp);
        if timeout(GRACE, graceful.shutdown()).await.is_err() {
            tracing::info!(connections = connections.len(), "cutting off what did not end by itself");
        }
        connections.shutdown().await;
    }
}

/// The next connection, once there is a place for it.
async fn accept(tcp: &TcpListener, places: &Arc<Semaphore>) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, _) = tcp.accept().await?;
    // Watch events are small and wanted at once; without this the system would collect them.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}

/// One connection, and its place among all.
struct Connection {
    tls: TlsAcceptor,
    token: Token,
    place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve<S, B>(self, stream: TcpStream, service: S, stopping: Watcher)
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let stream = match timeout(PATIENCE, self.tls.accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => return tracing::debug!("a TLS handshake took too long"),
        };
        let token = self.token;
        let guarded = service_fn(move |request: Request<Incoming>| {
            let service = guard::admits(&request, &token).then(|| service.clone());
            async move {
                let Some(service) = service else {
                    return Ok::<_, Infallible>(guard::refusal().map(Either::Right));
                };
                service.oneshot(request).await.map(|response| response.map(Either::Left))
            }
        });
        let stream = TokioIo::new(Patient::new(stream, STALLED));
        let connection = protocols().serve_connection(stream, guarded).into_owned();
        if let Err(error) = stopping.watch(connection).await {
            tracing::debug!(%error, "a connection ended");
        }
        drop(self.place);
    }
}

/// HTTP/1.1 and 2 with our limits.
fn protocols() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .max_buf_size(MAX_HEAD_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_send_buf_size(MAX_SEND_BYTES)
        .keep_alive_interval(KEEP_ALIVE);
    builder
}
