//! The way to a Manager Kubernetes, for the commands that talk to one.

use std::env;
use std::path::PathBuf;
use std::sync::OnceLock;

use clap::Args;
use kube::Client;
use kube::config::{ExecInteractiveMode, KubeConfigOptions, Kubeconfig};

use super::failure::{Exit, Failure};
use crate::settings::context::{CloudAt, Confirm, Context, ManagerAt, Settings, Writing};
use crate::settings::places::Places;
use crate::startup;
use crate::workload::limit;

/// The manager that this process talks to. A command talks to one, so that nobody has to hand through its address only
/// to say it when something goes wrong.
static SERVER: OnceLock<String> = OnceLock::new();

/// Where the manager is, and what led there, once there is a client of it.
pub fn server() -> Option<&'static str> {
    SERVER.get().map(String::as_str)
}

/// Which Manager Kubernetes.
#[derive(Debug, Args)]
pub struct Manager {
    /// The context of config.toml; left out, the current one
    #[arg(long, value_name = "NAME", global = true, conflicts_with = "kubeconfig")]
    context: Option<String>,
    /// A kubeconfig that leads to the manager, in place of any context
    #[arg(long, value_name = "FILE", global = true)]
    kubeconfig: Option<PathBuf>,
}

/// What a console looks at.
#[derive(Debug, Args)]
pub struct Look {
    /// The context of config.toml; left out, the current one
    #[arg(long, value_name = "NAME", conflicts_with = "kubeconfig")]
    context: Option<String>,
    /// A kubeconfig that leads to the manager, in place of any context
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
}

impl Look {
    /// The settings, with what is looked at as their current context.
    ///
    /// # Errors
    /// When the settings cannot be read, or have no such context.
    pub fn settings(&self, places: &Places) -> Result<Settings, Failure> {
        let settings = startup::settings(places)?.with_current(self.context.as_deref())?;
        Ok(match &self.kubeconfig {
            Some(file) => settings.looking_at(file.clone()),
            None => settings,
        })
    }
}

/// Which manager was meant, and how much may be done with it.
enum Meant {
    /// What the file says, or KUBECONFIG.
    File(Option<PathBuf>),
    /// What a context says; its name.
    Context(String, Box<Context>),
}

/// How much may be done with a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Whether anything may be changed.
    pub writing: Writing,
    /// How a dangerous change is confirmed.
    pub confirm: Confirm,
}

impl Manager {
    /// A client of it. What KUBECONFIG names comes before the current context, as everywhere; a context that is asked for by
    /// its name comes before that.
    ///
    /// # Errors
    /// When no manager is configured, or its kubeconfig cannot be used.
    pub async fn client(&self) -> Result<Client, Failure> {
        let (name, context) = match self.meant()? {
            Meant::File(file) => return of_file(file, None).await,
            Meant::Context(name, context) => (name, context),
        };
        match context.manager {
            ManagerAt::Kubeconfig { file, context } => of_file(file, context).await,
            ManagerAt::Memory | ManagerAt::File(_) => Err(Failure::new(Exit::Usage, "there is no manager to talk to")
                .on(format!("context {name}"))
                .because(color_eyre::Report::msg("an embedded manager lives inside another process"))
                .remedy(
                    "start `kaasboard sandbox --headless --serve 127.0.0.1:7443 --kubeconfig FILE`, then set KUBECONFIG \
                     or use --kubeconfig FILE",
                )),
        }
    }

    /// How much may be done with it. A manager that a kubeconfig names has no settings of ours.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn guard(&self) -> Result<Guard, Failure> {
        Ok(match self.meant()? {
            Meant::File(_) => Guard { writing: Writing::Always, confirm: Confirm::Ask },
            Meant::Context(_, context) => Guard { writing: context.writing, confirm: context.confirm },
        })
    }

    /// Whether it lives in the process that needs it.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn is_embedded(&self) -> Result<bool, Failure> {
        Ok(match self.meant()? {
            Meant::File(_) => false,
            Meant::Context(_, context) => !matches!(context.manager, ManagerAt::Kubeconfig { .. }),
        })
    }

    /// The cloud that belongs to it. A kubeconfig names none.
    ///
    /// # Errors
    /// When the settings cannot be read.
    pub fn cloud(&self) -> Result<CloudAt, Failure> {
        Ok(match self.meant()? {
            Meant::File(_) => CloudAt::Nothing,
            Meant::Context(_, context) => context.cloud,
        })
    }

    fn meant(&self) -> Result<Meant, Failure> {
        if let Some(file) = &self.kubeconfig {
            return Ok(Meant::File(Some(file.clone())));
        }
        if self.context.is_none() && env::var_os("KUBECONFIG").is_some_and(|files| !files.is_empty()) {
            return Ok(Meant::File(None));
        }
        let settings = startup::settings(&Places::find()?)?;
        let context = settings.context(self.context.as_deref())?.clone();
        Ok(Meant::Context(self.context.clone().unwrap_or(settings.current), Box::new(context)))
    }
}

/// A client of the manager that a kubeconfig leads to.
///
/// # Errors
/// When the kubeconfig cannot be used.
pub async fn of_file(file: Option<PathBuf>, context: Option<String>) -> Result<Client, Failure> {
    open(file, context, |_| {}).await
}

/// The same for whoever has the terminal: what a kubeconfig runs for credentials gets neither its keys nor its screen.
///
/// # Errors
/// When the kubeconfig cannot be used.
pub async fn beside_screen(file: Option<PathBuf>, context: Option<String>) -> Result<Client, Failure> {
    let quieten = |kubeconfig: &mut Kubeconfig| {
        let users = kubeconfig.auth_infos.iter_mut().filter_map(|user| user.auth_info.as_mut());
        for exec in users.filter_map(|user| user.exec.as_mut()) {
            exec.interactive_mode = Some(ExecInteractiveMode::Never);
        }
    };
    open(file, context, quieten).await
}

async fn open(
    file: Option<PathBuf>,
    context: Option<String>,
    change: impl FnOnce(&mut Kubeconfig),
) -> Result<Client, Failure> {
    let on = file.as_ref().map_or_else(|| "KUBECONFIG".to_owned(), |file| file.display().to_string());
    let failed = |error: color_eyre::Report| {
        Failure::new(Exit::Failed, "cannot use the kubeconfig")
            .on(&on)
            .because(error)
            .remedy("name one that leads to a manager")
    };
    let read = match &file {
        Some(file) => Kubeconfig::read_from(file),
        None => Kubeconfig::read(),
    };
    let mut read = read.map_err(|error| failed(error.into()))?;
    change(&mut read);
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(read, &options).await;
    let config = config.map_err(|error| failed(error.into()))?;
    // The first stays, should there ever be two.
    let _ = SERVER.set(format!("{} ({on})", config.cluster_url.to_string().trim_end_matches('/')));
    limit::client(config, None).map_err(|error| failed(error.into()))
}
