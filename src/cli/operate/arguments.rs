//! What can be typed to ask something of the engine.

use clap::{ArgGroup, Args, ValueEnum};

use crate::api::duration::Duration;
use crate::cli::connect::Manager;

/// How it is asked, the same for all verbs.
#[derive(Debug, Args)]
pub struct How {
    /// Print the plan and change nothing; exit code 3 if something speaks against it
    #[arg(long, conflicts_with_all = ["yes", "wait"])]
    pub plan: bool,
    /// Approve the plan without being asked
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Why, for the journal
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
    /// Wait until it is done, and show the progress; Ctrl-C ends the waiting alone
    #[arg(long)]
    pub wait: bool,
    /// Wait for so long at most: 90s, 30m, 1h30m
    #[arg(long, value_name = "D", requires = "wait")]
    pub timeout: Option<Duration>,
    /// The form of the result
    #[arg(short = 'o', long, value_enum, default_value_t = Form::Text)]
    pub output: Form,
    /// Where it is asked
    #[command(flatten)]
    pub manager: Manager,
}

/// In which form the result is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Text,
    /// One JSON object with the Operations as `items`
    Json,
    /// Beside a result that is another one
    #[value(skip)]
    Aside,
}

const TARGETS: &str = "kind/tenant/name, or kind/name where that is unique; several are several Operations";

/// A verb that needs to know nothing but its targets.
#[derive(Debug, Args)]
pub struct Plain {
    #[arg(required = true, value_name = "TARGET", help = TARGETS)]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) how: How,
}

/// A verb that can go past what would be waited for.
#[derive(Debug, Args)]
pub struct Forced {
    #[arg(required = true, value_name = "TARGET", help = TARGETS)]
    pub(super) targets: Vec<String>,
    /// Go on past what would be waited for, such as an API that no longer answers. No veto of safety is overridden
    #[arg(long)]
    pub(super) force: bool,
    #[command(flatten)]
    pub(super) how: How,
}

/// The arguments of `kaasboard scale`.
#[derive(Debug, Args)]
pub struct Scale {
    #[arg(required = true, value_name = "TARGET", help = TARGETS)]
    pub(super) targets: Vec<String>,
    /// The count of machines that the pool is to have
    #[arg(long, value_name = "N")]
    pub(super) replicas: u32,
    /// A machine of the pool that is to go; can be given several times
    #[arg(long = "victim", value_name = "MACHINE")]
    pub(super) victims: Vec<String>,
    #[command(flatten)]
    pub(super) how: How,
}

/// The arguments of `kaasboard fence`.
#[derive(Debug, Args)]
pub struct Fence {
    /// machine/tenant/name of one machine, or host/NAME for all machines on a hypervisor
    #[arg(required = true, value_name = "TARGET")]
    pub(super) targets: Vec<String>,
    #[command(flatten)]
    pub(super) how: How,
}

/// The arguments of `kaasboard brake`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("reach").required(true).args(["all", "zone", "tenant", "target"]))]
pub struct Brake {
    /// Release it
    #[arg(long, conflicts_with = "plan")]
    pub(super) off: bool,
    /// The whole fleet
    #[arg(long)]
    pub(super) all: bool,
    /// An availability zone
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// All clusters of a tenant
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    /// One cluster: cluster/tenant/name, or cluster/name where that is unique
    #[arg(value_name = "TARGET")]
    pub(super) target: Option<String>,
    #[command(flatten)]
    pub(super) how: How,
}

/// The arguments of `kaasboard cancel` and `kaasboard approve`.
#[derive(Debug, Args)]
pub struct OnOperation {
    /// The Operation: tenant/name, or its name where that is unique
    #[arg(required = true, value_name = "OPERATION")]
    pub(super) operations: Vec<String>,
    #[command(flatten)]
    pub(super) how: How,
}
