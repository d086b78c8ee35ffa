//! What the engine tells of itself: asked of the engine that the Lease in the manager names.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kube::{Client, ResourceExt};
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::failure::{Exit, Failure};
use super::leader::{Leader, leader};
use super::operate::journal::no_engine;
use crate::api::names::ANNOTATION_FACTS;

/// For the engine to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the engine tells at a path. `identity` is who the answer says to come from.
///
/// # Errors
/// When no engine holds the Lease, or it cannot be reached from here.
pub async fn ask<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    identity: fn(&T) -> &str,
) -> Result<T, Failure> {
    let leader = leader(client).await?.ok_or_else(no_engine)?;
    let told = leader.lease.annotations().get(ANNOTATION_FACTS).cloned();
    let address = told.ok_or_else(|| {
        Failure::new(Exit::Failed, "the engine does not tell of itself")
            .on(&leader.identity)
            .remedy("start it with --listen")
    })?;
    let answer = timeout(PATIENCE, get(&format!("{address}{path}"))).await;
    let answer = answer.map_err(|_| color_eyre::Report::msg("no answer in time")).and_then(|answer| answer);
    let facts: T = answer
        .and_then(|body| serde_json::from_slice(&body).map_err(color_eyre::Report::from))
        .map_err(|error| out_of_reach(&leader, &address, error))?;
    // Another program may listen there by now, or on the same port of this machine.
    if identity(&facts) != leader.identity {
        let other = color_eyre::Report::msg(format!("{} answers there", identity(&facts)));
        return Err(out_of_reach(&leader, &address, other));
    }
    Ok(facts)
}

fn out_of_reach(leader: &Leader, address: &str, why: color_eyre::Report) -> Failure {
    Failure::new(Exit::Failed, "the engine cannot be asked from here")
        .on(format!("{} at {address}", leader.identity))
        .because(why)
        .remedy("it tells of itself on its own machine: go there, or forward its port")
}

async fn get(url: &str) -> color_eyre::Result<Bytes> {
    let uri: Uri = url.parse()?;
    let place = uri.authority().map(ToString::to_string).unwrap_or_default();
    let stream = TcpStream::connect(&place).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let request = Request::get(path).header(http::header::HOST, place).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    driving.abort();
    if status != StatusCode::OK {
        return Err(color_eyre::Report::msg(format!("it answers {status}")));
    }
    Ok(body)
}
