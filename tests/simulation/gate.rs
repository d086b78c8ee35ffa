//! The way to a Kubernetes API on a bad day: each request has a fate that the seed draws, and is witnessed; watches break
//! and are late.

use std::io;
use std::net::IpAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt};
use http::{Method, Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kaasboard::simulation::inside::all::Insides;
use kaasboard::workload::access::{Access, AccessError, Workloads};
use kaasboard::workload::etcd::EtcdAnswer;
use kube::client::Body;
use serde_json::json;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::blunder::Blunder;
use crate::book::Fate;
use crate::witness::{Asked, Witness};

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Answer = Response<UnsyncBoxBody<Bytes, Failure>>;

/// The way to one API.
#[derive(Clone)]
pub struct Gate {
    /// The API itself.
    pub inner: kube::Client,
    /// The user cluster that it is of, by its uid; the manager's has none.
    pub cluster: Option<String>,
    pub witness: Witness,
    pub blunder: Option<Blunder>,
}

impl Gate {
    pub fn client(self) -> kube::Client {
        kube::Client::new(self, "default")
    }

    async fn pass(self, request: Request<Body>) -> Result<Answer, Failure> {
        yield_now().await;
        let (head, body) = request.into_parts();
        let asked = Asked {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            is_watch: head.uri.query().is_some_and(|query| query.contains("watch=true")),
            body: body.collect().await?.to_bytes(),
        };
        if asked.is_watch && self.witness.hears_never_again(&asked, self.blunder) {
            return std::future::pending().await;
        }
        let changes = asked.method != Method::GET;
        let fate = self.witness.book.fate(changes, false);
        if fate != Fate::Fine {
            self.witness.book.say(format_args!("{}: {asked}: {fate:?}", self.name()));
        }
        match fate {
            Fate::Down => return Ok(refusal(503, "ServiceUnavailable")),
            Fate::Throttled(_) => return Ok(refusal(429, "TooManyRequests")),
            Fate::Conflict => return Ok(refusal(409, "Conflict")),
            Fate::DiesBefore => return self.witness.die().await,
            Fate::Slow(time) => sleep(time).await,
            Fate::Fine | Fate::Lost | Fate::Late(_) | Fate::DiesAfter => {}
        }
        self.witness.asks(&asked, self.cluster.as_deref(), &self.inner).await;
        let request = Request::from_parts(head, Body::from(asked.body.to_vec()));
        let response = self.inner.send(request).await;
        yield_now().await;
        match fate {
            Fate::Lost => Err(lost()),
            Fate::DiesAfter => self.witness.die().await,
            _ if asked.is_watch => Ok(response?.map(|body| self.hear(body))),
            _ => Ok(response?.map(|body| body.map_err(Failure::from).boxed_unsync())),
        }
    }

    fn name(&self) -> &'static str {
        if self.cluster.is_some() { "the user cluster" } else { "the manager" }
    }

    /// A watch, each piece of which can come late, or never.
    fn hear(&self, body: Body) -> UnsyncBoxBody<Bytes, Failure> {
        let book = self.witness.book.clone();
        let pieces = stream::unfold(Some((body, book)), async |state| {
            let (mut body, book) = state?;
            let piece = body.frame().await?;
            let chance = book.pages().weather.watches;
            if book.trouble(chance) {
                if book.chance(0.3) {
                    book.suffers("WatchBreaks");
                    book.say("a watch breaks");
                    return Some((Err(lost()), None));
                }
                book.suffers("WatchLate");
                let late = book.draw(1..20);
                book.say(format_args!("a watch is {late} s late"));
                sleep(Duration::from_secs(u64::from(late))).await;
            }
            Some((piece.map_err(Failure::from), Some((body, book))))
        });
        StreamBody::new(pieces.boxed()).boxed_unsync()
    }
}

impl tower::Service<Request<Body>> for Gate {
    type Response = Answer;
    type Error = Failure;
    type Future = BoxFuture<'static, Result<Answer, Failure>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.clone().pass(request).boxed()
    }
}

fn lost() -> Failure {
    io::Error::from(io::ErrorKind::ConnectionReset).into()
}

fn refusal(code: u16, reason: &str) -> Answer {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
        "reason": reason, "message": "the day is bad",
    });
    let body = Full::new(Bytes::from(status.to_string())).map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(code).header("content-type", "application/json").body(body).unwrap()
}

/// The insides of user clusters, each behind a gate of its own.
#[derive(Clone, Debug)]
pub struct BadInsides {
    pub inner: Insides,
    pub witness: Witness,
}

#[async_trait]
impl Workloads for BadInsides {
    async fn client(&self, access: &Access) -> Result<kube::Client, AccessError> {
        let inner = self.inner.client(access).await?;
        self.witness.meets(&access.uid, &inner);
        let (cluster, witness) = (Some(access.uid.clone()), self.witness.clone());
        Ok(Gate { inner, cluster, witness, blunder: None }.client())
    }

    async fn api_server_ready(&self, access: &Access, address: IpAddr) -> Result<bool, AccessError> {
        self.inner.api_server_ready(access, address).await
    }

    async fn etcd(&self, access: &Access, address: IpAddr) -> Result<EtcdAnswer, AccessError> {
        self.inner.etcd(access, address).await
    }
}
