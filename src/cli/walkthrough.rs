//! `kaasboard walkthrough`: a story on the screen, in a sandbox of its own.

use std::path::PathBuf;

use clap::Args;
use color_eyre::Report;
use tokio::sync::mpsc::channel;
use tokio::sync::watch;

use super::audience::{Audience, People, Rehearsal};
use super::failure::{Exit, Failure};
use super::{console, output, player, sandbox};
use crate::api::conditions::AVAILABLE;
use crate::clock;
use crate::console::snapshot::Snapshot;
use crate::console::story::Story;
use crate::settings::places::Places;
use crate::settings::words::printable;
use crate::simulation::fleet::Fleet;
use crate::simulation::scenario::Scenario;
use crate::startup::pace::{self, Speed};
use crate::startup::{self, Sandbox, Seeds};

/// How fast time goes in a rehearsal, and until the fleet is there.
const HURRY: f64 = 60.0;
/// The size of the screen in a rehearsal.
const SIZE: (u16, u16) = (120, 40);
/// How long a fleet may take to come up.
const COMING_UP: chrono::TimeDelta = chrono::TimeDelta::hours(2);
/// How often it is looked whether the fleet is there.
const LOOK: chrono::TimeDelta = chrono::TimeDelta::seconds(5);
/// How many messages of a story wait at most.
const MESSAGES: usize = 16;

/// The arguments of `kaasboard walkthrough`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard walkthrough walkthroughs/self-healing.toml           on the screen, in its own time
  kaasboard walkthrough walkthroughs/zone-outage.toml --speed 20 faster
  kaasboard walkthrough walkthroughs/scaling.toml --check        without a screen: is it still true?

A story is a file: a fleet, and steps that tell, press keys, let something go wrong, and wait for what has to come of it.")]
pub struct Arguments {
    /// The story
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Play it without a screen, fast, and fail with the step that does not come true
    #[arg(long)]
    check: bool,
    /// How many times as fast as the wall clock the story's time goes, from 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 10.0, value_parser = pace::times, conflicts_with = "check")]
    speed: f64,
}

/// Plays a story.
///
/// # Errors
/// When the file is no story, there is no terminal, or something of a rehearsed story does not come true.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let scenario = sandbox::scenario(&arguments.file)?;
    if arguments.check {
        let notes = |text: &str| output::note(&cleaned(text));
        let missed = startup::runtime()?.block_on(rehearse(&scenario, HURRY, notes))?;
        return match missed {
            0 => Ok(()),
            _ => Err(Failure::new(Exit::Failed, "the story does not come true").on(arguments.file.display())),
        };
    }
    console::needs_terminal()?;
    let places = Places::find()?;
    let _log = startup::log(&places)?;
    startup::runtime()?.block_on(show(scenario, arguments.speed, &places))
}

/// Text of a story for the terminal, line by line: nothing in it may act there.
fn cleaned(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// Plays a story without a screen; answers how much of it did not come true.
///
/// # Errors
/// When it cannot be played at all.
pub async fn rehearse(
    scenario: &Scenario,
    speed: f64,
    notes: impl Fn(&str) + Send + Sync,
) -> Result<usize, Failure> {
    let (places, sandbox) = (Places::find()?, begin(scenario, speed).await?);
    come_up(&sandbox).await?;
    let mut parts = console::parts_of(&places, &startup::settings(&places)?, Some(&sandbox)).await?;
    parts.ascii = false;
    parts.surroundings.tenant.clone_from(&scenario.tenant);
    parts.surroundings.welcome = None;
    let console = Snapshot::begin(parts, SIZE).await;
    let console = console
        .map_err(|error| Failure::new(Exit::TimedOut, "the screen cannot be filled").because(error))?;
    let client = sandbox.manager.client("default");
    player::play_before(&mut Rehearsal { console, notes }, &client, scenario).await
}

/// Plays a story on the terminal. When it is over, the console stays until somebody leaves it.
async fn show(scenario: Scenario, speed: f64, places: &Places) -> Result<(), Failure> {
    let sandbox = begin(&scenario, HURRY).await?;
    let (messages, receiver) = channel(MESSAGES);
    let (shown, screen) = watch::channel(String::new());
    let mut parts = console::parts_of(places, &startup::settings(places)?, Some(&sandbox)).await?;
    parts.surroundings.tenant.clone_from(&scenario.tenant);
    parts.surroundings.welcome = None;
    parts.story = Some(Story { messages: receiver, shown });
    let client = sandbox.manager.client("default");
    let story = async {
        let mut people = People { messages, shown: screen };
        people.narrate("The fleet comes up; the story begins when it is there.", None).await;
        let played = match come_up(&sandbox).await {
            Ok(()) => {
                clock::hurry(speed);
                player::play_before(&mut people, &client, &scenario).await
            }
            Err(failure) => Err(failure),
        };
        let end = match played {
            Ok(0) => "This is the end of the story. The fleet goes on: look around, q leaves.".to_owned(),
            Ok(_) => "The story did not come true; the log says where. q leaves.".to_owned(),
            Err(failure) => failure.to_string(),
        };
        people.narrate(&end, None).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        outcome = console::show(parts) => outcome,
        () = story => Ok(()),
    }
}

async fn begin(scenario: &Scenario, speed: f64) -> Result<Sandbox, Failure> {
    let fleet = match &scenario.fleet {
        Some(fleet) => fleet.clone(),
        None => Fleet::small()
            .map_err(|error| Failure::new(Exit::Failed, "the small fleet is broken").because(error))?,
    };
    startup::sandbox(&fleet, Speed::Times(speed), Seeds::fixed()).await
}

/// Waits until all clusters are available.
async fn come_up(sandbox: &Sandbox) -> Result<(), Failure> {
    let begun = clock::now();
    loop {
        let clusters = sandbox.working.engine.records.clusters.all();
        let is_available = |cluster: &std::sync::Arc<crate::api::cluster::KubernetesCluster>| {
            cluster.status.as_ref().is_some_and(|status| status.conditions.is_true(AVAILABLE))
        };
        if !clusters.is_empty() && clusters.iter().all(is_available) {
            return Ok(());
        }
        if clock::now() - begun > COMING_UP {
            let waited = COMING_UP.num_minutes();
            return Err(Failure::new(Exit::TimedOut, "the fleet of the story does not come up")
                .because(Report::msg(format!("it is not there after {waited} minutes of its time"))));
        }
        clock::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_story_says_does_not_act_on_the_terminal() {
        assert_eq!(cleaned("one\ntwo \u{1b}[31m"), "one\ntwo \\u{1b}[31m");
    }
}
