//! Asks the engine that leads, wherever it runs, what it tells of itself.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::engine::leader::Leader;

/// For the engine to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why it does not tell.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The Lease does not say where it tells of itself.
    #[error("it does not tell of itself")]
    Silent,
    /// The Lease says something that is no address.
    #[error("{address} is no address")]
    Address {
        /// What it says.
        address: String,
    },
    /// Nobody listens there, or not for us.
    #[error("{address} cannot be reached")]
    Connect {
        /// Where.
        address: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// It hung up, or speaks something else.
    #[error("{address} does not speak HTTP")]
    Http {
        /// Where.
        address: String,
        /// What was wrong.
        #[source]
        source: hyper::Error,
    },
    /// It took too long.
    #[error("no answer in time")]
    Late,
    /// It refused.
    #[error("it answers {status}")]
    Refused {
        /// How.
        status: StatusCode,
    },
    /// What it said is not understood: it may be older or newer than this program.
    #[error("its answer is not understood")]
    Answer(#[source] serde_json::Error),
    /// Another program listens there by now, or on the same port of this machine.
    #[error("{name} answers there")]
    Other {
        /// Who.
        name: String,
    },
}

/// What the leader tells at a path. `identity` is who the answer says to come from.
///
/// # Errors
/// When it does not tell of itself, or cannot be reached from here.
pub async fn ask<T: DeserializeOwned>(
    leader: &Leader,
    path: &str,
    identity: fn(&T) -> &str,
) -> Result<T, AskError> {
    let address = leader.facts.as_ref().ok_or(AskError::Silent)?;
    let answer = timeout(PATIENCE, get(address, path)).await.map_err(|_| AskError::Late)??;
    let facts: T = serde_json::from_slice(&answer).map_err(AskError::Answer)?;
    if identity(&facts) != leader.identity {
        return Err(AskError::Other { name: identity(&facts).to_owned() });
    }
    Ok(facts)
}

async fn get(address: &str, path: &str) -> Result<Bytes, AskError> {
    let no_address = || AskError::Address { address: address.to_owned() };
    let uri: Uri = format!("{address}{path}").parse().map_err(|_| no_address())?;
    let place = uri.authority().map(ToString::to_string).ok_or_else(no_address)?;
    let connected = TcpStream::connect(&place).await;
    let stream = connected.map_err(|source| AskError::Connect { address: place.clone(), source })?;
    let failed = |source| AskError::Http { address: place.clone(), source };
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let driving = tokio::spawn(connection);
    let path = uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let request = Request::get(path).header(http::header::HOST, &place).body(Empty::<Bytes>::new());
    let response = sender.send_request(request.map_err(|_| no_address())?).await.map_err(failed)?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(failed)?.to_bytes();
    driving.abort();
    if status != StatusCode::OK {
        return Err(AskError::Refused { status });
    }
    Ok(body)
}
