//! The command, and what is told so far.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use kube::Client;
use serde_json::Value;

use crate::cli::connect::Manager;
use crate::cli::failure::Failure;
use crate::cli::kinds;
use crate::cli::loops::time;
use crate::cli::objects;
use crate::cli::target::{self, Target};
use crate::cli::{leader, output};
use crate::manager::people::table::duration::human;
use crate::settings::words::printable;
use crate::startup;

/// How many owners there are above an object at most; it guards against objects that own each other.
const OWNERS: usize = 8;

/// The arguments of `kaasboard explain`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard explain machine/team-001/c0001-worker-bdrqshmq
  kaasboard explain cluster/c0001
  kaasboard explain incident/zone-az1-x7k2p               what its objects share, and how each of them is

Everything is read from the objects of the manager; what the engine found and waits for is asked of the engine, if it can \
be reached from here.")]
pub struct Arguments {
    /// kind/tenant/name, or kind/name where that is unique
    #[arg(value_name = "TARGET")]
    target: String,
    #[command(flatten)]
    manager: Manager,
}

/// Does what was asked.
///
/// # Errors
/// When there is no such object, or the manager does not answer.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    startup::runtime()?.block_on(async {
        let client = arguments.manager.client().await?;
        let target = target::find(&client, &arguments.target).await?;
        let mut told = Told { now: leader::now(&client).await?, lines: Vec::new() };
        told.head(&target);
        if target.kind.kind == "Incident" {
            told.incident(&client, &target).await?;
            return output::result(&(told.lines.join("\n") + "\n"));
        }
        told.owners(&client, &target).await?;
        told.ground(&target);
        told.conditions(&target);
        told.turn(&client, &target).await;
        told.parts(&client, &target).await?;
        told.operations(&client, &target).await?;
        told.incidents(&client, &target).await?;
        output::result(&(told.lines.join("\n") + "\n"))
    })
}

/// What is told so far, and the time by which ages are counted.
pub(super) struct Told {
    pub(super) now: DateTime<Utc>,
    pub(super) lines: Vec<String>,
}

impl Told {
    pub(super) fn line(&mut self, text: &str) {
        self.lines.push(printable(text));
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.lines.push(String::new());
        self.line(text);
    }

    /// `since 12:03:04 (5m)`.
    pub(super) fn since(&self, at: &str) -> String {
        let when = time(at);
        format!("since {} ({})", when.format("%H:%M:%S"), self.ago(when))
    }

    pub(super) fn ago(&self, when: DateTime<Utc>) -> String {
        human((self.now - when).max(TimeDelta::zero()))
    }

    fn head(&mut self, target: &Target) {
        let (object, status) = (&target.object, &target.object["status"]);
        let mut said = vec![target.to_string()];
        said.extend(status["phase"].as_str().map(|phase| format!("phase {phase}")));
        said.extend(
            object["metadata"]["creationTimestamp"].as_str().map(|at| format!("there {}", self.since(at))),
        );
        if let Some(at) = object["metadata"]["deletionTimestamp"].as_str() {
            said.push(format!("being taken down {}", self.since(at)));
        }
        if object["spec"]["paused"] == Value::Bool(true) {
            said.push("paused by its own spec".to_owned());
        }
        self.line(&said.join(", "));
    }

    /// The chain of owners, from the tenant down to the object.
    async fn owners(&mut self, client: &Client, target: &Target) -> Result<(), Failure> {
        let mut chain = vec![target.to_string()];
        let mut object = target.object.clone();
        let tenant = object["metadata"]["namespace"].as_str().map(str::to_owned);
        for _ in 0..OWNERS {
            let owners = object["metadata"]["ownerReferences"].as_array();
            let owner = owners.into_iter().flatten().find(|owner| owner["controller"] == Value::Bool(true));
            let Some((kind, name)) =
                owner.and_then(|owner| Some((owner["kind"].as_str()?, owner["name"].as_str()?)))
            else {
                break;
            };
            let Ok(kind) = kinds::find(kind) else { break };
            let found = objects::with_name(client, &kind, tenant.as_deref(), name).await?.into_iter().next();
            match found {
                Some(found) => {
                    let owner = Target { kind, object: found };
                    let paused = owner.object["spec"]["paused"] == Value::Bool(true);
                    chain.push(format!("{owner}{}", if paused { " (paused)" } else { "" }));
                    object = owner.object;
                }
                None => {
                    chain.push(format!("{}/{name} (which is gone)", kind.kind.to_lowercase()));
                    break;
                }
            }
        }
        chain.extend(
            tenant.filter(|_| chain.len() > 1 || target.kind.namespaced).map(|name| format!("tenant/{name}")),
        );
        chain.reverse();
        if chain.len() > 1 {
            self.line(&format!("belongs to: {}", chain.join(" > ")));
        }
        Ok(())
    }
}
