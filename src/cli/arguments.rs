//! What can be typed.

use clap::{Parser, Subcommand};

use super::{completions, config, crds, get, manager, sandbox};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "kaasboard",
    version,
    about = "Operates a Kubernetes as a Service on OpenStack: engine and terminal console in one program",
    long_about = LONG_ABOUT,
    after_long_help = AFTER_LONG_HELP,
    arg_required_else_help = false,
    max_term_width = 100,
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What can be done today.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check, show or find the settings
    #[command(subcommand)]
    Config(config::Config),
    /// Print the definitions of all kinds (CustomResourceDefinitions) as YAML
    #[command(long_about = crds::LONG_ABOUT)]
    Crds,
    /// Run a living fleet in this process: embedded manager, simulated cloud, the real engine
    Sandbox(sandbox::Arguments),
    /// Show objects: clusters, machines, incidents, the journal, ...
    Get(get::Arguments),
    /// Run the embedded Kubernetes API by itself
    #[command(subcommand)]
    Manager(manager::Manager),
    /// Print the completions of a shell
    Completions(completions::Completions),
}

const LONG_ABOUT: &str = "\
Operates a Kubernetes as a Service on OpenStack: engine and terminal console in one program.

This is the second of four steps. What works today: the kinds, the embedded Kubernetes API, and the engine in a \
sandbox with a simulated cloud. The console does not exist yet.";

const AFTER_LONG_HELP: &str = "\
Examples:
  kaasboard sandbox --headless --speed 10 --serve 127.0.0.1:7443 --kubeconfig /tmp/kubeconfig
                                                       a fleet comes up; watch it with kubectl
  kaasboard get machines --tenant team-001 -o wide     what the manager of KUBECONFIG knows of them
  kaasboard manager serve --listen 127.0.0.1:6443 --kubeconfig /tmp/kubeconfig
  kaasboard crds | kubectl apply --server-side -f -    teach a Kubernetes API our kinds
  kaasboard config check                               is config.toml right?
  source <(kaasboard completions bash)                 completions for this shell

Files:
  config.toml   in the platform's configuration directory; KAASBOARD_CONFIG names another
  kaasboard.log in the platform's state directory; KAASBOARD_LOG=off|error|warn|info|debug|trace

Exit codes:
  0 done   1 failed   2 usage   3 refused   4 not found   5 timed out";
