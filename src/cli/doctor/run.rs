//! Goes through everything that a context depends on.

use clap::Args;
use kube::Client;

use super::plan::Plan;
use super::report::{Check, Form, Report, Verdict};
use super::{cloud, here, manager, plan};
use crate::cli::connect::Manager;
use crate::cli::failure::{Exit, Failure};
use crate::settings::context::CloudAt;
use crate::settings::places::Places;
use crate::startup;
use crate::startup::real_cloud::Servers;

/// The arguments of `kaasboard doctor`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  kaasboard doctor                                the current context
  kaasboard doctor --context prod -o json
  kaasboard doctor --cloud prod --admin prod-admin  entries of clouds.yaml, not the context's

It changes nothing. It ends with 0 if nothing failed; warnings are no failures.")]
pub struct Arguments {
    #[command(flatten)]
    manager: Manager,
    /// Look at this entry of clouds.yaml, in place of the context's cloud
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// The entry of an administrator, which makes a project for each cluster
    #[arg(long, value_name = "NAME", requires = "cloud")]
    admin: Option<String>,
    /// The form
    #[arg(short = 'o', long, value_enum, default_value_t = Form::Table)]
    output: Form,
}

/// Looks at everything.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let places = Places::find()?;
    let settings = startup::settings(&places)?;
    let mut report = Report::new(arguments.output);
    report.add(here::checks(&places, &settings))?;
    startup::runtime()?.block_on(async {
        let plan = of_manager(arguments, &mut report).await?;
        of_cloud(arguments, &plan, &mut report).await
    })?;
    report.end()?;
    match report.count(Verdict::Failed) {
        0 => Ok(()),
        failed => Err(Failure::new(Exit::Failed, format!("{failed} checks failed"))
            .remedy("do what stands below each; the first that failed is often why others did")),
    }
}

/// Looks at the manager, and answers what its objects ask for.
async fn of_manager(arguments: &Arguments, report: &mut Report) -> Result<Plan, Failure> {
    if arguments.manager.is_embedded()? {
        report.add([Check::ok("manager", "embedded: it lives in the process that needs it")])?;
        return Ok(Plan::default());
    }
    let client: Client = match arguments.manager.client().await {
        Ok(client) => client,
        Err(failure) => {
            let told = failure.to_string().replace('\n', " ");
            report.add([Check::failed("manager", told, "name a kubeconfig that leads to it")])?;
            return Ok(Plan::default());
        }
    };
    let (checks, answers) = manager::checks(&client).await;
    report.add(checks)?;
    if !answers {
        return Ok(Plan::default());
    }
    match Plan::read(&client).await {
        Ok(plan) => Ok(plan),
        Err(error) => {
            report.add([Check::skipped("clusters", manager::chain(error.into()))])?;
            Ok(Plan::default())
        }
    }
}

async fn of_cloud(arguments: &Arguments, plan: &Plan, report: &mut Report) -> Result<(), Failure> {
    let at = match (&arguments.cloud, arguments.manager.cloud()?) {
        (Some(entry), _) => {
            Servers { entry: entry.clone(), admin: arguments.admin.clone(), ..Servers::default() }
        }
        (None, CloudAt::OpenStack(at)) => at.into(),
        (None, CloudAt::Simulated) => return report.add([Check::ok("cloud", "simulated")]),
        (None, CloudAt::Nothing) => {
            return report
                .add([Check::skipped("cloud", "this context names none; --cloud NAME looks at one")]);
        }
    };
    let (checks, cloud) = cloud::checks(&at).await;
    report.add(checks)?;
    let Some(cloud) = cloud else { return Ok(()) };
    report.add(plan::checks(plan, &cloud, &at).await)
}
