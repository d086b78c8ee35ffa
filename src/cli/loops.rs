//! The loops of the engine, asked of the engine itself.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, Utc};
use kube::Client;
use tokio::time::sleep;

use super::engine_facts;
use super::failure::{Exit, Failure};
use super::output;
use crate::engine::facts::loops::{Loops, Turn};
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;

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
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (key, value) in [("kind", query.kind), ("namespace", query.tenant), ("name", query.name)] {
        if let Some(value) = value {
            pairs.append_pair(key, value);
        }
    }
    engine_facts::ask(client, &format!("/loops?{}", pairs.finish()), |loops: &Loops| &loops.identity).await
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
