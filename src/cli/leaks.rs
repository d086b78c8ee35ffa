//! What in the cloud belongs to nobody whom the manager knows: asked of the engine, which compares both.

use std::fmt::Write as _;

use kube::Client;

use super::engine_facts;
use super::failure::{Exit, Failure};
use super::loops::Form;
use super::output;
use crate::engine::facts::leaks::{Leak, Leaks};
use crate::settings::words::printable;

/// Tells the leaks. `named` chooses those of one id or name.
///
/// # Errors
/// When no engine holds the Lease, or it cannot be reached from here; when there is none of that name.
pub async fn tell(client: &Client, named: Option<&str>, form: Form) -> Result<(), Failure> {
    let mut leaks: Leaks = engine_facts::ask(client, "/leaks", |leaks: &Leaks| &leaks.identity).await?;
    if leaks.looked.is_none() {
        return Err(Failure::new(Exit::Failed, "cloud and records were not compared yet")
            .on(&leaks.identity)
            .remedy("ask again when the engine has read both; `kaasboard get loops` tells what keeps it"));
    }
    if let Some(name) = named {
        leaks.items.retain(|leak| leak.id == name || leak.name == name);
        if leaks.items.is_empty() {
            return Err(Failure::new(Exit::NotFound, "no such thing is without a record").on(name));
        }
    }
    let failed =
        |error: color_eyre::Report| Failure::new(Exit::Failed, "cannot print the leaks").because(error);
    let text = match form {
        Form::Json => {
            let value = serde_json::to_value(&leaks).map_err(|error| failed(error.into()))?;
            format!("{value:#}\n")
        }
        Form::Yaml => serde_saphyr::to_string(&leaks).map_err(|error| failed(error.into()))?,
        Form::Name => leaks.items.iter().map(|leak| format!("{}\n", name(leak))).collect(),
        Form::Table { .. } => table(&leaks),
    };
    if leaks.items.is_empty() {
        output::note(
            "everything in the cloud that bears a tag of ours, or lies in a project of ours, has a record here",
        );
    }
    output::result(&text)
}

fn name(leak: &Leak) -> String {
    printable(&format!("{}/{}", leak.kind, leak.id))
}

fn table(leaks: &Leaks) -> String {
    let mut text = String::new();
    if leaks.items.is_empty() {
        return text;
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:<50} {:<10} {:<21} NAME AND REASON", "THING", "STATE", "SINCE");
    for leak in &leaks.items {
        let state = match (&leak.operation, leak.confirmed) {
            (Some(_), _) => "tombstone",
            (None, true) => "leak",
            (None, false) => "suspect",
        };
        let goes =
            leak.operation.as_ref().map(|operation| format!("; {operation} destroys it when approved"));
        let told = printable(&format!("{}: {}{}", leak.name, leak.why, goes.unwrap_or_default()));
        let _ = writeln!(text, "{:<50} {state:<10} {:<21} {told}", name(leak), leak.since);
    }
    text
}
