//! `kaasboard manager serve`: the embedded Kubernetes API alone, for kubectl and other clients.

use std::fmt;
use std::net::SocketAddr;
use std::path::{self, Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Subcommand};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::{Exit, Failure};
use super::output;
use crate::logging::start::Log;
use crate::manager::serve::error::ServeError;
use crate::manager::serve::kubeconfig;
use crate::manager::serve::listener::Listener;
use crate::settings::places::Places;
use crate::startup;

/// What can be done with the embedded manager.
#[derive(Debug, Subcommand)]
pub enum Manager {
    /// Serve the embedded Kubernetes API on loopback, over TLS, to those who have its kubeconfig
    Serve(Serve),
}

/// The arguments of `kaasboard manager serve`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard manager serve --listen 127.0.0.1:6443 --kubeconfig /tmp/kubeconfig
  kaasboard manager serve --store manager.db --listen 127.0.0.1:0 --kubeconfig /tmp/kubeconfig

and then, in another terminal:
  export KUBECONFIG=/tmp/kubeconfig
  kaasboard crds | kubectl apply --server-side -f -
  kubectl get kubernetesclusters --all-namespaces

SIGINT (Ctrl-C) and SIGTERM end it. Token and certificate are new at each start.")]
pub struct Serve {
    /// Where the objects are kept: `memory`, or a file that survives the process and a crash at any moment
    #[arg(long, value_name = "memory|FILE", default_value = "memory")]
    store: StoreAt,
    /// The address to listen on; port 0 lets the system choose
    #[arg(long, value_name = "ADDR", value_parser = address)]
    listen: SocketAddr,
    /// Where to write the kubeconfig that leads here; readable by its owner alone
    #[arg(long, value_name = "FILE")]
    kubeconfig: PathBuf,
    /// Listen on an address that other machines can reach: whoever has the token may do everything
    #[arg(long)]
    allow_remote: bool,
}

/// Where the objects are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreAt {
    /// In memory.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl FromStr for StoreAt {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("write `memory`, or the name of a file"),
            "memory" => Ok(Self::Memory),
            file => Ok(Self::File(PathBuf::from(file))),
        }
    }
}

impl fmt::Display for StoreAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory; what is in it is gone when this ends"),
            Self::File(file) => write!(f, "{}", file.display()),
        }
    }
}

/// Does what was asked.
pub fn run(command: &Manager) -> Result<(), Failure> {
    match command {
        Manager::Serve(arguments) => {
            refuse_remote(arguments)?;
            let places = Places::find()?;
            let log = startup::log(&places)?;
            startup::runtime()?.block_on(serve(arguments, &log))?;
            match log.lost_lines() {
                0 => {}
                lost => output::note(&format!("{lost} lines of the log were lost: the disk did not keep up")),
            }
            Ok(())
        }
    }
}

async fn serve(arguments: &Serve, log: &Log) -> Result<(), Failure> {
    // Asked for first, so that no signal is missed while the store is read.
    let (interrupt, terminate) = (listen_for(SignalKind::interrupt())?, listen_for(SignalKind::terminate())?);
    let failed = |error| cannot_serve(arguments.listen, error);
    let listener = Listener::bind(arguments.listen, startup::token()?).await.map_err(failed)?;
    let manager = startup::manager(&arguments.store).await?;
    kubeconfig::write(&arguments.kubeconfig, &listener.kubeconfig().map_err(failed)?).map_err(failed)?;
    tracing::info!(address = %listener.address(), store = %arguments.store, "serving");
    output::result(&greeting(arguments, &listener, log.path()))?;
    listener.serve(manager.remote(), either(interrupt, terminate)).await;
    tracing::info!("stopped");
    output::note("stopped");
    Ok(())
}

/// Comes true with the first of the two signals.
pub(super) async fn either(mut interrupt: Signal, mut terminate: Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

pub(super) fn listen_for(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::new(Exit::Failed, "cannot listen for signals").because(error))
}

fn greeting(arguments: &Serve, listener: &Listener, log: &Path) -> String {
    // The other terminal may be in another directory.
    let kubeconfig = path::absolute(&arguments.kubeconfig).unwrap_or_else(|_| arguments.kubeconfig.clone());
    let quoted = for_shell(&kubeconfig);
    let kubeconfig = kubeconfig.display();
    format!(
        "serving a Kubernetes API at https://{}\n\
         store:      {}\n\
         kubeconfig: {kubeconfig}\n\
         log:        {}\n\
         \n\
         In another terminal:\n  \
           export KUBECONFIG={quoted}\n  \
           kaasboard crds | kubectl apply --server-side -f -\n  \
           kubectl get kubernetesclusters --all-namespaces\n\
         \n\
         Ctrl-C ends it.\n",
        listener.address(),
        arguments.store,
        log.display(),
    )
}

/// A path as it can be typed in a shell.
pub(super) fn for_shell(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |char: char| char.is_alphanumeric() || "/._-+@%:,".contains(char);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// Who can reach the address and has the token may do everything, so that has to be asked for aloud.
fn refuse_remote(arguments: &Serve) -> Result<(), Failure> {
    if arguments.listen.ip().is_loopback() || arguments.allow_remote {
        return Ok(());
    }
    Err(Failure::new(Exit::Refused, "other machines could reach this address").on(arguments.listen).remedy(
        "listen on 127.0.0.1 or [::1]; or add --allow-remote, if everybody with the token may do everything",
    ))
}

/// Why there is no API at this address, and what can be done about it.
pub(super) fn cannot_serve(listen: SocketAddr, error: ServeError) -> Failure {
    let foreign = matches!(error, ServeError::Foreign { .. });
    let exit = if foreign { Exit::Refused } else { Exit::Failed };
    let failure = Failure::new(exit, "cannot serve the Kubernetes API");
    let failure = match &error {
        ServeError::Listen { .. } => failure
            .on(listen)
            .remedy("end who listens there, or listen on another port; port 0 lets the system choose"),
        ServeError::Foreign { path } => failure
            .on(path.display())
            .remedy("name another file for --kubeconfig; or move this one away, if nobody needs it"),
        ServeError::Write { path, .. } => failure
            .on(path.display())
            .remedy("name a file in a directory that exists and that you may write to"),
        ServeError::Certificate(_) | ServeError::Tls(_) | ServeError::Yaml(_) => {
            failure.remedy("this is a mistake in kaasboard; report it with the text above")
        }
    };
    failure.because(error)
}

/// An address with a port; `localhost` is taken for the IPv4 loopback address.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| "write an IP address and a port, as in 127.0.0.1:6443 or [::1]:0".to_owned())
}
