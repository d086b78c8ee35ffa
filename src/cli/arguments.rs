//! What can be typed.

use clap::{Parser, Subcommand};

use super::connect::Look;
use super::operate::arguments as operate;
use super::{
    apply, bootstrap_data, completions, config, crds, doctor, engine, explain, fault, get, kubeconfig,
    manager, sandbox, screen, walkthrough,
};

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
    args_conflicts_with_subcommands = true,
)]
pub struct Arguments {
    /// What the console looks at.
    #[command(flatten)]
    pub look: Look,
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
    /// Why something is as it is: a chain of evidence
    Explain(explain::run::Arguments),
    /// Create or change objects from YAML or JSON files, all checked first
    Apply(apply::Arguments),
    /// Replace machines: a new one comes first, then the old one is emptied and goes
    #[command(after_long_help = HEAL_EXAMPLES)]
    Heal(operate::Forced),
    /// Change the count of machines of pools
    #[command(after_long_help = SCALE_EXAMPLES)]
    Scale(operate::Scale),
    /// Move the pods away from the nodes of machines
    #[command(after_long_help = DRAIN_EXAMPLES)]
    Drain(operate::Plain),
    /// Let pods come to the nodes of machines again
    #[command(after_long_help = UNCORDON_EXAMPLES)]
    Uncordon(operate::Plain),
    /// Observe and report objects, but do not act on them
    #[command(after_long_help = PAUSE_EXAMPLES)]
    Pause(operate::Plain),
    /// Act on paused objects again
    #[command(after_long_help = RESUME_EXAMPLES)]
    Resume(operate::Plain),
    /// Try again at once what failed: of machines, or of all machines of pools
    #[command(after_long_help = RETRY_EXAMPLES)]
    Retry(operate::Plain),
    /// Take clusters down with all that belongs to them
    #[command(after_long_help = DELETE_EXAMPLES)]
    Delete(operate::Forced),
    /// Declare that machines, or all on a hypervisor, no longer write to their volumes
    #[command(after_long_help = FENCE_EXAMPLES)]
    Fence(operate::Fence),
    /// Stop all acts of the engine at once: everywhere, in a zone, for a tenant, for a cluster
    #[command(after_long_help = BRAKE_EXAMPLES)]
    Brake(operate::Brake),
    /// Stop Operations at their next safe point
    #[command(after_long_help = CANCEL_EXAMPLES)]
    Cancel(operate::OnOperation),
    /// Approve the plans of Operations that somebody else asked for
    #[command(after_long_help = APPROVE_EXAMPLES)]
    Approve(operate::OnOperation),
    /// Hand out access to a cluster for when all else fails; recorded, with the reason
    Kubeconfig(kubeconfig::Arguments),
    /// The user data of a machine's server, secrets masked
    BootstrapData(bootstrap_data::Arguments),
    /// Let something go wrong in a running sandbox
    Fault(fault::Fault),
    /// List what was made to go wrong in a running sandbox, or end it
    Faults(fault::Faults),
    /// Look at everything that a context depends on; each finding with what to do about it
    Doctor(doctor::run::Arguments),
    /// Run the engine alone, on a manager that lives elsewhere
    Engine(engine::Arguments),
    /// Print one screen of the console without a terminal: as text, as SVG, as JSON
    Screen(screen::Arguments),
    /// Play a story on the screen, with a fleet of its own: for people who learn, or look over a shoulder
    Walkthrough(walkthrough::Arguments),
    /// Run the embedded Kubernetes API by itself
    #[command(subcommand)]
    Manager(manager::Manager),
    /// Print the completions of a shell
    Completions(completions::Completions),
}

const HEAL_EXAMPLES: &str = "\
Examples:
  kaasboard get machines --tenant team-001             which machines there are
  kaasboard heal machine/team-001/c0001-worker-bdrqshmq --plan
  kaasboard heal machine/c0001-worker-bdrqshmq --reason 'disk errors' --wait
  kaasboard heal machine/c0001-worker-bdrqshmq machine/c0001-worker-gfglsfdr --yes -o json

It is about workers and ingress nodes; members of etcd and control planes are not replaced by this engine. The plan is \
shown first, with everything that speaks against it. Nothing is done before somebody says yes, or --yes.";

const SCALE_EXAMPLES: &str = "\
Examples:
  kaasboard scale pool/team-001/c0001-general --replicas 5 --plan
  kaasboard scale pool/c0001-general --replicas 5 --wait
  kaasboard scale pool/c0001-general --replicas 4 --victim c0001-worker-bdrqshmq

Where the cluster says how many machines the pool has, the count is changed there.";

const DRAIN_EXAMPLES: &str = "\
Examples:
  kaasboard drain machine/team-001/c0001-worker-bdrqshmq --plan
  kaasboard drain machine/c0001-worker-bdrqshmq --reason 'kernel update' --wait
  kaasboard uncordon machine/c0001-worker-bdrqshmq     takes it back

The budgets of the pods (PodDisruptionBudgets) are respected.";

const UNCORDON_EXAMPLES: &str = "\
Examples:
  kaasboard uncordon machine/team-001/c0001-worker-bdrqshmq";

const PAUSE_EXAMPLES: &str = "\
Examples:
  kaasboard pause cluster/team-001/c0001 --reason 'we look at its network'
  kaasboard pause pool/c0001-general
  kaasboard resume cluster/team-001/c0001              takes it back

A paused cluster is not healed either. To stop everything at once there is `kaasboard brake`.";

const RESUME_EXAMPLES: &str = "\
Examples:
  kaasboard resume cluster/team-001/c0001";

const RETRY_EXAMPLES: &str = "\
Examples:
  kaasboard retry machine/team-001/c0001-worker-bdrqshmq
  kaasboard retry pool/c0001-general";

const DELETE_EXAMPLES: &str = "\
Examples:
  kaasboard delete cluster/team-001/c0001 --plan
  kaasboard delete cluster/team-001/c0001 --reason 'the team moved' --wait
  kaasboard get leaks                                  what in the cloud belongs to nobody, with ids
  kaasboard delete leak/ID

It cannot be taken back: the name has to be typed, unless --yes is given. A cluster with spec.protected is refused.";

const FENCE_EXAMPLES: &str = "\
Examples:
  kaasboard fence machine/team-001/c0001-worker-bdrqshmq --reason 'pulled from the rack'
  kaasboard fence host/compute-0003 --reason 'powered off by hand'

The engine believes it, and frees the volumes for other machines: if a machine still writes to them, data is lost. The \
name has to be typed, unless --yes is given.";

const CANCEL_EXAMPLES: &str = "\
Examples:
  kaasboard get journal                                which Operations there are
  kaasboard cancel team-001/drain-5frkn
  kaasboard brake --off --all                          brakes are released with their own command";

const APPROVE_EXAMPLES: &str = "\
Examples:
  kaasboard get journal --field status.phase=Planned   what waits for somebody
  kaasboard approve team-001/drain-5frkn

The plan is shown again. It is refused if the target or the plan changed meanwhile.";

const BRAKE_EXAMPLES: &str = "\
Examples:
  kaasboard brake --all --yes --reason 'network maintenance went wrong'
  kaasboard brake --zone az2
  kaasboard brake cluster/team-001/c0001
  kaasboard brake --off --all
  kaasboard get journal --field spec.verb=brake       which brakes were there, and who released them

It asks first, and for --all the word `all` has to be typed; --yes brakes without a question. Nothing that runs in the \
clusters is touched: the engine observes and reports, and does nothing else.";

const LONG_ABOUT: &str = "\
Operates a Kubernetes as a Service on OpenStack: engine and terminal console in one program.

Without a subcommand it is the console: of the current context, or without any configuration of a sandbox in which \
nothing is real.";

const AFTER_LONG_HELP: &str = "\
Examples:
  kaasboard                                            the console
  kaasboard --kubeconfig /tmp/kubeconfig               the console of a manager that runs elsewhere
  kaasboard sandbox --headless --speed 10 --serve 127.0.0.1:7443 --kubeconfig /tmp/kubeconfig
                                                       a fleet comes up; watch it with kubectl
  kaasboard get machines --tenant team-001 -o wide     what the manager of KUBECONFIG knows of them
  kaasboard manager serve --listen 127.0.0.1:6443 --kubeconfig /tmp/kubeconfig
  kaasboard heal machine/team-001/c0001-general-x --wait  replace a machine, and see how it goes
  kaasboard brake --all                                stop every act of the engine
  kaasboard crds | kubectl apply --server-side -f -    teach a Kubernetes API our kinds
  kaasboard config check                               is config.toml right?
  source <(kaasboard completions bash)                 completions for this shell

Files:
  config.toml   in the platform's configuration directory; KAASBOARD_CONFIG names another
  kaasboard.log in the platform's state directory; KAASBOARD_LOG=off|error|warn|info|debug|trace

Exit codes:
  0 done   1 failed   2 usage   3 refused   4 not found   5 timed out";
