//! `kaasboard fault` and `kaasboard faults`: what goes wrong in a running sandbox.

use std::fmt::Write as _;
use std::time::Duration as Time;

use clap::Args;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use kube::Client;
use serde_json::json;
use tokio::time::sleep;

use super::connect::Manager;
use super::failure::{Exit, Failure};
use super::objects::unanswered;
use super::operate::requests;
use super::{leader, output, player, target};
use crate::api::duration::Duration;
use crate::manager::people::table::duration::human;
use crate::settings::context::Writing;
use crate::settings::words::printable;
use crate::simulation::fault_entry::{About, FaultEntry, FaultKind};
use crate::simulation::lab;
use crate::startup;

/// How often it is looked whether the sandbox took a fault, and how often at most.
const PAUSE: Time = Time::from_millis(100);
const LOOKS: u32 = 100;

/// The arguments of `kaasboard fault`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Kinds and their targets:
  server-dies, kubelet-stops, etcd-stops       machine/tenant/name, or role/tenant/cluster
  disk-full, access-lost, clock-skew [--by D]  the same
  host-down, zone-down, broken-image           the name of a hypervisor, a zone, an image
  provider-fails                               what carries balancers: amphora, hardware
  network-out                                  the name of a zone, or cluster/tenant/name
  quota-full, credential-revoked               cluster/tenant/name
  balancers-stuck, no-valid-host [--count N]   no target
  api-errors, replies-lost, throttling         a service [--share 0.3]
  slow [--by D]                                a service

Roles are control-plane, worker, ingress and etcd: the first machine of that role in the cluster is meant. Services are \
compute, network, balancer, identity, storage and names.

Examples:
  kaasboard fault server-dies worker/team-001/c0001
  kaasboard fault zone-down az2 --for 20m
  kaasboard fault api-errors compute --share 0.3 --for 10m
  kaasboard fault slow network --by 20s
  kaasboard faults
  kaasboard faults --end zone-down.az2

It works on sandboxes alone: on any other manager it fails and changes nothing. The faults are the ConfigMap \
kaasboard-system/faults: `kubectl edit` works as well.")]
pub struct Fault {
    /// What goes wrong
    #[arg(value_name = "KIND", value_parser = kind_parser())]
    kind: FaultKind,
    /// With what
    #[arg(value_name = "TARGET")]
    target: Option<String>,
    /// For how long, by the sandbox's clock; left out, until it is ended
    #[arg(long = "for", value_name = "D")]
    lasts: Option<Duration>,
    /// Of calls: which share of them
    #[arg(long, value_name = "SHARE")]
    share: Option<f64>,
    /// Of slow: how late answers come; of clock-skew: how far the clock is behind
    #[arg(long, value_name = "D")]
    by: Option<Duration>,
    /// Of no-valid-host: how many servers
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    #[command(flatten)]
    manager: Manager,
}

/// The arguments of `kaasboard faults`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard faults
  kaasboard faults --end zone-down.az2
  kaasboard faults --end all")]
pub struct Faults {
    /// End a fault by its name, or `all`
    #[arg(long, value_name = "NAME|all")]
    end: Option<String>,
    /// As one JSON object
    #[arg(short = 'o', long, value_parser = ["json"])]
    output: Option<String>,
    #[command(flatten)]
    manager: Manager,
}

fn kind_parser() -> impl clap::builder::TypedValueParser<Value = FaultKind> {
    let words = PossibleValuesParser::new(FaultKind::ALL.map(FaultKind::as_str));
    words.try_map(|word| {
        let kind = FaultKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| "no such fault".to_owned())
    })
}

/// Lets something go wrong.
///
/// # Errors
/// When it makes no sense, or there is no sandbox behind the manager.
pub fn run(arguments: &Fault) -> Result<(), Failure> {
    may_change(&arguments.manager)?;
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let entry = found(&client, written(arguments)?).await?;
        let name = entry.name();
        let Some(entry) = begin(&client, &name, &entry).await? else {
            return output::result(&format!("{} is over already\n", printable(&name)));
        };
        let since = entry.since.map(|since| since.at().format("%H:%M:%S").to_string()).unwrap_or_default();
        let until = entry.until().map(|until| format!(", until {}", until.format("%H:%M:%S")));
        output::result(&format!(
            "{} since {since}{}; end it: kaasboard faults --end {name}\n",
            printable(&name),
            until.unwrap_or_default(),
        ))
    })
}

/// The fault that was typed.
fn written(arguments: &Fault) -> Result<FaultEntry, Failure> {
    let Fault { kind, target, lasts, share, count, by, .. } = arguments;
    let entry = FaultEntry::new(*kind, target.clone());
    let entry = FaultEntry { lasts: *lasts, share: *share, count: *count, by: *by, ..entry };
    entry.check().map_err(|error| {
        Failure::new(Exit::Usage, "this is no fault")
            .because(error)
            .remedy("run `kaasboard fault --help` to see kinds and targets")
    })?;
    Ok(entry)
}

/// The fault with the whole name of what it is about, which is there.
///
/// # Errors
/// When there is no such thing, or the manager does not answer.
pub(super) async fn found(client: &Client, entry: FaultEntry) -> Result<FaultEntry, Failure> {
    let target = match (entry.kind.about(), entry.target.as_deref()) {
        (About::Machine, Some(text)) if text.starts_with("machine/") => {
            Some(target::find(client, text).await?.to_string())
        }
        (About::Project | About::Segment, Some(text)) if text.contains('/') => {
            Some(target::find(client, text).await?.to_string())
        }
        (About::Host, Some(host)) => Some(requests::place(client, "host", host).await?.to_string()),
        (About::Zone | About::Segment, Some(zone)) => {
            Some(requests::place(client, "zone", zone).await?.to_string())
        }
        (_, target) => target.map(str::to_owned),
    };
    Ok(FaultEntry { target, ..entry })
}

/// Lets a fault begin, and waits until the sandbox took it. Answers how it took it; nothing if it is over by then.
///
/// # Errors
/// When the sandbox says that it cannot be, or there is none behind the manager.
pub(super) async fn begin(
    client: &Client,
    name: &str,
    entry: &FaultEntry,
) -> Result<Option<FaultEntry>, Failure> {
    lab::write(client, name, Some(entry)).await.map_err(no_sandbox)?;
    for _ in 0..LOOKS {
        sleep(PAUSE).await;
        let map = lab::api(client).get(lab::NAME).await.map_err(no_sandbox)?;
        match lab::entries(&map).remove(name) {
            None => return Ok(None),
            Some(Ok(FaultEntry { problem: Some(problem), .. })) => {
                lab::write(client, name, None).await.map_err(no_sandbox)?;
                return Err(Failure::new(Exit::NotFound, "it does not go wrong")
                    .on(name)
                    .because(color_eyre::Report::msg(problem)));
            }
            Some(Ok(entry)) if entry.since.is_some() => return Ok(Some(entry)),
            Some(_) => {}
        }
    }
    Err(Failure::new(Exit::TimedOut, "the sandbox did not take the fault").on(name))
}

/// Lists the faults, or ends some.
///
/// # Errors
/// When there is no such fault, or no sandbox behind the manager.
pub fn list(arguments: &Faults) -> Result<(), Failure> {
    if arguments.end.is_some() {
        may_change(&arguments.manager)?;
    }
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let map = lab::api(&client).get(lab::NAME).await.map_err(no_sandbox)?;
        let entries = lab::entries(&map);
        if let Some(name) = &arguments.end {
            let ended = player::end(&client, name).await?;
            if ended.is_empty() && name != "all" {
                let known: Vec<String> = entries.into_keys().collect();
                return Err(Failure::new(Exit::NotFound, "there is no such fault").on(name).remedy(
                    match known.is_empty() {
                        true => "there is none at all".to_owned(),
                        false => format!("there are: {}", known.join(", ")),
                    },
                ));
            }
            return output::result(&ended.iter().map(|name| format!("{name} ends\n")).collect::<String>());
        }
        if arguments.output.is_some() {
            let items = entries.iter().map(|(name, entry)| match entry {
                Ok(entry) => json!({ "name": name, "fault": entry }),
                Err(problem) => json!({ "name": name, "problem": problem }),
            });
            let items: Vec<serde_json::Value> = items.collect();
            return output::result(&format!("{:#}\n", json!({ "items": items })));
        }
        let now = leader::now(&client).await?;
        let mut text = String::new();
        for (name, entry) in &entries {
            let state = match entry {
                Err(problem) => format!("is no fault: {problem}"),
                Ok(FaultEntry { problem: Some(problem), .. }) => format!("does not go wrong: {problem}"),
                Ok(entry) => match (entry.since, entry.until()) {
                    (None, _) => "begins".to_owned(),
                    (Some(since), None) => {
                        format!("for {}", human((now - since.at()).max(chrono::TimeDelta::zero())))
                    }
                    (Some(_), Some(until)) => format!("until {}", until.format("%H:%M:%S")),
                },
            };
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{:<48} {}", printable(name), printable(&state));
        }
        if entries.is_empty() {
            output::note("nothing is made to go wrong");
        }
        output::result(&text)
    })
}

fn may_change(manager: &Manager) -> Result<(), Failure> {
    if manager.guard()?.writing == Writing::Never {
        return Err(Failure::new(Exit::Refused, "this context changes nothing")
            .remedy("its `write` in config.toml is \"never\""));
    }
    Ok(())
}

fn no_sandbox(error: kube::Error) -> Failure {
    match error {
        kube::Error::Api(status) if status.code == 404 => Failure::new(
            Exit::Failed,
            "there is no sandbox behind this manager",
        )
        .remedy(
            "start `kaasboard sandbox --headless --serve 127.0.0.1:7443 --kubeconfig FILE`, and use its FILE",
        ),
        error => unanswered(error.into()),
    }
}
