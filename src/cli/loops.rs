//! The loops of the engine: asked of the engine itself, which the Lease in the manager names.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use kube::{Client, ResourceExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::failure::{Exit, Failure};
use super::leader::{Leader, leader};
use super::operate::journal::no_engine;
use super::output;
use crate::api::names::ANNOTATION_FACTS;
use crate::engine::facts::loops::{Loops, Turn};
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;

/// For the engine to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often somebody who watches is told.
const PAUSE: Duration = Duration::from_secs(1);

/// What is asked of the loops.
#[derive(Clone, Debug, Default)]
pub struct Query<'a> {
    /// Of records of this kind, tenant and name.
    pub kind: Option<&'a str>,
    /// Of this tenant.
    pub tenant: Option<&'a str>,
    /// Of this name.
    pub name: Option<&'a str>,
}

/// In which form loops are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One line each; wide ones with the reasons.
    Table {
        /// With the reasons.
        wide: bool,
    },
    /// Names alone.
    Name,
    /// As JSON.
    Json,
    /// As YAML.
    Yaml,
}

/// The turns that the engine tells of.
///
/// # Errors
/// When no engine holds the Lease, or it cannot be reached from here.
pub async fn ask(client: &Client, query: &Query<'_>) -> Result<Loops, Failure> {
    let leader = leader(client).await?.ok_or_else(no_engine)?;
    let told = leader.lease.annotations().get(ANNOTATION_FACTS).cloned();
    let address = told.ok_or_else(|| {
        Failure::new(Exit::Failed, "the engine does not tell of its loops")
            .on(&leader.identity)
            .remedy("start it with --listen")
    })?;
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (key, value) in [("kind", query.kind), ("namespace", query.tenant), ("name", query.name)] {
        if let Some(value) = value {
            pairs.append_pair(key, value);
        }
    }
    let url = format!("{address}/loops?{}", pairs.finish());
    let answer = timeout(PATIENCE, get(&url)).await;
    let answer = answer.map_err(|_| color_eyre::Report::msg("no answer in time")).and_then(|answer| answer);
    let loops: Loops = answer
        .and_then(|body| serde_json::from_slice(&body).map_err(color_eyre::Report::from))
        .map_err(|error| out_of_reach(&leader, &address, error))?;
    // Another program may listen there by now, or on the same port of this machine.
    if loops.identity != leader.identity {
        let other = color_eyre::Report::msg(format!("{} answers there", loops.identity));
        return Err(out_of_reach(&leader, &address, other));
    }
    Ok(loops)
}

fn out_of_reach(leader: &Leader, address: &str, why: color_eyre::Report) -> Failure {
    Failure::new(Exit::Failed, "the engine cannot be asked from here")
        .on(format!("{} at {address}", leader.identity))
        .because(why)
        .remedy("its loops are told on its own machine: go there, or forward its port")
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

/// Tells the loops, and goes on with what changes if it is watched.
///
/// # Errors
/// As [`ask`].
pub async fn tell(client: &Client, query: &Query<'_>, form: Form, watch: bool) -> Result<(), Failure> {
    let loops = ask(client, query).await?;
    let failed =
        |error: color_eyre::Report| Failure::new(Exit::Failed, "cannot print the loops").because(error);
    let text = match form {
        Form::Json => {
            let value = serde_json::to_value(&loops).map_err(|error| failed(error.into()))?;
            format!("{value:#}\n")
        }
        Form::Yaml => serde_saphyr::to_string(&loops).map_err(|error| failed(error.into()))?,
        Form::Name => loops.items.iter().map(|turn| name(turn) + "\n").collect(),
        Form::Table { wide } => table(&loops, wide),
    };
    output::result(&text)?;
    let Form::Table { wide } = form else { return Ok(()) };
    if loops.items.is_empty() {
        output::note("every loop is content");
    }
    if !watch {
        return Ok(());
    }
    let mut last = loops;
    loop {
        sleep(PAUSE).await;
        let mut now = ask(client, query).await?;
        let whole = now.clone();
        now.items.retain(|turn| !last.items.contains(turn));
        if !now.items.is_empty() {
            output::result(&rows(&now, wide))?;
        }
        last = whole;
    }
}

/// The record as commands name it.
pub fn name(turn: &Turn) -> String {
    let kind = turn.kind.to_lowercase();
    let whole = match turn.namespace.as_str() {
        "" => format!("{kind}/{}", turn.name),
        tenant => format!("{kind}/{tenant}/{}", turn.name),
    };
    printable(&whole)
}

fn table(loops: &Loops, wide: bool) -> String {
    let mut text = String::new();
    let mut queue = Vec::new();
    for kind in &loops.queue {
        if kind.due + kind.running + kind.failing > 0 {
            let counts = format!("{} due, {} running, {} failing", kind.due, kind.running, kind.failing);
            queue.push(format!("{}: {counts}", kind.kind));
        }
    }
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "engine {}; {}",
        printable(&loops.identity),
        match queue.is_empty() {
            true => "nothing is due".to_owned(),
            false => queue.join("; "),
        }
    );
    if loops.left_out > 0 {
        let _ =
            writeln!(text, "{} more turns have something to tell; name a kind or a tenant", loops.left_out);
    }
    if !loops.items.is_empty() {
        let _ = writeln!(text, "{:<52} {:>6} {:>8} {:>6}  WHAT", "RECORD", "AGO", "TOOK", "NEXT");
    }
    text + &rows(loops, wide)
}

fn rows(loops: &Loops, wide: bool) -> String {
    let now = time(&loops.now);
    let mut text = String::new();
    for turn in &loops.items {
        let ago = human(now - time(&turn.at));
        let next = human((time(&turn.next) - now).max(chrono::TimeDelta::zero()));
        let took = format!("{:.0}ms", turn.took_seconds * 1000.0);
        let mut said = said(turn);
        if !wide {
            said.truncate(1);
        }
        let first = said.first().map(String::as_str).unwrap_or("as it should be");
        let _ = writeln!(text, "{:<52} {ago:>6} {took:>8} {next:>6}  {}", name(turn), printable(first));
        for more in said.iter().skip(1) {
            let _ = writeln!(text, "{:<77}{}", "", printable(more));
        }
    }
    text
}

/// What a turn has to tell, the worst first.
pub fn said(turn: &Turn) -> Vec<String> {
    let mut said: Vec<String> = turn.failure.iter().map(|why| format!("failed: {why}")).collect();
    let failed = turn
        .steps
        .iter()
        .filter_map(|step| Some(format!("failed: {}: {}", step.what, step.failure.as_ref()?)));
    said.extend(failed);
    said.extend(turn.findings.iter().map(|found| format!("found: {}", found.message)));
    let done = turn.steps.iter().filter(|step| !step.reports && step.failure.is_none());
    said.extend(done.map(|step| format!("did: {}", step.what)));
    said.extend(turn.waiting.iter().map(|wait| format!("waits: {}", wait.message)));
    said
}

/// A time as the engine writes it.
pub fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap_or_default()
}
