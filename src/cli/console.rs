//! `kaasboard` without a subcommand, and `kaasboard sandbox` with a screen: the console.

use std::env;
use std::io::{self, IsTerminal};

use color_eyre::Report;
use kube::Client;
use tokio::sync::mpsc::channel;

use super::connect::{self, Look};
use super::failure::{Exit, Failure};
use super::joining::Joining;
use super::manager::StoreAt;
use crate::console::files::Files;
use crate::console::gate::Gate;
use crate::console::keymap::{Keymap, KeymapError};
use crate::console::model::Surroundings;
use crate::console::palette::Depth;
use crate::console::run::{self, Parts};
use crate::console::theme::Theme;
use crate::manager::server::Manager;
use crate::settings::context::{CloudAt, Context, Engine, ManagerAt, SANDBOX, Settings};
use crate::settings::person;
use crate::settings::places::Places;
use crate::simulation::fleet::Fleet;
use crate::startup::pace::Speed;
use crate::startup::{self, Sandbox, Seeds};

/// How much that an engine has to say waits at most.
const NOTICES: usize = 4;
/// Says whether only ASCII is to be shown; left out, the locale does.
const ASCII_VARIABLE: &str = "KAASBOARD_ASCII";
/// What somebody who has no configuration is told first.
const WELCOME: &str = "This is the sandbox: nothing here is real. ? help, : palette, where `fault` breaks something. \
    `kaasboard config path` says where config.toml connects real parts.";

/// The console in a context, or in the current one; without any, in the sandbox.
///
/// # Errors
/// When there is no terminal, or the context cannot be used.
pub fn run(look: &Look) -> Result<(), Failure> {
    let places = Places::find()?;
    let settings = look.settings(&places)?;
    let context = settings.context(None)?;
    match &context.manager {
        ManagerAt::Kubeconfig { .. } | ManagerAt::File(_) => {
            needs_terminal()?;
            let log = startup::log(&places)?;
            startup::runtime()?.block_on(async {
                let outcome = in_context(&places, &settings, context).await;
                outcome.map_err(|failure| failure.or_on(log.path().display()))
            })
        }
        ManagerAt::Memory => {
            let fleet = Fleet::small();
            let fleet = fleet
                .map_err(|error| Failure::new(Exit::Failed, "the small fleet is broken").because(error))?;
            startup::runtime()?.block_on(async {
                needs_terminal()?;
                let _log = startup::log(&places)?;
                let sandbox = startup::sandbox(&fleet, Speed::CatchUp, Seeds::random()?).await?;
                in_sandbox(&places, &settings, &sandbox).await
            })
        }
    }
}

/// The console of a context, with an engine beside it where the context has one.
async fn in_context(places: &Places, settings: &Settings, context: &Context) -> Result<(), Failure> {
    let (client, _manager) = manager_of(context).await?;
    let mut console = parts(places, settings, client.clone(), None)?;
    let joining = match (&context.cloud, context.engine) {
        (CloudAt::OpenStack(at), Engine::Auto) => {
            let (words, notices) = channel(NOTICES);
            console.notices = Some(notices);
            Some(Joining::begin(client, at.clone().into(), console.engine.clone(), words))
        }
        (CloudAt::OpenStack(_), Engine::Never) | (CloudAt::Nothing | CloudAt::Simulated, _) => None,
    };
    let outcome = show(console).await;
    if let Some(joining) = joining {
        joining.end().await;
    }
    outcome
}

/// A client of a context's manager; and the manager itself, where it lives in a file of ours.
async fn manager_of(context: &Context) -> Result<(Client, Option<Manager>), Failure> {
    match &context.manager {
        ManagerAt::Kubeconfig { file, context } => {
            Ok((connect::beside_screen(file.clone(), context.clone()).await?, None))
        }
        ManagerAt::File(file) => {
            let manager = startup::manager_with_kinds(&StoreAt::File(file.clone())).await?;
            Ok((manager.client("default"), Some(manager)))
        }
        ManagerAt::Memory => Err(Failure::new(Exit::Failed, "there is no sandbox in this process")),
    }
}

/// What a console is made of: of a sandbox that lives in this process, or of the current context.
///
/// # Errors
/// When the context cannot be used.
pub async fn parts_of(
    places: &Places,
    settings: &Settings,
    sandbox: Option<&Sandbox>,
) -> Result<Parts, Failure> {
    let client = match sandbox {
        Some(sandbox) => sandbox.manager.client("default"),
        None => manager_of(settings.context(None)?).await?.0,
    };
    parts(places, settings, client, sandbox)
}

/// The console of a sandbox that lives in this process.
///
/// # Errors
/// When there is no terminal.
pub async fn in_sandbox(places: &Places, settings: &Settings, sandbox: &Sandbox) -> Result<(), Failure> {
    show(parts_of(places, settings, Some(sandbox)).await?).await
}

/// Says so before anything is started if there is nothing to draw on.
///
/// # Errors
/// When standard input or output is no terminal.
pub fn needs_terminal() -> Result<(), Failure> {
    if io::stdout().is_terminal() && io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(Exit::Usage, "the console needs a terminal")
        .because(Report::msg("standard input and output lead somewhere else"))
        .remedy(
            "run it in a terminal; for scripts there is `kaasboard get`, and `kaasboard sandbox --headless`",
        ))
}

pub(super) async fn show(console: Parts) -> Result<(), Failure> {
    run::run(console).await.map_err(|error| {
        Failure::new(Exit::Failed, "the console ended").because(error).remedy("run it in a terminal")
    })
}

fn parts(
    places: &Places,
    settings: &Settings,
    client: Client,
    sandbox: Option<&Sandbox>,
) -> Result<Parts, Failure> {
    let of_sandbox = Settings::sandbox();
    let (name, context) = match sandbox {
        // A sandbox that was asked for is one whatever else is configured.
        Some(_) => (SANDBOX, of_sandbox.context(None)?),
        None => (settings.current.as_str(), settings.context(None)?),
    };
    let surroundings = Surroundings {
        context: name.to_owned(),
        sandbox: sandbox.is_some_and(|sandbox| sandbox.working.world().is_some()),
        confirm: context.confirm,
        person: person::here(),
        tenant: None,
        welcome: sandbox.is_some().then(|| WELCOME.to_owned()),
    };
    let (keymap, theme) = looks(context)?;
    let ascii = match env::var(ASCII_VARIABLE).as_deref() {
        Ok("0" | "false" | "no") => false,
        Ok(value) if !value.is_empty() => true,
        _ => !is_utf8(),
    };
    Ok(Parts {
        client,
        engine: sandbox.map(|sandbox| sandbox.working.engine.clone().into()).unwrap_or_default(),
        notices: None,
        surroundings,
        gate: Gate { writing: context.writing, armed: None },
        keymap,
        theme,
        depth: Depth::of_environment(|name| env::var(name).ok()),
        ascii,
        files: Files::of(places),
        story: None,
    })
}

/// The keymap and the theme that a context begins with. A person's own files are read once the screen is there.
fn looks(context: &Context) -> Result<(Keymap, Theme), Failure> {
    let broken = |error: KeymapError| Failure::new(Exit::Failed, "a built-in file is broken").because(error);
    let theme = Theme::built_in(context.theme.as_deref().unwrap_or("default")).map_err(broken)?;
    let keymap = Keymap::built_in(context.keymap.as_deref().unwrap_or("default"));
    Ok((keymap.map_err(broken)?, theme))
}

/// Whether the locale shows more than ASCII; one that says nothing is taken to.
fn is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
    set.is_none_or(|locale| {
        let lower = locale.to_lowercase();
        lower.contains("utf-8") || lower.contains("utf8") || lower == "c" || lower == "posix"
    })
}
