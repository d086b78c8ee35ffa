//! The way to a Manager Kubernetes, for the commands that talk to one.

use std::env;
use std::path::PathBuf;

use clap::Args;
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::failure::{Exit, Failure};
use crate::settings::context::ManagerAt;
use crate::settings::places::Places;
use crate::startup;

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

impl Manager {
    /// A client of it. What KUBECONFIG names comes before the current context, as everywhere; a context that is asked for by
    /// its name comes before that.
    ///
    /// # Errors
    /// When no manager is configured, or its kubeconfig cannot be used.
    pub async fn client(&self) -> Result<Client, Failure> {
        if let Some(file) = &self.kubeconfig {
            return of_file(Some(file.clone()), None).await;
        }
        if self.context.is_none() && env::var_os("KUBECONFIG").is_some_and(|files| !files.is_empty()) {
            return of_file(None, None).await;
        }
        let settings = startup::settings(&Places::find()?)?;
        match &settings.context(self.context.as_deref())?.manager {
            ManagerAt::Kubeconfig { file, context } => of_file(file.clone(), context.clone()).await,
            ManagerAt::Memory | ManagerAt::File(_) => Err(Failure::new(Exit::Usage, "there is no manager to talk to")
                .on(format!("context {}", self.context.as_deref().unwrap_or(&settings.current)))
                .because(color_eyre::Report::msg("an embedded manager lives inside another process"))
                .remedy(
                    "start `kaasboard sandbox --headless --serve 127.0.0.1:7443 --kubeconfig FILE`, then set KUBECONFIG \
                     or use --kubeconfig FILE",
                )),
        }
    }
}

async fn of_file(file: Option<PathBuf>, context: Option<String>) -> Result<Client, Failure> {
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
    let read = read.map_err(|error| failed(error.into()))?;
    let options = KubeConfigOptions { context, ..KubeConfigOptions::default() };
    let config = kube::Config::from_custom_kubeconfig(read, &options).await;
    let config = config.map_err(|error| failed(error.into()))?;
    Client::try_from(config).map_err(|error| failed(error.into()))
}
