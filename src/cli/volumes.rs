//! The volumes of all clusters, asked of the engine itself.

use std::fmt::Write as _;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kube::Client;
use serde_json::json;
use tokio::time::sleep;

use super::failure::{Exit, Failure};
use super::loops::Form;
use super::{engine_facts, output};
use crate::engine::facts::volumes::Volumes;
use crate::engine::glance::VolumeFact;
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;

/// How often somebody who watches is told.
const PAUSE: Duration = Duration::from_secs(1);

/// The heads of the columns, and of those that are only wide.
const COLUMNS: [&str; 7] = ["TENANT", "CLUSTER", "CLAIM", "STATE", "GIB", "MACHINE", "AGE"];
const WIDE: [&str; 4] = ["VOLUME", "ID", "SERVER", "PROJECT"];

/// Tells the volumes of a tenant or of all, one of them by its name or id, and goes on with what changes if it is watched.
///
/// # Errors
/// When no engine can be asked, when it does not know the volumes, or when there is none of the name.
pub async fn tell(
    client: &Client,
    tenant: Option<&str>,
    name: Option<&str>,
    form: Form,
    watch: bool,
) -> Result<(), Failure> {
    let mut last = ask(client, tenant, name).await?;
    if let Some(name) = name.filter(|_| last.items.is_empty()) {
        return Err(Failure::new(Exit::NotFound, "there is no such volume")
            .on(name)
            .remedy("run `kaasboard get volumes -o wide` to see them all"));
    }
    output::result(&text(&last, form, true)?)?;
    let Form::Table { .. } = form else { return Ok(()) };
    if last.items.is_empty() {
        output::note("nothing found");
    }
    if !watch {
        return Ok(());
    }
    loop {
        sleep(PAUSE).await;
        let mut now = ask(client, tenant, name).await?;
        let whole = now.clone();
        now.items.retain(|volume| !last.items.contains(volume));
        output::result(&text(&now, form, false)?)?;
        last = whole;
    }
}

async fn ask(client: &Client, tenant: Option<&str>, name: Option<&str>) -> Result<Volumes, Failure> {
    let mut volumes = engine_facts::ask(client, "/volumes", |volumes: &Volumes| &volumes.identity).await?;
    if let Some(why) = volumes.problem.take() {
        let failure = Failure::new(Exit::Failed, "the engine does not know the volumes");
        return Err(failure.because(color_eyre::Report::msg(why)));
    }
    let is_of = |volume: &VolumeFact| tenant.is_none() || volume.tenant.as_deref() == tenant;
    let is_it = |volume: &VolumeFact| name.is_none_or(|name| volume.name == name || volume.id == name);
    volumes.items.retain(|volume| is_of(volume) && is_it(volume));
    Ok(volumes)
}

fn text(volumes: &Volumes, form: Form, headed: bool) -> Result<String, Failure> {
    let failed =
        |error: color_eyre::Report| Failure::new(Exit::Failed, "cannot print the volumes").because(error);
    Ok(match form {
        Form::Json => format!("{:#}\n", json!({ "items": volumes.items })),
        Form::Yaml => serde_saphyr::to_string(&json!({ "items": volumes.items }))
            .map_err(|error| failed(error.into()))?,
        Form::Name => {
            volumes.items.iter().map(|volume| format!("volume/{}\n", printable(&volume.name))).collect()
        }
        Form::Table { wide } => table(volumes, wide, headed),
    })
}

fn table(volumes: &Volumes, wide: bool, headed: bool) -> String {
    let words = |heads: &[&str]| heads.iter().map(|head| (*head).to_owned()).collect::<Vec<String>>();
    let mut lines: Vec<Vec<String>> = Vec::new();
    if headed && !volumes.items.is_empty() {
        let more = if wide { words(&WIDE) } else { Vec::new() };
        lines.push(words(&COLUMNS).into_iter().chain(more).collect());
    }
    lines.extend(volumes.items.iter().map(|volume| cells(volume, volumes.now, wide)));
    let mut widths: Vec<usize> = vec![0; COLUMNS.len() + WIDE.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for line in lines {
        let mut told = String::new();
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a String cannot fail.
            let _ = write!(told, "{cell:<width$}   ");
        }
        text.push_str(told.trim_end());
        text.push('\n');
    }
    text
}

fn cells(volume: &VolumeFact, now: DateTime<Utc>, wide: bool) -> Vec<String> {
    let word = |value: &Option<String>| printable(value.as_deref().unwrap_or("-"));
    let age = human((now - volume.created).max(TimeDelta::zero()));
    let mut cells = vec![
        word(&volume.tenant),
        word(&volume.cluster),
        word(&volume.claim),
        printable(&volume.status),
        volume.size_gib.to_string(),
        word(&volume.machine),
        age,
    ];
    if wide {
        let more = [
            printable(&volume.name),
            printable(&volume.id),
            word(&volume.server),
            printable(&volume.project),
        ];
        cells.extend(more);
    }
    cells
}
